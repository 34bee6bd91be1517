/* SPDX-License-Identifier: MIT */
/* crew.c - see crew.h. */
#include "crew.h"

#include <unistd.h>

#include "clock.h"
#include "observe.h"

static void *work(void *arg);

/* ---- who is looked at next; all with the lock held ------------------------------------------ */

static bool is_held_back(const struct crew *crew, const struct scrape *scrape)
{
	for (size_t i = 0; i < crew->finding_len; i++) {
		if (observe_may_share(crew->finding[i], scrape))
			return true;
	}
	return false;
}

/* One whose turn it is, or NULL. */
static const struct scrape *next(const struct crew *crew)
{
	for (size_t i = 0; i < crew->ready_len; i++) {
		const struct scrape *scrape = crew->ready[i];
		bool gathers = !crew->is_gathered && observe_may_gain(scrape);

		if (!gathers && !is_held_back(crew, scrape))
			return scrape;
	}
	return NULL;
}

/* Moves all that may share with `first`, itself in front, from the ready ones to `list`. */
static size_t take(struct crew *crew, const struct scrape *first, struct scrape **list)
{
	size_t len = 1, kept = 0;

	for (size_t i = 0; i < crew->ready_len; i++) {
		struct scrape *scrape = crew->ready[i];

		if (scrape == first)
			list[0] = scrape;
		else if (observe_may_share(first, scrape))
			list[len++] = scrape;
		else
			crew->ready[kept++] = scrape;
	}
	crew->ready_len = kept;
	crew->finding[crew->finding_len++] = first;
	crew->observations++;
	return len;
}

/* Those who turned out not to share it are ready again. */
static void give_back(struct crew *crew, const struct scrape *first, struct scrape *const *list,
		      size_t len)
{
	size_t i = 0;

	for (size_t k = 0; k < len; k++)
		crew->ready[crew->ready_len++] = list[k];
	while (crew->finding[i] != first)
		i++;
	crew->finding[i] = crew->finding[--crew->finding_len];
}

/* Fewer helpers than wanted is slower, not wrong. */
static void call_help(struct crew *crew)
{
	if (crew->idle == 0 && crew->helpers < crew->helpers_max &&
	    exporter_thread(&crew->helper[crew->helpers], work, crew))
		crew->helpers++;
	else
		(void)pthread_cond_broadcast(&crew->news);
}

/* Waits for it. NULL when there is nothing left to do. */
static const struct scrape *wait_for_next(struct crew *crew)
{
	for (;;) {
		const struct scrape *scrape = next(crew);

		if (scrape != NULL)
			return scrape;
		if (crew->ready_len == 0 && crew->coming == 0 && crew->finding_len == 0)
			return NULL;
		crew->idle++;
		(void)pthread_cond_wait(&crew->news, &crew->lock);
		crew->idle--;
	}
}

/* ---- the threads ---------------------------------------------------------------------------- */

/* Called, and returns, with the lock held. */
static bool look(struct crew *crew, const struct scrape *first)
{
	struct scrape **list = malloc(crew->ready_len * sizeof(struct scrape *));
	struct observation *o;
	struct err err = {0};
	size_t len;
	bool ok;

	if (list == NULL) {
		err_own_note(ERR_MEMORY);
		crew->ready_len = 0;
		return false;
	}
	len = take(crew, first, list);
	if (crew->ready_len > 0)
		call_help(crew);
	(void)pthread_mutex_unlock(&crew->lock);
	o = observe_begin(list, &len, crew->deadline, &err);
	(void)pthread_mutex_lock(&crew->lock);
	give_back(crew, first, list, o != NULL ? len : 0);
	call_help(crew);
	(void)pthread_mutex_unlock(&crew->lock);
	free(list);
	ok = o != NULL && observe_end(o, &err);
	(void)pthread_mutex_lock(&crew->lock);
	return ok;
}

static void *work(void *arg)
{
	struct crew *crew = arg;
	const struct scrape *first;

	(void)pthread_mutex_lock(&crew->lock);
	while ((first = wait_for_next(crew)) != NULL) {
		crew->failed = !look(crew, first) || crew->failed;
		crew->own = crew->own == ERR_NONE ? err_own_seen() : crew->own;
	}
	/* Whoever still waits is told that this was all. */
	(void)pthread_cond_broadcast(&crew->news);
	(void)pthread_mutex_unlock(&crew->lock);
	return NULL;
}

void crew_add(struct crew *crew, size_t at)
{
	struct scrape *scrape = &crew->scrape[at];
	double now = clock_now(CLOCK_MONOTONIC);

	if (!crew->site[at].want_ledger)
		return;
	(void)pthread_mutex_lock(&crew->lock);
	if (crew->ready_len == 0) {
		crew->ready_since = now;
		crew->is_gathered = false;
	}
	if (now - crew->ready_since > crew->gather_seconds)
		crew->is_gathered = true;
	crew->ready[crew->ready_len++] = scrape;
	crew->coming--;
	if (crew->is_gathered || !observe_may_gain(scrape))
		call_help(crew);
	(void)pthread_mutex_unlock(&crew->lock);
}

void crew_start(struct crew *crew)
{
	(void)pthread_mutex_lock(&crew->lock);
	crew->is_gathered = true;
	if (crew->ready_len > 0)
		call_help(crew);
	(void)pthread_mutex_unlock(&crew->lock);
}

/* ---- the beginning and the end -------------------------------------------------------------- */

static size_t count_helpers(size_t wanted)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	size_t max = processors < 1 ? 1 : (size_t)processors;

	if (max > EXPORTER_LEDGERS_AT_ONCE)
		max = EXPORTER_LEDGERS_AT_ONCE;
	return wanted < max ? wanted : max;
}

bool crew_init(struct crew *crew, struct scrape *scrape, const struct site *site, size_t len,
	       double deadline, struct err *err)
{
	*crew = (struct crew){.site = site,
			      .scrape = scrape,
			      .deadline = deadline,
			      .gather_seconds = CREW_GATHER_MS_MAX / 1e3};
	for (size_t i = 0; i < len; i++)
		crew->coming += site[i].want_ledger ? 1 : 0;
	crew->helpers_max = count_helpers(crew->coming);
	crew->ready = calloc(crew->coming + 1, sizeof(struct scrape *));
	if (crew->ready != NULL && pthread_mutex_init(&crew->lock, NULL) == 0) {
		if (pthread_cond_init(&crew->news, NULL) == 0)
			return true;
		(void)pthread_mutex_destroy(&crew->lock);
	}
	free(crew->ready);
	return err_set(err, ERR_MEMORY, "out of memory");
}

bool crew_finish(struct crew *crew, struct err *err)
{
	size_t helpers;

	(void)pthread_mutex_lock(&crew->lock);
	crew->coming = 0;
	crew->is_gathered = true;
	(void)pthread_cond_broadcast(&crew->news);
	(void)pthread_mutex_unlock(&crew->lock);
	(void)work(crew);
	(void)pthread_mutex_lock(&crew->lock);
	helpers = crew->helpers;
	(void)pthread_mutex_unlock(&crew->lock);
	while (helpers > 0)
		(void)pthread_join(crew->helper[--helpers], NULL);
	err_own_note(crew->own);
	(void)pthread_cond_destroy(&crew->news);
	(void)pthread_mutex_destroy(&crew->lock);
	free(crew->ready);
	return !crew->failed || err_set(err, ERR_MEMORY, "out of memory");
}
