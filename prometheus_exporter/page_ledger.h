/* SPDX-License-Identifier: MIT */
/* page_ledger.h - the part of the page that shows a site's ledger. Pure. */
#ifndef CONNLEDGER_PAGE_LEDGER_H
#define CONNLEDGER_PAGE_LEDGER_H

#include "scrape.h"

/* Adds the lines of the ledger, how sure they are, and the queues; nothing when the scrape has no
 * ledger. */
void page_add_ledger(struct buf *out, const struct scrape *scrape) NONNULL;

#endif
