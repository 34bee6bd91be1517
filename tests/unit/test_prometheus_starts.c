/* SPDX-License-Identifier: MIT */
/* When the counters of uWSGI's workers began: what is said, and when nothing is. */
#include "unit.h"

#include "prometheus_exporter/starts_uwsgi.h"
#include "starts_world.h"

static const double begin = 1700000000;

static int set_up(void **state)
{
	struct starts_world *world = *state = test_calloc(1, sizeof(*world));

	starts_world_init(world);
	return 0;
}

static int tear_down(void **state)
{
	starts_world_free(*state);
	test_free(*state);
	return 0;
}

static void respawn(struct uwsgi_worker *worker, uint64_t time)
{
	worker->respawn_count++;
	worker->last_spawn = time;
	worker->delta_requests = 0;
}

/* The master starts all over, with the same pid. */
static void reload(struct starts_world *world, size_t server, uint64_t time)
{
	for (size_t k = 0; k < STARTS_WORKERS; k++)
		world->worker[server][k] =
			(struct uwsgi_worker){.id = k + 1, .last_spawn = time, .respawn_count = 1};
}

static void test_first_start(void **state)
{
	struct starts_world *world = *state;

	world->worker[1][0].respawn_count = 3;
	world->worker[1][1].respawn_count = 0;
	starts_world_look(world, 0);
	SINCE(world->worker[0][0].counted_since, begin - 500);
	SINCE(world->worker[0][1].counted_since, begin - 499);
	/* Nobody has seen these begin. */
	SINCE(world->worker[1][0].counted_since, 0);
	SINCE(world->worker[1][1].counted_since, 0);
	starts_world_look(world, 10);
	SINCE(world->worker[1][0].counted_since, 0);
}

static void test_respawns(void **state)
{
	struct starts_world *world = *state;
	struct uwsgi_worker *worker = &world->worker[0][0];

	starts_world_look(world, 0);
	for (unsigned i = 1; i <= 3; i++) {
		worker->requests += 5;
		respawn(worker, (uint64_t)begin + 10 * i);
		starts_world_look(world, 10);
		SINCE(worker->counted_since, begin - 500);
	}
	/* The other server's first worker is another one. */
	SINCE(world->worker[1][0].counted_since, begin - 500);
	world->worker[1][0].respawn_count = 9;
	world->worker[1][0].last_spawn++;
	world->worker[1][0].requests = 0;
	starts_world_look(world, 10);
	SINCE(world->worker[1][0].counted_since, 0);
	SINCE(worker->counted_since, begin - 500);
}

static void test_reload(void **state)
{
	struct starts_world *world = *state;

	starts_world_look(world, 0);
	respawn(&world->worker[0][0], (uint64_t)begin + 5);
	starts_world_look(world, 10);
	SINCE(world->worker[0][0].counted_since, begin - 500);
	reload(world, 0, (uint64_t)begin + 15);
	starts_world_look(world, 10);
	SINCE(world->worker[0][0].counted_since, begin + 15);
	SINCE(world->worker[0][1].counted_since, begin + 15);
	respawn(&world->worker[0][0], (uint64_t)begin + 25);
	starts_world_look(world, 10);
	SINCE(world->worker[0][0].counted_since, begin + 15);
}

static void zero_requests(struct starts_world *world)
{
	world->worker[0][0].requests = 29;
}

static void zero_exceptions(struct starts_world *world)
{
	world->worker[0][0].exceptions = 0;
}

static void zero_harakiri(struct starts_world *world)
{
	world->worker[0][0].harakiri_count = 0;
}

static void zero_time(struct starts_world *world)
{
	world->worker[0][0].running_time = 39;
}

static void zero_tx(struct starts_world *world)
{
	world->worker[0][0].tx = 49;
}

static void fewer_respawns(struct starts_world *world)
{
	world->worker[0][0].respawn_count = 2;
}

static void other_spawn(struct starts_world *world)
{
	world->worker[0][0].last_spawn++;
}

/* A reload and a respawn since: 30 requests were there, and the first life had only 20. */
static void hidden_reload(struct starts_world *world)
{
	respawn(&world->worker[0][0], (uint64_t)begin + 8);
	world->worker[0][0].requests = 90;
	world->worker[0][0].delta_requests = 70;
}

static void odd_delta(struct starts_world *world)
{
	respawn(&world->worker[0][0], (uint64_t)begin + 8);
	world->worker[0][0].delta_requests = 1000;
}

static void sibling_reset(struct starts_world *world)
{
	world->worker[0][1].last_spawn++;
}

static void other_master(struct starts_world *world)
{
	world->server[0].stats.pid++;
}

static void long_silence(struct starts_world *world)
{
	world->scrape.time += HISTORY_GAP_SECONDS;
}

static void vanished(struct starts_world *world)
{
	world->worker[0][0].id = 9;
}

/* The worker has been respawned twice, and its beginning is remembered: what makes it be forgotten.
 */
static void test_forgotten(void **state)
{
	static void (*const spoil[])(struct starts_world *) = {
		zero_requests,  zero_exceptions, zero_harakiri, zero_time, zero_tx,
		fewer_respawns, other_spawn,     hidden_reload, odd_delta, sibling_reset,
		other_master,   long_silence,    vanished,
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(spoil); i++) {
		struct starts_world world;
		struct uwsgi_worker *worker = &world.worker[0][0];

		starts_world_init(&world);
		worker->exceptions = worker->harakiri_count = 1;
		starts_world_look(&world, 0);
		respawn(worker, (uint64_t)begin + 1);
		respawn(worker, (uint64_t)begin + 2);
		starts_world_look(&world, 5);
		SINCE(worker->counted_since, begin - 500);
		spoil[i](&world);
		starts_world_look(&world, 5);
		if (worker->counted_since != 0)
			fail_msg("case %zu is still remembered", i);
		/* Nor is it remembered afterwards. */
		starts_world_look(&world, 5);
		SINCE(worker->counted_since, 0);
		/* The other server has nothing to do with it, but for the silence. */
		SINCE(world.worker[1][0].counted_since, begin - 500);
		starts_world_free(&world);
	}
}

static void test_server_down(void **state)
{
	struct starts_world *world = *state;
	struct uwsgi_worker *worker = &world->worker[0][0];

	starts_world_look(world, 0);
	world->server[0].probe.up = false;
	world->server[0].stats.workers.len = 0;
	starts_world_look(world, 60);
	world->server[0].probe.up = true;
	world->server[0].stats.workers.len = STARTS_WORKERS;
	respawn(worker, (uint64_t)begin + 90);
	starts_world_look(world, 60);
	SINCE(worker->counted_since, begin - 500);
}

/* Two collections side by side: the later one to end may have seen lower counters. */
static void test_overlap(void **state)
{
	struct starts_world *world = *state;
	struct uwsgi_worker *worker = &world->worker[0][0];

	starts_world_look(world, 0);
	respawn(worker, (uint64_t)begin + 5);
	starts_world_look(world, 10);
	world->scrape.nginx.accepts--;
	worker->requests--;
	starts_world_look(world, 0.25);
	SINCE(worker->counted_since, begin - 500);
	SINCE(world->worker[0][1].counted_since, begin - 499);
	SINCE(world->scrape.nginx.counted_since, begin - 1000.25);
	/* Of another life: which one this was, nobody knows. */
	worker->last_spawn--;
	starts_world_look(world, 0.125);
	SINCE(worker->counted_since, 0);
	worker->last_spawn++;
	world->server[0].stats.pid++;
	starts_world_look(world, 0);
	SINCE(worker->counted_since, 0);
	world->server[0].stats.pid--;
	worker->respawn_count = 7;
	starts_world_look(world, -20);
	SINCE(worker->counted_since, 0);
	worker->respawn_count = 2;
	worker->requests++;
	world->scrape.nginx.accepts++;
	starts_world_look(world, 40);
	SINCE(worker->counted_since, begin - 500);
	SINCE(world->scrape.nginx.counted_since, begin - 1000.25);
}

static void test_clock_set_back(void **state)
{
	struct starts_world *world = *state;
	struct uwsgi_worker *worker = &world->worker[0][0];

	starts_world_look(world, 0);
	respawn(worker, (uint64_t)begin + 5);
	starts_world_look(world, 10);
	starts_world_look(world, -2 * HISTORY_GAP_SECONDS);
	SINCE(worker->counted_since, 0);
	SINCE(world->worker[0][1].counted_since, begin - 499);
}

/* Only so many workers are remembered; those of the first start need no memory. */
static void test_many_workers(void **state)
{
	enum { MANY = STARTS_WORKERS_MAX + 10 };
	static struct uwsgi_worker worker[MANY];
	struct uwsgi_scrape server = {.probe = {.up = true}};
	struct starts_uwsgi starts = {0};

	(void)state;
	server.stats.workers = (struct list){.item = worker, .len = MANY};
	for (size_t i = 0; i < MANY; i++)
		worker[i] = (struct uwsgi_worker){
			.id = MANY - i, .last_spawn = 1000 + i, .respawn_count = 1};
	starts_uwsgi_take(&starts, &server, begin);
	assert_int_equal(starts.len, STARTS_WORKERS_MAX);
	for (size_t i = 0; i < MANY; i++) {
		SINCE(worker[i].counted_since, (double)(1000 + i));
		respawn(&worker[i], 9000);
		worker[i].counted_since = 0;
	}
	starts_uwsgi_take(&starts, &server, begin + 1);
	for (size_t i = 0; i < MANY; i++)
		SINCE(worker[i].counted_since, i < STARTS_WORKERS_MAX ? (double)(1000 + i) : 0);
	assert_int_equal(starts.len, STARTS_WORKERS_MAX);
	starts_uwsgi_free(&starts);
	starts_uwsgi_free(&starts);
}

/* Another number of servers is another site. */
static void test_servers_change(void **state)
{
	struct starts_world *world = *state;
	struct uwsgi_worker *worker = &world->worker[0][0];

	world->scrape.uwsgi_len = 1;
	starts_world_look(world, 0);
	respawn(worker, (uint64_t)begin + 5);
	world->scrape.uwsgi_len = 2;
	starts_world_look(world, 10);
	SINCE(worker->counted_since, 0);
	SINCE(world->worker[1][0].counted_since, begin - 500);
}

static void test_nothing(void **state)
{
	(void)state;
	starts_free(NULL);
}

#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_WORLD(test_first_start),    WITH_WORLD(test_respawns),
		WITH_WORLD(test_reload),         cmocka_unit_test(test_forgotten),
		WITH_WORLD(test_server_down),    WITH_WORLD(test_overlap),
		WITH_WORLD(test_clock_set_back), cmocka_unit_test(test_many_workers),
		WITH_WORLD(test_servers_change), cmocka_unit_test(test_nothing),
	};

	return cmocka_run_group_tests_name("prometheus_starts", tests, NULL, NULL);
}
