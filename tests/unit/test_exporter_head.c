/* SPDX-License-Identifier: MIT */
/* The head of a request, read strictly, and the host names of --web.hosts. */
#include "unit.h"

#include "prometheus_exporter/head.h"
#include "prometheus_exporter/hosts.h"

enum { HEAD_MAX = 512 };

/* Cuts a head into strings in its place, as libmicrohttpd 0.9 does, and reads what it then shows.
 * `raw` may have NUL bytes; it ends with an empty line. */
static const char *read_in_place(const char *raw, size_t len)
{
	char text[HEAD_MAX];
	struct head head = {.in_place = true};
	struct head_request request;
	char *line = text;
	char *end;

	assert_in_range(len, 4, HEAD_MAX - 1);
	memcpy(text, raw, len);
	request.method = text;
	end = memchr(text, ' ', len);
	*end = '\0';
	request.target = end + 1;
	end = memchr(end + 1, ' ', len);
	*end = '\0';
	request.target_len = strlen(request.target);
	request.version = end + 1;
	for (bool is_first = true; line < text + len; is_first = false) {
		char *name = line;
		char *value;

		end = memchr(line, '\n', (size_t)(text + len - line));
		line = end + 1;
		if (end > name && end[-1] == '\r')
			end[-1] = '\0';
		*end = '\0';
		if (is_first) {
			head_begin(&head, &request);
			continue;
		}
		if (name[0] == '\0')
			break;
		value = strchr(name, ':');
		if (value == NULL)
			return "no colon";
		*value++ = '\0';
		while (*value == ' ' || *value == '\t')
			value++;
		head_line(&head, str_of(name), str_of(value));
	}
	return head_end(&head, (size_t)(line - text));
}

static const char *read_text(const char *raw)
{
	return read_in_place(raw, strlen(raw));
}

#define LINE "GET /a?b HTTP/1.1\r\n"

static void test_lines(void **state)
{
	static const struct {
		const char *raw;
		const char *why; /* a part of it; NULL: good */
	} given[] = {
		{LINE "Host: a\r\n\r\n", NULL},
		{LINE "Host:a\r\nX: \t \r\nY:\r\n\r\n", NULL},
		{LINE "Host: [::1]:80 \t\r\nContent-Length: 16\r\n\r\n", NULL},
		{LINE "Host: a\r\nTransfer-Encoding: CHUNKED\r\n\r\n", NULL},
		{LINE "Host: a\r\nX: \xe4\tb\r\n\r\n", NULL},
		{"GET / HTTP/1.0\r\n\r\n", NULL},
		{"GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", "HTTP/1.0"},
		{"GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", "Host is given twice"},
		{"G@T / HTTP/1.1\r\nHost: a\r\n\r\n", "request line"},
		{"GET / HTTP/1.1 \r\nHost: a\r\n\r\n", "request line"},
		{"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", "request line"},
		{LINE "\r\n", "Host is missing"},
		{LINE "Host: a\r\nhost: a\r\n\r\n", "Host is given twice"},
		{LINE "Host: a b\r\n\r\n", "Host is not"},
		{LINE "Host:\r\n\r\n", "Host is not"},
		{LINE "Host : a\r\n\r\n", "the name of a header"},
		{LINE "Host: a\r\nContent-Length\t: 1\r\n\r\n", "the name of a header"},
		{LINE "Host: a\r\n: 1\r\n\r\n", "the name of a header"},
		{LINE "Host: a\r\nX: b\rc\r\n\r\n", "control byte"},
		{LINE "Host: a\r\nX: b\x7f\r\n\r\n", "control byte"},
		{LINE "Host: a\r\nContent-Length: +1\r\n\r\n", "not a number"},
		{LINE "Host: a\r\nContent-Length: 1, 1\r\n\r\n", "not a number"},
		{LINE "Host: a\r\nContent-Length:\r\n\r\n", "not a number"},
		{LINE "Host: a\r\nContent-Length: 99999999999999999999\r\n\r\n", "not a number"},
		{LINE "Host: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", "twice"},
		{LINE "Host: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
		 "beside"},
		{LINE "Host: a\r\nTransfer-Encoding: gzip\r\n\r\n", "something else"},
		{LINE "Host: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n", "something else"},
		{LINE "Host: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n",
		 "twice"},
		{LINE "Host: a\nX: b\r\n\r\n", "bare LF"},
		{LINE "Host: a\r\nX: b\n\r\n", "bare LF"},
		{LINE "Host: a\r\nX: b\r\n\n", "bare LF"},
		{"GET / HTTP/1.1\nHost: a\r\n\r\n", "bare LF"},
		{"GET / HTTP/1.0\n\r\n", "bare LF"},
		{"GET / HTTP/1.0\r\n\n", "bare LF"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(given); i++) {
		const char *why = read_text(given[i].raw);

		if ((why == NULL) != (given[i].why == NULL) ||
		    (why != NULL && strstr(why, given[i].why) == NULL))
			fail_msg("%s: %s", given[i].raw, why == NULL ? "good" : why);
		assert_true(why == NULL || why[strlen(why) - 1] == '\n');
	}
}

/* At every place but one: in that of a CR it cannot be told from it afterwards. */
static void test_nul(void **state)
{
	static const char good[] = LINE "Host: a\r\nX-A: bc\r\nY: \r\n\r\n";
	char text[HEAD_MAX];
	size_t len = strlen(good);

	(void)state;
	assert_null(read_text(good));
	for (size_t count = 1; count <= 3; count++) {
		for (size_t at = 0; at < len; at++) {
			memcpy(text, good, at);
			memset(text + at, 0, count);
			memcpy(text + at + count, good + at, len - at);
			if (read_in_place(text, len + count) == NULL)
				fail_msg("%zu NUL bytes before byte %zu", count, at);
		}
	}
}

static void test_host(void **state)
{
	static const struct {
		const char *text;
		const char *name; /* NULL: refused */
		const char *port;
	} given[] = {
		{"a", "a", NULL},
		{"a:", "a", ""},
		{"a:80", "a", "80"},
		{"a-b.c_d~:65535", "a-b.c_d~", "65535"},
		{"[::1]", "::1", NULL},
		{"[fe80::1]:9", "fe80::1", "9"},
		{"[::1]:", "::1", ""},
		{"127.0.0.1:9113", "127.0.0.1", "9113"},
		{"", NULL, NULL},
		{":80", NULL, NULL},
		{"a:65536", NULL, NULL},
		{"a:-1", NULL, NULL},
		{"a:1x", NULL, NULL},
		{"a:1:2", NULL, NULL},
		{"[::1", NULL, NULL},
		{"[::1]1", NULL, NULL},
		{"[::1]x:1", NULL, NULL},
		{"[]", NULL, NULL},
		{"[1.2.3.4]", NULL, NULL},
		{"[::1%25lo]", NULL, NULL},
		{"a b", NULL, NULL},
		{"a/b", NULL, NULL},
		{"a@b", NULL, NULL},
		{"a,b", NULL, NULL},
		{"a%41", NULL, NULL},
		{"\xc3\xa4", NULL, NULL},
		{"[00000000000000000000000000000000000000000000000::1]", NULL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(given); i++) {
		struct str name;
		struct str port;
		bool ok = head_host(str_of(given[i].text), &name, &port);

		if (ok != (given[i].name != NULL) ||
		    (ok && (!str_equal(name, str_of(given[i].name)) ||
			    !str_equal(port, str_of(given[i].port)) ||
			    (port.ptr == NULL) != (given[i].port == NULL))))
			fail_msg("\"%s\"", given[i].text);
	}
}

static void test_target(void **state)
{
	static const struct {
		const char *raw;
		const char *path; /* NULL: refused */
		const char *host;
	} given[] = {
		{"/", "/", ""},
		{"/a?b?c", "/a", ""},
		{"/%61%2f%2F%7e", "/a//~", ""},
		{"/%2561", "/%61", ""},
		{"/%252d/reload", "/%2d/reload", ""},
		{"/%ff", "/\xff", ""},
		{"/\xe4", "/\xe4", ""},
		{"*", "*", ""},
		{"http://a", "/", "a"},
		{"http://a?b", "/", "a"},
		{"HTTPS://[::1]:80/%61/", "/a/", "[::1]:80"},
		{"http://a//b", "//b", "a"},
		{"//a/b", "//a/b", ""},
		{"", NULL, ""},
		{"a", NULL, ""},
		{"?a", NULL, ""},
		{"http:/a", NULL, ""},
		{"http://", NULL, ""},
		{"http:///a", NULL, ""},
		{"http://a@b/", NULL, ""},
		{"ftp://a/", NULL, ""},
		{"/%", NULL, ""},
		{"/%2", NULL, ""},
		{"/%2g", NULL, ""},
		{"/%g2", NULL, ""},
		{"/%:0", NULL, ""},
		{"/%-1", NULL, ""},
		{"/%00", NULL, ""},
		{"/a b", NULL, ""},
		{"/a\tb", NULL, ""},
		{"/\x01", NULL, ""},
		{"/?\x7f", NULL, ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(given); i++) {
		char path[64];
		struct str host;
		const char *why = head_target(str_of(given[i].raw), path, &host);

		if ((why == NULL) != (given[i].path != NULL) ||
		    (why == NULL &&
		     (strcmp(path, given[i].path) != 0 || !str_equal(host, str_of(given[i].host)))))
			fail_msg("\"%s\": %s", given[i].raw, why == NULL ? path : why);
	}
}

static void test_hosts(void **state)
{
	static const char *const rule[] = {"web1.example.org", "*.Example.net", "web2:9113",
					   "web3:80"};
	static const struct {
		const char *host;
		bool ok;
	} given[] = {
		{"web1.example.org", true},
		{"WEB1.Example.ORG:1", true},
		{"web1.example.org.", true},
		{"a.example.net", true},
		{"a.b.example.net", true},
		{"web2:9113", true},
		{"web3", true},
		{"web3:80", true},
		{"localhost", true},
		{"LOCALHOST:9", true},
		{"a.localhost", true},
		{"10.1.2.3", true},
		{"[2001:db8::1]:80", true},
		{"example.net", false},
		{"aexample.net", false},
		{"web2", false},
		{"web2:80", false},
		{"web3:443", false},
		{"web1.example.org.x", false},
		{"xlocalhost", false},
		{"127.1", false},
		{"2130706433", false},
		{"127.0.0.1.x", false},
		{".", false},
		{"", false},
	};
	struct hosts_rule rules[ARRAY_LEN(rule)];
	struct arena arena;
	struct err err = {0};

	(void)state;
	arena_init(&arena, 10000);
	for (size_t i = 0; i < ARRAY_LEN(rule); i++)
		assert_true(hosts_parse(&rules[i], &arena, rule[i], &err));
	for (size_t i = 0; i < ARRAY_LEN(given); i++) {
		if (hosts_allow(rules, ARRAY_LEN(rules), str_of(given[i].host)) != given[i].ok)
			fail_msg("\"%s\"", given[i].host);
		assert_true(hosts_allow(NULL, 0, str_of(given[i].host)));
	}
	arena_free(&arena);
}

static void test_bad_hosts(void **state)
{
	static const char *const bad[] = {"",          "*",        "*.",   "a:0", "a:x",
					  "a:65536",   "-a",       "a/8",  "a b", "*.*.a",
					  "*.1.2.3.4", "http://a", "[::1", "a..b"};
	struct hosts_rule rule;
	struct arena arena;

	(void)state;
	arena_init(&arena, 10000);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct err err = {0};

		if (hosts_parse(&rule, &arena, bad[i], &err))
			fail_msg("\"%s\"", bad[i]);
		assert_int_equal(err.kind, ERR_USAGE);
	}
	arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines), cmocka_unit_test(test_nul),
		cmocka_unit_test(test_host),  cmocka_unit_test(test_target),
		cmocka_unit_test(test_hosts), cmocka_unit_test(test_bad_hosts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
