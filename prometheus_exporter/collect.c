/* SPDX-License-Identifier: MIT */
/* collect.c - a loop that reads and a few helpers that make ledgers; see collect.h. */
#include "collect.h"

#include <math.h>
#include <unistd.h>

/* Those who make the ledgers of one collection: helpers, and in the end the caller's thread too. */
struct crew {
	struct exporter_collection *collection;
	double deadline; /* CLOCK_MONOTONIC seconds */
	size_t helpers_max;
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t news;
	size_t *site; /* those whose ledgers are due, in the order in which their targets ended */
	size_t site_len;
	size_t taken;  /* of these */
	bool complete; /* no more will come */
	bool failed;
	enum err_kind own; /* what one of them was short of (err_own_seen()) */
	size_t helpers;
	size_t idle;
	pthread_t helper[EXPORTER_LEDGERS_AT_ONCE];
};

/* ---- ledgers -------------------------------------------------------------------------------- */

/* Makes ledgers until there are no more to come. */
static void *work(void *arg)
{
	struct crew *crew = arg;

	(void)pthread_mutex_lock(&crew->lock);
	for (;;) {
		struct err err = {0};
		struct scrape *scrape;
		bool ok;

		while (crew->taken == crew->site_len && !crew->complete) {
			crew->idle++;
			(void)pthread_cond_wait(&crew->news, &crew->lock);
			crew->idle--;
		}
		if (crew->taken == crew->site_len)
			break;
		scrape = &crew->collection->scrape[crew->site[crew->taken++]];
		(void)pthread_mutex_unlock(&crew->lock);
		ok = scrape_observe(scrape, crew->deadline, &err);
		(void)pthread_mutex_lock(&crew->lock);
		crew->own = crew->own == ERR_NONE ? err_own_seen() : crew->own;
		crew->failed = crew->failed || !ok;
	}
	(void)pthread_mutex_unlock(&crew->lock);
	return NULL;
}

/* Fewer helpers than wanted is slower, not wrong. */
static void on_fetched(void *ctx, size_t at)
{
	struct crew *crew = ctx;

	if (!crew->collection->site[at].want_ledger)
		return;
	(void)pthread_mutex_lock(&crew->lock);
	crew->site[crew->site_len++] = at;
	if (crew->site_len - crew->taken > crew->idle && crew->helpers < crew->helpers_max &&
	    exporter_thread(&crew->helper[crew->helpers], work, crew))
		crew->helpers++;
	else
		(void)pthread_cond_signal(&crew->news);
	(void)pthread_mutex_unlock(&crew->lock);
}

/* The loop is over: its thread is one more who can help. */
static void finish(struct crew *crew)
{
	(void)pthread_mutex_lock(&crew->lock);
	crew->complete = true;
	(void)pthread_cond_broadcast(&crew->news);
	(void)pthread_mutex_unlock(&crew->lock);
	(void)work(crew);
	while (crew->helpers > 0)
		(void)pthread_join(crew->helper[--crew->helpers], NULL);
	err_own_note(crew->own);
}

static size_t count_helpers(const struct exporter_collection *collection)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	size_t max = processors < 1 ? 1 : (size_t)processors;
	size_t wanted = 0;

	for (size_t i = 0; i < collection->len; i++)
		wanted += collection->site[i].want_ledger ? 1 : 0;
	if (max > EXPORTER_LEDGERS_AT_ONCE)
		max = EXPORTER_LEDGERS_AT_ONCE;
	return wanted < max ? wanted : max;
}

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
	if (!scrape_fetch_all(collection->scrape, collection->site, 1, NULL, NULL, err))
		return false;
	/* No other site waits for it: on a busy host it may begin late. */
	return scrape_observe(collection->scrape, fmax(deadline, clock_now(CLOCK_MONOTONIC)), err);
}

static bool run_many(struct exporter_collection *collection, double deadline, struct err *err)
{
	struct crew crew = {.collection = collection, .deadline = deadline};
	bool ok;

	crew.helpers_max = count_helpers(collection);
	crew.site = calloc(collection->len + 1, sizeof(*crew.site));
	if (crew.site == NULL || pthread_mutex_init(&crew.lock, NULL) != 0) {
		free(crew.site);
		return err_set(err, ERR_MEMORY, "out of memory");
	}
	ok = pthread_cond_init(&crew.news, NULL) == 0 || err_set(err, ERR_MEMORY, "out of memory");
	if (ok) {
		ok = scrape_fetch_all(collection->scrape, collection->site, collection->len,
				      on_fetched, &crew, err);
		finish(&crew);
		if (crew.failed)
			ok = err_set(err, ERR_MEMORY, "out of memory");
		(void)pthread_cond_destroy(&crew.news);
	}
	(void)pthread_mutex_destroy(&crew.lock);
	free(crew.site);
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
