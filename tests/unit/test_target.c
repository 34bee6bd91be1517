/* SPDX-License-Identifier: MIT */
/* test_target.c - the target grammar, case by case. */
#include "unit.h"

#include "target.h"

#define N TARGET_NGINX
#define U TARGET_UWSGI

struct good_case {
	const char *text;
	enum target_role role;
	enum target_scheme scheme;
	const char *name; /* NULL: the same as text */
	const char *host;
	uint16_t port;
	const char *path;
	const char *uri;
	const char *username;
	const char *password;
};

static const struct good_case good_case[] = {
	{"http://h/status", N, TARGET_HTTP, NULL, "h", 80, NULL, "/status", NULL, NULL},
	{"http://h", U, TARGET_HTTP, NULL, "h", 80, NULL, "/", NULL, NULL},
	{"http://h:8080?x=1:/y", N, TARGET_HTTP, NULL, "h", 8080, NULL, "/?x=1:/y", NULL, NULL},
	{"https://a-b.c_d/s?q=1", N, TARGET_HTTPS, NULL, "a-b.c_d", 443, NULL, "/s?q=1", NULL,
	 NULL},
	{"https://[::1]:8443/s", N, TARGET_HTTPS, NULL, "::1", 8443, NULL, "/s", NULL, NULL},
	{"http://[fe80::1%25eth0]/", N, TARGET_HTTP, NULL, "fe80::1%eth0", 80, NULL, "/", NULL,
	 NULL},
	{"http://me:se%3Acr%40t@h:81/s", N, TARGET_HTTP, "http://h:81/s", "h", 81, NULL, "/s", "me",
	 "se:cr@t"},
	{"http://me:a@b@h/s", N, TARGET_HTTP, "http://h/s", "h", 80, NULL, "/s", "me", "a@b"},
	{"http://me@h/s", N, TARGET_HTTP, "http://h/s", "h", 80, NULL, "/s", "me", NULL},
	{"unix:/run/n.sock:/status", N, TARGET_HTTP_UNIX, NULL, NULL, 0, "/run/n.sock", "/status",
	 NULL, NULL},
	{"unix:/run/a:/b:/s?x", U, TARGET_HTTP_UNIX, NULL, NULL, 0, "/run/a:/b", "/s?x", NULL,
	 NULL},
	{"unix:///run/n.sock:/s", N, TARGET_HTTP_UNIX, NULL, NULL, 0, "/run/n.sock", "/s", NULL,
	 NULL},
	{"unix:/run/my app.stats", U, TARGET_RAW_UNIX, NULL, NULL, 0, "/run/my app.stats", NULL,
	 NULL, NULL},
	{"unix:///run/x", U, TARGET_RAW_UNIX, NULL, NULL, 0, "/run/x", NULL, NULL, NULL},
	{"unix:@stats", U, TARGET_RAW_UNIX, NULL, NULL, 0, "@stats", NULL, NULL, NULL},
	{"tcp://127.0.0.1:1717", U, TARGET_RAW_TCP, NULL, "127.0.0.1", 1717, NULL, NULL, NULL,
	 NULL},
	{"localhost:65535", U, TARGET_RAW_TCP, NULL, "localhost", 65535, NULL, NULL, NULL, NULL},
	{"[::1]:1", U, TARGET_RAW_TCP, NULL, "::1", 1, NULL, NULL, NULL, NULL},
	{"tcp://[fe80::1%lo]:1717", U, TARGET_RAW_TCP, NULL, "fe80::1%lo", 1717, NULL, NULL, NULL,
	 NULL},
};

static void same(const char *is, const char *should_be)
{
	if (is == NULL || should_be == NULL)
		assert_ptr_equal(is, should_be);
	else
		assert_string_equal(is, should_be);
}

static void test_good(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good_case); i++) {
		const struct good_case *c = &good_case[i];
		struct target target;
		struct err err = {0};
		bool ok = target_parse(&target, c->text, c->role, &err);

		if (!ok)
			fail_msg("%s: %s", c->text, err.text);
		assert_int_equal(target.scheme, c->scheme);
		same(target.name, c->name != NULL ? c->name : c->text);
		same(target.host, c->host);
		assert_int_equal(target.port, c->port);
		same(target.path, c->path);
		same(target.uri, c->uri);
		same(target.username, c->username);
		same(target.password, c->password);
		assert_int_equal(target_is_http(&target), c->uri != NULL);
		target_free(&target);
		target_free(&target);
	}
}

struct bad_case {
	const char *text;
	enum target_role role;
	const char *says; /* a part of the message */
};

static const struct bad_case bad_case[] = {
	{"", N, "target \"\": expected http://host"},
	{"", U, "expected tcp://host:port"},
	{"unix:/run/nginx.sock", N,
	 "target \"unix:/run/nginx.sock\": expected unix:/path/to.sock:/uri for nginx"},
	{"unix:@nginx", N, "expected unix:/path/to.sock:/uri for nginx"},
	{"tcp://h:80", N, "target \"tcp://h:80\": expected http://host"},
	{"h:80", N, "target \"h:80\": expected http://host"},
	{"localhost/nginx_status", N, "expected http://host"},
	{"/run/x.stats", U, "target \"/run/x.stats\": did you mean unix:/run/x.stats?"},
	{"/run/x.sock", N, "did you mean unix:/run/x.sock:/uri?"},
	{"file:///etc/passwd", N, "target \"file:///etc/passwd\": expected http://host"},
	{"ftp://h/x", U, "target \"ftp://h/x\": expected tcp://host:port"},
	{"HTTP://h/x", N, "expected http://host"},
	{"tcp://h", U, "expected a port"},
	{"tcp://h:1717/", U, "expected tcp://host:port"},
	{"localhost", U, "expected a port"},
	{":1717", U, "the host is missing"},
	{"http:///x", N, "the host is missing"},
	{"http://h:0/", N, "1 to 65535"},
	{"http://h:/s", N, "1 to 65535"},
	{"http://h:65536/", N, "1 to 65535"},
	{"http://h:80x/", N, "1 to 65535"},
	{"h:+80", U, "1 to 65535"},
	{"http://h h/", N, "printable ASCII"},
	{"http://h/a b", N, "printable ASCII"},
	{"http://h/a\x7f", N, "printable ASCII"},
	{"http://h/\xc3\xa4", N, "printable ASCII"},
	{"http://h/a\r\nX: y", N, "printable ASCII"},
	{"http://h\r\n/", N, "printable ASCII"},
	{"http://h!/", N, "bad host name"},
	{"http://h/s#top", N, "fragment"},
	{"unix:/run/x:/s#top", N, "fragment"},
	{"::1:1717", U, "brackets"},
	{"http://[::1/", N, "\"]\" is missing"},
	{"http://[::1x]/", N, "bad IPv6"},
	{"http://[127.0.0.1]/", N, "bad IPv6"},
	{"http://[::1%]/", N, "bad IPv6"},
	{"http://[::1]x/", N, "1 to 65535"},
	{"unix:run/x.sock", U, "absolute path"},
	{"unix://run/x.sock", U, "absolute path"},
	{"unix:", U, "absolute path"},
	{"unix:@", U, "absolute path"},
	{"unix:/", U, "absolute path"},
	{"unix:/run/x.sock:", U, "a /uri is missing"},
	{"unix:@x:/uri", U, "no HTTP over an abstract socket"},
	{"unix:/run/\nx", U, "control character"},
	{"unix:/run/x:/a b", U, "printable ASCII"},
	{"http://u:%4@h/", N, "percent code"},
	{"http://u:%zz@h/", N, "percent code"},
	{"http://u:%00@h/", N, "control character"},
	{"tcp://u:p@h:1", U, "expected tcp://host:port"},
};

static void test_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad_case); i++) {
		const struct bad_case *c = &bad_case[i];
		static const struct target empty;
		struct target target;
		struct err err = {0};

		if (target_parse(&target, c->text, c->role, &err))
			fail_msg("\"%s\" was taken", c->text);
		assert_int_equal(err.kind, ERR_USAGE);
		if (strstr(err.text, c->says) == NULL)
			fail_msg("\"%s\" got: %s", c->text, err.text);
		assert_memory_equal(&target, &empty, sizeof(target));
	}
}

/* However broken, none of these may show the password. */
static const char *const secret_case[] = {
	"http://me:hunter2@h:bad/s",  "http://me:hunter2@h h/s",   "http://me:hun/ter2@h/s",
	"http://me:hunter2@/s",       "http://me:hunter2%@h/s",    "http://me:hunter2",
	"http://me:hunter2/s",        "http://me:12/hunter2@h/s",  "http://me:12?hunter2@h/s",
	"http://me:hunter2@h/s#x",    "http:/me:hunter2@h/s",      "me:hunter2@h:80",
	"tcp://me:hunter2@h:80",      "ftp://me:hunter2@h/",       "http://hunter2@h:x/",
	"https://me:hunter2@[::1/s",  "http://me:hunter2#@h/s",    "httpx://me:hunter2@h/s",
	"http://me:hunter2@h/s s",    "http://me:hunter2@h/@\x01", "http://me:hunter2\x01@h/",
	"http://me:hunter2@h:99999/",
};

static void test_secrets(void **state)
{
	static const enum target_role role[] = {TARGET_NGINX, TARGET_UWSGI};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(secret_case) * 2; i++) {
		struct target target;
		struct err err = {0};

		if (target_parse(&target, secret_case[i / 2], role[i % 2], &err))
			fail_msg("\"%s\" was taken", secret_case[i / 2]);
		if (strstr(err.text, "hunter2") != NULL || strstr(err.text, "ter2") != NULL)
			fail_msg("%s", err.text);
	}
}

static void fill(char *text, const char *start, size_t len)
{
	memset(text, 'a', len);
	memcpy(text, start, strlen(start));
	text[len] = '\0';
}

static void test_ceilings(void **state)
{
	char text[TARGET_TEXT_MAX + 2];
	struct target target;
	struct err err = {0};

	(void)state;
	fill(text, "http://h/", TARGET_TEXT_MAX);
	assert_true(target_parse(&target, text, TARGET_NGINX, &err));
	assert_int_equal(strlen(target.name), TARGET_TEXT_MAX);
	target_free(&target);
	fill(text, "http://h?", TARGET_TEXT_MAX);
	assert_true(target_parse(&target, text, TARGET_NGINX, &err));
	target_free(&target);
	fill(text, "http://h/", TARGET_TEXT_MAX + 1);
	assert_false(target_parse(&target, text, TARGET_NGINX, &err));
	assert_non_null(strstr(err.text, "1024"));
	fill(text, "unix:/", 5 + TARGET_SOCKET_PATH_MAX);
	assert_true(target_parse(&target, text, TARGET_UWSGI, &err));
	target_free(&target);
	err_clear(&err);
	fill(text, "unix:/", 5 + TARGET_SOCKET_PATH_MAX + 1);
	assert_false(target_parse(&target, text, TARGET_UWSGI, &err));
	assert_non_null(strstr(err.text, "107"));
	err_clear(&err);
	fill(text, "http://a", 7 + 254);
	assert_false(target_parse(&target, text, TARGET_NGINX, &err));
	assert_non_null(strstr(err.text, "bad host name"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_secrets),
		cmocka_unit_test(test_ceilings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
