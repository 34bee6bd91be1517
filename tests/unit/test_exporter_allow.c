/* SPDX-License-Identifier: MIT */
/* Which hosts a module lets /probe reach. */
#include "unit.h"

#include "prometheus_exporter/allow.h"

enum { ARENA_BYTES = 64 * 1024, PATTERNS_MAX = 16 };

/* The patterns of a module; `list` has blanks between them. */
struct patterns {
	struct arena arena;
	struct allow allow[PATTERNS_MAX];
	size_t len;
};

static void read_patterns(struct patterns *patterns, const char *list)
{
	struct str rest = str_of(list);

	*patterns = (struct patterns){.len = 0};
	arena_init(&patterns->arena, ARENA_BYTES);
	while (rest.len > 0) {
		const char *text = arena_text(&patterns->arena, str_cut(&rest, ' '));
		struct err err = {0};

		assert_true(patterns->len < PATTERNS_MAX);
		if (!allow_parse(&patterns->allow[patterns->len++], &patterns->arena, text, &err))
			fail_msg("%s", err.text);
	}
}

#define INSIDE "10.0.0.0/8 192.0.2.7 fd00::/8 2001:db8::1 web1.example.org *.example.net"

static void test_hosts(void **state)
{
	static const struct {
		const char *patterns;
		const char *host;
		bool allowed;
	} given[] = {
		/* networks and addresses */
		{INSIDE, "10.0.0.0", true},
		{INSIDE, "10.255.255.255", true},
		{INSIDE, "11.0.0.0", false},
		{INSIDE, "9.255.255.255", false},
		{INSIDE, "192.0.2.7", true},
		{INSIDE, "192.0.2.8", false},
		{INSIDE, "127.0.0.1", false},
		{INSIDE, "fd00::1", true},
		{INSIDE, "FD12:3456::1", true},
		{INSIDE, "fe00::1", false},
		{INSIDE, "2001:db8::1", true},
		{INSIDE, "2001:db8:0:0::0001", true},
		{INSIDE, "2001:db8::2", false},
		{INSIDE, "::1", false},
		{"10.1.2.0/23", "10.1.3.255", true},
		{"10.1.2.0/23", "10.1.4.0", false},
		{"10.1.2.128/25", "10.1.2.128", true},
		{"10.1.2.128/25", "10.1.2.127", false},
		{"0.0.0.0/0", "8.8.8.8", true},
		{"0.0.0.0/0", "::1", false},
		{"::/0", "2001:db8::1", true},
		{"::/0", "8.8.8.8", false},
		{"::/0", "::", true},
		{"::/0", "::1", true},
		{"::/0", "::2", false},
		{"::1", "::1", true},
		{"2001:db8::/33", "2001:db8:7fff::1", true},
		{"2001:db8::/33", "2001:db8:8000::1", false},
		/* names */
		{INSIDE, "web1.example.org", true},
		{INSIDE, "WEB1.Example.ORG", true},
		{INSIDE, "web2.example.org", false},
		{INSIDE, "xweb1.example.org", false},
		{INSIDE, "a.web1.example.org", false},
		{INSIDE, "a.example.net", true},
		{INSIDE, "a.b.example.net", true},
		{INSIDE, "A.EXAMPLE.NET", true},
		{INSIDE, "example.net", false},
		{INSIDE, ".example.net", false},
		{INSIDE, "xexample.net", false},
		{INSIDE, "a.example.net.evil.org", false},
		{"*.Example.NET", "a.example.net", true},
		{"my_app", "my_app", true},
		{"localhost", "localhost", true},
		/* a name never matches a network, whatever the DNS says */
		{"0.0.0.0/0 ::/0", "localhost", false},
		{"0.0.0.0/0 ::/0", "web1.example.org", false},
		{"*.org", "10.0.0.1.org", true},
		/* other spellings of an address */
		{"0.0.0.0/0 ::/0", "127.1", false},
		{"0.0.0.0/0 ::/0", "127.0.1", false},
		{"0.0.0.0/0 ::/0", "2130706433", false},
		{"0.0.0.0/0 ::/0", "0x7f000001", false},
		{"0.0.0.0/0 ::/0", "0x7f.1", false},
		{"0.0.0.0/0 ::/0", "0X7F.0.0.1", false},
		{"0.0.0.0/0 ::/0", "0177.0.0.1", false},
		{"0.0.0.0/0 ::/0", "127.0.0.01", false},
		{"0.0.0.0/0 ::/0", "127.0.0.1.", false},
		{"0.0.0.0/0 ::/0", "127.0.0.1 ", false},
		{"0.0.0.0/0 ::/0", " 127.0.0.1", false},
		{"0.0.0.0/0 ::/0", "127.0.0.1.1", false},
		{"0.0.0.0/0 ::/0", "127.0.0.256", false},
		{"0.0.0.0/0 ::/0", "127.0.0", false},
		{"0.0.0.0/0 ::/0", "127.0.0.+1", false},
		{"0.0.0.0/0 ::/0", "127..0.1", false},
		{"0.0.0.0/0 ::/0", "\xef\xbc\x91.0.0.1", false},
		{"0.0.0.0/0 ::/0", "::ffff:127.0.0.1", false},
		{"0.0.0.0/0 ::/0", "::ffff:7f00:1", false},
		{"0.0.0.0/0 ::/0", "::127.0.0.1", false},
		{"0.0.0.0/0 ::/0", "::7f00:1", false},
		{"0.0.0.0/0 ::/0", "0:0:0:0:0:FFFF:10.0.0.1", false},
		{"0.0.0.0/0 ::/0", "fe80::1%eth0", false},
		{"0.0.0.0/0 ::/0", "[::1]", false},
		{"0.0.0.0/0 ::/0", "::1::", false},
		{"*.org", "x.0x1", false},
		{"web1.example.org", "web1.example.org.", false},
		{"*.example.org", "web1.example.org.", false},
		{"*.example.org", "-a.example.org", false},
		{"*.example.org", "a-.example.org", false},
		{"*.example.org", "a b.example.org", false},
		{"*.example.org", "a/.example.org", false},
		{"*.example.org", "a\\.example.org", false},
		{"*.example.org", "*.example.org", false},
		{"*.example.org", "a..example.org", false},
		{"*.example.org", "", false},
		/* closed by default */
		{"", "127.0.0.1", false},
		{"", "localhost", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(given); i++) {
		struct patterns patterns;
		bool allowed;

		read_patterns(&patterns, given[i].patterns);
		allowed = allow_match(patterns.allow, patterns.len, given[i].host);
		if (allowed != given[i].allowed)
			fail_msg("\"%s\" is %s by \"%s\"", given[i].host,
				 allowed ? "allowed" : "not allowed", given[i].patterns);
		arena_free(&patterns.arena);
	}
}

/* A label of 63 characters may be, one of 64 not, and no name of more than 253. */
static void test_lengths(void **state)
{
	struct patterns patterns;
	char host[300];

	(void)state;
	read_patterns(&patterns, "*.org");
	memset(host, 'a', sizeof(host));
	memcpy(host + 63, ".org", 5);
	assert_true(allow_match(patterns.allow, patterns.len, host));
	memset(host, 'a', sizeof(host));
	memcpy(host + 64, ".org", 5);
	assert_false(allow_match(patterns.allow, patterns.len, host));
	for (size_t i = 0; i < sizeof(host); i++)
		host[i] = i % 2 == 0 ? 'a' : '.';
	memcpy(host + 250, "org", 4);
	assert_true(allow_match(patterns.allow, patterns.len, host));
	host[250] = 'a';
	memcpy(host + 251, ".org", 5);
	assert_false(allow_match(patterns.allow, patterns.len, host));
	arena_free(&patterns.arena);
}

static void test_bad_patterns(void **state)
{
	static const char *const given[] = {
		"",
		"*",
		"*.",
		"**.org",
		"a.*.org",
		"10.0.0.1/8",
		"10.0.0.0/33",
		"10.0.0.0/",
		"10.0.0.0/x",
		"10.0.0.0/-1",
		"10.0.0/8",
		"10/8",
		"fd00::1/8",
		"::/129",
		"::ffff:10.0.0.0/104",
		"0x0a.0.0.0/8",
		"a.org/8",
		"http://a/",
		"a.org:80",
		"a.org.",
		"*.10.0.0.1",
		"*.::1",
		"[::1]",
		"unix:/a",
		"a b",
		"1.2.3.4.5",
		"*.1",
	};
	struct arena arena;

	(void)state;
	arena_init(&arena, ARENA_BYTES);
	for (size_t i = 0; i < ARRAY_LEN(given); i++) {
		struct allow allow;
		struct err err = {0};

		if (allow_parse(&allow, &arena, given[i], &err))
			fail_msg("taken: \"%s\"", given[i]);
		assert_int_equal(err.kind, ERR_USAGE);
		assert_non_null(strstr(err.text, given[i]));
	}
	arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hosts),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_bad_patterns),
	};

	return cmocka_run_group_tests_name("exporter_allow", tests, NULL, NULL);
}
