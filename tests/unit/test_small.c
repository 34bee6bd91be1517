/* SPDX-License-Identifier: MIT */
/* The small change of common/: str, buf, err, arena. */
#include "unit.h"

#include <errno.h>
#include <math.h>

#include "arena.h"
#include "buf.h"
#include "err.h"

static void test_cut_and_trim(void **state)
{
	struct str rest = STR(" a , b,");

	(void)state;
	assert_true(str_equal(str_trim(str_cut(&rest, ',')), STR("a")));
	assert_true(str_equal(str_trim(str_cut(&rest, ',')), STR("b")));
	assert_non_null(rest.ptr);
	assert_int_equal(str_cut(&rest, ',').len, 0);
	assert_null(rest.ptr);
	assert_true(str_starts(STR("abc"), STR("ab")));
	assert_false(str_starts(STR("a"), STR("ab")));
	assert_true(str_ends(STR("abc"), STR("bc")));
	assert_false(str_ends(STR("c"), STR("bc")));
}

static void test_u64(void **state)
{
	static const struct {
		const char *text;
		bool ok;
		uint64_t value;
	} cases[] = {
		{"0", true, 0},
		{"007", true, 7},
		{"9999999999999999999", true, 9999999999999999999u},
		{"18446744073709551615", true, UINT64_MAX},
		{"18446744073709551616", false, 0},
		{"99999999999999999999", false, 0},
		{"", false, 0},
		{"-1", false, 0},
		{"+1", false, 0},
		{"1x", false, 0},
		{" 1", false, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		uint64_t value = 42;

		assert_int_equal(str_to_u64(str_of(cases[i].text), &value), cases[i].ok);
		assert_int_equal(value, cases[i].ok ? cases[i].value : 42);
	}
}

static void test_i64(void **state)
{
	int64_t value;

	(void)state;
	assert_true(str_to_i64(STR("-9223372036854775808"), &value));
	assert_true(value == INT64_MIN);
	assert_true(str_to_i64(STR("9223372036854775807"), &value));
	assert_true(value == INT64_MAX);
	assert_false(str_to_i64(STR("9223372036854775808"), &value));
	assert_false(str_to_i64(STR("-9223372036854775809"), &value));
	assert_false(str_to_i64(STR("--1"), &value));
	assert_false(str_to_i64(STR("-"), &value));
}

static void test_double(void **state)
{
	static const char *const bad[] = {"",    ".",   "-",  "nan", "inf", "0x10", "1,5",
					  "1.5.", "1e", "1e+", "1e999", " 1", "1 ",   "1e1.5"};
	double value;

	(void)state;
	assert_true(str_to_double(STR("-1.5"), &value) && value == -1.5);
	assert_true(str_to_double(STR("3e2"), &value) && value == 300);
	assert_true(str_to_double(STR(".25"), &value) && value == 0.25);
	assert_true(str_to_double(STR("0.1"), &value) && value == 0.1);
	assert_true(str_to_double(STR("12345.678901"), &value) && value == 12345.678901);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(str_to_double(str_of(bad[i]), &value));
}

static void test_buf_doubles(void **state)
{
	static const struct {
		double value;
		const char *text;
	} cases[] = {
		{0, "0"},
		{-3, "-3"},
		{0.1, "0.1"},
		{1.0 / 3, "0.3333333333333333"},
		{9007199254740992.0, "9007199254740992"},
		{1e300, "1e+300"},
		{(double)INFINITY, "+Inf"},
		{-(double)INFINITY, "-Inf"},
		{(double)NAN, "NaN"},
	};
	struct buf buf;

	(void)state;
	buf_init(&buf, 1000);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		buf_clear(&buf);
		buf_add_double(&buf, cases[i].value);
		assert_string_equal(buf_text(&buf), cases[i].text);
	}
	buf_clear(&buf);
	buf_add_i64(&buf, INT64_MIN);
	buf_add_u64(&buf, UINT64_MAX);
	assert_string_equal(buf_text(&buf), "-922337203685477580818446744073709551615");
	buf_free(&buf);
}

static void test_buf_decimals(void **state)
{
	static const struct {
		double value;
		unsigned decimals;
		const char *text;
	} number[] = {
		{0, 3, "0"},
		{291, 3, "291"},
		{42.1, 3, "42.1"},
		{42.1004, 3, "42.1"},
		{0.0000012, 6, "0.000001"},
		{1e-9, 6, "0"},
		{-1e-9, 6, "0"},
		{1e15, 3, "1000000000000000"},
		{1.5, 0, "2"},
		{100, 0, "100"},
		{-2.50, 2, "-2.5"},
		{18446744073709551615.0, 3, "18446744073709551616"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(number); i++) {
		struct buf out;

		buf_init(&out, 500);
		buf_add_decimal(&out, number[i].value, number[i].decimals);
		assert_string_equal(buf_text(&out), number[i].text);
		buf_free(&out);
	}
}

static void test_buf_fails_sticky(void **state)
{
	struct buf buf;

	(void)state;
	buf_init(&buf, 5);
	buf_add_text(&buf, "12345");
	assert_true(buf_ok(&buf));
	buf_add_char(&buf, '6');
	assert_false(buf_ok(&buf));
	buf_add_text(&buf, "");
	assert_false(buf_ok(&buf));
	assert_string_equal(buf_text(&buf), "12345");
	buf_clear(&buf);
	buf_addf(&buf, "%s", "abcde");
	assert_true(buf_ok(&buf));
	buf_addf(&buf, "%d", 1);
	assert_false(buf_ok(&buf));
	buf_free(&buf);
	assert_string_equal(buf_text(&buf), "");
}

static void test_first_cause_wins(void **state)
{
	struct err err = {0};

	(void)state;
	assert_false(err_set(&err, ERR_PARSE, "first \x1b[31m\n\xff"));
	assert_false(err_set(&err, ERR_TIMEOUT, "second"));
	assert_int_equal(err.kind, ERR_PARSE);
	assert_string_equal(err.text, "first ?[31m??");
	err_clear(&err);
	assert_false(err_set_errno(&err, ENOENT, "open %s", "/x"));
	assert_int_equal(err.kind, ERR_NOT_FOUND);
	assert_string_equal(err.text, "open /x: No such file or directory");
	for (int kind = ERR_NONE; kind <= ERR_PARSE; kind++)
		assert_non_null(err_kind_name((enum err_kind)kind));
}

static void test_err_cuts_long_texts(void **state)
{
	char text[2 * ERR_TEXT_MAX];
	struct err err = {0};

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	err_set_errno(&err, EACCES, "%s", text);
	assert_int_equal(strlen(err.text), ERR_TEXT_MAX - 1);
}

static void test_lists_grow_and_keep(void **state)
{
	struct arena arena;
	struct list outer = {0};
	struct list inner = {0};

	(void)state;
	arena_init(&arena, 1 << 20);
	for (uint64_t i = 0; i < 1000; i++) {
		uint64_t *number = list_add(&outer, &arena, sizeof(*number));
		struct str *text = list_add(&inner, &arena, sizeof(*text));

		assert_non_null(number);
		assert_non_null(text);
		assert_int_equal(*number, 0);
		assert_int_equal((uintptr_t)text % _Alignof(struct str), 0);
		*number = i;
		text->ptr = arena_text(&arena, STR("odd"));
		assert_string_equal(text->ptr, "odd");
	}
	for (size_t i = 0; i < outer.len; i++)
		assert_int_equal(((uint64_t *)outer.item)[i], i);
	arena_free(&arena);
}

static void test_arena_stops_at_its_ceiling(void **state)
{
	struct arena arena;
	struct list list = {0};
	size_t len = 0;

	(void)state;
	arena_init(&arena, 64 * 1024);
	while (list_add(&list, &arena, 64) != NULL)
		len++;
	assert_int_equal(list.len, len);
	assert_true(len >= 64 && len < 1024);
	assert_true(arena.used <= arena.ceiling);
	assert_null(arena_alloc(&arena, SIZE_MAX));
	arena_free(&arena);
	assert_int_equal(arena.used, 0);
	arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cut_and_trim),
		cmocka_unit_test(test_u64),
		cmocka_unit_test(test_i64),
		cmocka_unit_test(test_double),
		cmocka_unit_test(test_buf_doubles),
		cmocka_unit_test(test_buf_decimals),
		cmocka_unit_test(test_buf_fails_sticky),
		cmocka_unit_test(test_first_cause_wins),
		cmocka_unit_test(test_err_cuts_long_texts),
		cmocka_unit_test(test_lists_grow_and_keep),
		cmocka_unit_test(test_arena_stops_at_its_ceiling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
