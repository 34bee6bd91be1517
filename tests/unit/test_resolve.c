/* SPDX-License-Identifier: MIT */
/* test_resolve.c - host names, one at a time and side by side. */
#include "fake_names.h"

#include <poll.h>
#include <unistd.h>

#include "resolve.h"
#include "server.h"

enum { SHORT_MS = 500 };

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

/* The names cost their deadline, also over HTTPS; the address beside them is not concerned. */
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
	/* They share a lookup. */
	assert_int_equal(atomic_load(&hanging), 1);
	release();
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
	resolve_end(resolve);
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
		resolve_end(resolve);
		resolve_free(resolve);
	}
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
	};

	(void)alarm(HANG_SECONDS);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
