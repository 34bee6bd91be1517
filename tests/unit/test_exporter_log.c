/* SPDX-License-Identifier: MIT */
/* The lines of the exporter's log, and how many of them there may be. */
#include "unit.h"

#include <unistd.h>

#include "prometheus_exporter/json_text.h"
#include "prometheus_exporter/log.h"

static const struct exporter_field field[] = {
	{"target", "http://127.0.0.1/"},
	{"err", "a \"b\" \\c\nd=e\x01"},
	{"empty", ""},
	{"name", "caf\xc3\xa9 \xff"},
};

static const struct exporter_line line = {
	.time = {.tv_sec = 1700000000, .tv_nsec = 7000000},
	.level = EXPORTER_WARN,
	.message = "target is down",
	.field = field,
	.field_len = ARRAY_LEN(field),
};

static void test_lines(void **state)
{
	static const char *const expected[] = {
		[EXPORTER_LOGFMT] =
			"ts=2023-11-14T22:13:20.007Z level=warn msg=\"target is down\" "
			"target=http://127.0.0.1/ err=\"a \\\"b\\\" \\\\c\\x0ad=e\\x01\" "
			"empty=\"\" name=\"caf\\xc3\\xa9 \\xff\"\n",
		[EXPORTER_JSON] = "{\"ts\":\"2023-11-14T22:13:20.007Z\",\"level\":\"warn\","
				  "\"msg\":\"target is down\",\"target\":\"http://127.0.0.1/\","
				  "\"err\":\"a \\\"b\\\" \\\\c\\nd=e\\u0001\",\"empty\":\"\","
				  "\"name\":\"caf\xc3\xa9 \xef\xbf\xbd\"}\n",
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(expected); i++) {
		struct buf text;

		buf_init(&text, 1000);
		exporter_log_line(&text, (enum exporter_log_format)i, &line);
		assert_string_equal(buf_text(&text), expected[i]);
		buf_free(&text);
	}
}

static void test_json_texts(void **state)
{
	static const struct {
		const char *text;
		const char *json;
	} given[] = {
		{"", "\"\""},
		{"plain", "\"plain\""},
		{"\"\\/", "\"\\\"\\\\/\""},
		{"\b\t\n\r\x1f\x7f", "\"\\u0008\\u0009\\n\\u000d\\u001f\\u007f\""},
		{"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80",
		 "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\""},
		{"\xc3", "\"\xef\xbf\xbd\""},
		{"\xc3(", "\"\xef\xbf\xbd(\""},
		{"a\xe2\x82", "\"a\xef\xbf\xbd\xef\xbf\xbd\""},
		{"\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
		{"\xc0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(given); i++) {
		struct buf text;

		buf_init(&text, 1000);
		json_add_text(&text, given[i].text);
		assert_string_equal(buf_text(&text), given[i].json);
		buf_free(&text);
	}
}

static size_t count(const char *text, const char *part)
{
	size_t found = 0;

	while ((text = strstr(text, part)) != NULL) {
		found++;
		text += strlen(part);
	}
	return found;
}

static void test_level(void **state)
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

/* A fake clock: a burst, then so many in a second; what is left out is told once. */
static void test_limit(void **state)
{
	atomic_ullong dropped = 0;
	struct log_limit limit;
	unsigned long long untold = 99;

	(void)state;
	assert_true(log_limit_init(&limit, &dropped));
	for (unsigned i = 0; i < LOG_BURST; i++) {
		assert_true(log_limit_take(&limit, 1000, &untold));
		assert_int_equal(untold, 0);
	}
	for (unsigned i = 0; i < 7; i++)
		assert_false(log_limit_take(&limit, 1000, &untold));
	assert_int_equal(atomic_load(&dropped), 7);
	assert_false(log_limit_take(&limit, 1000.05, &untold));
	assert_true(log_limit_take(&limit, 1000.125, &untold));
	assert_int_equal(untold, 8);
	assert_false(log_limit_take(&limit, 1000.125, &untold));
	/* A clock that seems to go back gives nothing. */
	assert_false(log_limit_take(&limit, 900, &untold));
	for (unsigned i = 0; i < LOG_PER_SECOND; i++) {
		assert_true(log_limit_take(&limit, 1001.125, &untold));
		assert_int_equal(untold, i == 0 ? 2 : 0);
	}
	assert_false(log_limit_take(&limit, 1001.125, &untold));
	/* However long it is quiet, no more than the burst. */
	for (unsigned i = 0; i < LOG_BURST; i++)
		assert_true(log_limit_take(&limit, 9000, &untold));
	assert_false(log_limit_take(&limit, 9000, &untold));
	assert_int_equal(atomic_load(&dropped), 12);
	log_limit_free(&limit);
}

static void test_limited_log(void **state)
{
	static char text[64 * 1024];
	atomic_ullong dropped = 0;
	struct log_limit limit;
	struct exporter_log log = {.level = EXPORTER_INFO, .limit = &limit};
	ssize_t len;
	int fd[2];

	(void)state;
	assert_int_equal(pipe(fd), 0);
	assert_true(log_limit_init(&limit, &dropped));
	log.fd = fd[1];
	exporter_log(&log, EXPORTER_DEBUG, "costs nothing", NULL, 0);
	/* As if the clock stood still. */
	limit.time = 1e15;
	for (unsigned i = 0; i < LOG_BURST + 3; i++)
		exporter_log(&log, EXPORTER_INFO, "again", NULL, 0);
	limit.tokens = 1;
	exporter_log(&log, EXPORTER_INFO, "at last", NULL, 0);
	len = read(fd[0], text, sizeof(text) - 1);
	assert_true(len > 0);
	text[len] = '\0';
	assert_int_equal(count(text, "msg=again\n"), LOG_BURST);
	assert_int_equal(count(text, "msg=\"lines were left out: too many at once\" lines=3\n"), 1);
	assert_true(strstr(text, "left out") < strstr(text, "at last"));
	assert_int_equal(atomic_load(&dropped), 3);
	log_limit_free(&limit);
	(void)close(fd[0]);
	(void)close(fd[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),       cmocka_unit_test(test_json_texts),
		cmocka_unit_test(test_level),       cmocka_unit_test(test_limit),
		cmocka_unit_test(test_limited_log),
	};

	return cmocka_run_group_tests_name("exporter_log", tests, NULL, NULL);
}
