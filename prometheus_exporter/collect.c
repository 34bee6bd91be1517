/* SPDX-License-Identifier: MIT */
/* collect.c - threads that take one site after the other; see collect.h. */
#include "collect.h"

#include <stdatomic.h>

enum { LATE_MS = 50 };

/* Those who work on one collection: the caller's thread and its helpers. */
struct crew {
	struct exporter_collection *collection;
	unsigned timeout_ms; /* of each target */
	double deadline;     /* of the whole collection */
	atomic_size_t next;
	atomic_bool failed;
};

bool exporter_thread(pthread_t *thread, void *(*work)(void *), void *arg)
{
	pthread_attr_t attr;
	bool ok;

	if (pthread_attr_init(&attr) != 0)
		return false;
	ok = pthread_attr_setstacksize(&attr, EXPORTER_STACK_BYTES) == 0 &&
	     pthread_create(thread, &attr, work, arg) == 0;
	(void)pthread_attr_destroy(&attr);
	return ok;
}

/* A site whose turn comes late has what is left, and at least a moment to find its targets down.
 * The time that it takes to start threads does not count as late. */
static void limit_timeout(struct site *site, const struct crew *crew)
{
	double left_ms = (crew->deadline - clock_now(CLOCK_MONOTONIC)) * 1e3;

	if (crew->timeout_ms < site->timeout_ms)
		site->timeout_ms = crew->timeout_ms;
	if (left_ms + LATE_MS < site->timeout_ms)
		site->timeout_ms = left_ms < 1 ? 1 : (unsigned)left_ms;
}

static void *work(void *arg)
{
	struct crew *crew = arg;
	struct exporter_collection *collection = crew->collection;
	size_t i = atomic_fetch_add(&crew->next, 1);

	while (i < collection->len) {
		struct err err = {0};

		limit_timeout(&collection->site[i], crew);
		if (!scrape_run(&collection->scrape[i], &collection->site[i], &err))
			atomic_store(&crew->failed, true);
		i = atomic_fetch_add(&crew->next, 1);
	}
	return NULL;
}

bool exporter_collection_init(struct exporter_collection *collection, const struct site *site,
			      size_t len, struct err *err)
{
	*collection = (struct exporter_collection){.len = len};
	collection->site = calloc(len, sizeof(*collection->site));
	collection->scrape = calloc(len, sizeof(*collection->scrape));
	if (collection->site == NULL || collection->scrape == NULL)
		return err_set(err, ERR_MEMORY, "out of memory");
	memcpy(collection->site, site, len * sizeof(*site));
	return true;
}

bool exporter_collection_run(struct exporter_collection *collection, unsigned timeout_ms,
			     struct err *err)
{
	double began = clock_now(CLOCK_MONOTONIC);
	struct crew crew = {.collection = collection,
			    .timeout_ms = timeout_ms,
			    .deadline = began + timeout_ms / 1e3};
	pthread_t helper[EXPORTER_THREADS_MAX - 1];
	size_t helpers = 0;

	collection->began = began;
	/* Fewer helpers than wanted is slower, not wrong. */
	while (helpers < ARRAY_LEN(helper) && helpers + 1 < collection->len &&
	       exporter_thread(&helper[helpers], work, &crew))
		helpers++;
	(void)work(&crew);
	while (helpers > 0)
		(void)pthread_join(helper[--helpers], NULL);
	return !atomic_load(&crew.failed) || err_set(err, ERR_MEMORY, "out of memory");
}

void exporter_collection_free(struct exporter_collection *collection)
{
	for (size_t i = 0; collection->scrape != NULL && i < collection->len; i++)
		scrape_free(&collection->scrape[i]);
	free(collection->scrape);
	free(collection->site);
	*collection = (struct exporter_collection){0};
}
