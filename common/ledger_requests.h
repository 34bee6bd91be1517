/* SPDX-License-Identifier: MIT */
/* ledger_requests.h - how many requests are at the applications, out of one look. Only ledger*.c
 * use it. Pure. */
#ifndef CONNLEDGER_LEDGER_REQUESTS_H
#define CONNLEDGER_LEDGER_REQUESTS_H

#include "ledger.h"

/* Fills what `ledger` says of requests, the lines being there. */
void ledger_make_requests(struct ledger *ledger, const struct ledger_look *look,
			  const struct ledger_input *input) NONNULL;

/* Nothing is known of them; `reason` is not freed and stays. */
void ledger_no_requests(struct ledger *ledger, const char *reason) NONNULL;

#endif
