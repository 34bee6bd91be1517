/* SPDX-License-Identifier: MIT */
/* view_world.c - see view_world.h. */
#include "view_world.h"

static void add_workers(struct view_world *world)
{
	struct uwsgi_scrape *server = &world->healthy.uwsgi[0];

	world->core[0].in_request = 1;
	world->worker[0] = (struct uwsgi_worker){
		.id = 1,
		.pid = 100,
		.status = WORKER_BUSY,
		.requests = UINT64_MAX,
		.running_time = 1500000,
		.cores = {.item = world->core, .len = 2},
		.core_count = 2,
	};
	world->worker[1] = (struct uwsgi_worker){.id = 2, .status = WORKER_CHEAP};
	world->worker[2] = (struct uwsgi_worker){.id = 3, .status = WORKER_SIG, .status_signal = 7};
	server->stats.workers = (struct list){.item = world->worker, .len = 3};
	server->stats.worker_count = 3;
	server->stats.version = "2.0.21";
	server->target = &world->uwsgi_target;
}

void view_world_init(struct view_world *world, size_t len)
{
	static char uwsgi_name[] = "unix:/run/blog.stats";
	static char nginx_name[] = "http://127.0.0.1/stub_status";

	*world = (struct view_world){.config = {.telemetry_path = "/metrics"}};
	healthy_init(&world->healthy);
	add_workers(world);
	world->uwsgi_target.name = uwsgi_name;
	world->scrape[0] = world->healthy.scrape;
	for (size_t i = 0; i < len; i++) {
		course_init(&world->course[i], len);
		world->site[i].has_nginx = true;
		world->site[i].nginx.name = nginx_name;
		(void)snprintf(world->site[i].name, sizeof(world->site[i].name), "site %zu", i);
		world->scrape[i].site = &world->site[i];
		world->scrape[i].time = world->healthy.scrape.time;
	}
	world->finding[0] = (struct finding){.kind = FINDING_NGINX_DOWN,
					     .severity = SEVERITY_CRITICAL,
					     .name = "nginx_down",
					     .severity_name = "critical",
					     .what = "It is down.",
					     .evidence = "Nobody answers.",
					     .advice = "Start it."};
	world->finding[1] = (struct finding){.kind = FINDING_HARAKIRI,
					     .severity = SEVERITY_WARNING,
					     .name = "harakiri",
					     .severity_name = "warning",
					     .what = "Requests were killed.",
					     .evidence = "3 of them.",
					     .advice = "Find out why."};
	world->view = (struct exporter_view){.config = &world->config,
					     .scrape = world->scrape,
					     .scrape_len = len,
					     .course = world->course};
	buf_init(&world->out, 64 * 1024 * 1024);
}

void view_world_free(struct view_world *world)
{
	buf_free(&world->out);
	for (size_t i = 0; i < VIEW_SITES_MAX; i++)
		course_free(&world->course[i]);
}

void view_world_find(struct view_world *world, size_t site, size_t len)
{
	world->scrape[site].findings = (struct list){.item = world->finding, .len = len};
}

void view_world_spoil(struct view_world *world)
{
	static char hostile[] = VIEW_HOSTILE;
	struct scrape *scrape = &world->scrape[0];

	(void)snprintf(world->site[0].name, sizeof(world->site[0].name), "%s", hostile);
	(void)snprintf(scrape->nginx.server, sizeof(scrape->nginx.server), "%s", hostile);
	(void)snprintf(scrape->ledger.reason, sizeof(scrape->ledger.reason), "%s", hostile);
	(void)snprintf(world->healthy.uwsgi[0].probe.err.text, ERR_TEXT_MAX, "%s", hostile);
	world->site[0].nginx.name = hostile;
	world->uwsgi_target.name = hostile;
	world->healthy.uwsgi[0].stats.version = hostile;
	world->healthy.listener[0].name = hostile;
	world->healthy.socket[0].name = hostile;
	world->healthy.own_socket[0] =
		(struct uwsgi_socket){.name = "<b>", .proto = hostile, .queue = 1, .max_queue = 2};
	world->healthy.uwsgi[0].stats.sockets.len = 1;
	world->finding[0].what = world->finding[0].evidence = world->finding[0].advice = hostile;
	view_world_find(world, 0, 2);
}
