/* SPDX-License-Identifier: MIT */
/* starts_world.c - a site with counters; see starts_world.h. */
#include "starts_world.h"

static const double begin = 1700000000;

void starts_world_init(struct starts_world *world)
{
	*world = (struct starts_world){.scrape = {.time = begin,
						  .seconds = 0.5,
						  .nginx_probe = {.asked = true, .up = true},
						  .nginx = {.accepts = 10, .requests = 20},
						  .uwsgi = world->server,
						  .uwsgi_len = STARTS_SERVERS,
						  .ledger = {.asked = true,
							     .processes_known = true,
							     .master_pid = 7,
							     .masters = 1,
							     .master_started = begin - 1000.25}}};
	for (size_t i = 0; i < STARTS_SERVERS; i++) {
		world->server[i].probe = (struct probe){.asked = true, .up = true};
		world->server[i].stats.pid = 100;
		world->server[i].stats.workers =
			(struct list){.item = world->worker[i], .len = STARTS_WORKERS};
		for (size_t k = 0; k < STARTS_WORKERS; k++)
			world->worker[i][k] = (struct uwsgi_worker){
				.id = k + 1,
				.last_spawn = (uint64_t)begin - 500 + k,
				.respawn_count = 1,
				.requests = 30,
				.delta_requests = 30,
				.running_time = 40,
				.tx = 50,
			};
	}
}

void starts_world_free(struct starts_world *world)
{
	starts_free(world->starts);
}

/* `seconds` later; what the last scrape was told is gone, as in a new scrape. */
void starts_world_look(struct starts_world *world, double seconds)
{
	world->scrape.time += seconds;
	world->scrape.nginx.counted_since = 0;
	for (size_t i = 0; i < STARTS_SERVERS; i++) {
		for (size_t k = 0; k < STARTS_WORKERS; k++)
			world->worker[i][k].counted_since = 0;
	}
	starts_take(&world->starts, &world->scrape);
}
