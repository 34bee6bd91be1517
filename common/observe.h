/* SPDX-License-Identifier: MIT */
/*
 * observe.h - the ledger of a scrape whose pages have been read: finds nginx's and uWSGI's sockets
 * on this host, runs rounds of nginx's page and the kernel's sockets until they agree, and has them
 * put on lines. Only scrape.c uses it.
 */
#ifndef CONNLEDGER_OBSERVE_H
#define CONNLEDGER_OBSERVE_H

#include "fetch.h"
#include "scrape.h"

enum {
	OBSERVE_MS_MAX = 250,      /* for all rounds of one scrape ... */
	OBSERVE_TIMEOUT_SHARE = 4, /* ... and at most this part of the site's timeout */
};

/* Fills scrape->ledger, and sets nginx's gauges to what the rounds found on average, so that the
 * lines add up to `active` less our own connection. `keep` and `ends` are of the connection that
 * nginx's page was read over. What cannot be known is said in the ledger. False only when memory is
 * out. */
bool observe_run(struct scrape *scrape, struct fetch_keep *keep, const struct fetch_ends *ends,
		 struct err *err) MUST_CHECK NONNULL;

/* Makes the ledger out of scrape->basis and of what is remembered (zeroed: nothing), and fills
 * scrape->memory. observe_run() has done it with site->memory; done again when another memory is at
 * hand. Does nothing without a basis. */
void observe_conclude(struct scrape *scrape, const struct ledger_memory *memory) NONNULL;

#endif
