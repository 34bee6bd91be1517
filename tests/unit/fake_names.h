/* SPDX-License-Identifier: MIT */
/*
 * fake_names.h - a name server of the tests' own: getaddrinfo() and freeaddrinfo() below take the
 * place of the C library's in the test that includes this. No network is asked.
 */
#ifndef CONNLEDGER_TESTS_FAKE_NAMES_H
#define CONNLEDGER_TESTS_FAKE_NAMES_H

#include "unit.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>

#include "fetch.h"

enum { LONG_MS = 60000, HANG_SECONDS = 300 };

static pthread_mutex_t hang = PTHREAD_MUTEX_INITIALIZER; /* held while "hung.test" hangs */
static atomic_int hanging;
static atomic_int asked;    /* for "two.test" */
static atomic_bool is_dead; /* "two.test" hangs too */
static atomic_bool is_gone; /* it has no address */

static struct addrinfo *new_address(const char *text, const char *port, struct addrinfo *next)
{
	struct addrinfo *info = calloc(1, sizeof(*info) + sizeof(struct sockaddr_in6));
	struct sockaddr_in6 *v6 = (void *)(info + 1);
	struct sockaddr_in *v4 = (void *)(info + 1);
	uint64_t number = 0;

	(void)(port != NULL && str_to_u64(str_of(port), &number));
	info->ai_addr = (void *)(info + 1);
	info->ai_next = next;
	info->ai_socktype = SOCK_STREAM;
	info->ai_family = strchr(text, ':') != NULL ? AF_INET6 : AF_INET;
	info->ai_addrlen = info->ai_family == AF_INET6 ? sizeof(*v6) : sizeof(*v4);
	info->ai_addr->sa_family = (sa_family_t)info->ai_family;
	if (info->ai_family == AF_INET6) {
		v6->sin6_port = htons((uint16_t)number);
		assert_int_equal(inet_pton(AF_INET6, text, &v6->sin6_addr), 1);
	} else {
		v4->sin_port = htons((uint16_t)number);
		assert_int_equal(inet_pton(AF_INET, text, &v4->sin_addr), 1);
	}
	return info;
}

EXPORTED int getaddrinfo(const char *restrict node, const char *restrict service,
			 const struct addrinfo *restrict hints, struct addrinfo **restrict ret)
{
	unsigned char binary[16];
	struct addrinfo *v4_list;
	bool v4;
	bool v6;

	if (node == NULL) {
		v4_list = hints->ai_family == AF_INET6 ? NULL
						       : new_address("127.0.0.1", service, NULL);
		*ret = hints->ai_family == AF_INET ? v4_list : new_address("::1", service, v4_list);
		return 0;
	}
	v4 = inet_pton(AF_INET, node, binary) == 1;
	v6 = inet_pton(AF_INET6, node, binary) == 1;

	if (v4 || v6) {
		*ret = new_address(node, service, NULL);
		return 0;
	}
	if ((hints->ai_flags & AI_NUMERICHOST) != 0)
		return EAI_NONAME;
	if (strcmp(node, "two.test") == 0)
		atomic_fetch_add(&asked, 1);
	if (strncmp(node, "hung", 4) == 0 || atomic_load(&is_dead)) {
		atomic_fetch_add(&hanging, 1);
		(void)pthread_mutex_lock(&hang);
		(void)pthread_mutex_unlock(&hang);
		*ret = new_address("127.0.0.1", service, NULL);
		atomic_fetch_sub(&hanging, 1);
		return 0;
	}
	if (strcmp(node, "two.test") != 0 || atomic_load(&is_gone))
		return EAI_NONAME;
	*ret = new_address("127.0.0.77", service, new_address("127.0.0.1", service, NULL));
	return 0;
}

EXPORTED void freeaddrinfo(struct addrinfo *info)
{
	while (info != NULL) {
		struct addrinfo *next = info->ai_next;

		free(info);
		info = next;
	}
}

/* The name server answers at last. */
static inline void release(void)
{
	(void)pthread_mutex_unlock(&hang);
	while (atomic_load(&hanging) > 0)
		(void)poll(NULL, 0, 1);
}

static inline void ignore(void *ctx, const char *bytes, size_t len)
{
	(void)ctx;
	(void)bytes;
	(void)len;
}

/* Fetches all of the targets side by side; they are ended by NULL. */
static inline void fetch_all(const char *const *text, struct target *target, struct fetch_job *job,
			     unsigned timeout_ms)
{
	struct err err = {0};
	size_t len = 0;

	for (; text[len] != NULL; len++) {
		if (!target_parse(&target[len], text[len], TARGET_UWSGI, &err))
			fail_msg("%s", err.text);
		job[len] = (struct fetch_job){.target = &target[len],
					      .bytes_max = 1000,
					      .timeout_ms = timeout_ms,
					      .sink = ignore};
	}
	assert_true(fetch_run(job, len, &err));
	for (size_t i = 0; i < len; i++)
		target_free(&target[i]);
}

#endif
