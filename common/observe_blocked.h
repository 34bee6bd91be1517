/* SPDX-License-Identifier: MIT */
/* observe_blocked.h - workers of nginx that do not run their event loop, as the kernel shows it. */
#ifndef CONNLEDGER_OBSERVE_BLOCKED_H
#define CONNLEDGER_OBSERVE_BLOCKED_H

#include "ledger.h"
#include "listeners.h"

/* Sets `blocked_workers` and `unread_clients` of `ledger`, whose dump is `sockets`. Takes a fifth of
 * a second if there is a suspect, and none if that would be after `until` (of CLOCK_MONOTONIC).
 * `proc` is "/proc" (tests have their own tree). */
void observe_blocked(struct ledger *ledger, const struct nginx_host *host,
		     const struct sockets *sockets, double until, const char *proc) NONNULL;

#endif
