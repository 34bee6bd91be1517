/* SPDX-License-Identifier: MIT */
/* observe_workers.h - what nginx's workers are at between the dump and the second reading of nginx:
 * whether what only nginx counts can be a client that has just gone. */
#ifndef CONNLEDGER_OBSERVE_WORKERS_H
#define CONNLEDGER_OBSERVE_WORKERS_H

#include "ledger.h"
#include "listeners.h"
#include "observe_every.h"

/* What the workers are at, draining ones too. */
struct observe_rest {
	bool all_wait;  /* for events, and there are none: all that came before is dealt with */
	bool all_sleep; /* whatever for */
	bool is_held;   /* one of them stands still */
	bool is_busy;   /* some run, and all others wait */
};

/* All false where nginx's processes are not known. */
void observe_rest(struct observe_rest *ret, const struct nginx_host *host,
		  const char *proc) NONNULL;

/* Sets `unnoticed`, `early` and `is_held` of `look`, whose dump is `sockets`, and after which the
 * workers were at `rest`. `gap` is what nginx counts and the kernel does not have, as far as is
 * known now: if it is above 0 the descriptors of the workers are gone through, where this user may
 * see them. Everything not known is NOT_KNOWN. */
void observe_workers(struct ledger_look *look, const struct observe_rest *rest, double gap,
		     const struct nginx_host *host, struct observe_every *every,
		     const struct sockets *sockets, const char *proc) NONNULL;

#endif
