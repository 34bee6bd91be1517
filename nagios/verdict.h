/* SPDX-License-Identifier: MIT */
/* verdict.h - the findings of a scrape as a state and a headline. Pure. No text has a semicolon:
 * Nagios makes a colon of it. */
#ifndef CONNLEDGER_NAGIOS_VERDICT_H
#define CONNLEDGER_NAGIOS_VERDICT_H

#include "items.h"

/* CRITICAL or WARNING when a finding is; else OK. That a server does not answer is not judged here:
 * --unreachable says what it is. */
enum nagios_state nagios_verdict(const struct scrape *scrape) NONNULL;

/* Adds the worst finding's sentence, and the names of the others that are critical or warnings.
 * False, with nothing added, when there is none. */
bool nagios_headline(const struct scrape *scrape, struct buf *out) MUST_CHECK NONNULL;

/* Adds ". " and what to do about the finding, if it stands. */
void nagios_advice(const struct scrape *scrape, enum finding_kind kind, struct buf *out) NONNULL;

/* Whether the item is a line of the ledger (and not a number beside it). */
bool nagios_is_line(const struct nagios_item *item) NONNULL;

/* Why the item, a line or a number beside the ledger, is not known; "" when nothing is to be said.
 * `scrape` is a struct scrape: this is a nagios_missing.value. */
const char *nagios_why_not_known(const void *scrape, const struct nagios_item *item) NONNULL;

#endif
