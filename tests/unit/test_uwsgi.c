/* SPDX-License-Identifier: MIT */
/* The stats server's parser: fields, nesting, folding, repair, errors. Whole answers of real
 * servers are in tests/golden. */
#include "unit.h"

#include "uwsgi.h"
#include "uwsgi_repair.h"

static bool parse(struct uwsgi_stats *stats, const char *text, struct err *err)
{
	*err = (struct err){0};
	return uwsgi_parse(stats, str_of(text), err);
}

static void test_fields(void **state)
{
	struct uwsgi_stats s;
	struct err err;
	const struct uwsgi_worker *w;
	const struct uwsgi_core *c;

	(void)state;
	assert_true(parse(
		&s,
		"{\"version\":\"2.0.21\",\"listen_queue\":7,\"pid\":99,\"workers\":[{\"id\":3,"
		"\"pid\":5,\"status\":\"sig17\",\"tx\":18446744073709551615,"
		"\"cores\":[{\"id\":0,\"in_request\":1,\"vars\":[\"HTTP_COOKIE=secret\",\"\"],"
		"\"req_info\":{\"request_start\":1795338820},\"requests\":4}]}]}",
		&err));
	assert_int_equal(s.kind, UWSGI_APP);
	assert_string_equal(s.version, "2.0.21");
	assert_int_equal(s.listen_queue, 7);
	assert_int_equal(s.workers.len, 1);
	w = s.workers.item;
	assert_int_equal(w->id, 3);
	assert_int_equal(w->status, WORKER_SIG);
	assert_int_equal(w->status_signal, 17);
	assert_true(w->tx == UINT64_MAX);
	assert_int_equal(w->core_count, 1);
	c = w->cores.item;
	assert_int_equal(c->in_request, 1);
	assert_int_equal(c->request_start, 1795338820);
	assert_int_equal(c->requests, 4);
	uwsgi_stats_free(&s);
}

/* Of all request variables only the client's address and port are read. */
static void test_client(void **state)
{
	static const struct {
		const char *vars;
		const char *client; /* NULL: not told */
	} cases[] = {
		{"\"REMOTE_ADDR=10.0.0.7\",\"REMOTE_PORT=4711\",\"\"", "10.0.0.7:4711"},
		{"\"REMOTE_PORT=4711\",\"A=b\",\"REMOTE_ADDR=::1\"", "[::1]:4711"},
		{"\"REMOTE_ADDR=10.0.0.7\",\"REMOTE_PORT=\"", NULL},
		{"\"REMOTE_ADDR=10.0.0.7\",\"REMOTE_PORT=65536\"", NULL},
		{"\"REMOTE_ADDR=unix:\",\"REMOTE_PORT=\"", NULL},
		{"\"HTTP_REMOTE_ADDR=10.0.0.7\",\"HTTP_REMOTE_PORT=5\"", NULL},
		{"[\"REMOTE_ADDR=10.0.0.7\"],{\"REMOTE_PORT\":5},7,null", NULL},
		{"", NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct uwsgi_stats s;
		struct err err;
		struct buf text;
		const struct uwsgi_worker *worker;
		const struct uwsgi_core *core;

		buf_init(&text, 1000);
		buf_addf(&text,
			 "{\"workers\":[{\"id\":1,\"cores\":[{\"id\":0,\"vars\":[%s],"
			 "\"in_request\":1},{\"id\":1,\"in_request\":1}]}]}",
			 cases[i].vars);
		assert_true(parse(&s, buf_text(&text), &err));
		worker = s.workers.item;
		core = worker->cores.item;
		assert_int_equal(worker->core_count, 2);
		assert_int_equal(core[0].in_request, 1);
		assert_int_equal(core[1].id, 1);
		buf_clear(&text);
		endpoint_print(&core[0].client, &text);
		if (cases[i].client == NULL)
			assert_int_equal(core[0].client.port, 0);
		else
			assert_string_equal(buf_text(&text), cases[i].client);
		buf_free(&text);
		uwsgi_stats_free(&s);
	}
}

static void test_statuses(void **state)
{
	static const struct {
		const char *word;
		unsigned status;
	} cases[] = {
		{"idle", WORKER_IDLE},   {"busy", WORKER_BUSY}, {"cheap", WORKER_CHEAP},
		{"pause", WORKER_PAUSE}, {"sig0", WORKER_SIG},  {"what", WORKER_PAUSE},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct uwsgi_stats s;
		struct err err;
		char text[100];

		(void)snprintf(text, sizeof(text), "{\"workers\":[{\"id\":1,\"status\":\"%s\"}]}",
			       cases[i].word);
		assert_true(parse(&s, text, &err));
		assert_int_equal(((struct uwsgi_worker *)s.workers.item)->status, cases[i].status);
		uwsgi_stats_free(&s);
	}
}

static void test_maps_and_pairs(void **state)
{
	struct uwsgi_stats s;
	struct err err;
	const struct uwsgi_user_metric *m;
	const struct uwsgi_lock *l;
	const struct uwsgi_cron *c;

	(void)state;
	assert_true(parse(
		&s,
		"{\"workers\":[],\"metrics\":{\"foo\":{\"type\":1,\"oid\":\"\",\"value\":-5},"
		"\"worker.1.core.0.requests\":{\"type\":0,\"value\":7},"
		"\"worker.1.core\":{\"type\":1,\"value\":8},"
		"\"bar\":{\"type\":0,\"value\":9}},\"locks\":[{\"user 0\":0},{\"rpc\":12}],"
		"\"crons\":[{\"minute\":-1,\"command\":\"a\"},{\"minute\":5,\"command\":\"a\"}]}",
		&err));
	assert_int_equal(s.metrics.len, 3);
	m = s.metrics.item;
	assert_string_equal(m[0].name, "foo");
	assert_int_equal(m[0].value, -5);
	assert_string_equal(m[1].name, "worker.1.core");
	assert_string_equal(m[2].name, "bar");
	assert_int_equal(m[2].type, USER_METRIC_COUNTER);
	l = s.locks.item;
	assert_int_equal(s.locks.len, 2);
	assert_string_equal(l[1].name, "rpc");
	assert_int_equal(l[1].pid, 12);
	c = s.crons.item;
	assert_int_equal(c[0].minute, -1);
	assert_int_equal(c[1].number, 1);
	uwsgi_stats_free(&s);
}

static void test_other_servers(void **state)
{
	struct uwsgi_stats s;
	struct err err;

	(void)state;
	assert_true(
		parse(&s, "{\"emperor\":[\"/v\"],\"vassals\":[{\"id\":\"a\",\"pid\":-1}]}", &err));
	assert_int_equal(s.kind, UWSGI_EMPEROR);
	assert_int_equal(((struct uwsgi_vassal *)s.vassals.item)->pid, 0);
	uwsgi_stats_free(&s);
	assert_true(parse(&s,
			  "{\"active_sessions\":3,\"fastrouter\":[\":1\",\n],\"subscriptions\":"
			  "[{\"key\":\"x\",\"nodes\":[{\"name\":\"n\",\"rx\":8}]}]}",
			  &err));
	assert_int_equal(s.kind, UWSGI_ROUTER);
	assert_string_equal(s.router, "fastrouter");
	assert_int_equal(s.active_sessions, 3);
	uwsgi_stats_free(&s);
}

static void test_duplicates_are_folded(void **state)
{
	struct uwsgi_stats s;
	struct err err;
	const struct uwsgi_worker *w;

	(void)state;
	assert_true(
		parse(&s,
		      "{\"workers\":[{\"id\":0,\"status\":\"cheap\"},{\"id\":2,\"pid\":0},"
		      "{\"id\":1,\"pid\":7,\"requests\":1},{\"id\":2,\"pid\":8,\"requests\":2},"
		      "{\"id\":1,\"pid\":9,\"requests\":3},{\"id\":99999999}],"
		      "\"sockets\":[{\"name\":\"a\",\"proto\":\"http\",\"queue\":1},"
		      "{\"name\":\"a\",\"proto\":\"uwsgi\"},{\"name\":\"a\",\"proto\":\"http\"}]}",
		      &err));
	assert_int_equal(s.workers.len, 2);
	w = s.workers.item;
	assert_int_equal(w[0].id, 2);
	assert_int_equal(w[0].pid, 8);
	assert_int_equal(w[1].requests, 1);
	assert_int_equal(s.sockets.len, 2);
	assert_int_equal(s.unstarted, 1);
	assert_int_equal(s.folded, 4);
	uwsgi_stats_free(&s);
}

static void test_errors(void **state)
{
	static const struct {
		const char *text;
		const char *says;
	} cases[] = {
		{"", "empty answer"},
		{"   ", "cut off after 3 bytes"},
		{"<html>", "HTML page"},
		{"Active connections: 1 \n", "stub_status page"},
		{"hello", "no JSON"},
		{"[1,2]", "JSON list"},
		{"{}", "not a uWSGI stats server"},
		{"{\"a\":1}", "not a uWSGI stats server"},
		{"{\"workers\":[", "cut off after 12 bytes"},
		{"{\"workers\":[{\"id\":1,\"tx\":18446744073709551616}]}", "no 64 bit integer"},
		{"{\"workers\":[{\"id\":1.5}]}", "no 64 bit integer"},
		{"{\"workers\":[]}}", "not JSON at byte"},
		{"{\"workers\":[]} x", "not JSON at byte"},
		{"{\"workers\":[}", "not JSON at byte"},
		{"{\"workers\":[1 2]}", "not JSON at byte 15"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct uwsgi_stats s;
		struct err err;

		assert_false(parse(&s, cases[i].text, &err));
		if (strstr(err.text, cases[i].says) == NULL)
			fail_msg("case %zu says \"%s\"", i, err.text);
		assert_null(s.arena.block);
	}
}

static void test_offset_points_at_the_fault(void **state)
{
	struct uwsgi_stats s;
	struct err err;
	char text[200];

	(void)state;
	/* Blanks are left out on the way to the JSON parser: the offset counts them all the same.
	 */
	(void)snprintf(text, sizeof(text), "{%50s\"workers\"%50s:%50s}", "", "", "");
	assert_false(parse(&s, text, &err));
	assert_non_null(strstr(err.text, "at byte 162"));
}

static void test_any_cut_gives_the_same(void **state)
{
	static const char text[] =
		"{\n\t\"version\":\"2.0\\u00e9\",\"cwd\":\"/a\"b\\c\",\n\"sockets\":[{\"name\":"
		"\"x\xc3\xa9\xff\",\"queue\":12}],\"workers\":[{\"id\":1,\"status\":\"busy\"},\n]}";
	struct err err = {0};

	(void)state;
	for (size_t cut = 0; cut < sizeof(text) - 1; cut++) {
		struct uwsgi_stats s;
		struct uwsgi_parser *parser = uwsgi_parser_new(&s);

		assert_non_null(parser);
		uwsgi_parser_feed(parser, text, cut);
		uwsgi_parser_feed(parser, text + cut, sizeof(text) - 1 - cut);
		assert_true(uwsgi_parser_end(parser, &err));
		uwsgi_parser_free(parser);
		assert_string_equal(s.cwd, "/a\"b\\c");
		assert_string_equal(((struct uwsgi_socket *)s.sockets.item)->name,
				    "x\xc3\xa9\xef\xbf\xbd");
		assert_int_equal(((struct uwsgi_worker *)s.workers.item)->status, WORKER_BUSY);
		uwsgi_stats_free(&s);
	}
}

static void test_endless_string_takes_no_memory(void **state)
{
	struct uwsgi_stats s;
	struct err err = {0};
	struct uwsgi_parser *parser = uwsgi_parser_new(&s);
	static char many[64 * 1024];

	(void)state;
	assert_non_null(parser);
	memset(many, 'x', sizeof(many));
	uwsgi_parser_feed(parser, "{\"workers\":[],\"cwd\":\"", 21);
	for (size_t i = 0; i < 512; i++)
		uwsgi_parser_feed(parser, many, sizeof(many));
	uwsgi_parser_feed(parser, "\"}", 2);
	assert_true(uwsgi_parser_end(parser, &err));
	assert_true(strlen(s.cwd) >= 60000 && strlen(s.cwd) < 70000);
	assert_true(s.arena.used < 256 * 1024);
	uwsgi_parser_free(parser);
	uwsgi_stats_free(&s);
}

/* In pieces of many words: yajl begins again with a token for each piece. */
static void feed(struct uwsgi_parser *parser, const char *word, size_t times)
{
	char piece[4096];
	size_t len = strlen(word);
	size_t used = 0;

	for (size_t i = 0; i < times; i++) {
		memcpy(piece + used, word, len);
		used += len;
		if (used + len > sizeof(piece) || i + 1 == times) {
			uwsgi_parser_feed(parser, piece, used);
			used = 0;
		}
	}
}

/* The bound of the memory that yajl gets: tokens in many pieces, with and without escapes, keys and
 * values, under as many brackets as there may be. A bracket more is an error. */
static void test_longest_tokens(void **state)
{
	static const char *const unit[] = {"x", "\x01", "\xff", "\\", "\"x", "\\u0000", "\\n"};

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_LEN(unit); i++) {
		size_t lists = REPAIR_DEPTH_MAX - 2 + i / ARRAY_LEN(unit);
		const char *word = unit[i % ARRAY_LEN(unit)];
		struct uwsgi_stats s;
		struct err err = {0};
		struct uwsgi_parser *parser = uwsgi_parser_new(&s);

		assert_non_null(parser);
		feed(parser, "{\"workers\":[],\"x\":", 1);
		feed(parser, "[", lists);
		feed(parser, "{\"", 1);
		feed(parser, word, 100000);
		feed(parser, " \":\"", 1);
		feed(parser, word, 100000);
		feed(parser, " \"}", 1);
		feed(parser, "]", lists);
		feed(parser, "}", 1);
		assert_int_equal(uwsgi_parser_end(parser, &err), i < ARRAY_LEN(unit));
		if (i < ARRAY_LEN(unit))
			uwsgi_stats_free(&s);
		else
			assert_non_null(strstr(err.text, "is not JSON at byte"));
		uwsgi_parser_free(parser);
	}
}

static void test_model_has_a_ceiling(void **state)
{
	struct uwsgi_stats s;
	struct err err = {0};
	struct uwsgi_parser *parser = uwsgi_parser_new(&s);

	(void)state;
	assert_non_null(parser);
	uwsgi_parser_feed(parser, "{\"workers\":[{}", 14);
	for (size_t i = 0; i < 1000000; i++)
		uwsgi_parser_feed(parser, ",{}", 3);
	uwsgi_parser_feed(parser, "]}", 2);
	assert_false(uwsgi_parser_end(parser, &err));
	assert_int_equal(err.kind, ERR_TOO_LARGE);
	assert_null(s.arena.block);
	uwsgi_parser_free(parser);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_client),
		cmocka_unit_test(test_statuses),
		cmocka_unit_test(test_maps_and_pairs),
		cmocka_unit_test(test_other_servers),
		cmocka_unit_test(test_duplicates_are_folded),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_offset_points_at_the_fault),
		cmocka_unit_test(test_any_cut_gives_the_same),
		cmocka_unit_test(test_endless_string_takes_no_memory),
		cmocka_unit_test(test_longest_tokens),
		cmocka_unit_test(test_model_has_a_ceiling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
