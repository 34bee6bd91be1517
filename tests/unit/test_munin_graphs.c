/* SPDX-License-Identifier: MIT */
/* test_munin_graphs.c - how Munin's graphs look: the form of numbers, areas and lines, and which
 * graphs there are at all. */
#include "unit.h"

#include "munin_env.h"

/* Config of `suffix`, of which a fetch has known a number. */
static void encode(const char *suffix, struct buf *out)
{
	struct munin_memory memory;
	struct munin_encoder encoder = {
		.name = "web", .env = &munin_env_empty, .memory = &memory, .out = out, .log = out};

	munin_memory_init(&memory);
	(void)snprintf(memory.told[0].graph, sizeof(memory.told[0].graph), "%s", suffix);
	memory.told_len = 1;
	buf_clear(out);
	munin_encode_config(&encoder, munin_graph_of(suffix));
	assert_true(buf_ok(out));
}

static void has(const struct buf *out, const char *part)
{
	if (strstr(buf_text(out), part) == NULL)
		fail_msg("no \"%s\" in:\n%s", part, buf_text(out));
}

/* Counts are whole, rates have no "m" or "u"; Munin's own form is for what is scaled, and for the
 * graphs that are in place of its own. */
static void numbers_are_readable(void **state)
{
	static const struct {
		const char *suffix;
		const char *form; /* NULL: Munin's */
	} graph[] = {
		{"held", "%6.0lf"},
		{"app_requests", "%6.0lf"},
		{"backlog", "%6.0lf"},
		{"connections", "%6.0lf"},
		{"uwsgi_workers", "%6.0lf"},
		{"uwsgi_cores", "%6.1lf"},
		{"uwsgi_queue", "%6.0lf"},
		{"requests", "%8.3lf"},
		{"uwsgi_requests", "%8.3lf"},
		{"dropped", "%8.4lf"},
		{"uwsgi_errors", "%8.4lf"},
		{"uwsgi_time", NULL},
		{"uwsgi_memory", NULL},
		{"uwsgi_address_space", NULL},
		{"status", NULL},
		{"request", NULL},
	};

	(void)state;
	assert_int_equal(ARRAY_LEN(graph), munin_graph_all_len);
	for (size_t i = 0; i < ARRAY_LEN(graph); i++) {
		struct buf out;
		char line[64];

		buf_init(&out, 65536);
		encode(graph[i].suffix, &out);
		(void)snprintf(line, sizeof(line), "\ngraph_scale no\ngraph_printf %s\n",
			       graph[i].form == NULL ? "" : graph[i].form);
		if (graph[i].form != NULL)
			has(&out, line);
		else if (strstr(buf_text(&out), "graph_printf") != NULL ||
			 strstr(buf_text(&out), "graph_scale") != NULL)
			fail_msg("%s has a form of its own", graph[i].suffix);
		/* The axis of a rate would read 0.0, 0.0, 0.0. */
		assert_int_equal(strstr(buf_text(&out), " --alt-y-grid\n") != NULL,
				 graph[i].form != NULL && graph[i].form[1] == '8');
		/* Munin 3 does not reckon with it. */
		assert_null(strstr(buf_text(&out), "\ngraph_period"));
		buf_free(&out);
	}
}

/* Two lines of one height would hide one another, and what is not there cannot be drawn. */
static void graphs_can_be_told_apart(void **state)
{
	struct munin_memory memory;
	struct munin_encoder encoder = {.name = "web", .env = &munin_env_empty, .memory = &memory};
	struct munin_field field[MUNIN_SHOWN_MAX];
	struct buf out;

	(void)state;
	buf_init(&out, 65536);
	encode("uwsgi_errors", &out);
	has(&out, "\ngraph_order exceptions harakiri write_errors read_errors respawns\n");
	has(&out, "\nexceptions.draw AREASTACK\n");
	has(&out, "\nread_errors.draw AREASTACK\n");
	has(&out, "\nrespawns.draw LINE1\n");
	encode("uwsgi_workers", &out);
	has(&out, "\ngraph_order busy sig pause idle cheap\n");
	encode("uwsgi_cores", &out);
	has(&out, "\ngraph_order busy_cores cores used\n");
	has(&out, "\nused.cdef used,1000000,/\n");
	encode("uwsgi_memory", &out);
	has(&out, "\ngraph_order rss\n");
	munin_memory_init(&memory);
	assert_int_equal(munin_shown_fields(&encoder, munin_graph_of("uwsgi_queue"), field), 0);
	assert_int_equal(munin_shown_fields(&encoder, munin_graph_of("uwsgi_address_space"), field),
			 0);
	assert_int_equal(munin_shown_fields(&encoder, munin_graph_of("uwsgi_memory"), field), 1);
	(void)snprintf(memory.told[0].graph, sizeof(memory.told[0].graph), "uwsgi_queue");
	memory.told_len = 1;
	assert_int_equal(munin_shown_fields(&encoder, munin_graph_of("uwsgi_queue"), field), 2);
	assert_int_equal(munin_shown_fields(&encoder, munin_graph_of("uwsgi_address_space"), field),
			 0);
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_readable),
		cmocka_unit_test(graphs_can_be_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
