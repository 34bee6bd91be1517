/* SPDX-License-Identifier: MIT */
/*
 * test_resolve.c - host names, with a name server of the test's own: getaddrinfo() and
 * freeaddrinfo() below take the place of the C library's, for libcurl too. No network is asked.
 */
#include "unit.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <poll.h>
#include <stdatomic.h>
#include <unistd.h>

#include "clock.h"
#include "fetch.h"
#include "resolve_names.h"
#include "server.h"

enum { SHORT_MS = 500, LONG_MS = 60000, HANG_SECONDS = 300 };

static pthread_mutex_t hang = PTHREAD_MUTEX_INITIALIZER; /* held while "hung.test" hangs */
static atomic_int hanging;

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
	if (strncmp(node, "hung", 4) == 0) {
		atomic_fetch_add(&hanging, 1);
		(void)pthread_mutex_lock(&hang);
		(void)pthread_mutex_unlock(&hang);
		*ret = new_address("127.0.0.1", service, NULL);
		atomic_fetch_sub(&hanging, 1);
		return 0;
	}
	if (strcmp(node, "two.test") != 0)
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

static void ignore(void *ctx, const char *bytes, size_t len)
{
	(void)ctx;
	(void)bytes;
	(void)len;
}

/* Fetches all of the targets side by side; they are ended by NULL. */
static void fetch_all(const char *const *text, struct target *target, struct fetch_job *job,
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

static void test_no_such_name(void **state)
{
	static const char *const text[] = {"http://name.invalid/", "https://name.invalid/",
					   "tcp://name.invalid:1", NULL};
	struct target target[3];
	struct fetch_job job[3];

	(void)state;
	fetch_all(text, target, job, LONG_MS);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(job[i].err.kind, ERR_RESOLVE);
		assert_non_null(strstr(job[i].err.text, "name.invalid"));
		assert_int_equal(strncmp(job[i].err.text, text[i], strlen(text[i])), 0);
	}
}

/* The first address of the name is dead, the second one answers. */
static void test_second_address(void **state)
{
	struct server http;
	struct server raw;
	char text[2][64];
	const char *const texts[] = {text[0], text[1], NULL};
	struct target target[2];
	struct fetch_job job[2];

	(void)state;
	server_start(&http, SERVER_V4, SERVER_ANSWER, "HTTP/1.1 200 OK\r\n\r\nhi");
	server_start(&raw, SERVER_V4, SERVER_SEND, "{}");
	(void)snprintf(text[0], sizeof(text[0]), "http://two.test:%u/", (unsigned)http.port);
	(void)snprintf(text[1], sizeof(text[1]), "tcp://two.test:%u", (unsigned)raw.port);
	fetch_all(texts, target, job, LONG_MS);
	server_stop(&http);
	server_stop(&raw);
	for (size_t i = 0; i < 2; i++) {
		if (!job[i].ok)
			fail_msg("%s", job[i].err.text);
	}
	assert_int_equal(raw.received, 0);
}

static void test_no_address_answers(void **state)
{
	struct server dead;
	char text[64];
	const char *const texts[] = {text, NULL};
	struct target target;
	struct fetch_job job;

	(void)state;
	server_start(&dead, SERVER_DEAD, SERVER_HANG, "");
	(void)snprintf(text, sizeof(text), "two.test:%u", (unsigned)dead.port);
	fetch_all(texts, &target, &job, LONG_MS);
	assert_int_equal(job.err.kind, ERR_REFUSED);
	server_stop(&dead);
}

/* The names cost their deadline, also with libcurl, which must not wait for its own thread; the
 * address beside them is not concerned. What is left ends when the name server answers at last. */
static void test_hung(void **state)
{
	struct server server;
	char good[64];
	const char *const text[] = {"http://hung.test/", "https://hung.test/", "tcp://hung.test:1",
				    good, NULL};
	struct target target[4];
	struct fetch_job job[4];

	(void)state;
	server_start(&server, SERVER_V4, SERVER_SEND, "{}");
	(void)snprintf(good, sizeof(good), "127.0.0.1:%u", (unsigned)server.port);
	(void)pthread_mutex_lock(&hang);
	fetch_all(text, target, job, SHORT_MS);
	assert_true(job[3].ok);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(job[i].err.kind, ERR_TIMEOUT);
		if (strstr(job[i].err.text, "the host name was not resolved within 0.5 s") == NULL)
			fail_msg("%s", job[i].err.text);
	}
	/* Two of them share a lookup; libcurl has its own. */
	assert_int_equal(atomic_load(&hanging), 2);
	(void)pthread_mutex_unlock(&hang);
	while (atomic_load(&hanging) > 0)
		(void)poll(NULL, 0, 1);
	server_stop(&server);
}

static void test_alone(void **state)
{
	struct resolve_address address[1];
	struct err err = {0};
	struct resolve *resolve = resolve_new("127.0.0.1", FETCH_IP_ANY, &err);
	struct pollfd fd = {.events = POLLIN};

	(void)state;
	assert_non_null(resolve);
	assert_true(resolve_ready(resolve));
	assert_int_equal(resolve_answer(resolve, 80, address, 1, &err), 1);
	resolve_free(resolve);

	resolve = resolve_new("two.test", FETCH_IP_ANY, &err);
	assert_non_null(resolve);
	assert_false(resolve_ready(resolve));
	assert_true(resolve_begin(resolve, &err));
	fd.fd = resolve_fd(resolve);
	assert_int_equal(poll(&fd, 1, LONG_MS), 1);
	assert_true(resolve_ready(resolve));
	assert_int_equal(resolve_answer(resolve, 80, address, 1, &err), 1);
	assert_int_equal(address[0].len, sizeof(struct sockaddr_in));
	resolve_free(resolve);
	resolve_free(NULL);
}

/* This host is nobody else's: it has both families, and no name server is asked for it. */
static void test_localhost(void **state)
{
	static const struct {
		const char *name;
		enum fetch_ip ip;
		size_t len;
	} c[] = {
		{"localhost", FETCH_IP_ANY, 2},     {"localhost", FETCH_IP_V4, 1},
		{"LocalHost", FETCH_IP_V6, 1},      {"a.localhost", FETCH_IP_ANY, 2},
		{"alocalhost", FETCH_IP_ANY, 0},    {"localhos", FETCH_IP_ANY, 0},
		{"localhost.test", FETCH_IP_V4, 0}, {"ocalhost", FETCH_IP_ANY, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(c); i++) {
		struct resolve_address address[3];
		struct err err = {0};
		struct resolve *resolve = resolve_new(c[i].name, c[i].ip, &err);
		struct pollfd fd = {.events = POLLIN};

		assert_non_null(resolve);
		/* There is nothing to wait for. */
		assert_int_equal(resolve_ready(resolve), c[i].len > 0);
		assert_int_equal(resolve_fd(resolve), -1);
		if (c[i].len == 0) {
			assert_true(resolve_begin(resolve, &err));
			fd.fd = resolve_fd(resolve);
			assert_int_equal(poll(&fd, 1, LONG_MS), 1);
		}
		assert_true(resolve_ready(resolve));
		assert_int_equal(resolve_answer(resolve, 80, address, 3, &err), c[i].len);
		resolve_free(resolve);
	}
}

static void begin_hung(struct resolve_names *names, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		struct err err = {0};
		char name[32];

		(void)snprintf(name, sizeof(name), "hung%zu.test", i);
		assert_non_null(resolve_names_ask(names, name, FETCH_IP_ANY, &err));
	}
}

/* Few lookups begin at once; those that hang make room for others after a while, though not for
 * ever more threads. */
static void test_not_all_at_once(void **state)
{
	enum { NAMES = RESOLVE_THREADS_MAX + 5 };
	double began = clock_now(CLOCK_MONOTONIC);
	struct resolve_names names;
	struct resolve_name *good;
	struct resolve_name *two;
	struct pollfd fd[NAMES + 1];
	struct err err = {0};
	size_t len;

	(void)state;
	resolve_names_init(&names);
	(void)pthread_mutex_lock(&hang);
	begin_hung(&names, NAMES);
	two = resolve_names_ask(&names, "two.test", FETCH_IP_ANY, &err);
	good = resolve_names_ask(&names, "127.0.0.1", FETCH_IP_ANY, &err);
	assert_true(resolve_name_ready(good));
	len = resolve_names_wait(&names, fd, ARRAY_LEN(fd));
	if (clock_now(CLOCK_MONOTONIC) - began < RESOLVE_YOUNG_MS / 1e3)
		assert_int_equal(len, RESOLVE_AT_ONCE);
	while (len < RESOLVE_THREADS_MAX) {
		int timeout_ms = resolve_names_timeout_ms(&names);

		assert_true(timeout_ms >= 0 && timeout_ms <= RESOLVE_YOUNG_MS);
		assert_int_equal(poll(fd, len, timeout_ms), 0);
		resolve_names_step(&names);
		len = resolve_names_wait(&names, fd, ARRAY_LEN(fd));
	}
	assert_int_equal(len, RESOLVE_THREADS_MAX);
	assert_int_equal(resolve_names_timeout_ms(&names), -1);
	assert_false(resolve_name_ready(two));
	(void)pthread_mutex_unlock(&hang);
	while (!resolve_name_ready(two)) {
		len = resolve_names_wait(&names, fd, ARRAY_LEN(fd));
		(void)poll(fd, len, LONG_MS);
		resolve_names_step(&names);
	}
	resolve_names_free(&names);
	while (atomic_load(&hanging) > 0)
		(void)poll(NULL, 0, 1);
}

/* A name is looked up once for all its targets; each has its own port. */
static void test_shared(void **state)
{
	struct resolve_names names;
	struct resolve_address address[2];
	struct err err = {0};
	struct resolve_name *one;
	struct pollfd fd[2];

	(void)state;
	resolve_names_init(&names);
	one = resolve_names_ask(&names, "two.test", FETCH_IP_ANY, &err);
	assert_ptr_equal(resolve_names_ask(&names, "two.test", FETCH_IP_ANY, &err), one);
	assert_ptr_not_equal(resolve_names_ask(&names, "two.test", FETCH_IP_V6, &err), one);
	while (!resolve_name_ready(one))
		(void)poll(fd, resolve_names_wait(&names, fd, ARRAY_LEN(fd)), LONG_MS);
	for (uint16_t port = 80; port < 82; port++) {
		const struct sockaddr_in *v4 = (const void *)&address[1].addr;

		assert_int_equal(resolve_name_answer(one, port, address, 2, &err), 2);
		assert_int_equal(v4->sin_port, htons(port));
	}
	resolve_names_free(&names);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_such_name),
		cmocka_unit_test(test_second_address),
		cmocka_unit_test(test_no_address_answers),
		cmocka_unit_test(test_hung),
		cmocka_unit_test(test_alone),
		cmocka_unit_test(test_localhost),
		cmocka_unit_test(test_not_all_at_once),
		cmocka_unit_test(test_shared),
	};

	(void)alarm(HANG_SECONDS);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
