/* SPDX-License-Identifier: MIT */
/* test_endpoint.c - addresses and ports: what is one, what covers what, how they are spelled. */
#include "unit.h"

#include "endpoint.h"

static const struct {
	const char *text;
	const char *printed; /* NULL: refused */
} reading[] = {
	{"127.0.0.1:3031", "127.0.0.1:3031"},
	{"0.0.0.0:80", "*:80"},
	{":3031", "[::]:3031"},
	{"*:3031", "[::]:3031"},
	{"[::1]:3031", "[::1]:3031"},
	{"[::]:80", "[::]:80"},
	{"[::ffff:10.0.0.7]:80", "10.0.0.7:80"},
	{"[2001:DB8::1]:65535", "[2001:db8::1]:65535"},
	{"", NULL},
	{":", NULL},
	{":0", NULL},
	{":65536", NULL},
	{":80x", NULL},
	{"127.0.0.1", NULL},
	{"127.0.0.1:", NULL},
	{"127.0.0.1:+80", NULL},
	{"::1:80", NULL},
	{"[::1:80", NULL},
	{"[]:80", NULL},
	{"localhost:80", NULL},
	{"/run/app.sock", NULL},
	{"1.2.3.4.5:80", NULL},
	{"[1234567890123456789012345678901234567890123456789]:80", NULL},
};

static void reads_and_prints(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(reading); i++) {
		struct endpoint endpoint = {.port = 7};
		struct buf out;
		bool ok = endpoint_parse(&endpoint, str_of(reading[i].text));

		if (ok != (reading[i].printed != NULL))
			fail_msg("\"%s\" is %s", reading[i].text, ok ? "taken" : "refused");
		if (!ok) {
			assert_int_equal(endpoint.port, 7);
			continue;
		}
		buf_init(&out, 100);
		endpoint_print(&endpoint, &out);
		assert_string_equal(buf_text(&out), reading[i].printed);
		buf_free(&out);
	}
}

static struct endpoint of(const char *text)
{
	struct endpoint endpoint;

	assert_true(endpoint_parse(&endpoint, str_of(text)));
	return endpoint;
}

static const struct {
	const char *bound;
	const char *at;
	bool covers;
} covering[] = {
	{"127.0.0.1:80", "127.0.0.1:80", true},
	{"127.0.0.1:80", "127.0.0.1:81", false},
	{"127.0.0.1:80", "127.0.0.2:80", false},
	{"0.0.0.0:80", "10.1.2.3:80", true},
	{"0.0.0.0:80", "[::1]:80", false},
	{"[::]:80", "10.1.2.3:80", true},
	{"[::]:80", "[2001:db8::1]:80", true},
	{"[::]:80", "10.1.2.3:81", false},
	{"[::1]:80", "[::1]:80", true},
	{"[::1]:80", "127.0.0.1:80", false},
	{"[::ffff:127.0.0.1]:80", "127.0.0.1:80", true},
};

static void any_covers_all(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(covering); i++) {
		struct endpoint bound = of(covering[i].bound);
		struct endpoint at = of(covering[i].at);

		if (endpoint_covers(&bound, &at) != covering[i].covers)
			fail_msg("%s and %s", covering[i].bound, covering[i].at);
	}
}

static void order_is_by_address_and_port(void **state)
{
	struct endpoint a = of("10.0.0.1:80");
	struct endpoint b = of("10.0.0.1:81");
	struct endpoint c = of("10.0.0.2:1");

	(void)state;
	assert_true(endpoint_compare(&a, &b) < 0 && endpoint_compare(&b, &a) > 0);
	assert_true(endpoint_compare(&b, &c) < 0 && endpoint_compare(&c, &b) > 0);
	assert_true(endpoint_compare(&a, &a) == 0 && endpoint_equal(&a, &a));
	assert_false(endpoint_equal(&a, &b) || endpoint_equal(&a, &c));
}

static void loopback(void **state)
{
	static const struct {
		const char *text;
		bool is;
	} cases[] = {
		{"127.0.0.1:1", true},  {"127.9.8.7:1", true},          {"[::1]:1", true},
		{"126.0.0.1:1", false}, {"[::ffff:127.0.0.1]:1", true}, {"[::2]:1", false},
		{"[::]:1", false},      {"0.0.0.0:1", false},           {"[1::1]:1", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct endpoint endpoint = of(cases[i].text);

		if (endpoint_is_loopback(&endpoint) != cases[i].is)
			fail_msg("%s", cases[i].text);
	}
}

static void address_alone(void **state)
{
	struct endpoint endpoint;

	(void)state;
	assert_true(endpoint_parse_address(&endpoint, STR("192.0.2.1")));
	assert_int_equal(endpoint.port, 0);
	assert_false(endpoint_is_any(&endpoint));
	assert_true(endpoint_parse_address(&endpoint, STR("::")));
	assert_true(endpoint_is_any(&endpoint));
	assert_true(endpoint_parse_address(&endpoint, STR("0.0.0.0")));
	assert_true(endpoint_is_any(&endpoint));
	assert_false(endpoint_parse_address(&endpoint, STR("")));
	assert_false(endpoint_parse_address(&endpoint, STR("unix:")));
	assert_false(endpoint_parse_address(&endpoint, STR("[::1]")));
	assert_false(endpoint_parse_address(&endpoint, STR("127.0.0.1\0")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_and_prints),
		cmocka_unit_test(any_covers_all),
		cmocka_unit_test(order_is_by_address_and_port),
		cmocka_unit_test(loopback),
		cmocka_unit_test(address_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
