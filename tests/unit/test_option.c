/* SPDX-License-Identifier: MIT */
/* test_option.c - command lines against one table. */
#include "unit.h"

#include "option.h"

enum { ARGS_MAX = 8 };

static const struct option_spec spec[] = {
	{'u', 'u', "url", "TARGET", "where the status page is", false},
	{'v', 'v', "verbose", NULL, "say more", false},
	{'S', 'S', "ssl", "BOOL", "ask over TLS", true},
	{'w', 'w', NULL, "RANGE", "a short one only", false},
	{'t', 0, "a-name-that-is-too-long-for-its-column", "SECONDS",
	 "give up after so many seconds, which is a help text that does not fit on one line of "
	 "eighty columns",
	 false},
	{'p', 0, "pass", "PASSWORD", NULL, false},
};

static bool record(void *ctx, int id, const char *value, struct err *err)
{
	struct buf *seen = ctx;

	buf_addf(seen, "%c=%s ", id, value != NULL ? value : "");
	if (value != NULL && strcmp(value, "refused") == 0)
		return err_set(err, ERR_USAGE, "handler said no");
	return true;
}

static bool record_argument(void *ctx, const char *value, struct err *err)
{
	(void)err;
	buf_addf(ctx, "[%s] ", value);
	return true;
}

static const struct parse_case {
	const char *arg[ARGS_MAX];
	const char *seen;
	const char *error; /* a part of the message; NULL: it parses */
} parse_case[] = {
	{{NULL}, "", NULL},
	{{"--url=x", "--url", "y", "-uz", "-u", "w"}, "u=x u=y u=z u=w ", NULL},
	{{"--url=", "-w", "-5:10"}, "u= w=-5:10 ", NULL},
	{{"--url=a=b"}, "u=a=b ", NULL},
	{{"-vvv", "--verbose"}, "v= v= v= v= ", NULL},
	{{"-vuX", "-vu", "Y"}, "v= u=X v= u=Y ", NULL},
	{{"--ssl", "--ssl=true", "--ssl=false", "--no-ssl", "-S", "-vSv"},
	 "S=true S=true S=false S=false S=true v= S=true v= ",
	 NULL},
	{{"--ssl", "x"}, "S=true [x] ", NULL},
	{{"a", "-", "--", "-v", "--url"}, "[a] [-] [-v] [--url] ", NULL},
	{{"--pass=geheim"}, "p=geheim ", NULL},
	{{"--ur=x"}, "", "unknown option \"--ur\""},
	{{"--nope=secret"}, "", "unknown option \"--nope\""},
	{{"--no-url"}, "", "unknown option \"--no-url\""},
	{{"--no-ssl=true"}, "", "unknown option \"--no-ssl\""},
	{{"--no-nope"}, "", "unknown option \"--no-nope\""},
	{{"-x"}, "", "unknown option \"-x\""},
	{{"-vx"}, "v= ", "unknown option \"-x\""},
	{{"--=x"}, "", "unknown option \"--\""},
	{{"-v", "--url"}, "v= ", "a value is missing after option \"--url\""},
	{{"-w"}, "", "a value is missing after option \"-w\""},
	{{"--verbose=1"}, "", "no value is expected after option \"--verbose\""},
	{{"--ssl=maybe"}, "", "option --ssl: expected true or false, not \"maybe\""},
	{{"--url=refused", "-v"}, "u=refused ", "handler said no"},
};

static void test_parse(void **state)
{
	struct buf seen;
	struct option_set set = {spec, ARRAY_LEN(spec), record, record_argument, &seen};

	(void)state;
	buf_init(&seen, 4096);
	for (size_t i = 0; i < ARRAY_LEN(parse_case); i++) {
		const struct parse_case *c = &parse_case[i];
		char text[ARGS_MAX][64] = {"program"};
		char *argv[ARGS_MAX + 1] = {text[0]};
		struct err err = {0};
		int argc = 1;

		for (; argc < ARGS_MAX && c->arg[argc - 1] != NULL; argc++) {
			(void)snprintf(text[argc], sizeof(text[argc]), "%s", c->arg[argc - 1]);
			argv[argc] = text[argc];
		}
		buf_clear(&seen);
		if (option_parse(&set, argc, argv, &err) != (c->error == NULL))
			fail_msg("case %zu: %s", i, err.text);
		assert_string_equal(buf_text(&seen), c->seen);
		if (c->error != NULL && strstr(err.text, c->error) == NULL)
			fail_msg("case %zu: %s", i, err.text);
	}
	buf_free(&seen);
}

static void test_no_arguments(void **state)
{
	struct option_set set = {spec, ARRAY_LEN(spec), record, NULL, NULL};
	char program[] = "program";
	char extra[] = "extra";
	char *argv[] = {program, extra, NULL};
	struct err err = {0};

	(void)state;
	assert_false(option_parse(&set, 2, argv, &err));
	assert_int_equal(err.kind, ERR_USAGE);
	assert_string_equal(err.text, "unexpected argument \"extra\"");
}

static void test_help(void **state)
{
	static const char help[] =
		"  -u, --url TARGET          where the status page is\n"
		"  -v, --verbose             say more\n"
		"  -S, --[no-]ssl            ask over TLS\n"
		"  -w RANGE                  a short one only\n"
		"      --a-name-that-is-too-long-for-its-column SECONDS\n"
		"                            give up after so many seconds, which is a help text\n"
		"                            that does not fit on one line of eighty columns\n";
	struct option_set set = {spec, ARRAY_LEN(spec), record, NULL, NULL};
	struct buf out;

	(void)state;
	buf_init(&out, 4096);
	option_help(&set, &out);
	assert_string_equal(buf_text(&out), help);
	buf_free(&out);
}

static const struct seconds_case {
	const char *text;
	double seconds; /* 0: an error */
} seconds_case[] = {
	{"5", 5},        {"1.5", 1.5}, {"500ms", 0.5}, {"5s", 5},    {"2m", 120}, {"600", 600},
	{"0.001", 1e-3}, {"10m", 600}, {"601", 0},     {"11m", 0},   {"0", 0},    {"0s", 0},
	{"-1", 0},       {"", 0},      {"s", 0},       {"5x", 0},    {"5 s", 0},  {"nan", 0},
	{"inf", 0},      {"0x5", 0},   {"5h", 0},      {"1e999", 0}, {"5ss", 0},  {"5sm", 0},
};

static void test_seconds(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(seconds_case); i++) {
		const struct seconds_case *c = &seconds_case[i];
		struct err err = {0};
		double seconds = 0;
		bool ok = option_seconds(c->text, 600, &seconds, &err);

		if (ok != (c->seconds > 0) || seconds != c->seconds)
			fail_msg("\"%s\": %g, %s", c->text, seconds, err.text);
		assert_int_equal(err.kind, ok ? ERR_NONE : ERR_USAGE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_no_arguments),
		cmocka_unit_test(test_help),
		cmocka_unit_test(test_seconds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
