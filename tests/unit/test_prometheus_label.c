/* SPDX-License-Identifier: MIT */
/* Label names, and what a value looks like once it is escaped. */
#include "unit.h"

#include "prometheus_exporter/label.h"

static void test_names(void **state)
{
	static const struct {
		const char *name;
		bool ok;
	} given[] = {
		{"a", true},    {"team", true}, {"_a9", true},          {"A_b", true},
		{"", false},    {"9a", false},  {"a-b", false},         {"a b", false},
		{"__a", false}, {"_", true},    {"caf\xc3\xa9", false}, {"a\n", false},
		{"a=b", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(given); i++)
		assert_int_equal(prom_label_name_ok(str_of(given[i].name)), given[i].ok);
}

#define REPAIRED "\xef\xbf\xbd"

static void test_values(void **state)
{
	static const struct {
		const char *value;
		const char *shown;
	} given[] = {
		{"", "a=\"\""},
		{"plain {x}, =1", "a=\"plain {x}, =1\""},
		{"a\"b\\c\nd", "a=\"a\\\"b\\\\c\\nd\""},
		{"\"", "a=\"\\\"\""},
		{"tab\there\r", "a=\"tab\there\r\""},
		{"caf\xc3\xa9", "a=\"caf\xc3\xa9\""},
		{"\xe2\x82\xac\xf0\x9f\x98\x80", "a=\"\xe2\x82\xac\xf0\x9f\x98\x80\""},
		{"caf\xe9", "a=\"caf" REPAIRED "\""},
		{"\xc3", "a=\"" REPAIRED "\""},
		{"\x80x\xff", "a=\"" REPAIRED "x" REPAIRED "\""},
		/* overlong "/", a surrogate, above U+10FFFF, a cut character before text */
		{"\xc0\xaf", "a=\"" REPAIRED REPAIRED "\""},
		{"\xed\xa0\x80", "a=\"" REPAIRED REPAIRED REPAIRED "\""},
		{"\xf4\x90\x80\x80", "a=\"" REPAIRED REPAIRED REPAIRED REPAIRED "\""},
		{"\xe2\x82x", "a=\"" REPAIRED REPAIRED "x\""},
		{"\xe0\x80\x80", "a=\"" REPAIRED REPAIRED REPAIRED "\""},
		{"\xef\xbf\xbd", "a=\"" REPAIRED "\""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(given); i++) {
		struct buf buf;

		buf_init(&buf, 1000);
		prom_add_label(&buf, 0, "a", str_of(given[i].value));
		assert_string_equal(buf_text(&buf), given[i].shown);
		buf_free(&buf);
	}
}

/* For a format that needs no escapes. */
static void test_repaired(void **state)
{
	struct buf buf;

	(void)state;
	buf_init(&buf, 1000);
	prom_add_repaired(&buf, str_of("a\"b\\c\nd caf\xc3\xa9 \xe9\xed\xa0\x80"));
	assert_string_equal(buf_text(&buf),
			    "a\"b\\c\nd caf\xc3\xa9 " REPAIRED REPAIRED REPAIRED REPAIRED);
	buf_free(&buf);
}

static void test_commas(void **state)
{
	struct buf buf;

	(void)state;
	buf_init(&buf, 1000);
	buf_add_text(&buf, "before{");
	prom_add_label(&buf, buf.len, "a", STR("1"));
	prom_add_label(&buf, 7, "b", STR("2"));
	assert_string_equal(buf_text(&buf), "before{a=\"1\",b=\"2\"");
	buf_free(&buf);
}

static void test_help(void **state)
{
	struct buf buf;

	(void)state;
	buf_init(&buf, 1000);
	prom_add_help(&buf, "a \"b\" c\\d\ne", false);
	assert_string_equal(buf_text(&buf), "a \"b\" c\\\\d\\ne");
	buf_clear(&buf);
	prom_add_help(&buf, "a \"b\" c\\d\ne", true);
	assert_string_equal(buf_text(&buf), "a \\\"b\\\" c\\\\d\\ne");
	buf_free(&buf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),    cmocka_unit_test(test_values),
		cmocka_unit_test(test_repaired), cmocka_unit_test(test_commas),
		cmocka_unit_test(test_help),
	};

	return cmocka_run_group_tests_name("prometheus_label", tests, NULL, NULL);
}
