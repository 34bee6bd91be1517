/* SPDX-License-Identifier: MIT */
/* collect.c - a loop that reads, and a crew that makes ledgers; see collect.h. */
#include "collect.h"

#include <math.h>

#include "crew.h"

/* ---- collections ---------------------------------------------------------------------------- */

bool exporter_collection_init(struct exporter_collection *collection, const struct site *site,
			      size_t len, struct err *err)
{
	*collection = (struct exporter_collection){.len = len};
	collection->site = calloc(len + 1, sizeof(*collection->site));
	collection->scrape = calloc(len + 1, sizeof(*collection->scrape));
	if (collection->site == NULL || collection->scrape == NULL)
		return err_set(err, ERR_MEMORY, "out of memory");
	if (len > 0)
		memcpy(collection->site, site, len * sizeof(*site));
	return true;
}

static bool run_one(struct exporter_collection *collection, double deadline, struct err *err)
{
	if (!scrape_fetch_all(collection->scrape, collection->site, 1, NULL, err))
		return false;
	/* No other site waits for it: on a busy host it may begin late. */
	return scrape_observe(collection->scrape, fmax(deadline, clock_now(CLOCK_MONOTONIC)), err);
}

static void on_fetched(void *ctx, size_t at)
{
	crew_add(ctx, at);
}

static void on_quiet(void *ctx)
{
	crew_start(ctx);
}

static bool run_many(struct exporter_collection *collection, double deadline, struct err *err)
{
	struct crew crew;
	const struct scrape_watch watch = {
		.fetched = on_fetched, .quiet = on_quiet, .quiet_ms = CREW_GATHER_MS, .ctx = &crew};
	bool ok = crew_init(&crew, collection->scrape, collection->site, collection->len, deadline,
			    err);

	if (ok) {
		ok = scrape_fetch_all(collection->scrape, collection->site, collection->len, &watch,
				      err);
		ok = crew_finish(&crew, err) && ok;
	}
	return ok;
}

bool exporter_collection_run(struct exporter_collection *collection, unsigned timeout_ms,
			     struct err *err)
{
	double deadline;

	collection->began = clock_now(CLOCK_MONOTONIC);
	deadline = collection->began + timeout_ms / 1e3;
	for (size_t i = 0; i < collection->len; i++) {
		if (timeout_ms < collection->site[i].timeout_ms)
			collection->site[i].timeout_ms = timeout_ms;
	}
	return collection->len == 1 ? run_one(collection, deadline, err)
				    : run_many(collection, deadline, err);
}

void exporter_collection_free(struct exporter_collection *collection)
{
	for (size_t i = 0; collection->scrape != NULL && i < collection->len; i++)
		scrape_free(&collection->scrape[i]);
	free(collection->scrape);
	free(collection->site);
	*collection = (struct exporter_collection){0};
}
