/* SPDX-License-Identifier: MIT */
/* The JSON writer, and the escapes of HTML: nothing gets out of its text. */
#include "unit.h"

#include <math.h>

#include "prometheus_exporter/html.h"
#include "prometheus_exporter/json.h"

#define BAD "\xef\xbf\xbd"

struct text_case {
	const char *text;
	const char *json;
	const char *html;
};

static const struct text_case texts[] = {
	{"", "", ""},
	{"a b", "a b", "a b"},
	{"<b>&\"'", "<b>&\\\"'", "&lt;b&gt;&amp;&quot;&#39;"},
	{"\\ / \b\f\n\r\t", "\\\\ / \\u0008\\u000c\\n\\u000d\\u0009",
	 "\\ / " BAD BAD "\n" BAD "\t"},
	{"\x01\x1f\x7f", "\\u0001\\u001f\\u007f", BAD BAD BAD},
	{"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80",
	 "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"},
	{"\xff", BAD, BAD},
	{"a\x80"
	 "b",
	 "a" BAD "b", "a" BAD "b"},
	{"\xc0\xaf", BAD BAD, BAD BAD},                         /* overlong */
	{"\xed\xa0\x80", BAD BAD BAD, BAD BAD BAD},             /* a surrogate */
	{"\xf4\x90\x80\x80", BAD BAD BAD BAD, BAD BAD BAD BAD}, /* above U+10FFFF */
	{"\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf"},
	{"\xe2\x82", BAD BAD, BAD BAD}, /* cut off */
	{"\xe2\x82\"", BAD BAD "\\\"", BAD BAD "&quot;"},
};

static void test_texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct buf out, want;
		struct json json;

		buf_init(&out, 1024);
		buf_init(&want, 1024);
		json_init(&json, &out);
		json_text(&json, NULL, texts[i].text);
		buf_addf(&want, "\"%s\"", texts[i].json);
		assert_string_equal(buf_text(&out), buf_text(&want));
		buf_clear(&out);
		html_add(&out, texts[i].text);
		assert_string_equal(buf_text(&out), texts[i].html);
		buf_free(&out);
		buf_free(&want);
	}
}

static void test_structure(void **state)
{
	struct buf out;
	struct json json;

	(void)state;
	buf_init(&out, 1024);
	json_init(&json, &out);
	json_open(&json, NULL, '{');
	json_open(&json, "list", '[');
	json_close(&json, ']');
	json_open(&json, "o\"", '{');
	json_u64(&json, "max", UINT64_MAX);
	json_i64(&json, "min", INT64_MIN);
	json_close(&json, '}');
	json_open(&json, "l", '[');
	json_double(&json, NULL, 0.1);
	json_double(&json, NULL, (double)NAN);
	json_double(&json, NULL, -(double)INFINITY);
	json_bool(&json, NULL, true);
	json_bool(&json, NULL, false);
	json_text(&json, NULL, NULL);
	json_open(&json, NULL, '[');
	json_close(&json, ']');
	json_null(&json, NULL);
	json_close(&json, ']');
	json_close(&json, '}');
	assert_string_equal(buf_text(&out), "{\"list\":[],\"o\\\"\":{\"max\":18446744073709551615,"
					    "\"min\":-9223372036854775808},"
					    "\"l\":[0.1,null,null,true,false,null,[],null]}");
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_structure),
	};

	return cmocka_run_group_tests_name("exporter_json", tests, NULL, NULL);
}
