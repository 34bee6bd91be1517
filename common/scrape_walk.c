/* SPDX-License-Identifier: MIT */
/* scrape_walk.c - visits the objects of an entity, and adds them up; see scrape.h. */
#include "scrape.h"

#include <math.h>

struct walk {
	const struct uwsgi_scrape *server;
	void (*visit)(void *ctx, const struct place *place);
	void *ctx;
};

/* Visits every object of `entity` below or at `root`: first goes up to the root's entity, then
 * lists the objects of each level on the way down. */
static void walk_list(const struct walk *walk, const struct entity *entity,
		      const struct place *parent)
{
	const struct list *list = (const void *)((const char *)parent->object + entity->list);

	for (size_t i = 0; i < list->len; i++) {
		struct place place = {
			.entity = entity,
			.object = (const char *)list->item + i * entity->size,
			.parent = parent,
			.server = walk->server,
		};

		walk->visit(walk->ctx, &place);
	}
}

/* A walk whose visit goes one level further down. */
struct descent {
	const struct walk *walk;
	const struct entity *entity;
};

static void walk_entity(const struct walk *walk, const struct entity *entity, const void *root);

static void descend(void *ctx, const struct place *place)
{
	const struct descent *descent = ctx;

	if (descent->entity->shape == SHAPE_OBJECT) {
		struct place same = *place;

		same.entity = descent->entity;
		descent->walk->visit(descent->walk->ctx, &same);
		return;
	}
	walk_list(descent->walk, descent->entity, place);
}

static void walk_entity(const struct walk *walk, const struct entity *entity, const void *root)
{
	if (entity->parent == NULL) {
		struct place place = {.entity = entity, .object = root, .server = walk->server};

		walk->visit(walk->ctx, &place);
		return;
	}
	struct descent descent = {walk, entity};
	struct walk above = {walk->server, descend, &descent};

	walk_entity(&above, entity->parent, root);
}

static void walk_servers(const struct scrape *scrape, const struct entity *entity,
			 struct walk *walk)
{
	for (size_t i = 0; i < scrape->uwsgi_len; i++) {
		const struct uwsgi_scrape *server = &scrape->uwsgi[i];

		walk->server = server;
		if (entity->root == ROOT_UWSGI_PROBE)
			walk_entity(walk, entity, &server->probe);
		else if (server->probe.up)
			walk_entity(walk, entity, &server->stats);
	}
}

void scrape_each(const struct scrape *scrape, const struct entity *entity,
		 void (*visit)(void *ctx, const struct place *place), void *ctx)
{
	struct walk walk = {NULL, visit, ctx};

	switch (entity->root) {
	case ROOT_NGINX_PROBE:
		if (scrape->nginx_probe.asked)
			walk_entity(&walk, entity, &scrape->nginx_probe);
		break;
	case ROOT_NGINX:
		if (scrape->nginx_probe.up)
			walk_entity(&walk, entity, &scrape->nginx);
		break;
	case ROOT_UWSGI_PROBE:
	case ROOT_UWSGI:
		walk_servers(scrape, entity, &walk);
		break;
	case ROOT_UWSGI_SITE:
		if (scrape->uwsgi_len > 0)
			walk_entity(&walk, entity, &scrape->uwsgi_site);
		break;
	case ROOT_TOTALS:
		if (scrape->uwsgi_len > 0 && scrape->uwsgi_site.up)
			walk_entity(&walk, entity, &scrape->totals);
		break;
	case ROOT_LEDGER:
		if (scrape->ledger.asked)
			walk_entity(&walk, entity, &scrape->ledger);
		break;
	case ROOT_SCRAPE:
		walk_entity(&walk, entity, scrape);
		break;
	}
}

/* ---- adding up ---------------------------------------------------------------------------------
 */

static void add_rows(void *ctx, const struct place *place)
{
	char *totals = ctx;

	for (size_t i = 0; i < place->entity->metric_len; i++) {
		const struct metric *metric = &place->entity->metric[i];
		struct value value;
		uint64_t sum;

		if (metric->total == 0 || !metric_value(metric, place->object, &value))
			continue;
		memcpy(&sum, totals + metric->total - 1, sizeof(sum));
		sum += value.u64;
		memcpy(totals + metric->total - 1, &sum, sizeof(sum));
	}
}

/* Cores are what bounds a server's work. uWSGI lists none with --stats-no-cores: then a worker
 * counts as one. A cheap worker cannot work. */
static void add_cores(struct uwsgi_totals *totals, const struct uwsgi_worker *worker)
{
	if (worker->status == WORKER_CHEAP)
		return;
	totals->cores += worker->core_count > 0 ? worker->core_count : 1;
	totals->not_accepting += worker->accepting == 0 ? 1 : 0;
	if (worker->core_count == 0 && worker->status == WORKER_BUSY)
		totals->busy_cores++;
}

static uint64_t oldest_start(const struct uwsgi_worker *worker, uint64_t oldest)
{
	const struct uwsgi_core *core = worker->cores.item;

	for (size_t i = 0; i < worker->cores.len; i++) {
		if (core[i].in_request != 0 && core[i].request_start > 0 &&
		    (oldest == 0 || core[i].request_start < oldest))
			oldest = core[i].request_start;
	}
	return oldest;
}

/* uWSGI tells since 2.0 whether a worker accepts. */
static bool is_old(const char *version)
{
	struct str text = str_of(version);

	return str_starts(text, STR("0.")) || str_starts(text, STR("1."));
}

static void add_server(struct scrape *scrape, const struct uwsgi_stats *stats)
{
	struct uwsgi_totals *totals = &scrape->totals;
	const struct uwsgi_socket *socket = stats->sockets.item;
	const struct uwsgi_worker *worker = stats->workers.item;

	totals->silent_on_accepting = totals->silent_on_accepting || is_old(stats->version);
	for (size_t i = 0; i < stats->sockets.len; i++) {
		double percent;

		if (socket[i].max_queue == 0)
			continue;
		percent = 100.0 * (double)socket[i].queue / (double)socket[i].max_queue;
		totals->queue_known = true;
		if (isnan(totals->queue_percent) || percent > totals->queue_percent)
			totals->queue_percent = percent;
	}
	for (size_t i = 0; i < stats->workers.len; i++) {
		uint64_t start = oldest_start(&worker[i], 0);
		double age = scrape->time - (double)start;

		add_cores(totals, &worker[i]);
		/* The clock of another host may be ahead of ours. */
		if (start > 0 && (isnan(totals->oldest_request) || age > totals->oldest_request))
			totals->oldest_request = age > 0 ? age : 0;
	}
}

static double mean_of_averages(const struct scrape *scrape)
{
	uint64_t sum = 0;
	uint64_t count = 0;

	for (size_t i = 0; i < scrape->uwsgi_len; i++) {
		const struct uwsgi_worker *worker = scrape->uwsgi[i].stats.workers.item;

		for (size_t k = 0; k < scrape->uwsgi[i].stats.workers.len; k++) {
			sum += worker[k].avg_rt;
			count += worker[k].avg_rt > 0 ? 1 : 0;
		}
	}
	return count == 0 ? NOT_KNOWN : (double)sum / (double)count / 1e6;
}

void scrape_add_up(struct scrape *scrape)
{
	struct uwsgi_totals *totals = &scrape->totals;

	bool own = false;
	bool down = false;

	scrape->uwsgi_site = (struct uwsgi_site){.up = true, .servers = scrape->uwsgi_len};
	*totals = (struct uwsgi_totals){.busy_percent = NOT_KNOWN,
					.queue_percent = NOT_KNOWN,
					.average_seconds = NOT_KNOWN,
					.oldest_request = NOT_KNOWN};
	for (size_t i = 0; i < scrape->uwsgi_len; i++) {
		const struct probe *probe = &scrape->uwsgi[i].probe;

		scrape->uwsgi_site.up = scrape->uwsgi_site.up && probe->up;
		own = own || (!probe->up && err_is_own(probe->err.kind));
		down = down || (!probe->up && !err_is_own(probe->err.kind));
		if (probe->seconds > scrape->uwsgi_site.seconds)
			scrape->uwsgi_site.seconds = probe->seconds;
	}
	scrape->uwsgi_site.not_known = own && !down;
	/* A sum without one of the servers would be a lie, and a counter that falls. */
	if (!scrape->uwsgi_site.up || scrape->uwsgi_len == 0)
		return;
	for (size_t i = 0; i < entity_all_len; i++) {
		if (entity_all[i]->root == ROOT_UWSGI)
			scrape_each(scrape, entity_all[i], add_rows, totals);
	}
	for (size_t i = 0; i < scrape->uwsgi_len; i++)
		add_server(scrape, &scrape->uwsgi[i].stats);
	if (totals->busy_cores == 0)
		totals->oldest_request = 0;
	if (totals->cores > 0)
		totals->busy_percent = 100.0 * (double)totals->busy_cores / (double)totals->cores;
	totals->workers = totals->idle + totals->busy + totals->cheap + totals->pause + totals->sig;
	totals->average_seconds = mean_of_averages(scrape);
}
