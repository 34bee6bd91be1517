/* SPDX-License-Identifier: MIT */
/* /probe: what is refused and how, and what comes out of a target that is asked. */
#include "unit.h"

#include <unistd.h>

#include "prometheus_exporter/answer.h"
#include "prometheus_exporter/probe.h"
#include "server.h"
#include "words.h"

enum { LINE_BYTES_MAX = 200, TIMEOUT_MS = 5000 };

#define PAGE                                                                                       \
	"Active connections: 1 \nserver accepts handled requests\n 5 5 5 \n"                       \
	"Reading: 0 Writing: 1 Waiting: 0 \n"
#define JSON "{\"version\":\"2.0.21\",\"listen_queue\":3,\"workers\":[],\"sockets\":[]}"
#define HTTP "HTTP/1.0 200 OK\r\nConnection: close\r\n\r\n"

static const char modules[] =
	"modules:\n"
	"  default: {targets: [127.0.0.1, \"10.0.0.0/8\", \"::1\", localhost]}\n"
	"  nginx: {targets: [127.0.0.1], kind: nginx, timeout: 1500ms}\n"
	"  uwsgi: {targets: [127.0.0.1], kind: uwsgi, username: u, password: p}\n"
	"  names: {targets: [\"*.example.org\"]}\n";

static const char *no_variable(const char *name)
{
	(void)name;
	return NULL;
}

struct world {
	struct words words;
	char path[40];
	struct exporter_log log;
	struct exporter_self self;
	struct exporter_state *state;
};

static void start(struct world *world, const char *text)
{
	struct exporter_config config;
	char line[LINE_BYTES_MAX];
	struct err err = {0};
	int fd;

	*world = (struct world){.path = "/tmp/connledger-probe-XXXXXX",
				.log = {.level = EXPORTER_ERROR, .fd = 2}};
	fd = mkstemp(world->path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	(void)close(fd);
	(void)snprintf(line, sizeof(line), "x --config.file %s --prometheus.const-label zone=z",
		       world->path);
	words_split(&world->words, line);
	if (!exporter_config_parse(&config, world->words.argc, world->words.arg, no_variable, &err))
		fail_msg("%s", err.text);
	exporter_self_init(&world->self);
	world->state = exporter_state_new(&config, &world->log, &world->self, true, &err);
	assert_non_null(world->state);
	(void)unlink(world->path);
}

static void stop(struct world *world)
{
	exporter_state_release(world->state);
	exporter_self_free(&world->self);
}

static void test_refused(void **state)
{
	static const struct {
		const char *target;
		const char *module;
		enum err_kind kind;
		const char *why;
	} given[] = {
		{NULL, NULL, ERR_USAGE, "\"target\" is missing"},
		{"", NULL, ERR_USAGE, "\"target\" is missing"},
		{"http://127.0.0.1/", "third", ERR_USAGE, "module \"third\" is not in"},
		{"unix:/run/nginx.sock:/status", NULL, ERR_USAGE, "unix sockets are not probed"},
		{"unix:@name", NULL, ERR_USAGE, "unix sockets are not probed"},
		{"@name", NULL, ERR_USAGE, "unix sockets are not probed"},
		{"/run/uwsgi.stats", NULL, ERR_USAGE, "unix sockets are not probed"},
		{"file:///etc/passwd", NULL, ERR_USAGE, "expected http://"},
		{"ftp://127.0.0.1/", NULL, ERR_USAGE, "expected http://"},
		{"gopher://127.0.0.1:70/", NULL, ERR_USAGE, "expected http://"},
		{"HTTP://127.0.0.1/", NULL, ERR_USAGE, "expected http://"},
		{"dict://127.0.0.1:11211", NULL, ERR_USAGE, "expected http://"},
		{"http://u:s3cret@127.0.0.1/", NULL, ERR_USAGE, "no user or password"},
		{"http://u@127.0.0.1/", NULL, ERR_USAGE, "no user or password"},
		{"http://127.0.0.1/@s3cret", NULL, ERR_USAGE, "no user or password"},
		{"http://127.0.0.1:0/", NULL, ERR_USAGE, "expected http://"},
		{"http://127.0.0.1:99999/", NULL, ERR_USAGE, "expected http://"},
		{"http:///", NULL, ERR_USAGE, "expected http://"},
		{"127.0.0.1", NULL, ERR_USAGE, "expected http://"},
		{"tcp://127.0.0.1", NULL, ERR_USAGE, "expected http://"},
		{"tcp://127.0.0.1:1717/x", NULL, ERR_USAGE, "expected http://"},
		{"http://127.0.0.1/\r\nX: y", NULL, ERR_USAGE, "expected http://"},
		{"tcp://127.0.0.1:1717", "nginx", ERR_USAGE, "the module is for nginx"},
		{"http://127.0.0.2/", NULL, ERR_ACCESS, "module \"default\" does not allow"},
		{"http://127.1/", NULL, ERR_ACCESS, "does not allow"},
		{"http://2130706433/", NULL, ERR_ACCESS, "does not allow"},
		{"http://0x7f.0.0.1/", NULL, ERR_ACCESS, "does not allow"},
		{"http://[::ffff:127.0.0.1]/", NULL, ERR_ACCESS, "does not allow"},
		{"http://[::1%25lo]/", NULL, ERR_ACCESS, "does not allow"},
		{"tcp://11.0.0.1:1717", NULL, ERR_ACCESS, "does not allow"},
		{"11.0.0.1:1717", "", ERR_ACCESS, "module \"default\" does not allow"},
		{"http://localhost/", "nginx", ERR_ACCESS, "module \"nginx\" does not allow"},
		{"http://127.0.0.1/", "names", ERR_ACCESS, "module \"names\" does not allow"},
		{"http://example.org/", "names", ERR_ACCESS, "does not allow"},
	};
	struct world world;

	(void)state;
	start(&world, modules);
	for (size_t i = 0; i < ARRAY_LEN(given); i++) {
		struct exporter_probe probe;
		struct err err = {0};

		if (exporter_probe_init(&probe, &world.state->config, given[i].target,
					given[i].module, &err))
			fail_msg("taken: %s", given[i].target);
		if (err.kind != given[i].kind || strstr(err.text, given[i].why) == NULL ||
		    strstr(err.text, "s3cret") != NULL)
			fail_msg("%s: %s", given[i].target, err.text);
		exporter_probe_free(&probe);
	}
	stop(&world);
	/* Closed by default, and it says how to open it. */
	start(&world, "sites: {a: {nginx: http://127.0.0.1/}}");
	{
		struct exporter_probe probe;
		struct err err = {0};

		assert_false(exporter_probe_init(&probe, &world.state->config, "http://127.0.0.1/",
						 NULL, &err));
		assert_int_equal(err.kind, ERR_ACCESS);
		assert_non_null(strstr(err.text, "modules: { default: { targets:"));
		exporter_probe_free(&probe);
	}
	stop(&world);
}

static void test_taken(void **state)
{
	static const struct {
		const char *target;
		const char *module;
		bool nginx;
		bool may_be_uwsgi;
		unsigned timeout_ms;
	} given[] = {
		{"http://127.0.0.1/status", NULL, true, true, 5000},
		{"https://10.1.2.3:8443/", "", true, true, 5000},
		{"http://[::1]:80/", "default", true, true, 5000},
		{"http://localhost/", NULL, true, true, 5000},
		{"127.0.0.1:1717", NULL, false, false, 5000},
		{"tcp://[::1]:1717", NULL, false, false, 5000},
		{"http://127.0.0.1/", "nginx", true, false, 1500},
		{"http://127.0.0.1/", "uwsgi", false, false, 5000},
		{"127.0.0.1:1717", "uwsgi", false, false, 5000},
		{"http://web1.example.org/", "names", true, true, 5000},
	};
	struct world world;

	(void)state;
	start(&world, modules);
	for (size_t i = 0; i < ARRAY_LEN(given); i++) {
		struct exporter_probe probe;
		struct err err = {0};

		if (!exporter_probe_init(&probe, &world.state->config, given[i].target,
					 given[i].module, &err))
			fail_msg("%s", err.text);
		assert_int_equal(probe.site.has_nginx, given[i].nginx);
		assert_int_equal(probe.site.uwsgi_len, given[i].nginx ? 0 : 1);
		assert_int_equal(probe.may_be_uwsgi, given[i].may_be_uwsgi);
		assert_int_equal(probe.site.timeout_ms, given[i].timeout_ms);
		assert_false(probe.site.want_ledger);
		assert_int_equal(probe.site.name[0], '\0');
		if (given[i].module != NULL && strcmp(given[i].module, "uwsgi") == 0)
			assert_string_equal(probe.site.options.password, "p");
		else
			assert_null(probe.site.options.password);
		exporter_probe_free(&probe);
	}
	stop(&world);
}

/* ---- answers -------------------------------------------------------------------------------- */

static void check_answer(struct world *world, enum server_act act, const char *text,
			 const char *before, const char *has, const char *has_not)
{
	struct exporter_question question = {.form = EXPORTER_TEXT};
	struct server server;
	char target[LINE_BYTES_MAX];
	struct err err = {0};
	struct buf out;

	server_start(&server, SERVER_V4, act, text);
	(void)snprintf(target, sizeof(target), "%s127.0.0.1:%u%s", before, (unsigned)server.port,
		       strncmp(before, "http", 4) == 0 ? "/" : "");
	question.target = target;
	buf_init(&out, 1024 * 1024);
	if (!exporter_answer(world->state, &question, TIMEOUT_MS, &out, &err))
		fail_msg("%s: %s", target, err.text);
	if (strstr(buf_text(&out), has) == NULL ||
	    (has_not != NULL && strstr(buf_text(&out), has_not) != NULL))
		fail_msg("%s:\n%s", target, buf_text(&out));
	assert_null(strstr(buf_text(&out), "site=\""));
	assert_null(strstr(buf_text(&out), "connledger_exporter_"));
	assert_non_null(strstr(buf_text(&out), "zone=\"z\""));
	buf_free(&out);
	server_stop(&server);
}

static void test_answers(void **state)
{
	struct world world;

	(void)state;
	start(&world, modules);
	check_answer(&world, SERVER_ANSWER, HTTP PAGE, "http://", "nginx_up{zone=\"z\"} 1\n",
		     "uwsgi_");
	check_answer(&world, SERVER_ANSWER, HTTP PAGE, "http://",
		     "nginx_connections_accepted{zone=\"z\"} 5\n", "uwsgi_");
	check_answer(&world, SERVER_ANSWER, HTTP JSON, "http://", "uwsgi_up{zone=\"z\"} 1\n",
		     "nginx_");
	check_answer(&world, SERVER_SEND, JSON, "tcp://", "uwsgi_up{zone=\"z\"} 1\n", "nginx_");
	check_answer(&world, SERVER_SEND, JSON, "", "uwsgi_listen_queue_length{", "nginx_");
	check_answer(&world, SERVER_ANSWER, HTTP "{\"a\":1}", "http://", "uwsgi_up{zone=\"z\"} 0\n",
		     "nginx_");
	/* Neither one nor the other: it was asked as a page. */
	check_answer(&world, SERVER_ANSWER, HTTP "<html></html>", "http://",
		     "nginx_up{zone=\"z\"} 0\n", "uwsgi_");
	check_answer(&world, SERVER_ANSWER,
		     "HTTP/1.0 301 Moved\r\nLocation: http://127.0.0.1/stub_status\r\n\r\n" PAGE,
		     "http://", "nginx_up{zone=\"z\"} 0\n", "uwsgi_");
	check_answer(&world, SERVER_CLOSE, "", "tcp://", "uwsgi_up{zone=\"z\"} 0\n", "nginx_");
	/* Nothing of it is counted as the exporter's own. */
	assert_int_equal(atomic_load(&world.self.uwsgi_scrapes), 0);
	stop(&world);
}

/* A uWSGI with many workers says more than a status page may. */
static void test_long_json(void **state)
{
	struct world world;
	struct buf text;

	(void)state;
	start(&world, modules);
	buf_init(&text, 1024 * 1024);
	buf_add_text(&text, HTTP "{\"version\":\"2.0.21\",\"listen_queue\":3,\"workers\":[");
	for (unsigned i = 1; i <= 400; i++)
		buf_addf(&text, "%s{\"id\":%u,\"pid\":%u,\"requests\":0,\"status\":\"idle\"}",
			 i == 1 ? "" : ",", i, i);
	buf_add_text(&text, "]}");
	assert_true(text.len > FETCH_NGINX_BYTES_MAX);
	check_answer(&world, SERVER_ANSWER, buf_text(&text), "http://", "uwsgi_workers{", "nginx_");
	buf_free(&text);
	stop(&world);
}

static void test_timeouts(void **state)
{
	static const struct {
		const char *target;
		const char *module;
		unsigned timeout_ms;
	} given[] = {
		{NULL, NULL, 7000},
		{"http://127.0.0.1/", NULL, 5000},
		{"http://127.0.0.1/", "nginx", 1500},
		{"http://127.0.0.1/", "none", 5000},
	};
	struct world world;
	char text[1000];

	(void)state;
	(void)snprintf(text, sizeof(text),
		       "sites: {a: {nginx: http://a/, timeout: 1s}, b: {nginx: http://b/, timeout: "
		       "7s}}\n%s",
		       modules);
	start(&world, text);
	for (size_t i = 0; i < ARRAY_LEN(given); i++) {
		const struct exporter_question question = {.target = given[i].target,
							   .module = given[i].module};

		assert_int_equal(exporter_answer_timeout_ms(world.state, &question),
				 given[i].timeout_ms);
	}
	stop(&world);
}

/* A configuration of modules only: the metrics are those of the exporter itself. */
static void test_no_sites(void **state)
{
	struct world world;

	(void)state;
	start(&world, modules);
	for (unsigned form = 0; form < EXPORTER_FORM_MAX; form++) {
		const struct exporter_question question = {.form = (enum exporter_form)form};
		struct err err = {0};
		struct buf out;

		buf_init(&out, 1024 * 1024);
		if (!exporter_answer(world.state, &question, TIMEOUT_MS, &out, &err))
			fail_msg("%s", err.text);
		assert_null(strstr(buf_text(&out), "nginx_up"));
		buf_free(&out);
	}
	stop(&world);
}

/* What uwsgi_exporter counts of itself: each time that a server was asked. */
static void test_counted(void **state)
{
	const struct exporter_question question = {.form = EXPORTER_TEXT};
	struct server up;
	struct server down;
	struct world world;
	char text[200];
	struct err err = {0};
	struct buf out;

	(void)state;
	server_start(&up, SERVER_V4, SERVER_SEND, JSON);
	server_start(&down, SERVER_DEAD, SERVER_SEND, "");
	(void)snprintf(text, sizeof(text),
		       "sites: {a: {uwsgi: [\"127.0.0.1:%u\"]}, b: {uwsgi: [\"127.0.0.1:%u\"]}}",
		       (unsigned)up.port, (unsigned)down.port);
	start(&world, text);
	world.log.fd = -1;
	for (unsigned i = 1; i <= 3; i++) {
		buf_init(&out, 1024 * 1024);
		assert_true(exporter_answer(world.state, &question, TIMEOUT_MS, &out, &err));
		buf_free(&out);
		assert_int_equal(atomic_load(&world.self.uwsgi_scrapes), 2 * i);
		assert_int_equal(atomic_load(&world.self.uwsgi_errors), i);
		assert_true(atomic_load(&world.self.uwsgi_failed));
	}
	assert_true(atomic_load(&world.self.uwsgi_micros) > 0);
	stop(&world);
	server_stop(&up);
	server_stop(&down);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),  cmocka_unit_test(test_taken),
		cmocka_unit_test(test_answers),  cmocka_unit_test(test_long_json),
		cmocka_unit_test(test_timeouts), cmocka_unit_test(test_counted),
		cmocka_unit_test(test_no_sites),
	};

	return cmocka_run_group_tests_name("exporter_probe", tests, NULL, NULL);
}
