/* SPDX-License-Identifier: MIT */
/* What the exporter says of itself, under its own names and under those of its peers. */
#include "unit.h"

#include <fcntl.h>
#include <math.h>
#include <sys/resource.h>

#include "clock.h"
#include "prom_world.h"
#include "prometheus_exporter/self_table.h"

static char *expose(const struct prom_world *world, const struct exporter_self *self, bool strict)
{
	const struct prom_options options = {.strict = strict};
	const struct prom_scene scene = {
		.scrape = &world->scrape, .scrape_len = 1, .options = &options, .self = self};

	return prom_world_expose(PROM_TEXT, &scene);
}

static void start(struct prom_world *world, bool uwsgi)
{
	prom_world_start(world);
	prom_world_nginx(world, "http://127.0.0.1/", NULL);
	if (uwsgi)
		prom_world_uwsgi(world, "127.0.0.1:1717", NULL);
}

static void test_own(void **state)
{
	struct prom_world world;
	struct exporter_self self;
	char *text;

	(void)state;
	start(&world, false);
	exporter_self_init(&self);
	atomic_store(&self.answers_ok, 11);
	atomic_store(&self.answers_failed, 12);
	atomic_store(&self.answers_busy, 13);
	atomic_store(&self.in_flight, 14);
	atomic_store(&self.refused, 15);
	atomic_store(&self.unauthorized, 16);
	atomic_store(&self.limited, 17);
	atomic_store(&self.log_dropped, 18);
	text = expose(&world, &self, true);
	CHECK_LINES(text, "connledger_exporter_build_info{version=\"" CONNLEDGER_VERSION "\"} 1",
		    "# TYPE connledger_exporter_answers_total counter",
		    "connledger_exporter_answers_total{code=\"200\"} 11",
		    "connledger_exporter_answers_total{code=\"500\"} 12",
		    "connledger_exporter_answers_total{code=\"503\"} 13",
		    "connledger_exporter_answers_in_flight 14",
		    "connledger_exporter_connections_refused_total 15",
		    "connledger_exporter_requests_unauthorized_total 16",
		    "connledger_exporter_requests_limited_total 17",
		    "connledger_exporter_log_lines_dropped_total 18",
		    "connledger_exporter_series_left_out 0");
	/* There is no configuration file, and no peer's name. */
	assert_null(strstr(text, "config_last_reload"));
	assert_null(strstr(text, "promhttp_"));
	assert_null(strstr(text, "nginx_exporter_"));
	free(text);
	text = expose(&world, NULL, false);
	assert_null(strstr(text, "exporter_"));
	assert_null(strstr(text, "process_"));
	assert_null(strstr(text, "promhttp_"));
	free(text);
	prom_world_stop(&world);
}

static void test_configurations(void **state)
{
	struct prom_world world;
	struct exporter_self self;
	char *text;

	(void)state;
	start(&world, false);
	exporter_self_init(&self);
	atomic_store(&self.config_time, 1700000000);
	atomic_store(&self.web_config_time, 1700000001);
	text = expose(&world, &self, true);
	CHECK_LINES(text, "connledger_exporter_config_last_reload_successful 1",
		    "connledger_exporter_web_config_last_reload_successful 1");
	free(text);
	atomic_store(&self.web_config_ok, false);
	text = expose(&world, &self, true);
	CHECK_LINES(
		text, "connledger_exporter_config_last_reload_successful 1",
		"connledger_exporter_config_last_reload_success_timestamp_seconds 1700000000",
		"connledger_exporter_web_config_last_reload_successful 0",
		"connledger_exporter_web_config_last_reload_success_timestamp_seconds 1700000001");
	free(text);
	atomic_store(&self.web_config_time, 0);
	text = expose(&world, &self, true);
	assert_non_null(strstr(text, "exporter_config_last_reload_successful"));
	assert_null(strstr(text, "web_config_last_reload"));
	free(text);
	prom_world_stop(&world);
}

static void test_nginx_peer(void **state)
{
	struct prom_world world;
	struct exporter_self self;
	char *text;

	(void)state;
	start(&world, false);
	exporter_self_init(&self);
	atomic_store(&self.answers_ok, 11);
	atomic_store(&self.in_flight, 1);
	text = expose(&world, &self, false);
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
	free(text);
	prom_world_stop(&world);
}

static void test_uwsgi_peer(void **state)
{
	struct prom_world world;
	struct exporter_self self;
	char *text;

	(void)state;
	start(&world, true);
	exporter_self_init(&self);
	world.server[0].probe.seconds = 0.25;
	exporter_self_count(&self, &world.scrape, 1);
	world.server[0].probe = (struct probe){.asked = true, .up = true, .seconds = 1.5};
	exporter_self_count(&self, &world.scrape, 1);
	world.server[0].probe.up = false;
	text = expose(&world, &self, false);
	CHECK_LINES(text, "# TYPE uwsgi_exporter_scrapes_total counter",
		    "uwsgi_exporter_scrapes_total 2", "uwsgi_exporter_scrape_errors_total 1",
		    "# TYPE uwsgi_exporter_last_scrape_error gauge",
		    "uwsgi_exporter_last_scrape_error 0",
		    "# TYPE uwsgi_exporter_scrape_duration_seconds_sum counter",
		    "uwsgi_exporter_scrape_duration_seconds_sum 1.75",
		    "uwsgi_exporter_scrape_duration_seconds_count 2");
	assert_null(strstr(text, "summary"));
	free(text);
	exporter_self_count(&self, &world.scrape, 1);
	text = expose(&world, &self, false);
	CHECK_LINES(text, "uwsgi_exporter_scrape_errors_total 2",
		    "uwsgi_exporter_last_scrape_error 1");
	free(text);
	text = expose(&world, &self, true);
	assert_null(strstr(text, "uwsgi_exporter_"));
	free(text);
	prom_world_stop(&world);
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
	struct prom_world world;
	struct exporter_self self;
	char *text;

	(void)state;
	start(&world, false);
	exporter_self_init(&self);
	assert_true(self.started > 0);
	self.started = 1700000000.25;
	text = expose(&world, &self, true);
	CHECK_LINES(text, "# TYPE process_cpu_seconds_total counter",
		    "# TYPE process_resident_memory_bytes gauge",
		    "# TYPE process_virtual_memory_bytes gauge",
		    "# TYPE process_virtual_memory_max_bytes gauge",
		    "# TYPE process_open_fds gauge", "# TYPE process_max_fds gauge",
		    "process_start_time_seconds 1700000000.25");
	free(text);
	prom_world_stop(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_own),
		cmocka_unit_test(test_configurations),
		cmocka_unit_test(test_nginx_peer),
		cmocka_unit_test(test_uwsgi_peer),
		cmocka_unit_test(test_process),
		cmocka_unit_test(test_process_time),
		cmocka_unit_test(test_process_started),
		cmocka_unit_test(test_process_rows),
	};

	return cmocka_run_group_tests_name("prometheus_self", tests, NULL, NULL);
}
