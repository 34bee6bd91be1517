/* SPDX-License-Identifier: MIT */
/* test_munin.c - Munin's graphs and values, made of a scrape that was filled by hand. */
#include "unit.h"

#include <math.h>

#include "munin_env.h"

/* Config of `suffix`, after it its values. */
static void encode(const struct munin_env *env, const struct scrape *scrape, const char *suffix,
		   struct buf *out, struct buf *log)
{
	struct munin_memory memory;
	struct munin_encoder encoder = {.name = "web",
					.env = env,
					.scrape = scrape,
					.memory = &memory,
					.out = out,
					.log = log};

	munin_memory_init(&memory);
	(void)snprintf(memory.told[0].graph, sizeof(memory.told[0].graph), "%s", suffix);
	memory.told_len = 1;
	buf_clear(out);
	buf_clear(log);
	munin_encode_opening(&encoder, munin_graph_of(suffix));
	munin_encode_config(&encoder, munin_graph_of(suffix));
	munin_encode_values(&encoder, munin_graph_of(suffix));
	assert_true(buf_ok(out));
}

static struct scrape filled(struct uwsgi_scrape *server)
{
	*server = (struct uwsgi_scrape){.probe = {.asked = true, .up = true}};
	return (struct scrape){
		.nginx_probe = {.asked = true, .up = true},
		.nginx = {.active = 291,
			  .reading = 6,
			  .writing = 179,
			  .waiting = 106,
			  .accepts = 1000,
			  .handled = 990,
			  .requests = 18446744073709551615U},
		.uwsgi = server,
		.uwsgi_len = 1,
		.uwsgi_site = {.up = true},
		.totals = {.requests = 7,
			   .running_time = 650,
			   .average_seconds = 0.0001625,
			   .oldest_request = (double)NAN,
			   .queue = 0,
			   .queue_known = false},
	};
}

static bool is_field_name(const char *name)
{
	if (!(*name >= 'a' && *name <= 'z') && *name != '_')
		return false;
	for (; *name != '\0'; name++) {
		if (!(*name >= 'a' && *name <= 'z') && !(*name >= '0' && *name <= '9') &&
		    *name != '_')
			return false;
	}
	return true;
}

/* A row that names a graph nobody knows would vanish silently. */
static void every_row_has_its_graph(void **state)
{
	struct munin_field field[MUNIN_FIELDS_MAX];
	size_t rows = 0;
	size_t fields = 0;

	(void)state;
	for (size_t i = 0; i < entity_all_len; i++) {
		for (size_t k = 0; k < entity_all[i]->metric_len; k++) {
			for (size_t m = 0; m < METRIC_MUNIN_MAX; m++)
				rows += entity_all[i]->metric[k].munin[m].graph != NULL ? 1 : 0;
		}
	}
	for (size_t i = 0; i < munin_graph_all_len; i++) {
		size_t len = munin_graph_fields(&munin_graph_all[i], field);

		assert_in_range(len, 1, MUNIN_FIELDS_MAX - 1);
		fields += len;
		for (size_t k = 0; k < len; k++) {
			assert_true(is_field_name(field[k].munin->field));
			assert_int_equal(munin_graph_all[i].listed,
					 field[k].entity->parent != NULL);
			assert_string_not_equal(field[k].munin->field, "root");
			assert_null(strpbrk(field[k].munin->label, "#\\\n"));
			for (size_t m = 0; m < k; m++)
				assert_string_not_equal(field[k].munin->field,
							field[m].munin->field);
		}
	}
	assert_int_equal(fields, rows);
}

static void areas_come_before_lines(void **state)
{
	struct buf out;
	struct buf log;

	(void)state;
	buf_init(&out, 65536);
	buf_init(&log, 65536);
	encode(&munin_env_empty, NULL, "connections", &out, &log);
	assert_non_null(strstr(buf_text(&out), "\ngraph_order reading writing waiting total\n"));
	assert_true(
		str_starts(buf_str(&out), STR("multigraph web_connections\ngraph_title nginx ")));
	assert_non_null(
		strstr(buf_text(&out), "\ntotal.type GAUGE\ntotal.min 0\ntotal.draw LINE1\n"));
	encode(&munin_env_empty, NULL, "requests", &out, &log);
	assert_non_null(strstr(buf_text(&out), "\nrequests.type DERIVE\nrequests.min 0\n"));
	encode(&munin_env_empty, NULL, "uwsgi_time", &out, &log);
	assert_non_null(strstr(buf_text(&out), "\ngraph_order mean average oldest\n"));
	assert_non_null(strstr(buf_text(&out), "\nmean.type GAUGE\nmean.min 0\n"));
	assert_null(strstr(buf_text(&out), ".cdef"));
	assert_int_equal(log.len, 0);
	buf_free(&out);
	buf_free(&log);
}

static void values_are_raw_or_not_known(void **state)
{
	struct uwsgi_scrape server;
	struct scrape scrape = filled(&server);
	struct buf out;
	struct buf log;

	(void)state;
	buf_init(&out, 65536);
	buf_init(&log, 65536);
	encode(&munin_env_empty, &scrape, "requests", &out, &log);
	assert_true(str_ends(buf_str(&out),
			     STR("\naccepts.value 1000\nrequests.value 18446744073709551615\n")));
	encode(&munin_env_empty, &scrape, "uwsgi_time", &out, &log);
	assert_true(str_ends(buf_str(&out),
			     STR("\nmean.value U\n"
				 "mean.extinfo there was no earlier fetch to compare with\n"
				 "average.value 0.0001625\noldest.value U\n"
				 "oldest.extinfo uWSGI does not tell when requests began: it "
				 "is older than 2.0.15, or runs with stats-no-cores\n")));
	encode(&munin_env_empty, &scrape, "uwsgi_queue", &out, &log);
	assert_non_null(strstr(buf_text(&out), "\nqueue.value U\nqueue.extinfo uWSGI cannot see"));
	assert_non_null(strstr(buf_text(&out), "\nqueue_max.extinfo uWSGI cannot see"));
	scrape.nginx.reading = -1;
	encode(&munin_env_empty, &scrape, "connections", &out, &log);
	assert_non_null(strstr(buf_text(&out),
			       "\nreading.value U\nreading.extinfo the number is below 0: "));
	assert_non_null(strstr(buf_text(&out), "\nwriting.value 179\n"));
	scrape.nginx_probe.up = false;
	scrape.uwsgi_site.up = false;
	encode(&munin_env_empty, &scrape, "connections", &out, &log);
	assert_true(str_ends(buf_str(&out), STR("\nreading.value U\nwriting.value U\n"
						"waiting.value U\ntotal.value U\n")));
	encode(&munin_env_empty, &scrape, "uwsgi_requests", &out, &log);
	assert_true(str_ends(buf_str(&out), STR("\nrequests.value U\n")));
	encode(&munin_env_empty, NULL, "dropped", &out, &log);
	assert_true(str_ends(buf_str(&out), STR("\ndropped.value U\n")));
	buf_free(&out);
	buf_free(&log);
}

/* What munin-plugins-core 2.0.73 prints, with the category that its successors have and with
 * graph_order, which newer masters want. */
static void stock_graphs_are_those_of_munin(void **state)
{
	struct uwsgi_scrape server;
	struct scrape scrape = filled(&server);
	struct buf out;
	struct buf log;

	(void)state;
	buf_init(&out, 65536);
	buf_init(&log, 65536);
	encode(&munin_env_empty, &scrape, "status", &out, &log);
	assert_string_equal(
		buf_text(&out),
		"graph_title Nginx status\ngraph_args --base 1000\n"
		"graph_vlabel Connections\ngraph_category webserver\n"
		"graph_order total reading writing waiting\n"
		"total.label Active connections\ntotal.info Active connections\n"
		"total.draw LINE\n"
		"reading.label Reading\nreading.info Reading\nreading.draw LINE\n"
		"writing.label Writing\nwriting.info Writing\nwriting.draw LINE\n"
		"waiting.label Waiting\nwaiting.info Waiting\nwaiting.draw LINE\n"
		"total.value 291\nreading.value 6\nwriting.value 179\nwaiting.value 106\n");
	encode(&munin_env_empty, &scrape, "request", &out, &log);
	assert_string_equal(buf_text(&out),
			    "graph_title Nginx requests\ngraph_args --base 1000\n"
			    "graph_vlabel Requests per ${graph_period}\ngraph_category webserver\n"
			    "graph_order request\n"
			    "request.label requests\nrequest.type DERIVE\nrequest.min 0\n"
			    "request.draw LINE\nrequest.value 18446744073709551615\n");
	buf_free(&out);
	buf_free(&log);
}

static void thresholds_come_from_the_environment(void **state)
{
	static const char *const pair[] = {"total_warning",
					   "400",
					   "connections_total_critical",
					   ":500",
					   "total_critical",
					   ":600",
					   "reading_warning",
					   "",
					   "critical",
					   "90",
					   "warning",
					   "10:20~",
					   NULL};
	const struct munin_env env = {munin_env_get, pair};
	struct buf out;
	struct buf log;

	(void)state;
	buf_init(&out, 65536);
	buf_init(&log, 65536);
	encode(&env, NULL, "connections", &out, &log);
	assert_non_null(strstr(buf_text(&out), "\ntotal.warning 400\ntotal.critical :500\n"));
	assert_non_null(strstr(buf_text(&out), "\nreading.critical 90\n"));
	assert_null(strstr(buf_text(&out), "reading.warning"));
	assert_string_equal(buf_text(&log), "web: env.warning: \"10:20~\" is no range of Munin "
					    "(MAX, MIN:, :MAX or MIN:MAX); left out\n");
	encode(&env, NULL, "uwsgi_time", &out, &log);
	assert_null(strstr(buf_text(&out), "requests.critical"));
	assert_non_null(strstr(buf_text(&out), "mean.critical"));
	buf_free(&out);
	buf_free(&log);
}

static void category_and_instance(void **state)
{
	struct buf out;
	struct buf log;
	struct munin_encoder encoder = {.name = "web",
					.instance = "127.0.0.1:80_x",
					.category = "other",
					.env = &munin_env_empty,
					.out = &out,
					.log = &log};

	(void)state;
	buf_init(&out, 65536);
	buf_init(&log, 65536);
	munin_encode_config(&encoder, munin_graph_of("dropped"));
	assert_true(str_starts(buf_str(&out),
			       STR("graph_title nginx dropped connections - 127.0.0.1-80-x\n")));
	assert_non_null(strstr(buf_text(&out), "\ngraph_category other\n"));
	buf_free(&out);
	buf_free(&log);
}

static void ranges_of_munin(void **state)
{
	static const char *const good[] = {"10",   "10:",   ":10", "10:20", "-5",
					   "-5:5", "+1.5:", "5:5", "0"};
	static const char *const bad[] = {"",  ":",     "@10", "~:10", "10:20~", "1e3", "20:10",
					  "a", "1:2:3", "10 ", "nan",  "1,5",    "10:x"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		if (!munin_range_valid(str_of(good[i])))
			fail_msg("%s was refused", good[i]);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		if (munin_range_valid(str_of(bad[i])))
			fail_msg("%s was taken", bad[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_has_its_graph),
		cmocka_unit_test(areas_come_before_lines),
		cmocka_unit_test(values_are_raw_or_not_known),
		cmocka_unit_test(stock_graphs_are_those_of_munin),
		cmocka_unit_test(thresholds_come_from_the_environment),
		cmocka_unit_test(category_and_instance),
		cmocka_unit_test(ranges_of_munin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
