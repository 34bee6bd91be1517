/* SPDX-License-Identifier: MIT */
/*
 * starts.h - when counters began, where that is truly known; for formats that can say it. uWSGI
 * says when it spawned a worker; the worker's counters outlive its respawns, but not a reload of
 * the master: so the time is right while respawn_count is 1, and is remembered from then on until
 * the counters fall. nginx's counters begin with its master, which the ledger finds.
 */
#ifndef CONNLEDGER_EXPORTER_STARTS_H
#define CONNLEDGER_EXPORTER_STARTS_H

#include "scrape.h"

struct starts; /* of one site */

/* Remembers what the scrape says and writes `counted_since` into the objects of the scrape.
 * `*starts` is NULL at first, and stays NULL when there is nothing to remember. Where memory is
 * out, less is known. */
void starts_take(struct starts **starts, struct scrape *scrape) NONNULL;
/* Accepts NULL. */
void starts_free(struct starts *starts);

#endif
