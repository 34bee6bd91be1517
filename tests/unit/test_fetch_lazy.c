/* SPDX-License-Identifier: MIT */
/*
 * test_fetch_lazy.c - libcurl costs ten milliseconds and nine megabytes: it must not come into a
 * process that asks no HTTPS target, and must when one is asked for.
 */
#include "unit.h"

#include <unistd.h>

#include "fetch.h"
#include "server.h"

enum { LONG_MS = 60000, HANG_SECONDS = 300 };

static void ignore(void *ctx, const char *bytes, size_t len)
{
	(void)ctx;
	(void)bytes;
	(void)len;
}

static bool is_mapped(const char *library)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	bool found = false;
	char line[1024];

	assert_non_null(maps);
	while (fgets(line, sizeof(line), maps) != NULL)
		found = found || strstr(line, library) != NULL;
	assert_int_equal(fclose(maps), 0);
	return found;
}

static void fetch(enum server_place place, enum server_act act, const char *form, const char *text,
		  struct err *ret)
{
	struct fetch_job job = {.bytes_max = 100, .timeout_ms = LONG_MS, .sink = ignore};
	struct server server;
	struct target target;
	char name[200];

	server_start(&server, place, act, text);
	if (place == SERVER_UNIX)
		(void)snprintf(name, sizeof(name), "unix:%s%s", server.path, form);
	else
		(void)snprintf(name, sizeof(name), "%s127.0.0.1:%u", form, (unsigned)server.port);
	assert_true(target_parse(&target, name, TARGET_UWSGI, ret));
	job.target = &target;
	assert_true(fetch_run(&job, 1, ret));
	*ret = job.err;
	server_stop(&server);
	target_free(&target);
}

static void test_only_for_https(void **state)
{
	static const char page[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
	struct err err = {0};

	(void)state;
	assert_true(is_mapped("libcmocka"));
	fetch(SERVER_V4, SERVER_ANSWER, "http://", page, &err);
	assert_int_equal(err.kind, ERR_NONE);
	fetch(SERVER_UNIX, SERVER_ANSWER, ":/", page, &err);
	assert_int_equal(err.kind, ERR_NONE);
	fetch(SERVER_V4, SERVER_SEND, "tcp://", "{}", &err);
	assert_int_equal(err.kind, ERR_NONE);
	assert_false(is_mapped("libcurl"));
	fetch(SERVER_V4, SERVER_CLOSE, "https://", page, &err);
	assert_int_equal(err.kind, ERR_TLS);
	assert_non_null(strstr(err.text, "no TLS there; use http://"));
	assert_true(is_mapped("libcurl"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_only_for_https),
	};

	(void)alarm(HANG_SECONDS);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
