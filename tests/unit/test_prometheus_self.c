/* SPDX-License-Identifier: MIT */
/* What the exporter says of itself, under its own names and under those of its peers. */
#include "unit.h"

#include <fcntl.h>
#include <math.h>
#include <sys/resource.h>

#include "clock.h"
#include "prom_world.h"
#include "prometheus_exporter/self_table.h"

/* A site whose nginx is down, and an exporter of it. */
struct self_world {
	struct prom_world site;
	struct exporter_self self;
	char *text;
};

static int set_up(void **state)
{
	struct self_world *world = *state = test_calloc(1, sizeof(*world));

	prom_world_start(&world->site);
	prom_world_nginx(&world->site, "http://127.0.0.1/", NULL);
	exporter_self_init(&world->self);
	return 0;
}

static int tear_down(void **state)
{
	struct self_world *world = *state;

	free(world->text);
	prom_world_stop(&world->site);
	test_free(world);
	return 0;
}

/* What the exporter says now; the text before is gone. */
static const char *expose(struct self_world *world, const struct exporter_self *self, bool strict)
{
	const struct prom_options options = {.strict = strict};
	const struct prom_scene scene = {
		.scrape = &world->site.scrape, .scrape_len = 1, .options = &options, .self = self};

	free(world->text);
	world->text = prom_world_expose(PROM_TEXT, &scene);
	return world->text;
}

static const char *own(struct self_world *world)
{
	return expose(world, &world->self, true);
}

static const char *with_peers(struct self_world *world)
{
	return expose(world, &world->self, false);
}

static void test_own(void **state)
{
	struct self_world *world = *state;
	const char *text;

	atomic_store(&world->self.answers_ok, 11);
	atomic_store(&world->self.answers_failed, 12);
	atomic_store(&world->self.answers_busy, 13);
	atomic_store(&world->self.in_flight, 14);
	atomic_store(&world->self.refused, 15);
	atomic_store(&world->self.unauthorized, 16);
	atomic_store(&world->self.limited, 17);
	atomic_store(&world->self.log_dropped, 18);
	atomic_store(&world->self.misdirected, 19);
	atomic_store(&world->self.accept_failures, 20);
	text = own(world);
	CHECK_LINES(text, "connledger_exporter_build_info{version=\"" CONNLEDGER_VERSION "\"} 1",
		    "# TYPE connledger_exporter_answers_total counter",
		    "connledger_exporter_answers_total{code=\"200\"} 11",
		    "connledger_exporter_answers_total{code=\"500\"} 12",
		    "connledger_exporter_answers_total{code=\"503\"} 13",
		    "connledger_exporter_answers_in_flight 14",
		    "connledger_exporter_connections_refused_total 15",
		    "connledger_exporter_accept_failures_total 20",
		    "connledger_exporter_requests_unauthorized_total 16",
		    "connledger_exporter_requests_limited_total 17",
		    "connledger_exporter_requests_misdirected_total 19",
		    "connledger_exporter_log_lines_dropped_total 18",
		    "connledger_exporter_series_left_out 0");
	/* There is no configuration file, and no peer's name. */
	assert_null(strstr(text, "config_last_reload"));
	assert_null(strstr(text, "promhttp_"));
	assert_null(strstr(text, "nginx_exporter_"));
	text = expose(world, NULL, false);
	assert_null(strstr(text, "exporter_"));
	assert_null(strstr(text, "process_"));
	assert_null(strstr(text, "promhttp_"));
}

static void test_configurations(void **state)
{
	struct self_world *world = *state;
	const char *text;

	atomic_store(&world->self.config_time, 1700000000);
	atomic_store(&world->self.web_config_time, 1700000001);
	text = own(world);
	CHECK_LINES(text, "connledger_exporter_config_last_reload_successful 1",
		    "connledger_exporter_web_config_last_reload_successful 1");
	atomic_store(&world->self.web_config_ok, false);
	text = own(world);
	CHECK_LINES(
		text, "connledger_exporter_config_last_reload_successful 1",
		"connledger_exporter_config_last_reload_success_timestamp_seconds 1700000000",
		"connledger_exporter_web_config_last_reload_successful 0",
		"connledger_exporter_web_config_last_reload_success_timestamp_seconds 1700000001");
	atomic_store(&world->self.web_config_time, 0);
	text = own(world);
	assert_non_null(strstr(text, "exporter_config_last_reload_successful"));
	assert_null(strstr(text, "web_config_last_reload"));
}

static void test_nginx_peer(void **state)
{
	struct self_world *world = *state;
	const char *text;

	atomic_store(&world->self.answers_ok, 11);
	atomic_store(&world->self.in_flight, 1);
	text = with_peers(world);
	CHECK_LINES(text, "# TYPE promhttp_metric_handler_requests_total counter",
		    "promhttp_metric_handler_requests_total{code=\"200\"} 11",
		    "promhttp_metric_handler_requests_total{code=\"500\"} 0",
		    "promhttp_metric_handler_requests_total{code=\"503\"} 0",
		    "promhttp_metric_handler_requests_in_flight 1",
		    "# TYPE nginx_exporter_build_info gauge");
	assert_non_null(strstr(text, "nginx_exporter_build_info{branch=\"none\",goarch=\""));
	assert_non_null(strstr(text, "\",goos=\"linux\",goversion=\"none\",revision=\"none\","
				     "tags=\"none\",version=\"" CONNLEDGER_VERSION "\"} 1\n"));
	assert_null(strstr(text, "uwsgi_exporter_"));
}

static void test_uwsgi_peer(void **state)
{
	struct self_world *world = *state;
	const char *text;

	prom_world_uwsgi(&world->site, "127.0.0.1:1717", NULL);
	world->site.server[0].probe.seconds = 0.25;
	exporter_self_count(&world->self, &world->site.scrape, 1);
	world->site.server[0].probe = (struct probe){.asked = true, .up = true, .seconds = 1.5};
	exporter_self_count(&world->self, &world->site.scrape, 1);
	world->site.server[0].probe.up = false;
	text = with_peers(world);
	CHECK_LINES(text, "# TYPE uwsgi_exporter_scrapes_total counter",
		    "uwsgi_exporter_scrapes_total 2", "uwsgi_exporter_scrape_errors_total 1",
		    "# TYPE uwsgi_exporter_last_scrape_error gauge",
		    "uwsgi_exporter_last_scrape_error 0",
		    "# TYPE uwsgi_exporter_scrape_duration_seconds_sum counter",
		    "uwsgi_exporter_scrape_duration_seconds_sum 1.75",
		    "uwsgi_exporter_scrape_duration_seconds_count 2");
	assert_null(strstr(text, "summary"));
	exporter_self_count(&world->self, &world->site.scrape, 1);
	text = with_peers(world);
	CHECK_LINES(text, "uwsgi_exporter_scrape_errors_total 2",
		    "uwsgi_exporter_last_scrape_error 1");
	text = own(world);
	assert_null(strstr(text, "uwsgi_exporter_"));
}

static uint64_t open_fds(void)
{
	uint64_t len = 0;

	for (int fd = 0; fd < 4096; fd++)
		len += fcntl(fd, F_GETFD) >= 0;
	return len;
}

static double seconds_of(struct timeval time)
{
	return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static void test_process(void **state)
{
	struct self_process process;
	struct rlimit limit;

	(void)state;
	self_process_read(&process);
	assert_true(process.known);
	assert_true(process.resident_bytes > 100 * 1024);
	assert_true(process.virtual_bytes >= process.resident_bytes);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_int_equal(process.max_fds, limit.rlim_cur);
	assert_int_equal(process.open_fds, open_fds());
}

/* Time in user and in kernel mode: enough of both that neither could be missing. */
static void test_process_time(void **state)
{
	struct self_process process;
	struct rusage usage;

	(void)state;
	do {
		for (volatile unsigned i = 0; i < 100000; i++)
			;
		self_process_read(&process);
		assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
	} while (seconds_of(usage.ru_utime) < 0.1 || seconds_of(usage.ru_stime) < 0.1);
	self_process_read(&process);
	assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
	assert_true(fabs(process.cpu_seconds - seconds_of(usage.ru_utime) -
			 seconds_of(usage.ru_stime)) < 0.05);
}

static void test_process_started(void **state)
{
	double started = self_process_started();
	double now = clock_now(CLOCK_REALTIME);

	(void)state;
	assert_true(started > now - 3600 && started <= now);
}

static void test_process_rows(void **state)
{
	struct self_world *world = *state;
	const char *text;

	assert_true(world->self.started > 0);
	world->self.started = 1700000000.25;
	text = own(world);
	CHECK_LINES(text, "# TYPE process_cpu_seconds_total counter",
		    "# TYPE process_resident_memory_bytes gauge",
		    "# TYPE process_virtual_memory_bytes gauge",
		    "# TYPE process_virtual_memory_max_bytes gauge",
		    "# TYPE process_open_fds gauge", "# TYPE process_max_fds gauge",
		    "process_start_time_seconds 1700000000.25");
}

#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_WORLD(test_own),
		WITH_WORLD(test_configurations),
		WITH_WORLD(test_nginx_peer),
		WITH_WORLD(test_uwsgi_peer),
		cmocka_unit_test(test_process),
		cmocka_unit_test(test_process_time),
		cmocka_unit_test(test_process_started),
		WITH_WORLD(test_process_rows),
	};

	return cmocka_run_group_tests_name("prometheus_self", tests, NULL, NULL);
}
