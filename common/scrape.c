/* SPDX-License-Identifier: MIT */
/* scrape.c - a scrape from its targets to its findings; see scrape.h. */
#include "scrape.h"

#include <math.h>

#include "observe.h"
#include "observe_link.h"
#include "uwsgi.h"

bool scrape_observe(struct scrape *scrape, double deadline, struct err *err)
{
	size_t len = 1;
	struct observation *o;

	if (!scrape->site->want_ledger)
		return true;
	o = observe_begin(&scrape, &len, deadline, err);
	return o != NULL && observe_end(o, err);
}

bool scrape_run(struct scrape *scrape, const struct site *site, struct err *err)
{
	return scrape_fetch_all(scrape, site, 1, NULL, err) &&
	       scrape_observe(scrape, HUGE_VAL, err);
}

void scrape_free(struct scrape *scrape)
{
	for (size_t i = 0; i < scrape->uwsgi_len; i++)
		uwsgi_stats_free(&scrape->uwsgi[i].stats);
	free(scrape->uwsgi);
	observe_link_free(scrape->link);
	arena_free(&scrape->arena);
	*scrape = (struct scrape){0};
}

/* nginx reads the two counters that "dropped" is the difference of one after the other, so that a
 * page may say less than the one before: a counter that falls looks like a restart. */
static void hold_dropped(struct scrape *scrape, const struct history *history)
{
	double most = history->counter[HISTORY_DROPPED];

	if (scrape->nginx_probe.up && most > (double)scrape->nginx.dropped)
		scrape->nginx.dropped = (uint64_t)most;
}

bool scrape_judge(struct scrape *scrape, struct history *history)
{
	if (history != NULL) {
		observe_conclude(scrape, &history->memory);
		history_take(history, scrape);
		hold_dropped(scrape, history);
	}
	return findings_make(&scrape->findings, &scrape->arena, scrape, history);
}
