/* SPDX-License-Identifier: MIT */
/* ledger_scrape.h - a scrape with a ledger, filled by hand, for tests of what is made of it. */
#ifndef CONNLEDGER_TESTS_LEDGER_SCRAPE_H
#define CONNLEDGER_TESTS_LEDGER_SCRAPE_H

#include "scrape.h"

/* nginx counts 46 connections beside the scrape's own: 30 idle, 16 phantoms; two of its listeners
 * and a socket of uWSGI have queues. It was exact, and nothing is found. */
struct ledger_scrape {
	struct scrape scrape;
	struct site site;
	struct backlog listener[2]; /* "*:80" 3 of 511, "[::]:80" 0 of 511 */
	struct backlog socket[1];   /* "/run/app.sock" 12 of 100 */
	struct finding finding[FINDING_KIND_MAX];
};
void ledger_scrape_init(struct ledger_scrape *filled) NONNULL;
void ledger_scrape_free(struct ledger_scrape *filled) NONNULL;

/* So many are on a line, for sure. */
void ledger_scrape_hold(struct ledger_scrape *filled, enum held_by line,
			double connections) NONNULL;

/* The ledger is `confidence`, for `reason`. */
void ledger_scrape_doubt(struct ledger_scrape *filled, enum confidence confidence,
			 const char *reason) NONNULL;

/* nginx gave no answer: there are no lines. */
void ledger_scrape_down(struct ledger_scrape *filled) NONNULL;

/* Adds a finding. */
void ledger_scrape_find(struct ledger_scrape *filled, enum finding_kind kind,
			enum finding_severity severity, const char *what, const char *evidence,
			const char *advice) NONNULL;

#endif
