/* SPDX-License-Identifier: MIT */
/* names.c - preloaded: a name service that wants much of its thread's stack, as some modules of the
 * C library's do. A number is not asked of any. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <stddef.h>

enum { WANTED = 256 * 1024 };

static __attribute__((noinline)) void want(void)
{
	volatile char wanted[WANTED];

	for (size_t i = 0; i < sizeof(wanted); i += 512)
		wanted[i] = 1;
}

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
		struct addrinfo **ret)
{
	int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);

	*(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
	if (hints == NULL || (hints->ai_flags & AI_NUMERICHOST) == 0)
		want();
	return real(node, service, hints, ret);
}
