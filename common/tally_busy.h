/* SPDX-License-Identifier: MIT */
/* tally_busy.h - which of uWSGI's busy cores works for which client of nginx. Only tally.c uses it;
 * `count` is the one of its tally. Pure. */
#ifndef CONNLEDGER_TALLY_BUSY_H
#define CONNLEDGER_TALLY_BUSY_H

#include "tally.h"

/* Marks and counts the busy core, if there is one, that works for a client of that class. */
void tally_join(const struct tally_question *question, const struct endpoint *client,
		enum client_class class, uint64_t *count) NONNULL;

/* Counts the busy cores whose client was not there. After all tally_join(). */
void tally_missing(const struct tally_question *question, uint64_t *count) NONNULL;

#endif
