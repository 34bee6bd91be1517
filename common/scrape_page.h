/* SPDX-License-Identifier: MIT */
/* scrape_page.h - nginx's status pages that are asked for in one round: one that several sites name
 * in the same words is asked for once. Only scrape*.c use it. */
#ifndef CONNLEDGER_SCRAPE_PAGE_H
#define CONNLEDGER_SCRAPE_PAGE_H

#include "fetch.h"
#include "observe_link.h"
#include "scrape.h"

struct part; /* one site's share of the round: scrape_fetch.c's */

/* One of them. */
struct page {
	const struct site *site; /* the first that asks for it. Borrowed */
	struct fetch_job *job;   /* NULL until one is made */
	struct buf text;
	struct observe_link *link; /* NULL: no site of it wants a ledger */
	struct part *user;         /* those who wait for it */
	struct page *next;         /* with the same place in `slot` */
};

struct pages {
	struct page *item; /* never more than the sites, so that none ever moves */
	size_t len;
	struct page **slot; /* by hash */
	size_t slot_len;
};

/* For `site_len` sites. False when memory is out. End it with pages_free() either way. */
bool pages_init(struct pages *pages, size_t site_len) MUST_CHECK NONNULL;
void pages_free(struct pages *pages) NONNULL;

/* The page of a site with an nginx: one that another site has asked for, or a new one. */
struct page *pages_of(struct pages *pages, const struct site *site) NONNULL;

/* Tells a scrape what came of its page, whose job has ended, and gives it a share of the link if
 * its site wants a ledger. */
void page_tell(struct page *page, struct scrape *scrape) NONNULL;

#endif
