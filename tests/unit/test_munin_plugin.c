/* SPDX-License-Identifier: MIT */
/* test_munin_plugin.c - the Munin plugin's names, environment and actions that ask no server. */
#include "unit.h"

#include "munin/plugin.h"
#include "munin/setup.h"
#include "munin/suffix.h"
#include "words.h"

static const char *get(const void *ctx, const char *name)
{
	const char *const *pair = ctx;

	for (; pair[0] != NULL; pair += 2) {
		if (strcmp(pair[0], name) == 0)
			return pair[1];
	}
	/* A test leaves nothing behind. */
	return strcmp(name, "MUNIN_PLUGSTATE") == 0 ? "/nonexistent/state" : NULL;
}

enum { PAIRS_MAX = 7 };

static const struct setup_case {
	const char *argv0;
	const char *pair[PAIRS_MAX];
	const char *name;
	const char *nginx; /* target, or NULL */
	size_t uwsgi_len;
	const char *error; /* NULL: none */
} setup_case[] = {
	{"/etc/munin/plugins/connledger", {NULL}, "connledger", MUNIN_DEFAULT_NGINX, 0, NULL},
	{"connledger", {"url", "http://h/s"}, "connledger", "http://h/s", 0, NULL},
	{"connledger",
	 {"url", "http://h/a", "nginx", "\"http://h/b\""},
	 "connledger",
	 "http://h/b",
	 0,
	 NULL},
	{"connledger", {"uwsgi", "h:1"}, "connledger", NULL, 1, NULL},
	{"connledger",
	 {"uwsgi", "\" h:1  h:2\tunix:/x \"", "nginx", "http://h/"},
	 "connledger",
	 "http://h/",
	 3,
	 NULL},
	{"connledger", {"nginx", ""}, "connledger", MUNIN_DEFAULT_NGINX, 0, NULL},
	{"connledger_", {NULL}, "connledger_", MUNIN_DEFAULT_NGINX, 0, NULL},
	{"connledger_my-blog.x",
	 {"nginx", "http://h/b"},
	 "connledger_my_blog_x",
	 "http://h/b",
	 0,
	 NULL},
	{"connledger_h:81", {NULL}, "connledger_h_81", "http://h:81/nginx_status", 0, NULL},
	{"connledger_h:81", {"nginx", "http://h/b"}, "connledger_h_81", "http://h/b", 0, NULL},
	{"connledger_uwsgi:h:81", {NULL}, "connledger_uwsgi_h_81", NULL, 1, NULL},
	{"connledger_blog", {NULL}, "connledger_blog", NULL, 0, "no target"},
	{"x/nginx_status", {NULL}, "nginx_status", MUNIN_STOCK_NGINX, 0, NULL},
	{"x/nginx_request",
	 {"url", "http://h/", "uwsgi", "h:1"},
	 "nginx_request",
	 "http://h/",
	 0,
	 NULL},
	{"connledger", {"nginx", "nonsense"}, "connledger", NULL, 0, "\"nonsense\""},
	{"connledger", {"uwsgi", "h:1 h:99999"}, "connledger", NULL, 1, "h:99999"},
	{"connledger",
	 {"ports", "80 http"},
	 "connledger",
	 MUNIN_DEFAULT_NGINX,
	 0,
	 "env.ports: port \"http\""},
	{"connledger",
	 {"upstreams", "127.0.0.1:1 web"},
	 "connledger",
	 MUNIN_DEFAULT_NGINX,
	 0,
	 "env.upstreams: upstream \"web\""},
	{"connledger",
	 {"worker_connections", "0"},
	 "connledger",
	 MUNIN_DEFAULT_NGINX,
	 0,
	 "env.worker_connections: "},
	{"nginx_status", {"ports", "http"}, "nginx_status", MUNIN_STOCK_NGINX, 0, NULL},
	{"connledger",
	 {"timeout", "soon"},
	 "connledger",
	 MUNIN_DEFAULT_NGINX,
	 0,
	 "env.timeout: bad time \"soon\""},
};

static void names_and_environment(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(setup_case); i++) {
		const struct setup_case *c = &setup_case[i];
		const struct munin_env env = {get, c->pair};
		struct munin_setup setup;

		munin_setup_init(&setup, c->argv0, &env);
		assert_string_equal(setup.name, c->name);
		assert_int_equal(setup.site.has_nginx, c->nginx != NULL);
		if (c->nginx != NULL)
			assert_string_equal(setup.site.nginx.name, c->nginx);
		assert_int_equal(setup.site.uwsgi_len, c->uwsgi_len);
		if ((setup.err.kind == ERR_NONE) != (c->error == NULL))
			fail_msg("case %zu: %s", i, setup.err.text);
		if (c->error != NULL)
			assert_non_null(strstr(setup.err.text, c->error));
		munin_setup_free(&setup);
	}
}

static void other_environment(void **state)
{
	static const char *const pair[] = {"timeout",
					   "1.5",
					   "http_username",
					   "u",
					   "http_password",
					   "p",
					   "category",
					   "c",
					   "MUNIN_CAP_DIRTYCONFIG",
					   "1",
					   NULL};
	const struct munin_env env = {get, pair};
	struct munin_setup setup;

	(void)state;
	munin_setup_init(&setup, "connledger", &env);
	assert_int_equal(setup.site.timeout_ms, 1500);
	assert_string_equal(setup.site.options.username, "u");
	assert_string_equal(setup.site.options.password, "p");
	assert_string_equal(setup.category, "c");
	assert_true(setup.dirty);
	munin_setup_free(&setup);
}

static void ledger_environment(void **state)
{
	static const char *const pair[] = {"ports",
					   "\"80 443\"",
					   "upstreams",
					   " 127.0.0.1:9000  unix:/run/php.sock ",
					   "worker_connections",
					   "1024",
					   "MUNIN_PLUGSTATE",
					   "/var/lib/x",
					   NULL};
	const struct munin_env env = {get, pair};
	struct munin_setup setup;

	(void)state;
	munin_setup_init(&setup, "connledger", &env);
	assert_int_equal(setup.err.kind, ERR_NONE);
	assert_true(setup.site.want_ledger);
	assert_int_equal(setup.site.port_len, 2);
	assert_int_equal(setup.site.port[1], 443);
	assert_int_equal(setup.site.upstream_len, 2);
	assert_int_equal(setup.site.upstream[0].at.port, 9000);
	assert_string_equal(setup.site.upstream[1].path, "/run/php.sock");
	assert_int_equal(setup.site.worker_connections, 1024);
	assert_string_equal(setup.state_dir, "/var/lib/x");
	munin_setup_free(&setup);
	munin_setup_init(&setup, "nginx_request", &env);
	assert_false(setup.site.want_ledger);
	munin_setup_free(&setup);
}

static const struct {
	const char *suffix;
	const char *target; /* NULL: none */
	enum target_role role;
	bool back; /* the target's own suffix is this one */
} suffix_case[] = {
	{"8080", "http://127.0.0.1:8080/nginx_status", TARGET_NGINX, false},
	{"web1:8080", "http://web1:8080/nginx_status", TARGET_NGINX, false},
	{"127.0.0.1:80:stub_status", "http://127.0.0.1:80/stub_status", TARGET_NGINX, true},
	{"::1:80:stub_status", "http://[::1]:80/stub_status", TARGET_NGINX, true},
	{"::1:80", "http://[::1]:80/nginx_status", TARGET_NGINX, false},
	{"uwsgi:127.0.0.1:1717", "tcp://127.0.0.1:1717", TARGET_UWSGI, true},
	{"uwsgi:::1:1717", "tcp://[::1]:1717", TARGET_UWSGI, true},
	{"uwsgi:blog.stats", "unix:/run/uwsgi/blog.stats", TARGET_UWSGI, true},
	{"blog", NULL, TARGET_NGINX, false},
	{"uwsgi:", NULL, TARGET_UWSGI, false},
	{"uwsgi:..", NULL, TARGET_UWSGI, false},
	{"uwsgi:app:blog:stats.sock", "unix:/run/uwsgi/app/blog/stats.sock", TARGET_UWSGI, true},
	{"uwsgi::srv:blog.stats", "unix:/srv/blog.stats", TARGET_UWSGI, true},
	{"uwsgi:abstract:blog-stats", "unix:@blog-stats", TARGET_UWSGI, true},
	{"uwsgi:a::b", NULL, TARGET_UWSGI, false},
	{"uwsgi:a:.b", NULL, TARGET_UWSGI, false},
	{"uwsgi::", NULL, TARGET_UWSGI, false},
	{"uwsgi:a:", NULL, TARGET_UWSGI, false},
	{"uwsgi:abstract:", NULL, TARGET_UWSGI, false},
	{"uwsgi:abstract:a:b", NULL, TARGET_UWSGI, false},
	{"h:0", NULL, TARGET_NGINX, false},
	{"h:99999", NULL, TARGET_NGINX, false},
	{"h:80:", NULL, TARGET_NGINX, false},
	{"", NULL, TARGET_NGINX, false},
	{"h/x:80", NULL, TARGET_NGINX, false},
	{"a b:80", NULL, TARGET_NGINX, false},
};

static void suffixes_name_targets(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(suffix_case); i++) {
		enum target_role role = TARGET_NGINX;
		struct target target = {0};
		struct err err = {0};
		struct buf text;
		struct buf back;
		bool ok;

		buf_init(&text, 1000);
		buf_init(&back, 1000);
		ok = munin_suffix_parse(str_of(suffix_case[i].suffix), &role, &text);
		if (ok != (suffix_case[i].target != NULL))
			fail_msg("%s: %s", suffix_case[i].suffix, buf_text(&text));
		if (ok) {
			assert_string_equal(buf_text(&text), suffix_case[i].target);
			assert_int_equal(role, suffix_case[i].role);
			assert_true(target_parse(&target, buf_text(&text), role, &err));
			assert_true(munin_suffix_encode(&target, role, &back));
			if (suffix_case[i].back)
				assert_string_equal(buf_text(&back), suffix_case[i].suffix);
		}
		target_free(&target);
		buf_free(&text);
		buf_free(&back);
	}
}

static void not_every_target_has_a_suffix(void **state)
{
	static const struct {
		const char *target;
		enum target_role role;
	} none[] = {
		{"https://h:81/s", TARGET_NGINX},     {"http://h:81/a/b", TARGET_NGINX},
		{"http://h:81/s?x", TARGET_NGINX},    {"http://u:p@h:81/s", TARGET_NGINX},
		{"http://h:81/80", TARGET_NGINX},     {"http://h:81/", TARGET_NGINX},
		{"unix:/run/n:/s", TARGET_NGINX},     {"unix:/run/a:b", TARGET_UWSGI},
		{"unix:/run/uwsgi/80", TARGET_UWSGI}, {"unix:/run/.x/s", TARGET_UWSGI},
		{"unix:@a b", TARGET_UWSGI},          {"unix:/run//x", TARGET_UWSGI},
		{"http://h:81", TARGET_UWSGI},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(none); i++) {
		struct target target = {0};
		struct err err = {0};
		struct buf out;

		buf_init(&out, 1000);
		assert_true(target_parse(&target, none[i].target, none[i].role, &err));
		if (munin_suffix_encode(&target, none[i].role, &out))
			fail_msg("%s: %s", none[i].target, buf_text(&out));
		target_free(&target);
		buf_free(&out);
	}
}

/* ---- actions --------------------------------------------------------------------------------- */

static void run(const char *line, const char *const *pair, struct buf *out, struct buf *log)
{
	const struct munin_env env = {get, pair};
	struct words words;

	words_split(&words, line);
	buf_clear(out);
	buf_clear(log);
	munin_run(words.argc, words.arg, &env, out, log);
	assert_true(buf_ok(out) && buf_ok(log));
}

static size_t lines_with(const struct buf *out, const char *part)
{
	struct str rest = buf_str(out);
	size_t count = 0;

	while (rest.ptr != NULL) {
		struct str line = str_cut(&rest, '\n');

		for (size_t i = 0; i + strlen(part) <= line.len; i++) {
			if (memcmp(line.ptr + i, part, strlen(part)) == 0) {
				count++;
				break;
			}
		}
	}
	return count;
}

static void config_asks_nobody_and_cannot_fail(void **state)
{
	static const char *const both[] = {"nginx", "nonsense", "uwsgi", "nonsense too", NULL};
	static const char *const uwsgi[] = {"uwsgi", "h:1", NULL};
	static const char *const nothing[] = {NULL};
	struct buf out;
	struct buf log;

	(void)state;
	buf_init(&out, MUNIN_OUTPUT_MAX);
	buf_init(&log, MUNIN_OUTPUT_MAX);
	run("connledger config", nothing, &out, &log);
	assert_int_equal(lines_with(&out, "multigraph connledger_"), 4);
	assert_int_equal(lines_with(&out, ".value"), 0);
	assert_int_equal(log.len, 0);
	run("connledger config", both, &out, &log);
	assert_int_equal(lines_with(&out, "multigraph connledger_"), 10);
	assert_int_equal(lines_with(&out, "graph_title"), 10);
	assert_int_equal(lines_with(&out, "multigraph connledger_uwsgi_cores"), 1);
	assert_int_equal(lines_with(&out, "multigraph connledger_uwsgi_queue"), 0);
	run("connledger config cap", both, &out, &log);
	assert_int_equal(lines_with(&out, "multigraph connledger_"), 14);
	assert_int_equal(lines_with(&out, "multigraph connledger_uwsgi_queue"), 1);
	assert_int_equal(lines_with(&out, "multigraph connledger_app_requests"), 1);
	assert_int_equal(lines_with(&out, ""), 15);
	run("connledger config cap", uwsgi, &out, &log);
	assert_int_equal(lines_with(&out, "multigraph connledger_backlog"), 1);
	assert_int_equal(lines_with(&out, "multigraph connledger_held"), 0);
	run("nginx_status config cap", nothing, &out, &log);
	assert_int_equal(lines_with(&out, "multigraph"), 0);
	assert_int_equal(lines_with(&out, "graph_title"), 1);
	run("connledger_blog config", nothing, &out, &log);
	assert_int_equal(lines_with(&out, "multigraph connledger_blog_"), 4);
	buf_free(&out);
	buf_free(&log);
}

static void a_wrong_environment_gives_no_values(void **state)
{
	static const char *const wrong[] = {"nginx", "http://u:geheim@h:x/", NULL};
	static const char *const dirty[] = {
		"nginx", "nonsense", "uwsgi", "h:1", "MUNIN_CAP_DIRTYCONFIG", "1", NULL};
	struct buf out;
	struct buf log;

	(void)state;
	buf_init(&out, MUNIN_OUTPUT_MAX);
	buf_init(&log, MUNIN_OUTPUT_MAX);
	run("connledger", wrong, &out, &log);
	assert_int_equal(lines_with(&out, ".value"), lines_with(&out, ".value U"));
	assert_int_equal(lines_with(&out, ".value U"), 20);
	assert_int_equal(lines_with(&log, "connledger: target"), 1);
	assert_null(strstr(buf_text(&log), "geheim"));
	run("connledger config", dirty, &out, &log);
	assert_int_equal(lines_with(&out, "multigraph "), 10);
	assert_int_equal(lines_with(&out, ".label "), lines_with(&out, ".value U"));
	run("connledger autoconf", wrong, &out, &log);
	assert_true(str_starts(buf_str(&out), STR("no (target ")));
	assert_int_equal(lines_with(&out, ""), 2);
	assert_int_equal(log.len, 0);
	buf_free(&out);
	buf_free(&log);
}

static void unknown_words_do_no_harm(void **state)
{
	static const char *const nothing[] = {NULL};
	struct buf out;
	struct buf log;

	(void)state;
	buf_init(&out, MUNIN_OUTPUT_MAX);
	buf_init(&log, MUNIN_OUTPUT_MAX);
	run("connledger snmpconf", nothing, &out, &log);
	assert_int_equal(lines_with(&out, ".value U"), 20);
	assert_int_equal(lines_with(&log, "unknown argument \"snmpconf\""), 1);
	run("connledger --help", nothing, &out, &log);
	assert_int_equal(log.len, 0);
	assert_true(str_starts(buf_str(&out), STR("connledger " CONNLEDGER_VERSION " - ")));
	for (struct str rest = buf_str(&out); rest.ptr != NULL;)
		assert_in_range(str_cut(&rest, '\n').len, 0, 80);
	buf_free(&out);
	buf_free(&log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_and_environment),
		cmocka_unit_test(other_environment),
		cmocka_unit_test(ledger_environment),
		cmocka_unit_test(suffixes_name_targets),
		cmocka_unit_test(not_every_target_has_a_suffix),
		cmocka_unit_test(config_asks_nobody_and_cannot_fail),
		cmocka_unit_test(a_wrong_environment_gives_no_values),
		cmocka_unit_test(unknown_words_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
