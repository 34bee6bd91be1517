/* SPDX-License-Identifier: MIT */
/*
 * crew.h - those who make the ledgers of one collection: a few helpers, and in the end the caller's
 * thread too. Sites of one nginx are looked at together (observe.h), so one that is ready waits a
 * moment for others that will soon be; never for a target that hangs.
 */
#ifndef CONNLEDGER_CREW_H
#define CONNLEDGER_CREW_H

#include "scrape.h"
#include "thread.h"

enum {
	EXPORTER_LEDGERS_AT_ONCE = 4, /* and no more than there are processors */
	CREW_GATHER_MS = 10,          /* without news: then no other site is likely to end soon */
	CREW_GATHER_MS_MAX = 200,     /* and longer than that none waits for others */
};

struct crew {
	const struct site *site;
	struct scrape *scrape; /* of each site. Borrowed, like it */
	double deadline;       /* CLOCK_MONOTONIC seconds */
	double gather_seconds; /* longer than that none waits for others */
	size_t helpers_max;
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t news;
	struct scrape **ready; /* whose ledgers are due */
	size_t ready_len;
	double ready_since; /* CLOCK_MONOTONIC: the first of these came */
	bool is_gathered;   /* they wait for nobody any more */
	size_t coming;      /* sites whose targets have not ended */
	const struct scrape *finding[EXPORTER_LEDGERS_AT_ONCE + 1]; /* whose nginx is being found:
								     * who may share it waits */
	size_t finding_len;
	size_t observations; /* that have been begun */
	bool failed;
	enum err_kind own; /* what one of them was short of (err_own_seen()) */
	size_t helpers;
	size_t idle;
	pthread_t helper[EXPORTER_LEDGERS_AT_ONCE];
};

/* For scrapes that are about to be fetched; scrape[i] is of site[i]. False when memory is out;
 * otherwise end it with crew_finish(). */
bool crew_init(struct crew *crew, struct scrape *scrape, const struct site *site, size_t len,
	       double deadline, struct err *err) MUST_CHECK NONNULL;

/* The targets of site[at] have ended. Does not block. */
void crew_add(struct crew *crew, size_t at) NONNULL;

/* No other site is likely to end soon: those that are ready are begun with. Does not block. */
void crew_start(struct crew *crew) NONNULL;

/* No more will come: helps with the ledgers that are due, and waits for all. False when memory was
 * out for one of them. */
bool crew_finish(struct crew *crew, struct err *err) MUST_CHECK NONNULL;

#endif
