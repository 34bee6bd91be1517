/* SPDX-License-Identifier: MIT */
/* test_nginx_listens.c - what a configuration of nginx says of its listeners. */
#include "unit.h"

#include <sys/stat.h>
#include <unistd.h>

#include "fake_proc.h"
#include "nginx_ways.h"
#include "path_changed.h"

enum {
	H1 = NGINX_HTTP1,
	TLS = NGINX_HTTP1 | NGINX_TLS,
	H2 = NGINX_HTTP1 | NGINX_HTTP2,
	TLS_H2 = NGINX_HTTP1 | NGINX_TLS | NGINX_HTTP2,
	SUB = 1, /* has_subrequests */
	ABORT = 2,
	RENAME = 4,
};

static bool include(void *ctx, struct nginx_conf *conf, struct str pattern, enum nginx_place place,
		    struct err *err)
{
	static const char listen[] = "listen 99 ssl;";

	(void)ctx;
	if (str_equal(pattern, STR("listen")))
		return nginx_conf_parse(conf, STR(listen), place, err);
	return err_set(err, ERR_ACCESS, "not to be read");
}

/* Ports 0: a unix socket at "/s". */
static const struct {
	const char *text;
	struct {
		uint16_t port;
		unsigned ways;
	} want[4];
	unsigned flags;
} sites[] = {
	{"http { server { listen 80; } }", {{80, H1}, {81, NGINX_ANY}}, 0},
	{"http { server { listen 80 proxy_protocol; listen 443 ssl proxy_protocol; } }",
	 {{80, H1 | NGINX_PROXY}, {443, TLS | NGINX_PROXY}},
	 0},
	{"http { server { listen 1.2.3.4:443 ssl default_server; listen [::]:8443 ssl; } }",
	 {{443, TLS}, {8443, TLS}},
	 0},
	{"http { server { listen localhost:8080 http2; listen example.org; listen *:81; } }",
	 {{8080, H2}, {80, H1}, {81, H1}},
	 0},
	{"http { server { listen [2001:db8::80]; listen [::1]:82; listen 127.0.0.1; } }",
	 {{80, H1}, {82, H1}},
	 0},
	{"http { server { } }", {{80, H1}, {8000, H1}}, 0},
	{"http { server { location / { } } server { listen 81; } }", {{80, H1}, {81, H1}}, 0},
	/* What one server says of an address counts for all. */
	{"http { server { listen 443; } server { listen 443 ssl; } server { listen 443; http2 on; "
	 "} }",
	 {{443, TLS_H2}},
	 0},
	{"http { server { http2 on; listen 443 ssl; } server { listen 80; } }",
	 {{443, TLS_H2}, {80, H1}},
	 0},
	{"http { server { ssl on; listen 443; http2 off; } }", {{443, TLS}}, 0},
	{"http { server { listen 443 ssl; } http2 on; }", {{443, TLS_H2}}, 0},
	{"http { ssl on; server { listen 1; } }", {{1, TLS}}, 0},
	{"http { server { listen 443 quic reuseport; listen 443 ssl; } }", {{443, TLS}}, 0},
	{"http { server { listen 8000-8003; } }", {{7999, NGINX_ANY}, {8000, H1}, {8003, H1}}, 0},
	{"http { server { listen unix:/s; listen unix:/t ssl; } }", {{0, H1}}, 0},
	{"http { server { listen 'unix:/s' spdy; } }", {{0, H2}}, 0},
	{"http { server { include listen; http2 on; } }", {{99, TLS_H2}}, 0},
	{"stream { server { listen 12345 ssl; proxy_pass x; } upstream x { server y:1; } }",
	 {{12345, NGINX_STREAM}},
	 0},
	{"mail { server { listen 25; protocol smtp; } } rtmp { server { listen 1935; } }",
	 {{25, NGINX_STREAM}, {1935, NGINX_STREAM}},
	 0},
	{"stream { server { listen 80; } } http { server { listen 1.1.1.1:80; } }",
	 {{80, NGINX_STREAM | H1}},
	 0},
	/* Not listeners. */
	{"http { upstream listen { server 1.2.3.4; } map $x $y { listen 81; } server { listen 82; "
	 "} }",
	 {{81, NGINX_ANY}, {82, H1}},
	 0},
	{"http { server { listen ; listen 0; listen x:99999; } }", {{80, H1}, {0, NGINX_ANY}}, 0},
	/* Applications. */
	{"http { server { location / { mirror /m; } } }", {{80, H1}}, SUB},
	{"http { server { location / { mirror off; ssi off; auth_request off; } } }",
	 {{80, H1}},
	 0},
	{"http { ssi on; }", {{80, NGINX_ANY}}, SUB},
	{"http { server { auth_request /auth; } }", {{80, H1}}, SUB},
	{"http { uwsgi_cache_background_update on; }", {{80, NGINX_ANY}}, SUB},
	{"http { server { location / { grpc_pass grpc://a; } } }", {{80, H1}}, SUB},
	{"http { server { location / { proxy_pass http://a; } } }", {{80, H1}}, 0},
	{"http { server { location / { content_by_lua_block { x = '}' } } } }",
	 {{80, H1}},
	 SUB | ABORT},
	{"http { server { access_by_lua_file x; } }", {{80, H1}}, SUB | ABORT},
	{"http { proxy_ignore_client_abort on; uwsgi_ignore_client_abort off; }",
	 {{80, NGINX_ANY}},
	 ABORT},
	{"http { uwsgi_ignore_client_abort off; }", {{80, NGINX_ANY}}, 0},
	{"http { proxy_cache_path /c keys_zone=c:1m; server { location / { proxy_cache c; } } }",
	 {{80, H1}},
	 ABORT},
	{"http { fastcgi_store on; }", {{80, NGINX_ANY}}, ABORT},
	{"http { server { proxy_cache off; uwsgi_store off; } }", {{80, H1}}, 0},
	{"http { server { set_real_ip_from 10.0.0.0/8; } }", {{80, H1}}, RENAME},
	{"http { server { real_ip_header X-Real-IP; } }", {{80, H1}}, 0},
	{"http { uwsgi_param REMOTE_ADDR $remote_addr; uwsgi_param REMOTE_PORT $remote_port; }",
	 {{80, NGINX_ANY}},
	 0},
	{"http { server { location / { uwsgi_param REMOTE_PORT $http_x_port; } } }",
	 {{80, H1}},
	 RENAME},
	{"http { uwsgi_param REMOTE_ADDR $http_x_forwarded_for if_not_empty; }",
	 {{80, NGINX_ANY}},
	 RENAME},
};

static bool parse(struct nginx_conf *conf, const char *text, struct err *err)
{
	static struct nginx_listen listen[NGINX_LISTEN_MAX];

	*conf = (struct nginx_conf){.wants_listens = true, .listen = listen, .include = include};
	return nginx_conf_parse(conf, str_of(text), NGINX_MAIN, err);
}

static void listeners_are_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sites); i++) {
		struct nginx_conf conf;
		struct err err = {0};

		if (!parse(&conf, sites[i].text, &err))
			fail_msg("%s: %s", sites[i].text, err.text);
		for (size_t k = 0; k < ARRAY_LEN(sites[i].want); k++) {
			unsigned ways = nginx_conf_ways(&conf, sites[i].want[k].port,
							sites[i].want[k].port > 0 ? "" : "/s");

			if (sites[i].want[k].ways != 0 && ways != sites[i].want[k].ways)
				fail_msg("%s: port %d: %u", sites[i].text, sites[i].want[k].port,
					 ways);
		}
		if (conf.has_subrequests != ((sites[i].flags & SUB) != 0) ||
		    conf.ignores_aborts != ((sites[i].flags & ABORT) != 0) ||
		    conf.renames_clients != ((sites[i].flags & RENAME) != 0))
			fail_msg("%s: its applications", sites[i].text);
	}
}

static void what_is_not_understood_is_refused(void **state)
{
	char text[80 * NGINX_LISTEN_MAX] = "http {";
	struct nginx_conf conf;
	struct err err = {0};

	(void)state;
	assert_false(parse(&conf, "http { server { include other; } }", &err));
	assert_int_equal(err.kind, ERR_ACCESS);
	err_clear(&err);
	assert_false(parse(&conf, "http { server { listen 80; }", &err));
	assert_int_equal(err.kind, ERR_PARSE);
	for (size_t i = 0; i <= NGINX_LISTEN_MAX; i++)
		(void)snprintf(text + strlen(text), 80, "server { listen 80; }");
	(void)snprintf(text + strlen(text), 80, "}");
	err_clear(&err);
	assert_false(parse(&conf, text, &err));
	assert_int_equal(err.kind, ERR_TOO_LARGE);
	memset(text, '{', 1000);
	for (size_t i = 0; i < 1000; i += 2)
		text[i] = 'a';
	err_clear(&err);
	assert_false(parse(&conf, text, &err));
	assert_non_null(strstr(err.text, "within each other"));
}

/* ---- files ----------------------------------------------------------------------------------- */

static double now(void)
{
	struct timespec time;

	assert_int_equal(clock_gettime(CLOCK_REALTIME, &time), 0);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* The kernel's clock for files goes in steps. */
static void pass_a_tick(void)
{
	const struct timespec pause = {.tv_nsec = 20 * 1000 * 1000};

	assert_int_equal(nanosleep(&pause, NULL), 0);
}

static double changed_at(const struct fake_proc *folder, const char *name)
{
	char path[300];
	double when = -1;

	(void)snprintf(path, sizeof(path), "%s/%s", folder->dir, name);
	assert_true(path_changed(path, &when));
	return when;
}

static void a_path_changes_with_its_links(void **state)
{
	struct fake_proc folder;
	char link[300], target[300];
	double before, middle;

	(void)state;
	fake_proc_make(&folder);
	fake_proc_file(&folder, "one/nginx.conf", "x");
	fake_proc_file(&folder, "two/nginx.conf", "x");
	before = now();
	pass_a_tick();
	assert_true(changed_at(&folder, "one/nginx.conf") <= before);
	assert_true(changed_at(&folder, "one//nginx.conf") <= before);
	/* Links to another place: relative, absolute, and to a link. */
	(void)snprintf(link, sizeof(link), "%s/current", folder.dir);
	assert_int_equal(symlink("one", link), 0);
	assert_true(changed_at(&folder, "current/nginx.conf") > before);
	middle = now();
	pass_a_tick();
	assert_true(changed_at(&folder, "current/nginx.conf") <= middle);
	(void)snprintf(target, sizeof(target), "%s/again", folder.dir);
	assert_int_equal(symlink(link, target), 0);
	assert_true(changed_at(&folder, "again/nginx.conf") > middle);
	assert_int_equal(unlink(target), 0);
	assert_int_equal(symlink("again", target), 0); /* to itself */
	assert_false(path_changed(target, &middle));
	assert_false(path_changed("", &middle));
	assert_false(path_changed("/no/such/file", &middle));
	assert_true(path_changed("/", &middle));
	fake_proc_remove(&folder);
}

static bool read_listens(const struct fake_proc *folder, struct nginx_conf *conf, double *changed)
{
	static struct nginx_listen listen[NGINX_LISTEN_MAX];
	struct err err = {0};
	char path[300];

	conf->listen = listen;
	(void)snprintf(path, sizeof(path), "%s/nginx.conf", folder->dir);
	return nginx_conf_read_listens(path, conf, changed, &err);
}

/* The youngest of all files and of the folders that patterns look into. */
static void files_tell_when_they_changed(void **state)
{
	struct fake_proc folder;
	struct nginx_conf conf;
	double changed, before;

	(void)state;
	fake_proc_make(&folder);
	fake_proc_file(&folder, "nginx.conf",
		       "http { include sites/*; include gone/*; server { include s; } }");
	fake_proc_file(&folder, "sites/a", "server { listen 81; location / { include s; } }");
	fake_proc_file(&folder, "s", "http2 on;");
	assert_true(read_listens(&folder, &conf, &changed));
	assert_int_equal(nginx_conf_ways(&conf, 81, ""), H1);
	assert_int_equal(nginx_conf_ways(&conf, 80, ""), H2);
	before = now();
	assert_true(changed <= before);
	for (size_t i = 0; i < 3; i++) {
		static const char *const name[] = {"s", "sites/b", "gone/c"};

		before = now();
		pass_a_tick();
		fake_proc_file(&folder, name[i], "");
		assert_true(read_listens(&folder, &conf, &changed) && changed > before);
	}
	fake_proc_file(&folder, "s", "include none;");
	assert_false(read_listens(&folder, &conf, &changed));
	fake_proc_remove(&folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(listeners_are_found),
		cmocka_unit_test(what_is_not_understood_is_refused),
		cmocka_unit_test(a_path_changes_with_its_links),
		cmocka_unit_test(files_tell_when_they_changed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
