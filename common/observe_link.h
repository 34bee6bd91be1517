/* SPDX-License-Identifier: MIT */
/* observe_link.h - the connection that nginx's page was read over, between the halves of a scrape:
 * one for all sites that share the page. Only scrape*.c and observe*.c use it. */
#ifndef CONNLEDGER_OBSERVE_LINK_H
#define CONNLEDGER_OBSERVE_LINK_H

#include "fetch_ends.h"
#include "site.h"

struct observe_link {
	atomic_size_t users;
	struct fetch_keep *place; /* where the connection waits: that of a site, borrowed, or ... */
	struct fetch_keep keep;   /* ... this one */
	struct fetch_own *own;    /* as in struct site. Borrowed */
	uint64_t asked;           /* before the page was asked for: fetch_own_moment() */
	struct fetch_ends ends;
};

/* Of the page of `site`, which is about to be asked for; with one user. NULL when memory is out. */
struct observe_link *observe_link_new(const struct site *site) NONNULL;
/* One user more. */
struct observe_link *observe_link_share(struct observe_link *link) NONNULL;
/* One user less; the last one closes a connection that waits in `keep`. Accepts NULL. */
void observe_link_free(struct observe_link *link);

#endif
