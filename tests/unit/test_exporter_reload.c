/* SPDX-License-Identifier: MIT */
/* Configurations that are read again: what is kept, what is forgotten, and who may still use the
 * old one. */
#include "unit.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "prometheus_exporter/state.h"
#include "words.h"

enum { LINE_BYTES_MAX = 200, LOG_BYTES_MAX = 16 * 1024, THREADS = 4, RELOADS = 25 };

static const char *no_variable(const char *name)
{
	(void)name;
	return NULL;
}

/* A server's state without the server. */
struct world {
	struct words words;
	char path[40];
	struct exporter_log log;
	int log_fd;
	char said[LOG_BYTES_MAX];
	struct exporter_self self;
	struct exporter_now now;
};

static void write_config(const struct world *world, const char *text)
{
	FILE *file = fopen(world->path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void start(struct world *world, const char *text)
{
	struct exporter_config config;
	struct exporter_state *state;
	char line[LINE_BYTES_MAX];
	struct err err = {0};
	int fd[2];

	*world = (struct world){.path = "/tmp/connledger-reload-XXXXXX"};
	fd[0] = mkstemp(world->path);
	assert_true(fd[0] >= 0);
	(void)close(fd[0]);
	write_config(world, text);
	assert_int_equal(pipe(fd), 0);
	assert_int_equal(fcntl(fd[0], F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(fcntl(fd[1], F_SETFL, O_NONBLOCK), 0);
	world->log = (struct exporter_log){.level = EXPORTER_INFO, .fd = fd[1]};
	world->log_fd = fd[0];
	(void)snprintf(line, sizeof(line), "x --config.file %s", world->path);
	words_split(&world->words, line);
	if (!exporter_config_parse(&config, world->words.argc, world->words.arg, no_variable, &err))
		fail_msg("%s", err.text);
	exporter_self_init(&world->self);
	state = exporter_state_new(&config, &world->log, &world->self, true, &err);
	assert_non_null(state);
	assert_true(exporter_now_init(&world->now, state));
}

static void stop(struct world *world)
{
	exporter_now_free(&world->now);
	exporter_self_free(&world->self);
	(void)close(world->log.fd);
	(void)close(world->log_fd);
	(void)unlink(world->path);
}

static const char *said(struct world *world)
{
	ssize_t len = read(world->log_fd, world->said, sizeof(world->said) - 1);

	world->said[len > 0 ? len : 0] = '\0';
	return world->said;
}

static bool reload(struct world *world, const char *text)
{
	struct err err = {0};
	bool ok;

	write_config(world, text);
	ok = exporter_now_reload(&world->now, &err);
	assert_int_equal(ok, err.kind == ERR_NONE);
	return ok;
}

/* ---- what is in use ------------------------------------------------------------------------- */

static void test_good_bad_good(void **state)
{
	struct exporter_state *first;
	struct world world;
	const char *text;

	(void)state;
	start(&world, "sites: {a: {nginx: http://a/}}");
	first = world.now.state;
	assert_true(atomic_load(&world.self.config_time) > 1700000000);
	atomic_store(&world.self.config_time, 1);
	assert_false(reload(&world, "sites: {a: {nginx: http://a/}}\nmore: 1\n"));
	assert_ptr_equal(world.now.state, first);
	assert_false(atomic_load(&world.self.config_ok));
	assert_int_equal(atomic_load(&world.self.config_time), 1);
	text = said(&world);
	assert_non_null(strstr(text, "level=error msg=\"configuration is bad; the old one stays"));
	assert_non_null(strstr(text, world.path));
	assert_non_null(strstr(text, ": line 2: unknown key"));
	assert_true(reload(&world, "sites: {b: {nginx: http://b/}, c: {nginx: http://c/}}\n"
				   "modules: {default: {targets: [localhost]}}"));
	assert_int_equal(world.now.state->config.site.len, 2);
	assert_true(atomic_load(&world.self.config_ok));
	assert_true(atomic_load(&world.self.config_time) > 1700000000);
	text = said(&world);
	assert_non_null(strstr(text, "level=info msg=\"configuration is read again;"));
	assert_non_null(strstr(text, " sites=2 modules=1\n"));
	(void)unlink(world.path);
	assert_false(exporter_now_reload(&world.now, &(struct err){0}));
	assert_int_equal(world.now.state->config.site.len, 2);
	assert_false(atomic_load(&world.self.config_ok));
	stop(&world);
}

/* Whoever runs under the old configuration has it until the end. */
static void test_users(void **state)
{
	struct exporter_state *old;
	struct world world;

	(void)state;
	start(&world, "sites: {a: {nginx: http://a/}}");
	old = exporter_now_take(&world.now);
	assert_true(reload(&world, "sites: {b: {nginx: http://b/}}"));
	assert_ptr_not_equal(world.now.state, old);
	assert_int_equal(atomic_load(&old->users), 1);
	assert_string_equal(prom_site_name(old->config.site.item), "a");
	assert_string_equal(prom_site_name(world.now.state->config.site.item), "b");
	exporter_state_release(old);
	stop(&world);
}

static void test_no_file(void **state)
{
	struct exporter_config config;
	struct exporter_state *first;
	struct world world;
	struct err err = {0};

	(void)state;
	start(&world, "sites: {a: {nginx: http://a/}}");
	exporter_now_free(&world.now);
	words_split(&world.words, "x --nginx.scrape-uri http://a/");
	assert_true(exporter_config_parse(&config, world.words.argc, world.words.arg, no_variable,
					  &err));
	first = exporter_state_new(&config, &world.log, &world.self, true, &err);
	assert_non_null(first);
	assert_true(exporter_now_init(&world.now, first));
	assert_true(exporter_now_reload(&world.now, &err));
	assert_ptr_equal(world.now.state, first);
	assert_non_null(strstr(said(&world), "there is no --config.file"));
	stop(&world);
}

/* ---- what is remembered --------------------------------------------------------------------- */

static struct exporter_memory *memory(struct world *world)
{
	return &world->now.state->memory;
}

static void remember_course(struct world *world, size_t site)
{
	struct course *course = &memory(world)->course[site];

	course->sample = calloc(course->cap, sizeof(*course->sample));
	assert_non_null(course->sample);
	course->len = course->next = 1;
}

static void test_histories(void **state)
{
	struct world world;
	struct history *history;

	(void)state;
	start(&world, "sites:\n"
		      "  a: {nginx: http://a/, uwsgi: [unix:/a]}\n"
		      "  b: {nginx: http://b/, uwsgi: [unix:/b]}\n"
		      "  u: {uwsgi: [unix:/u]}\n");
	for (unsigned i = 0; i < 3; i++) {
		history = &memory(&world)->history[i];
		history->time = 1000 + i;
		history->uwsgi_time = 1000;
		history->counter[HISTORY_ACCEPTS] = 7;
		history->counter[HISTORY_EXCEPTIONS] = 8;
		history->memory.low = 5;
		remember_course(&world, i);
	}
	assert_true(reload(&world, "sites:\n"
				   "  new: {nginx: http://new/}\n"
				   "  b: {nginx: http://b/, uwsgi: [unix:/other]}\n"
				   "  renamed: {nginx: http://a/, uwsgi: [unix:/a], timeout: 1s}\n"
				   "  u: {uwsgi: [unix:/u, unix:/more]}\n"));
	history = memory(&world)->history;
	assert_true(history[0].time <= 0 && memory(&world)->course[0].len == 0);
	/* The same nginx in front of other servers. */
	assert_true(history[1].time > 1000.5 && history[1].time < 1001.5);
	assert_true(history[1].counter[HISTORY_ACCEPTS] > 6);
	assert_true(history[1].uwsgi_time <= 0);
	assert_false(history[1].counter[HISTORY_EXCEPTIONS] > 0);
	assert_int_equal(memory(&world)->course[1].len, 1);
	/* Another name. */
	assert_true(history[2].time < 1000.5 && history[2].uwsgi_time > 999);
	assert_true(history[2].counter[HISTORY_EXCEPTIONS] > 7);
	assert_true(history[2].memory.low > 4);
	assert_int_equal(memory(&world)->course[2].len, 1);
	/* No nginx, and the same first server. */
	assert_true(history[3].time > 1001.5);
	stop(&world);
}

/* Two sites of one nginx: the name tells them apart. */
static void test_one_nginx_twice(void **state)
{
	struct world world;

	(void)state;
	start(&world, "sites: {a: {nginx: http://x/}, b: {nginx: http://x/}}");
	memory(&world)->history[0].time = 1;
	memory(&world)->history[1].time = 2;
	assert_true(reload(&world, "sites: {b: {nginx: http://x/}, c: {nginx: http://x/}}"));
	assert_true(memory(&world)->history[0].time > 1.5);
	assert_true(memory(&world)->history[1].time < 1.5);
	stop(&world);
}

static void test_kept_connection(void **state)
{
	struct world world;
	const struct site *site;
	int fd[2];

	(void)state;
	start(&world, "sites: {a: {nginx: http://a/}, b: {nginx: http://b/}}");
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	site = world.now.state->config.site.item;
	fetch_keep_put(site[1].nginx_keep, fd[0]);
	assert_true(reload(&world, "sites: {b: {nginx: http://b/}, a: {nginx: http://a/}}"));
	site = world.now.state->config.site.item;
	assert_int_equal(fetch_keep_take(site[1].nginx_keep), -1);
	assert_int_equal(fetch_keep_take(site[0].nginx_keep), fd[0]);
	(void)close(fd[0]);
	(void)close(fd[1]);
	stop(&world);
}

/* A target that the log knows to be down is not told again, one that is new is. */
static void test_what_was_told(void **state)
{
	struct exporter_report *report;
	struct world world;

	(void)state;
	start(&world, "sites: {a: {nginx: http://a/, uwsgi: [unix:/a]}, b: {nginx: http://b/}}");
	report = &memory(&world)->report;
	report->watch[1] = (struct watch){.down = true, .kind = ERR_REFUSED};
	report->watch[2] = (struct watch){.down = true, .kind = ERR_TIMEOUT};
	report->finding[1].rank[FINDING_PHANTOM_COUNTERS] = 2;
	report->began = 77;
	assert_true(reload(&world, "sites: {n: {nginx: http://n/}, b: {nginx: http://b/}, "
				   "a: {nginx: http://a/, uwsgi: [unix:/n, unix:/a]}}"));
	report = &memory(&world)->report;
	assert_false(report->watch[0].down);
	assert_true(report->watch[1].down && report->watch[1].kind == ERR_TIMEOUT);
	assert_false(report->watch[2].down || report->watch[3].down);
	assert_true(report->watch[4].down && report->watch[4].kind == ERR_REFUSED);
	assert_int_equal(report->finding[0].rank[FINDING_PHANTOM_COUNTERS], 0);
	assert_int_equal(report->finding[1].rank[FINDING_PHANTOM_COUNTERS], 2);
	assert_true(report->began > 76);
	stop(&world);
}

/* ---- threads -------------------------------------------------------------------------------- */

static void *reload_often(void *arg)
{
	struct exporter_now *now = arg;

	for (unsigned i = 0; i < RELOADS; i++) {
		struct err err = {0};
		struct exporter_state *state = exporter_now_take(now);
		bool ok = exporter_now_reload(now, &err);

		if (!ok || state->config.site.len != 1)
			abort();
		exporter_state_release(state);
	}
	return NULL;
}

static void test_at_once(void **state)
{
	pthread_t thread[THREADS];
	struct world world;

	(void)state;
	start(&world, "sites: {a: {nginx: http://a/}}");
	memory(&world)->history[0].time = 5;
	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, reload_often, &world.now), 0);
	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(thread[i], NULL), 0);
	assert_true(memory(&world)->history[0].time > 4);
	assert_int_equal(atomic_load(&world.now.state->users), 1);
	stop(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good_bad_good),   cmocka_unit_test(test_users),
		cmocka_unit_test(test_no_file),         cmocka_unit_test(test_histories),
		cmocka_unit_test(test_one_nginx_twice), cmocka_unit_test(test_kept_connection),
		cmocka_unit_test(test_what_was_told),   cmocka_unit_test(test_at_once),
	};

	return cmocka_run_group_tests_name("exporter_reload", tests, NULL, NULL);
}
