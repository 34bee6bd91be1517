/* SPDX-License-Identifier: MIT */
/* uwsgi_fold.c - see uwsgi_fold.h. An answer is foreign bytes: nothing here may be quadratic in
 * them. */
#include "uwsgi_fold.h"

static bool fold_workers(struct uwsgi_stats *stats)
{
	struct uwsgi_worker *worker = stats->workers.item;
	uint32_t *place = calloc(UWSGI_WORKER_ID_MAX + 1, sizeof(*place)); /* index + 1 by id */
	uint32_t kept = 0;

	if (place == NULL)
		return false;
	for (size_t i = 0; i < stats->workers.len; i++) {
		uint64_t id = worker[i].id;

		if (id == 0 && worker[i].status == WORKER_CHEAP)
			stats->unstarted++;
		if (id == 0 || id > UWSGI_WORKER_ID_MAX)
			continue;
		if (place[id] == 0) {
			worker[kept++] = worker[i];
			place[id] = kept;
		} else if (worker[place[id] - 1].pid == 0) {
			worker[place[id] - 1] = worker[i];
		}
	}
	stats->folded += stats->workers.len - kept - stats->unstarted;
	stats->workers.len = kept;
	free(place);
	return true;
}

static bool has_socket(const struct uwsgi_socket *socket, size_t len,
		       const struct uwsgi_socket *same)
{
	for (size_t i = 0; i < len; i++) {
		if (strcmp(socket[i].name, same->name) == 0 &&
		    strcmp(socket[i].proto, same->proto) == 0)
			return true;
	}
	return false;
}

static void fold_sockets(struct uwsgi_stats *stats)
{
	struct uwsgi_socket *socket = stats->sockets.item;
	size_t kept = 0;

	for (size_t i = 0; i < stats->sockets.len && i < UWSGI_SOCKETS_MAX; i++) {
		if (!has_socket(socket, kept, &socket[i]))
			socket[kept++] = socket[i];
	}
	stats->folded += stats->sockets.len - kept;
	stats->sockets.len = kept;
}

bool uwsgi_fold(struct uwsgi_stats *stats)
{
	struct uwsgi_worker *worker;

	if (stats->workers.len > 0 && !fold_workers(stats))
		return false;
	fold_sockets(stats);
	stats->worker_count = stats->workers.len;
	worker = stats->workers.item;
	for (size_t i = 0; i < stats->workers.len; i++) {
		worker[i].app_count = worker[i].apps.len;
		worker[i].core_count = worker[i].cores.len;
	}
	return true;
}
