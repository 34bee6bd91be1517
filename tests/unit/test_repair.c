/* SPDX-License-Identifier: MIT */
/* The repair stage: what uWSGI prints, and the JSON that comes out, whatever the pieces. */
#include "unit.h"

#include "uwsgi_repair.h"

static const struct {
	const char *in;
	const char *out;
} cases[] = {
	/* valid JSON stays what it is, without blanks between tokens */
	{"{\n\t\"a\":1,\n\t\"b\": [ \"x\" , \"y\" ]\n}", "{\"a\":1,\"b\":[\"x\",\"y\"]}"},
	{"{\"a\":\"q\\\"q\\\\\",\"b\":\"\\u00e9\\n\"}",
	 "{\"a\":\"q\\\"q\\\\\",\"b\":\"\\u00e9\\n\"}"},
	{"{\"a\":\"x, y\",\"b\":\"x: y\",\"c\":\"x} y\"}",
	 "{\"a\":\"x, y\",\"b\":\"x: y\",\"c\":\"x} y\"}"},
	{"[\"a\",1,-2.5e3,true,null,{},[]]", "[\"a\",1,-2.5e3,true,null,{},[]]"},
	{"{\"a\":\"\\\"\",\"b\":\",\"}", "{\"a\":\"\\\"\",\"b\":\",\"}"},
	{"{\"a\":\"tail\\\",\",\"b\":2}", "{\"a\":\"tail\\\",\",\"b\":2}"},
	{"{\"k\":\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"}",
	 "{\"k\":\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"}"},
	/* numbers with blanks between them do not become one */
	{"[1 2]", "[1 2]"},
	/* control bytes */
	{"{\"a\":\"b\x01"
	 "c\td\"}",
	 "{\"a\":\"b\\u0001c\\u0009d\"}"},
	/* invalid UTF-8: stray, cut short, too long, surrogate, beyond Unicode */
	{"[\"\xff\"]", "[\"\xef\xbf\xbd\"]"},
	{"[\"\xe2\x82x\"]", "[\"\xef\xbf\xbdx\"]"},
	{"[\"\xc3\"]", "[\"\xef\xbf\xbd\"]"},
	{"[\"\xc0\xaf\"]", "[\"\xef\xbf\xbd\xef\xbf\xbd\"]"},
	{"[\"\xed\xa0\x80\"]", "[\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"]"},
	{"[\"\xf4\x90\x80\x80\"]", "[\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"]"},
	/* quotes that were not escaped */
	{"{\"cwd\":\"/srv/quo\"te\",\n\"b\":1}", "{\"cwd\":\"/srv/quo\\\"te\",\"b\":1}"},
	{"{\"cwd\":\"\"a\"\"\n}", "{\"cwd\":\"\\\"a\\\"\"}"},
	{"{\"x \" y\":0}", "{\"x \\\" y\":0}"},
	{"[\"a\" b\",\"c\"]", "[\"a\\\" b\",\"c\"]"},
	{"{\"a\":\"b\" , c\",\"d\":1}", "{\"a\":\"b\\\" , c\",\"d\":1}"},
	/* backslashes that were not escaped */
	{"{\"cwd\":\"/a\\q\"}", "{\"cwd\":\"/a\\\\q\"}"},
	{"{\"cwd\":\"/a\\u12x\"}", "{\"cwd\":\"/a\\\\u12x\"}"},
	{"{\"cwd\":\"/a\\\",\n\t\"b\":1}", "{\"cwd\":\"/a\\\\\",\"b\":1}"},
	{"{\"cwd\":\"/a\\\"\n}", "{\"cwd\":\"/a\\\\\"}"},
	/* a comma before a closing bracket */
	{"{\"http\":[\"x\",\n\t],\"a\":1,}", "{\"http\":[\"x\"],\"a\":1}"},
	/* pairs in a list */
	{"{\"attrs\":[\"k\":\"v\"]}", "{\"attrs\":[\"k\",\"v\"]}"},
	/* no first brace */
	{"\"a\":1,\"b\":\"c\"}", "{\"a\":1,\"b\":\"c\"}"},
};

static size_t run(struct repair *repair, const char *in, size_t len, char *out, size_t cap)
{
	size_t written = 0;

	for (size_t done = 0; done < len && !repair->failed;) {
		size_t more;

		done += repair_run(repair, in + done, len - done, out + written, cap - written,
				   &more);
		written += more;
	}
	return written;
}

static void test_every_case_at_every_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		size_t len = strlen(cases[i].in);

		for (size_t cut = 0; cut <= len; cut++) {
			char out[2048];
			struct repair repair;
			size_t n;

			repair_init(&repair);
			n = run(&repair, cases[i].in, cut, out, sizeof(out));
			n += run(&repair, cases[i].in + cut, len - cut, out + n, sizeof(out) - n);
			n += repair_end(&repair, out + n);
			out[n] = '\0';
			if (strcmp(out, cases[i].out) != 0)
				fail_msg("case %zu cut at %zu: %s", i, cut, out);
			assert_false(repair.failed);
		}
	}
}

static void test_byte_by_byte(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char out[2048];
		struct repair repair;
		size_t n = 0;

		repair_init(&repair);
		for (const char *c = cases[i].in; *c != '\0'; c++)
			n += run(&repair, c, 1, out + n, sizeof(out) - n);
		n += repair_end(&repair, out + n);
		out[n] = '\0';
		assert_string_equal(out, cases[i].out);
	}
}

static void test_limits(void **state)
{
	static char out[4096];
	struct repair repair;
	char text[400];

	(void)state;
	memset(text, '[', sizeof(text));
	repair_init(&repair);
	(void)run(&repair, text, REPAIR_DEPTH_MAX, out, sizeof(out));
	assert_false(repair.failed);
	(void)run(&repair, text, 1, out, sizeof(out));
	assert_true(repair.failed);
	memset(text, '1', sizeof(text));
	repair_init(&repair);
	(void)run(&repair, text, REPAIR_SCALAR_MAX, out, sizeof(out));
	assert_false(repair.failed);
	(void)run(&repair, text, 1, out, sizeof(out));
	assert_true(repair.failed);
}

static void test_stays_within_the_output(void **state)
{
	char *out = malloc(REPAIR_ROOM + 40);
	char in[4096];
	size_t written;
	struct repair repair;

	(void)state;
	assert_non_null(out);
	memset(in, '\x01', sizeof(in));
	memcpy(in, "[\"", 2);
	repair_init(&repair);
	assert_true(repair_run(&repair, in, sizeof(in), out, REPAIR_ROOM + 40, &written) <
		    sizeof(in));
	assert_true(written <= REPAIR_ROOM + 40);
	assert_int_equal(repair_run(&repair, in, 1, out, REPAIR_ROOM - 1, &written), 0);
	free(out);
}

/* Returns how much of a string has been written. */
static size_t run_begin(struct repair *repair, char *out, size_t cap)
{
	repair_init(repair);
	return run(repair, "[\"", 2, out, cap) - 1;
}

static void test_long_strings_are_cut(void **state)
{
	static char out[REPAIR_ROOM + 16 * 1024];
	static const char *const unit[] = {"x",
					   "\x01",
					   "\xff",
					   "\\q",
					   "\"x",
					   "\\u00",
					   "\"                                               x"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(unit); i++) {
		struct repair repair;
		size_t written = run_begin(&repair, out, sizeof(out));
		size_t len = strlen(unit[i]);
		char in[1000];

		for (size_t k = 0; k < sizeof(in); k++)
			in[k] = unit[i][k % len];
		for (size_t k = 0; k < 200; k++)
			written += run(&repair, in, sizeof(in) / len * len, out, sizeof(out));
		assert_true(written >= REPAIR_STRING_MAX);
		assert_true(written < REPAIR_TOKEN_MAX);
		assert_int_equal(run(&repair, "\"]", 2, out, sizeof(out)), 2);
		assert_memory_equal(out, "\"]", 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_case_at_every_cut),
		cmocka_unit_test(test_byte_by_byte),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_long_strings_are_cut),
		cmocka_unit_test(test_stays_within_the_output),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
