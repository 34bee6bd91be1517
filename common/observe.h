/* SPDX-License-Identifier: MIT */
/*
 * observe.h - ledgers of scrapes whose pages have been read: finds nginx's and uWSGI's sockets on
 * this host, runs rounds of nginx's page and the kernel's sockets until they agree, and has them
 * put on lines. One nginx is looked at once for all sites of it that are at hand: whoever has many
 * scrapes hands them over together. Each site has a tally of its own, with its own applications, of
 * the same dumps.
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
	OBSERVE_MOMENT_MS = 1, /* between two looks at workers of which one runs ... */
	OBSERVE_MOMENTS = 3,   /* ... and so many more of them */
	OBSERVE_RELOAD_SECONDS = 2, /* workers of one reload begin within */
	OBSERVE_READ_MS = 50,       /* for nginx's page in that round, at least */
};

/* Sites that are looked at together. */
struct observation;

/* Whether two scrapes whose targets have ended may turn out to be of one nginx of this host, or
 * need none: then one dump can serve both. */
bool observe_may_share(const struct scrape *a, const struct scrape *b) MUST_CHECK NONNULL;

/* Whether others that end a little later may well share with it. */
bool observe_may_gain(const struct scrape *scrape) MUST_CHECK NONNULL;

/* Finds out about the nginx of scrape[0], and which of the other `*len` scrapes are of the same
 * one. These become part of the observation; the others stay in the list, in order, and are
 * untouched. All want a ledger, and observe_may_share() with the first. Takes as long as the kernel
 * does: no target is waited for. `deadline` as for scrape_observe(). NULL when memory is out. */
struct observation *observe_begin(struct scrape **scrape, size_t *len, double deadline,
				  struct err *err) MUST_CHECK NONNULL;

/* How many scrapes are part of it. */
size_t observe_len(const struct observation *o) NONNULL;

/* Looks, and fills their ledgers; in any thread, and beside other observations. What cannot be
 * known is said in the ledgers. The observation is gone then. False only when memory is out. */
bool observe_end(struct observation *o, struct err *err) MUST_CHECK NONNULL;

/* Makes the ledger out of scrape->basis and of what is remembered (zeroed: nothing), or of what
 * other sites of that nginx remember if that is more, and fills scrape->memory. observe_end() has
 * done it with site->memory; done again when another memory is at hand. Does nothing without a
 * basis. */
void observe_conclude(struct scrape *scrape, const struct phantoms_memory *memory) NONNULL;

#endif
