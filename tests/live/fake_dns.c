/* SPDX-License-Identifier: MIT */
/*
 * fake_dns.c - preloaded by live tests: a name server that hangs or lies, without a privilege.
 * "to-127-0-0-1.example.org" has that address, "flip-127-0-0-2-127-0-0-1.example.org" the one and
 * the other in turn, "hung..." has 127.0.0.1 and is not answered as long as the file $FAKE_DNS_HUNG is
 * there, as is "known..." for $FAKE_DNS_KNOWN. All else is the C library's affair.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef int (*function)(const char *, const char *, const struct addrinfo *, struct addrinfo **);

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
		struct addrinfo **ret)
{
	static atomic_uint turn;
	function next = (function)dlsym(RTLD_NEXT, "getaddrinfo");
	unsigned n[8];
	char text[64] = "127.0.0.1";
	const unsigned *from = n;

	if (node == NULL || strstr(node, ".example.org") == NULL ||
	    (hints != NULL && (hints->ai_flags & AI_NUMERICHOST) != 0))
		return next(node, service, hints, ret);
	if (strncmp(node, "hung", 4) == 0 || strncmp(node, "known", 5) == 0) {
		const char *file = getenv(node[0] == 'h' ? "FAKE_DNS_HUNG" : "FAKE_DNS_KNOWN");

		while (file != NULL && access(file, F_OK) == 0)
			(void)usleep(20000);
		return next(text, service, hints, ret);
	}
	if (sscanf(node, "flip-%u-%u-%u-%u-%u-%u-%u-%u", &n[0], &n[1], &n[2], &n[3], &n[4], &n[5],
		   &n[6], &n[7]) == 8)
		from = atomic_fetch_add(&turn, 1) % 2 == 0 ? n : n + 4;
	else if (sscanf(node, "to-%u-%u-%u-%u", &n[0], &n[1], &n[2], &n[3]) != 4)
		return next(node, service, hints, ret);
	(void)snprintf(text, sizeof(text), "%u.%u.%u.%u", from[0], from[1], from[2], from[3]);
	return next(text, service, hints, ret);
}
