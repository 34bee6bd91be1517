/* SPDX-License-Identifier: MIT */
/* What the exporter remembers of its sites, and what its log hears of them. */
#include "unit.h"

#include <fcntl.h>
#include <unistd.h>

#include "prometheus_exporter/memory.h"
#include "words.h"

enum { SITES = 2, LOG_BYTES_MAX = 16 * 1024 };

/* Two nginx sites, one collection of both, and a log that can be read. */
struct world {
	struct words words;
	struct exporter_config config;
	struct exporter_log log;
	int log_fd;
	char said[LOG_BYTES_MAX];
	struct scrape scrape[SITES];
	struct exporter_collection collection;
};

static const char *no_variable(const char *name)
{
	(void)name;
	return NULL;
}

static void start(struct world *world)
{
	struct err err = {0};
	const struct site *site;
	size_t len;
	int fd[2];

	*world = (struct world){0};
	assert_int_equal(pipe(fd), 0);
	assert_int_equal(fcntl(fd[0], F_SETFL, O_NONBLOCK), 0);
	world->log = (struct exporter_log){.level = EXPORTER_INFO, .fd = fd[1]};
	world->log_fd = fd[0];
	words_split(&world->words, "x --nginx.scrape-uri http://a/ --nginx.scrape-uri http://b/");
	assert_true(exporter_config_parse(&world->config, world->words.argc, world->words.arg,
					  no_variable, &err));
	site = exporter_config_sites(&world->config, &len);
	assert_int_equal(len, SITES);
	for (size_t i = 0; i < SITES; i++) {
		world->scrape[i].site = &site[i];
		world->scrape[i].nginx_probe = (struct probe){.asked = true, .up = true};
		arena_init(&world->scrape[i].arena, 1024 * 1024);
	}
	world->collection = (struct exporter_collection){.scrape = world->scrape, .len = SITES};
}

static void stop(struct world *world)
{
	for (size_t i = 0; i < SITES; i++)
		arena_free(&world->scrape[i].arena);
	(void)close(world->log.fd);
	(void)close(world->log_fd);
	exporter_config_free(&world->config);
}

/* What the log has been told since the last call. */
static const char *said(struct world *world)
{
	ssize_t len = read(world->log_fd, world->said, sizeof(world->said) - 1);

	world->said[len > 0 ? len : 0] = '\0';
	return world->said;
}

static size_t lines(const char *text)
{
	size_t found = 0;

	for (; *text != '\0'; text++)
		found += *text == '\n' ? 1 : 0;
	return found;
}

static void check_said(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("no %s in: %s", part, text);
}

/* ---- the log -------------------------------------------------------------------------------- */

static void test_findings(void **state)
{
	struct finding finding = {.kind = FINDING_PHANTOM_COUNTERS,
				  .severity = SEVERITY_WARNING,
				  .what = "There are \"7\"",
				  .evidence = "7 and 0",
				  .advice = "Restart"};
	struct exporter_report report;
	struct world world;
	const char *text;

	(void)state;
	start(&world);
	assert_true(exporter_report_init(&report, &world.log, &world.config));
	exporter_report(&report, &world.collection);
	assert_string_equal(said(&world), "");
	world.scrape[1].findings = (struct list){.item = &finding, .len = 1};
	exporter_report(&report, &world.collection);
	text = said(&world);
	assert_int_equal(lines(text), 1);
	check_said(text, " level=warn msg=finding site=http://b/ finding=phantom_counters "
			 "severity=warning what=\"There are \\\"7\\\"\" evidence=\"7 and 0\" "
			 "advice=Restart\n");
	exporter_report(&report, &world.collection);
	assert_string_equal(said(&world), "");
	finding.severity = SEVERITY_CRITICAL;
	exporter_report(&report, &world.collection);
	check_said(said(&world), "msg=\"finding has changed\" site=http://b/ "
				 "finding=phantom_counters severity=critical");
	world.scrape[1].findings.len = 0;
	exporter_report(&report, &world.collection);
	text = said(&world);
	assert_int_equal(lines(text), 1);
	check_said(text, " level=info msg=\"finding is over\" site=http://b/ "
			 "finding=phantom_counters\n");
	finding.severity = SEVERITY_INFO;
	world.scrape[0].findings = (struct list){.item = &finding, .len = 1};
	exporter_report(&report, &world.collection);
	check_said(said(&world), " level=info msg=finding site=http://a/ ");
	/* What is printed once shows them itself; that a target is down, and why, is still told. */
	report.only_targets = true;
	finding.severity = SEVERITY_CRITICAL;
	world.scrape[0].nginx_probe.up = false;
	exporter_report(&report, &world.collection);
	text = said(&world);
	assert_int_equal(lines(text), 1);
	check_said(text, "msg=\"target is down\" target=http://a/ ");
	exporter_report_free(&report);
	stop(&world);
}

/* A collection that began earlier and took longer says nothing new. */
static void test_overtaken(void **state)
{
	struct exporter_report report;
	struct world world;

	(void)state;
	start(&world);
	assert_true(exporter_report_init(&report, &world.log, &world.config));
	world.collection.began = 100;
	exporter_report(&report, &world.collection);
	world.collection.began = 99;
	world.scrape[0].nginx_probe.up = false;
	exporter_report(&report, &world.collection);
	assert_string_equal(said(&world), "");
	world.collection.began = 101;
	exporter_report(&report, &world.collection);
	check_said(said(&world), "msg=\"target is down\" target=http://a/ ");
	exporter_report_free(&report);
	stop(&world);
}

/* ---- history -------------------------------------------------------------------------------- */

static uint64_t dropped(struct exporter_memory *memory, struct world *world, double time,
			struct nginx_status status)
{
	struct err err = {0};

	for (size_t i = 0; i < SITES; i++) {
		world->scrape[i].time = time;
		world->scrape[i].nginx = status;
	}
	world->collection.began = time;
	assert_true(exporter_memory_take(memory, &world->collection, &err));
	assert_int_equal(world->scrape[0].nginx.dropped, world->scrape[1].nginx.dropped);
	return world->scrape[0].nginx.dropped;
}

#define STATUS(total, lost)                                                                        \
	((struct nginx_status){.accepts = (total), .handled = (total) - (lost), .dropped = (lost)})

static void test_dropped_never_falls(void **state)
{
	struct exporter_memory memory;
	struct world world;
	struct err err = {0};

	(void)state;
	start(&world);
	assert_true(exporter_memory_init(&memory, &world.log, &world.config, true, &err));
	assert_false(memory.report.only_targets);
	assert_int_equal(dropped(&memory, &world, 1000, STATUS(500, 7)), 7);
	assert_int_equal(dropped(&memory, &world, 1010, STATUS(600, 5)), 7);
	assert_int_equal(dropped(&memory, &world, 1020, STATUS(700, 9)), 9);
	/* An older collection that comes late shows no less than a newer one has. */
	assert_int_equal(dropped(&memory, &world, 1015, STATUS(650, 6)), 9);
	/* A restart. */
	assert_int_equal(dropped(&memory, &world, 1030, STATUS(10, 1)), 1);
	exporter_memory_free(&memory);
	stop(&world);
}

/* --once: each collection stands for itself. */
static void test_without_history(void **state)
{
	struct exporter_memory memory;
	struct world world;
	struct err err = {0};

	(void)state;
	start(&world);
	assert_true(exporter_memory_init(&memory, &world.log, &world.config, false, &err));
	assert_true(memory.report.only_targets);
	assert_int_equal(dropped(&memory, &world, 1000, STATUS(500, 7)), 7);
	assert_int_equal(dropped(&memory, &world, 1010, STATUS(600, 5)), 5);
	exporter_memory_free(&memory);
	stop(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_findings),
		cmocka_unit_test(test_overtaken),
		cmocka_unit_test(test_dropped_never_falls),
		cmocka_unit_test(test_without_history),
	};

	return cmocka_run_group_tests_name("prometheus_memory", tests, NULL, NULL);
}
