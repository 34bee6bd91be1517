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
	OBSERVE_STILL_MS = 500,    /* where nothing moves, if phantoms are not known yet */
	OBSERVE_TIMEOUT_SHARE = 4, /* ... and at most this part of the site's timeout */
	OBSERVE_PATIENT_SHARE = 2, /* without the first round there is no ledger: on a busy host it
				    * may take this part of the timeout */
	OBSERVE_LATE_MS = 100, /* after the deadline no ledger is begun any more; before, one round
				* of a few milliseconds is made: one hung target has eaten all the
				* time, and that is when the ledger is wanted most */
	OBSERVE_TICK_MS = 10,  /* the kernel's clock of what a socket did last goes in such steps */
	OBSERVE_AT_ONCE = 4,   /* looks, one right after the other; with pauses from then on */
	OBSERVE_PAUSE_MS = 25, /* ... and between those that show that nothing moves */
	OBSERVE_RELOAD_SECONDS = 2, /* workers of one reload begin within */
	OBSERVE_READ_MS = 50,       /* for nginx's page in that round, at least */
};

/* The connection that nginx's page was read over, between the halves of a scrape. */
struct observe_link {
	struct fetch_keep keep; /* unless the site has a place of its own */
	struct fetch_ends ends;
};

/* NULL when memory is out. */
struct observe_link *observe_link_new(void);
/* Closes it. Accepts NULL. */
void observe_link_free(struct observe_link *link);
/* Where nginx's connection waits: the site's place, or that of the link. */
struct fetch_keep *observe_link_keep(struct scrape *scrape) NONNULL;

/* Fills scrape->ledger. scrape->link is of the connection that nginx's
 * page was read over, and NULL for a site without nginx. `deadline` as for scrape_observe(). What
 * cannot be known is said in the ledger. False only when memory is out. */
bool observe_run(struct scrape *scrape, double deadline, struct err *err) MUST_CHECK NONNULL;

/* Makes the ledger out of scrape->basis and of what is remembered (zeroed: nothing), and fills
 * scrape->memory. observe_run() has done it with site->memory; done again when another memory is at
 * hand. Does nothing without a basis. */
void observe_conclude(struct scrape *scrape, const struct phantoms_memory *memory) NONNULL;

#endif
