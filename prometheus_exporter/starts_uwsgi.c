/* SPDX-License-Identifier: MIT */
/* starts_uwsgi.c - when workers' counters began; see starts_uwsgi.h. */
#include "starts_uwsgi.h"

static struct uwsgi_worker *workers_of(struct uwsgi_scrape *server)
{
	return server->stats.workers.item;
}

static int by_id(const void *a, const void *b)
{
	const struct starts_worker *left = a;
	const struct starts_worker *right = b;

	return (left->id > right->id) - (left->id < right->id);
}

static const struct starts_worker *find(const struct starts_uwsgi *starts, uint64_t id)
{
	const struct starts_worker key = {.id = id};

	if (starts->len == 0)
		return NULL;
	return bsearch(&key, starts->worker, starts->len, sizeof(key), by_id);
}

static struct starts_worker worker_as_is(const struct uwsgi_worker *worker)
{
	return (struct starts_worker){
		.id = worker->id,
		.since = worker->counted_since,
		.last_spawn = worker->last_spawn,
		.respawn_count = worker->respawn_count,
		.requests = worker->requests,
		.exceptions = worker->exceptions,
		.harakiri_count = worker->harakiri_count,
		.running_time = worker->running_time,
		.tx = worker->tx,
	};
}

/*
 * Whether the counters of a worker that was `old` were set to 0 before it became `now`. A reload of
 * the master does that, with the same pid, and so does a restart, in a container with the same pid
 * too. It shows in counters that fell, in a start without a respawn, or, when there was a respawn,
 * in fewer requests at the time of it than there had been before.
 */
static bool was_reset(const struct starts_worker *old, const struct uwsgi_worker *now)
{
	if (now->respawn_count < old->respawn_count || now->requests < old->requests ||
	    now->exceptions < old->exceptions || now->harakiri_count < old->harakiri_count ||
	    now->running_time < old->running_time || now->tx < old->tx)
		return true;
	if (now->respawn_count == old->respawn_count)
		return now->last_spawn != old->last_spawn;
	return now->delta_requests > now->requests ||
	       now->requests - now->delta_requests < old->requests;
}

/* One worker's reset is that of all: the server was reloaded. */
static bool was_reloaded(const struct starts_uwsgi *starts, struct uwsgi_scrape *server,
			 double time)
{
	const struct uwsgi_worker *worker = workers_of(server);

	if (server->stats.pid != starts->pid || time - starts->time > HISTORY_GAP_SECONDS)
		return true;
	for (size_t i = 0; i < server->stats.workers.len; i++) {
		const struct starts_worker *old = find(starts, worker[i].id);

		if (old != NULL && was_reset(old, &worker[i]))
			return true;
	}
	return false;
}

/* The first start counts as a respawn: with one of them the worker is as old as its counters. */
static void say(struct uwsgi_worker *worker, const struct starts_worker *old)
{
	if (worker->respawn_count == 1)
		worker->counted_since = (double)worker->last_spawn;
	else if (old != NULL)
		worker->counted_since = old->since;
}

static void remember(struct starts_uwsgi *starts, struct uwsgi_scrape *server)
{
	const struct uwsgi_worker *worker = workers_of(server);
	size_t len = server->stats.workers.len;
	struct starts_worker *memory;

	if (len > STARTS_WORKERS_MAX)
		len = STARTS_WORKERS_MAX;
	starts->len = 0;
	memory = len == 0 ? NULL : realloc(starts->worker, len * sizeof(*memory));
	if (memory == NULL)
		return;
	for (size_t i = 0; i < len; i++)
		memory[i] = worker_as_is(&worker[i]);
	qsort(memory, len, sizeof(*memory), by_id);
	starts->worker = memory;
	starts->len = len;
}

void starts_uwsgi_take(struct starts_uwsgi *starts, struct uwsgi_scrape *server, double time)
{
	struct uwsgi_worker *worker = workers_of(server);

	if (!server->probe.up)
		return;
	if (was_reloaded(starts, server, time))
		starts->len = 0;
	for (size_t i = 0; i < server->stats.workers.len; i++)
		say(&worker[i], find(starts, worker[i].id));
	starts->time = time;
	starts->pid = server->stats.pid;
	remember(starts, server);
}

void starts_uwsgi_look_aside(const struct starts_uwsgi *starts, struct uwsgi_scrape *server)
{
	struct uwsgi_worker *worker = workers_of(server);

	for (size_t i = 0; i < server->stats.workers.len; i++) {
		const struct starts_worker *old = find(starts, worker[i].id);
		bool same = old != NULL && server->stats.pid == starts->pid &&
			    old->last_spawn == worker[i].last_spawn &&
			    old->respawn_count == worker[i].respawn_count;

		say(&worker[i], same ? old : NULL);
	}
}

void starts_uwsgi_free(struct starts_uwsgi *starts)
{
	free(starts->worker);
	*starts = (struct starts_uwsgi){0};
}
