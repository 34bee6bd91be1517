/* SPDX-License-Identifier: MIT */
/* The stub_status parser: what it takes, and what it says of everything else. */
#include "unit.h"

#include <math.h>

#include "nginx.h"

#define PAGE(active, counters, states)                                                             \
	"Active connections: " active " \nserver accepts handled requests\n " counters             \
	" \nReading: " states " \n"

static const char good[] = PAGE("291", "16630948 16630946 31070465", "6 Writing: 179 Waiting: 106");

static bool parse(const char *page, struct nginx_status *status, struct err *err)
{
	*status = (struct nginx_status){.server = "nginx/1.22.1"};
	*err = (struct err){0};
	return nginx_parse(status, str_of(page), err);
}

static void test_all_numbers(void **state)
{
	struct nginx_status s;
	struct err err;

	(void)state;
	assert_true(parse(good, &s, &err));
	assert_int_equal(s.active, 291);
	assert_int_equal(s.accepts, 16630948);
	assert_int_equal(s.handled, 16630946);
	assert_int_equal(s.requests, 31070465);
	assert_int_equal(s.reading, 6);
	assert_int_equal(s.writing, 179);
	assert_int_equal(s.waiting, 106);
	assert_int_equal(s.dropped, 2);
	assert_false(s.has_request_time);
	assert_true(fabs(s.requests_per_connection - 31070465.0 / 16630946) < 1e-12);
	assert_string_equal(s.server, "nginx/1.22.1");
}

static void test_tengine(void **state)
{
	struct nginx_status s;
	struct err err;

	(void)state;
	assert_true(parse("Active connections: 1 \nserver accepts handled requests request_time\n"
			  " 4 3 2 1234\nReading: 0 Writing: 1 Waiting: 0 \n",
			  &s, &err));
	assert_true(s.has_request_time);
	assert_int_equal(s.request_time_ms, 1234);
	assert_int_equal(s.requests, 2);
}

static void test_underflow_is_negative(void **state)
{
	struct nginx_status s;
	struct err err;

	(void)state;
	assert_true(parse(PAGE("18446744073709551615", "9 9 9",
			       "4294967295 Writing: 18446744073709551600 Waiting: 2147483648"),
			  &s, &err));
	assert_int_equal(s.active, -1);
	assert_int_equal(s.reading, -1);
	assert_int_equal(s.writing, -16);
	assert_int_equal(s.waiting, INT32_MIN);
}

static void test_fresh_server(void **state)
{
	struct nginx_status s;
	struct err err;

	(void)state;
	assert_true(parse(PAGE("0", "0 0 0", "0 Writing: 0 Waiting: 0"), &s, &err));
	assert_true(isnan(s.requests_per_connection));
	/* The counters are read one after the other: no underflow when handled seems ahead. */
	assert_true(parse(PAGE("0", "5 6 0", "0 Writing: 0 Waiting: 0"), &s, &err));
	assert_int_equal(s.dropped, 0);
	assert_true(parse(PAGE("1", "18446744073709551615 1 1", "0 Writing: 0 Waiting: 0"), &s, &err));
	assert_true(s.accepts == UINT64_MAX);
	assert_true(s.dropped == UINT64_MAX - 1);
}

static void test_says_what_came_instead(void **state)
{
	static const struct {
		const char *page;
		const char *says;
	} cases[] = {
		{"", "an empty page"},
		{" \r\n", "an empty page"},
		{"<html><body>404</body></html>", "an HTML page"},
		{"{\"version\":\"2.0.21\"}", "uWSGI stats server"},
		{"ok", "it begins \"ok\""},
		{"Active connections: ", "cut off after 20 bytes"},
		{"Active connections: 291 \nserver accepts handled requests\n 1 1 1 \nReading: 6 Wri",
		 "cut off after 79 bytes"},
		{"Active connections: 291 \nserver accepts handled requests\n 1 1 1 \nReading: 6 "
		 "Writing: 179 Waiting: 10",
		 "cut off"},
		{PAGE("x", "1 1 1", "0 Writing: 0 Waiting: 0"), "unexpected text at byte 20"},
		{PAGE("-1", "1 1 1", "0 Writing: 0 Waiting: 0"), "unexpected text"},
		{PAGE("1", "1 1", "0 Writing: 0 Waiting: 0"), "unexpected text"},
		{PAGE("1", "1 1 1 1", "0 Writing: 0 Waiting: 0"), "unexpected text"},
		{PAGE("1", "1 1 18446744073709551616", "0 Writing: 0 Waiting: 0"),
		 "does not fit in 64 bits"},
		{PAGE("1", "1 1 1", "0 Writing: 0 Waiting: 0") "<script>", "8 bytes of other text"},
		{PAGE("1", "1 1 1", "0 writing: 0 Waiting: 0"), "unexpected text"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct nginx_status s;
		struct err err;

		assert_false(parse(cases[i].page, &s, &err));
		assert_int_equal(err.kind, ERR_PARSE);
		if (strstr(err.text, cases[i].says) == NULL)
			fail_msg("case %zu says \"%s\"", i, err.text);
		assert_int_equal(s.active, 0);
	}
}

static void test_every_cut_is_refused(void **state)
{
	(void)state;
	for (size_t len = 0; len + 1 < sizeof(good); len++) {
		/* A copy of its own, so that a read past the end is seen. */
		char *page = malloc(len + 1);
		struct nginx_status s = {0};
		struct err err = {0};
		bool ok;

		assert_non_null(page);
		memcpy(page, good, len);
		ok = nginx_parse(&s, (struct str){page, len}, &err);
		free(page);
		assert_false(ok);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_numbers),
		cmocka_unit_test(test_tengine),
		cmocka_unit_test(test_underflow_is_negative),
		cmocka_unit_test(test_fresh_server),
		cmocka_unit_test(test_says_what_came_instead),
		cmocka_unit_test(test_every_cut_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
