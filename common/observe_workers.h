/* SPDX-License-Identifier: MIT */
/* observe_workers.h - what nginx's workers are at between the dump and the second reading of nginx:
 * whether what only nginx counts can be a client that has just gone. */
#ifndef CONNLEDGER_OBSERVE_WORKERS_H
#define CONNLEDGER_OBSERVE_WORKERS_H

#include "ledger.h"
#include "listeners.h"

/* Sets `unnoticed`, `early` and `is_held` of `look`, whose dump is `sockets`. `gap` is what nginx
 * counts and the kernel does not have, as far as is known now: if it is above 0 the descriptors of
 * the workers are gone through, where this user may see them. Everything not known is NOT_KNOWN. */
void observe_workers(struct ledger_look *look, double gap, const struct nginx_host *host,
		     struct sockets_reader *reader, const struct sockets *sockets,
		     const char *proc) NONNULL;

#endif
