/* SPDX-License-Identifier: MIT */
/*
 * collect.h - one scrape of each site, all side by side and under one deadline. The targets of all
 * sites are read in one loop, in the caller's thread. As soon as those of a site have answered, its
 * ledger, which asks the kernel and blocks, is made by a crew (crew.h); so it waits for nobody who
 * hangs, and nobody's answer waits for it. With one site there is no crew. Keeps nothing: a
 * collection is made, read and freed.
 */
#ifndef CONNLEDGER_COLLECT_H
#define CONNLEDGER_COLLECT_H

#include "clock.h"
#include "scrape.h"

struct exporter_collection {
	struct site *site; /* copies, for a timeout of their own; what they point to is borrowed */
	struct scrape *scrape;
	size_t len;
	double began; /* clock_now(CLOCK_MONOTONIC) */
};

/* A collection of these sites that is to be run. False when memory is out. Free it either way. */
bool exporter_collection_init(struct exporter_collection *collection, const struct site *site,
			      size_t len, struct err *err) MUST_CHECK NONNULL;

/* Scrapes the sites: each target has `timeout_ms` or its site's own timeout, whichever is shorter,
 * and all of it is over OBSERVE_LATE_MS and a ledger's time after `timeout_ms`. A ledger that has
 * no time left says so; that of a single site always has it. False when memory is out. */
bool exporter_collection_run(struct exporter_collection *collection, unsigned timeout_ms,
			     struct err *err) MUST_CHECK NONNULL;

/* Accepts a zeroed one. */
void exporter_collection_free(struct exporter_collection *collection) NONNULL;

#endif
