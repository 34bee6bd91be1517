/* SPDX-License-Identifier: MIT */
/* The text format, from scrapes that are made here. Whole answers of real servers: tests/golden. */
#include "unit.h"

#include "prom_world.h"

static const struct nginx_status page = {
	.active = -1, .accepts = UINT64_MAX, .handled = 9007199254740993, .requests = 3};

static char *encode(const struct scrape *scrape, size_t len, const struct prom_options *options)
{
	const struct prom_scene scene = {.scrape = scrape, .scrape_len = len, .options = options};

	return prom_world_expose(PROM_TEXT, &scene);
}

static const char app[] =
	"{\"listen_queue\":3,\"listen_queue_errors\":1,\"signal_queue\":0,\"load\":3,\"workers\":["
	"{\"id\":1,\"status\":\"busy\",\"requests\":18446744073709551615,\"running_time\":1500000,"
	"\"avg_rt\":1,\"apps\":[{\"id\":0,\"mountpoint\":\"/\\\"x\\\\\",\"chdir\":\"\","
	"\"requests\":5}],\"cores\":[{\"id\":0,\"in_request\":1},{\"id\":1}]}],"
	"\"caches\":[{\"name\":\"c\",\"hits\":4}],"
	"\"locks\":[{\"user 0\":0},{\"user 0\":7},{\"user 1\":8}]}";

static void test_nginx(void **state)
{
	const struct prom_options peer = {0};
	const struct prom_options strict = {.strict = true};
	struct prom_world world = {0};
	char *text;

	(void)state;
	prom_world_start(&world);
	prom_world_nginx(&world, "http://127.0.0.1/", &page);
	text = encode(&world.scrape, 1, &peer);
	CHECK_LINES(text, "# TYPE nginx_up gauge", "nginx_up 1", "nginx_connections_active -1",
		    "nginx_scrape_duration_seconds 0.25",
		    "# TYPE nginx_connections_accepted counter",
		    "nginx_connections_accepted 18446744073709551615",
		    "nginx_connections_handled 9007199254740993", "nginx_http_requests_total 3");
	assert_null(strstr(text, "uwsgi"));
	assert_null(strstr(text, "site="));
	assert_null(strstr(text, "request_time"));
	free(text);
	text = encode(&world.scrape, 1, &strict);
	CHECK_LINES(text, "nginx_connections_accepted_total 18446744073709551615",
		    "nginx_connections_active -1", "nginx_http_requests_total 3");
	assert_null(strstr(text, "nginx_connections_accepted "));
	free(text);
	prom_world_stop(&world);
}

static void test_down(void **state)
{
	const struct prom_options options = {.cores = true};
	struct prom_world world = {0};
	char *text;

	(void)state;
	prom_world_start(&world);
	prom_world_nginx(&world, "http://127.0.0.1/", NULL);
	prom_world_uwsgi(&world, "127.0.0.1:1717", NULL);
	text = encode(&world.scrape, 1, &options);
	CHECK_LINES(text, "nginx_up 0", "uwsgi_up 0", "uwsgi_scrape_duration_seconds 0");
	assert_int_equal(prom_world_count(text, "# TYPE "), 4);
	assert_int_equal(prom_world_count(text, "# HELP "), 4);
	free(text);
	prom_world_stop(&world);
}

#define URI "stats_uri=\"127.0.0.1:1717\""

static void test_uwsgi(void **state)
{
	const struct prom_options peer = {0};
	const struct prom_options strict = {.strict = true};
	struct prom_world world = {0};
	char *text;

	(void)state;
	prom_world_start(&world);
	prom_world_uwsgi(&world, "127.0.0.1:1717", app);
	text = encode(&world.scrape, 1, &peer);
	CHECK_LINES(text, "uwsgi_up 1", "uwsgi_listen_queue_length{" URI "} 3",
		    "# TYPE uwsgi_listen_queue_errors gauge",
		    "# TYPE uwsgi_worker_running_time_seconds gauge",
		    "uwsgi_worker_running_time_seconds{" URI ",worker_id=\"1\"} 1.5",
		    "uwsgi_worker_average_response_time_seconds{" URI ",worker_id=\"1\"} 1e-06",
		    "uwsgi_worker_requests_total{" URI ",worker_id=\"1\"} 18446744073709551615",
		    "uwsgi_worker_app_requests_total{" URI
		    ",worker_id=\"1\",app_id=\"0\",mountpoint=\"/\\\"x\\\\\",chdir=\"\"} 5",
		    "# TYPE uwsgi_worker_status gauge",
		    "uwsgi_worker_status{" URI ",worker_id=\"1\",status=\"idle\"} 0",
		    "uwsgi_worker_status{" URI ",worker_id=\"1\",status=\"busy\"} 1",
		    "uwsgi_worker_status{" URI ",worker_id=\"1\",status=\"sig\"} 0",
		    "uwsgi_worker_busy{" URI ",worker_id=\"1\"} 1",
		    "# TYPE uwsgi_cache_hits counter", "uwsgi_cache_hits{" URI ",name=\"c\"} 4");
	assert_null(strstr(text, "core_id"));
	assert_null(strstr(text, "untyped"));
	free(text);
	text = encode(&world.scrape, 1, &strict);
	CHECK_LINES(text, "# TYPE uwsgi_listen_queue_errors_total counter",
		    "# TYPE uwsgi_worker_running_time_seconds_total counter",
		    "uwsgi_worker_running_time_seconds_total{" URI ",worker_id=\"1\"} 1.5",
		    "uwsgi_cache_hits_total{" URI ",name=\"c\"} 4");
	free(text);
	prom_world_stop(&world);
}

static void test_cores(void **state)
{
	const struct prom_options options = {.cores = true};
	struct prom_world world = {0};
	char *text;

	(void)state;
	prom_world_start(&world);
	prom_world_uwsgi(&world, "127.0.0.1:1717", app);
	text = encode(&world.scrape, 1, &options);
	CHECK_LINES(text, "uwsgi_worker_core_busy{" URI ",worker_id=\"1\",core_id=\"0\"} 1",
		    "uwsgi_worker_core_busy{" URI ",worker_id=\"1\",core_id=\"1\"} 0");
	free(text);
	prom_world_stop(&world);
}

/* Prometheus refuses a scrape that has the same series twice. */
static void test_duplicates(void **state)
{
	const struct prom_options options = {0};
	struct prom_world world = {0};
	char *text;

	(void)state;
	prom_world_start(&world);
	prom_world_uwsgi(&world, "127.0.0.1:1717", app);
	text = encode(&world.scrape, 1, &options);
	assert_int_equal(prom_world_count(text, "uwsgi_lock_holder_pid{" URI ",name=\"user 0\"}"),
			 1);
	CHECK_LINES(text, "uwsgi_lock_holder_pid{" URI ",name=\"user 0\"} 0",
		    "uwsgi_lock_holder_pid{" URI ",name=\"user 1\"} 8");
	free(text);
	prom_world_stop(&world);
}

static void test_two_servers(void **state)
{
	const struct prom_options options = {0};
	struct prom_world world = {0};
	char *text;

	(void)state;
	prom_world_start(&world);
	prom_world_uwsgi(&world, "127.0.0.1:1717", app);
	prom_world_uwsgi(&world, "unix:/run/b\\c.stats", NULL);
	text = encode(&world.scrape, 1, &options);
	CHECK_LINES(text, "uwsgi_up{" URI "} 1", "uwsgi_up{stats_uri=\"unix:/run/b\\\\c.stats\"} 0",
		    "uwsgi_listen_queue_length{" URI "} 3");
	assert_int_equal(prom_world_count(text, "# TYPE uwsgi_up "), 1);
	free(text);
	prom_world_stop(&world);
}

/* All series of a family stand together, whichever site they are of. */
static void test_sites(void **state)
{
	const struct prom_label label[] = {{"team", "\"web\""}, {"dc", "\xff"}};
	const struct prom_options options = {.label = label, .label_len = 2};
	struct prom_world first = {0};
	struct prom_world second = {0};
	struct scrape scrape[2];
	char *text;

	(void)state;
	prom_world_start(&first);
	prom_world_nginx(&first, "http://user:secret@a/", &page);
	prom_world_start(&second);
	assert_true(site_set_name(&second.site, "blog", &(struct err){0}));
	prom_world_nginx(&second, "http://b/", NULL);
	prom_world_uwsgi(&second, "127.0.0.1:1717", app);
	scrape[0] = first.scrape;
	scrape[1] = second.scrape;
	text = encode(scrape, 2, &options);
#define CONSTANT "team=\"\\\"web\\\"\",dc=\"\xef\xbf\xbd\""
	assert_non_null(strstr(text, "\nnginx_up{site=\"blog\"," CONSTANT "} 0\n# HELP "));
	CHECK_LINES(text, "uwsgi_up{site=\"blog\"," CONSTANT "} 1",
		    "uwsgi_workers{site=\"blog\"," URI "," CONSTANT "} 1");
	assert_int_equal(prom_world_count(text, "# TYPE nginx_up "), 1);
	assert_null(strstr(text, "secret"));
	free(text);
	prom_world_stop(&first);
	prom_world_stop(&second);
}

/* Many cores take a hash table that grows, and none may be taken for another. */
static void test_many(void **state)
{
	const struct prom_options options = {.cores = true};
	struct prom_world world = {0};
	struct buf json;
	char *text;

	(void)state;
	buf_init(&json, 10000000);
	buf_add_text(&json, "{\"workers\":[");
	for (unsigned worker = 1; worker <= 20; worker++) {
		buf_addf(&json, "%s{\"id\":%u,\"cores\":[", worker > 1 ? "," : "", worker);
		for (unsigned core = 0; core < 100; core++)
			buf_addf(&json, "%s{\"id\":%u}", core > 0 ? "," : "", core);
		buf_add_text(&json, "]}");
	}
	buf_add_text(&json, "]}");
	prom_world_start(&world);
	prom_world_uwsgi(&world, "127.0.0.1:1717", buf_text(&json));
	text = encode(&world.scrape, 1, &options);
	assert_int_equal(prom_world_count(text, "\nuwsgi_worker_core_busy{"), 2000);
	CHECK_LINES(text, "uwsgi_worker_core_busy{" URI ",worker_id=\"20\",core_id=\"99\"} 0");
	free(text);
	buf_free(&json);
	prom_world_stop(&world);
}

static void test_ceiling(void **state)
{
	const struct prom_options options = {0};
	struct prom_world world = {0};
	const struct prom_scene scene = {
		.scrape = &world.scrape, .scrape_len = 1, .options = &options};

	(void)state;
	prom_world_start(&world);
	prom_world_uwsgi(&world, "127.0.0.1:1717", app);
	for (unsigned format = PROM_TEXT; format <= PROM_PROTOBUF; format++) {
		struct buf out;

		buf_init(&out, 1000);
		prom_expose(&out, (enum prom_format)format, &scene);
		assert_false(buf_ok(&out));
		buf_free(&out);
	}
	prom_world_stop(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nginx),      cmocka_unit_test(test_down),
		cmocka_unit_test(test_uwsgi),      cmocka_unit_test(test_cores),
		cmocka_unit_test(test_duplicates), cmocka_unit_test(test_two_servers),
		cmocka_unit_test(test_sites),      cmocka_unit_test(test_many),
		cmocka_unit_test(test_ceiling),
	};

	return cmocka_run_group_tests_name("prometheus_text", tests, NULL, NULL);
}
