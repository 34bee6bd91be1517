/* SPDX-License-Identifier: MIT */
/* The exporter's log lines, and the addresses that it listens at. */
#include "unit.h"

#include <unistd.h>

#include "prometheus_exporter/listen.h"
#include "prometheus_exporter/log.h"

static void test_log_line(void **state)
{
	static const struct exporter_field field[] = {
		{"target", "http://127.0.0.1/"},
		{"err", "a \"b\" \\c\nd=e\x01"},
		{"empty", ""},
	};
	const struct timespec time = {.tv_sec = 1700000000, .tv_nsec = 7000000};
	struct buf line;

	(void)state;
	buf_init(&line, 1000);
	exporter_log_line(&line, &time, EXPORTER_WARN, "target is down", field, 3);
	assert_string_equal(buf_text(&line),
			    "ts=2023-11-14T22:13:20.007Z level=warn msg=\"target is down\" "
			    "target=http://127.0.0.1/ err=\"a \\\"b\\\" \\\\c\\x0ad=e\\x01\" "
			    "empty=\"\"\n");
	buf_free(&line);
}

static void test_log_level(void **state)
{
	struct exporter_log log = {.level = EXPORTER_WARN};
	char text[200] = "";
	int fd[2];

	(void)state;
	assert_int_equal(pipe(fd), 0);
	log.fd = fd[1];
	exporter_log(&log, EXPORTER_INFO, "unheard", NULL, 0);
	exporter_log(&log, EXPORTER_ERROR, "heard", LOG_FIELDS({"a", "b"}));
	assert_true(read(fd[0], text, sizeof(text) - 1) > 0);
	assert_null(strstr(text, "unheard"));
	assert_non_null(strstr(text, " level=error msg=heard a=b\n"));
	(void)close(fd[0]);
	(void)close(fd[1]);
}

static void test_address(void **state)
{
	static const struct {
		const char *text;
		const char *host; /* NULL: refused */
		const char *port;
	} given[] = {
		{":9113", "", "9113"},         {"127.0.0.1:0", "127.0.0.1", "0"},
		{"[::1]:9113", "::1", "9113"}, {"localhost:65535", "localhost", "65535"},
		{"9113", NULL, NULL},          {"", NULL, NULL},
		{"host:", NULL, NULL},         {"host:x", NULL, NULL},
		{"host:65536", NULL, NULL},    {"host:-1", NULL, NULL},
		{"::1:9113", NULL, NULL},      {"[]:9113", NULL, NULL},
		{"[::1:9113", NULL, NULL},     {"http://host:9113", NULL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(given); i++) {
		char host[EXPORTER_ADDRESS_MAX];
		char port[sizeof("65535")];
		struct err err = {0};
		bool ok = exporter_address_parse(given[i].text, host, port, &err);

		assert_int_equal(ok, given[i].host != NULL);
		if (ok) {
			assert_string_equal(host, given[i].host);
			assert_string_equal(port, given[i].port);
		} else {
			assert_int_equal(err.kind, ERR_USAGE);
			assert_non_null(strstr(err.text, given[i].text));
		}
	}
}

static void test_listen(void **state)
{
	char bound[EXPORTER_ADDRESS_MAX];
	char again[EXPORTER_ADDRESS_MAX];
	struct err err = {0};
	int fd = exporter_listen("127.0.0.1:0", bound, &err);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(strncmp(bound, "127.0.0.1:", 10), 0);
	assert_string_not_equal(bound, "127.0.0.1:0");
	assert_int_equal(exporter_listen(bound, again, &err), -1);
	assert_non_null(strstr(err.text, bound));
	(void)close(fd);
	err_clear(&err);
	fd = exporter_listen(":0", bound, &err);
	assert_true(fd >= 0);
	(void)close(fd);
	assert_int_equal(exporter_listen("no-such-host.invalid:1", bound, &err), -1);
	assert_int_equal(err.kind, ERR_RESOLVE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_log_line),
		cmocka_unit_test(test_log_level),
		cmocka_unit_test(test_address),
		cmocka_unit_test(test_listen),
	};

	return cmocka_run_group_tests_name("prometheus_small", tests, NULL, NULL);
}
