/* SPDX-License-Identifier: MIT */
/* golden_ledger.h - scrapes with a ledger for the golden tests, written down as text. */
#ifndef CONNLEDGER_TESTS_GOLDEN_LEDGER_H
#define CONNLEDGER_TESTS_GOLDEN_LEDGER_H

#include "scrape.h"

/* Fills a scrape of a site whose nginx is up, and judges it. A text that is not understood aborts.
 * End it with scrape_free(). */
void golden_ledger_read(struct scrape *scrape, struct str text) NONNULL;

#endif
