/* SPDX-License-Identifier: MIT */
/* The exporter's log lines, and the addresses that it listens at. */
#include "unit.h"

#include <unistd.h>

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_log_line),
		cmocka_unit_test(test_log_level),
	};

	return cmocka_run_group_tests_name("prometheus_small", tests, NULL, NULL);
}
