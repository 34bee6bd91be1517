/* SPDX-License-Identifier: MIT */
/* app_load.c - how busy the application is; see app_load.h. */
#include "app_load.h"

#include "scrape.h"

/* How full; a queue without a known limit counts as nearly empty, by its length. */
static double fill_of(const struct backlog *backlog)
{
	return backlog->limit > 0 ? backlog->queue / backlog->limit : backlog->queue * 1e-9;
}

static bool is_fuller(const struct backlog *a, const struct backlog *b)
{
	return !isnan(a->queue) && (isnan(b->queue) || fill_of(a) > fill_of(b));
}

const struct backlog *backlog_fullest(const struct list *list)
{
	const struct backlog *backlog = list->item;
	const struct backlog *found = NULL;

	for (size_t i = 0; i < list->len; i++) {
		if (!isnan(backlog[i].queue) && (found == NULL || is_fuller(&backlog[i], found)))
			found = &backlog[i];
	}
	return found;
}

/* What uWSGI says of its own sockets; it prints 0 of 0 for those that it cannot see. */
static void add_own(const struct uwsgi_stats *stats, struct backlog *fullest, double *sum)
{
	const struct uwsgi_socket *socket = stats->sockets.item;

	for (size_t i = 0; i < stats->sockets.len; i++) {
		struct backlog backlog = {.name = socket[i].name,
					  .queue = (double)socket[i].queue,
					  .limit = (double)socket[i].max_queue};

		if (socket[i].max_queue == 0)
			continue;
		*sum += backlog.queue;
		if (is_fuller(&backlog, fullest))
			*fullest = backlog;
	}
}

static void look(const struct scrape *scrape, struct backlog *fullest, double *sum)
{
	const struct list *list = &scrape->ledger.sockets;
	const struct backlog *backlog = list->item;
	const struct backlog *found = scrape->ledger.asked ? backlog_fullest(list) : NULL;

	*fullest = (struct backlog){.queue = NOT_KNOWN, .limit = NOT_KNOWN};
	*sum = 0;
	if (found != NULL) {
		*fullest = *found;
		for (size_t i = 0; i < list->len; i++)
			*sum += isnan(backlog[i].queue) ? 0 : backlog[i].queue;
		return;
	}
	for (size_t i = 0; i < scrape->uwsgi_len; i++) {
		if (scrape->uwsgi[i].probe.up)
			add_own(&scrape->uwsgi[i].stats, fullest, sum);
	}
}

bool app_queue(const struct scrape *scrape, struct backlog *ret)
{
	double sum;

	look(scrape, ret, &sum);
	if (ret->name == NULL)
		ret->name = "";
	return !isnan(ret->queue);
}

double app_queued(const struct scrape *scrape)
{
	const struct ledger *ledger = &scrape->ledger;
	struct backlog fullest;
	double sum;

	look(scrape, &fullest, &sum);
	/* Beyond a full queue, or on another host: nginx's side tells who has not been taken. */
	if (ledger->asked && ledger->has_lines) {
		sum = fmax(sum, ledger->low[HELD_APP_QUEUE]);
		sum = fmax(sum, ledger->requests_low[REQUESTS_QUEUED]);
	}
	return sum;
}

bool app_is_busy(const struct scrape *scrape)
{
	const struct uwsgi_totals *totals = &scrape->totals;

	return scrape->uwsgi_len > 0 && scrape->uwsgi_site.up && totals->cores > 0 &&
	       totals->busy_cores >= totals->cores && totals->cheap == 0;
}
