/* SPDX-License-Identifier: MIT */
/* test_nginx_conf.c - how many connections a configuration of nginx leaves room for. */
#include "unit.h"

#include "fake_proc.h"
#include "nginx_conf.h"
#include "nginx_room.h"

struct included {
	char text[200]; /* "main:PATTERN " or "events:PATTERN " for each */
};

static bool include(void *ctx, struct nginx_conf *conf, struct str pattern, enum nginx_place place,
		    struct err *err)
{
	struct included *included = ctx;
	size_t len = strlen(included->text);

	(void)conf;
	(void)snprintf(included->text + len, sizeof(included->text) - len, "%s:%.*s ",
		       place == NGINX_EVENTS ? "events" : "main", (int)pattern.len, pattern.ptr);
	return str_equal(pattern, STR("bad")) ? err_set(err, ERR_ACCESS, "not to be read") : true;
}

static const struct {
	const char *text;
	uint64_t connections;
	uint64_t processes;
	bool has_auto;
	const char *included;
} good[] = {
	{"events {}", 0, 0, false, ""},
	{"events { worker_connections 768; }", 768, 0, false, ""},
	{"worker_processes 4;\nevents{worker_connections 1024;}", 1024, 4, false, ""},
	{"worker_processes auto; events { worker_connections \"9\"; }", 9, 0, true, ""},
	{"worker_processes 'auto'; events { worker_connections '9'; }", 9, 0, true, ""},
	{"# events { worker_connections 1; }\nevents { #x;\nworker_connections 2; }", 2, 0, false,
	 ""},
	{"events { worker_connections 2;# }\n}", 2, 0, false, ""},
	{"http { events { worker_connections 1; } } events { worker_connections 3; }", 3, 0, false,
	 ""},
	{"http { worker_connections 1; include x; }\nevents {}", 0, 0, false, ""},
	{"include a/*.conf; events { include b.conf; }", 0, 0, false,
	 "main:a/*.conf events:b.conf "},
	{"http { a \"}\"; b '}'; c \\}; d ${x}; e f#g; } events { worker_connections 4; }", 4, 0,
	 false, ""},
	{"http { a \"\\\"}\"; } events { worker_connections 5; }", 5, 0, false, ""},
	{"http { l ~ \"^/\\d{3}\" { } } events { worker_connections 6; }", 6, 0, false, ""},
	{"http { content_by_lua_block { a = { '}' } --}\n b = [[}]] --[==[ } ]] } ]==] c = \"}\" } "
	 "}"
	 "events { worker_connections 7; }",
	 7, 0, false, ""},
	{"http { x_by_lua_block { a = t[1] b = c[ [=[]]}]=] ] } } events { worker_connections 8; }",
	 8, 0, false, ""},
	{"worker_processes\t8 ;\r\nevents\r\n{\r\n}\r\n", 0, 8, false, ""},
};

static void numbers_are_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		struct included included = {""};
		struct nginx_conf conf = {.include = include, .ctx = &included};
		struct err err = {0};

		if (!nginx_conf_parse(&conf, str_of(good[i].text), NGINX_MAIN, &err))
			fail_msg("%s: %s", good[i].text, err.text);
		if (conf.worker_connections != good[i].connections ||
		    conf.worker_processes != good[i].processes ||
		    conf.processes_auto != good[i].has_auto)
			fail_msg("%s", good[i].text);
		assert_true(conf.has_events);
		assert_string_equal(included.text, good[i].included);
	}
}

static const struct {
	const char *text;
	const char *error;
} bad[] = {
	{"events { worker_connections 1; }\nevents {}", "line 2: a second events block"},
	{"events { worker_connections 1;\nworker_connections 1; }", "line 2: the directive stands"},
	{"worker_processes 1; worker_processes 2;", "twice"},
	{"worker_processes auto; worker_processes auto;", "twice"},
	{"worker_processes 1; worker_processes auto;", "twice"},
	{"events { worker_connections 0; }", "a number from 1"},
	{"events { worker_connections -1; }", "a number from 1"},
	{"events { worker_connections 1k; }", "a number from 1"},
	{"events { worker_connections 100000001; }", "a number from 1"},
	{"events { worker_connections 99999999999999999999; }", "a number from 1"},
	{"events { worker_connections; }", "a number from 1"},
	{"events { worker_connections 1 2; }", "a number from 1"},
	{"events { worker_connections 1\\0; }", "a number from 1"},
	{"events {", "a block that is not closed"},
	{"http { a;", "a block that is not closed"},
	{"}", "a brace too many"},
	{"events { } }", "a brace too many"},
	{"events { worker_connections 1 }", "without a semicolon"},
	{"user", "without a semicolon"},
	{";", "a semicolon without a directive"},
	{"{ }", "a block without a name"},
	{"a 'b;\n\n", "a quote that is not closed"},
	{"a \"b\"c;", "has more behind it"},
	{"include;", "cannot be followed"},
	{"include a b;", "cannot be followed"},
	{"include \"\";", "cannot be followed"},
	{"include $x;", "cannot be followed"},
	{"include bad;", "not to be read"},
	{"http { content_by_lua_block { '}' ", "Lua code that never ends"},
	{"http { content_by_lua_block { [[ } ", "Lua code that never ends"},
	{"http { content_by_lua_block { ' } ", "Lua code that never ends"},
};

static void what_nginx_refuses_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct included included = {""};
		struct nginx_conf conf = {.include = include, .ctx = &included};
		struct err err = {0};

		if (nginx_conf_parse(&conf, str_of(bad[i].text), NGINX_MAIN, &err))
			fail_msg("taken: %s", bad[i].text);
		if (strstr(err.text, bad[i].error) == NULL)
			fail_msg("%s: %s", bad[i].text, err.text);
	}
}

/* A file that the events block includes ends where it began. */
static void a_file_of_the_events_block(void **state)
{
	struct included included = {""};
	struct nginx_conf conf = {.include = include, .ctx = &included, .has_events = true};
	struct err err = {0};

	(void)state;
	assert_true(nginx_conf_parse(&conf, STR("worker_connections 77;"), NGINX_EVENTS, &err));
	assert_int_equal(conf.worker_connections, 77);
	assert_false(nginx_conf_parse(&conf, STR("}"), NGINX_EVENTS, &err));
	err_clear(&err);
	assert_true(nginx_conf_parse(&conf, STR("worker_processes 9; x { }"), NGINX_EVENTS, &err));
	assert_int_equal(conf.worker_processes, 0);
}

/* ---- files ----------------------------------------------------------------------------------- */

static bool read_in(const struct fake_proc *folder, uint64_t *connections, struct err *err)
{
	char path[300];

	err_clear(err);
	(void)snprintf(path, sizeof(path), "%s/nginx.conf", folder->dir);
	return nginx_conf_read(path, connections, err);
}

static void files_are_included(void **state)
{
	struct fake_proc folder;
	uint64_t connections = 0;
	struct err err = {0};

	(void)state;
	fake_proc_make(&folder);
	assert_false(read_in(&folder, &connections, &err));
	assert_int_equal(err.kind, ERR_NOT_FOUND);
	fake_proc_file(&folder, "nginx.conf", "events {}");
	assert_true(read_in(&folder, &connections, &err));
	assert_int_equal(connections, 512);
	fake_proc_file(&folder, "nginx.conf",
		       "include none/*.conf; include main.d/*.conf; http {}");
	fake_proc_file(&folder, "main.d/10.conf", "user nobody;");
	fake_proc_file(&folder, "main.d/20.conf", "events { include events.conf; }");
	fake_proc_file(&folder, "events.conf", "worker_connections 4096;");
	assert_true(read_in(&folder, &connections, &err));
	assert_int_equal(connections, 4096);
	fake_proc_file(&folder, "events.conf", "\nworker_connections secret;");
	assert_false(read_in(&folder, &connections, &err));
	assert_non_null(strstr(err.text, "/events.conf: line 2: "));
	assert_null(strstr(err.text, "secret"));
	fake_proc_remove(&folder);
}

static const struct {
	const char *conf;
	const char *error;
} bad_file[] = {
	{"include gone.conf; events {}", "cannot read"},
	{"include nginx.conf; events {}", "nested more than"},
	{"include folder; events {}", "no regular file"},
	{"include */x.conf; events {}", "cannot be followed"},
	{"include two/*; include two/*; events {}", "a second events block"},
	{"user nobody;", "no events block"},
};

static void files_that_cannot_be_used(void **state)
{
	struct fake_proc folder;
	uint64_t connections = 0;
	struct err err = {0};

	(void)state;
	fake_proc_make(&folder);
	(void)fake_proc_folder(&folder, "folder");
	fake_proc_file(&folder, "two/x", "events {}");
	for (size_t i = 0; i < ARRAY_LEN(bad_file); i++) {
		fake_proc_file(&folder, "nginx.conf", bad_file[i].conf);
		if (read_in(&folder, &connections, &err))
			fail_msg("taken: %s", bad_file[i].conf);
		if (strstr(err.text, bad_file[i].error) == NULL)
			fail_msg("%s: %s", bad_file[i].conf, err.text);
	}
	fake_proc_remove(&folder);
}

/* ---- where it is ----------------------------------------------------------------------------- */

static const struct {
	const char *title;
	const char *path; /* NULL: refused with `error` */
	const char *error;
} title_case[] = {
	{"nginx: master process nginx -c /srv/n.conf", "/srv/n.conf", NULL},
	{"nginx: master process /usr/sbin/nginx -g daemon on; master_process on; -c /srv/n.conf",
	 "/srv/n.conf", NULL},
	{"nginx: master process nginx -c/srv/n.conf -p /srv", "/srv/n.conf", NULL},
	{"nginx: master process nginx -p /srv/ -c n.conf", "/srv//n.conf", NULL},
	{"nginx: master process nginx -c a.conf -c /b.conf", "/b.conf", NULL},
	{"nginx: master process nginx -c n.conf", NULL, "relative"},
	{"nginx: master process nginx -c n.conf -p here", NULL, "relative"},
	{"nginx: master process nginx -g events{worker_connections 9;}", NULL, "directives stand"},
};

static void a_title_tells_the_path(void **state)
{
	char nul[] = "nginx\0-c\0/srv/n.conf\0\0";
	char path[NGINX_TITLE_PATH_MAX];
	struct err err = {0};
	char longer[5000];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(title_case); i++) {
		bool ok;

		err_clear(&err);
		ok = nginx_conf_path(path, str_of(title_case[i].title), &err);
		if (ok != (title_case[i].path != NULL))
			fail_msg("%s: %s", title_case[i].title, err.text);
		if (ok)
			assert_string_equal(path, title_case[i].path);
		else
			assert_non_null(strstr(err.text, title_case[i].error));
	}
	err_clear(&err);
	assert_true(nginx_conf_path(path, (struct str){nul, sizeof(nul) - 1}, &err));
	assert_string_equal(path, "/srv/n.conf");
	memset(longer, 'x', sizeof(longer));
	assert_false(nginx_conf_path(path, (struct str){longer, sizeof(longer)}, &err));
	err_clear(&err);
	memcpy(longer, "n -c /", 6);
	assert_false(nginx_conf_path(path, (struct str){longer, 2000}, &err));
	assert_non_null(strstr(err.text, "too long"));
}

/* The place that a plain build takes below its prefix, when nothing else is there. */
static void a_prefix_tells_the_path(void **state)
{
	char title[300];
	char path[NGINX_TITLE_PATH_MAX];
	char expected[300];
	struct fake_proc folder;
	struct err err = {0};

	(void)state;
	fake_proc_make(&folder);
	fake_proc_file(&folder, "conf/nginx.conf", "events {}");
	(void)snprintf(title, sizeof(title), "nginx: master process nginx -p %s", folder.dir);
	(void)snprintf(expected, sizeof(expected), "%s/conf/nginx.conf", folder.dir);
	if (nginx_conf_path(path, str_of(title), &err))
		assert_string_equal(path, expected);
	else /* this machine has an nginx.conf at a usual place */
		assert_non_null(strstr(err.text, "more than one"));
	fake_proc_remove(&folder);
}

static void what_is_given_is_not_looked_for(void **state)
{
	struct nginx_room room = {.connections = 100, .workers = 2};
	struct target target = {0};
	struct err err = {0};

	(void)state;
	assert_true(target_parse(&target, "http://192.0.2.1/x", TARGET_NGINX, &err));
	assert_true(nginx_room_find(&room, &target, &err));
	room.workers = 0;
	assert_false(nginx_room_find(&room, &target, &err));
	assert_non_null(strstr(err.text, "not one of this host"));
	target_free(&target);
}

static void some_targets_are_surely_here(void **state)
{
	static const struct {
		const char *text;
		bool local;
	} one[] = {
		{"http://127.0.0.1/x", true},   {"http://127.3.2.1:81/x", true},
		{"http://[::1]/x", true},       {"http://localhost/x", true},
		{"unix:/run/n.sock:/x", true},  {"http://192.0.2.1/x", false},
		{"http://localhost.x/", false}, {"http://[2001:db8::1]/", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(one); i++) {
		struct target target = {0};
		struct err err = {0};

		assert_true(target_parse(&target, one[i].text, TARGET_NGINX, &err));
		assert_int_equal(target_is_local(&target), one[i].local);
		target_free(&target);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_found),
		cmocka_unit_test(what_nginx_refuses_is_refused),
		cmocka_unit_test(a_file_of_the_events_block),
		cmocka_unit_test(files_are_included),
		cmocka_unit_test(files_that_cannot_be_used),
		cmocka_unit_test(a_title_tells_the_path),
		cmocka_unit_test(a_prefix_tells_the_path),
		cmocka_unit_test(what_is_given_is_not_looked_for),
		cmocka_unit_test(some_targets_are_surely_here),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
