/* SPDX-License-Identifier: MIT */
/* duration.h - lengths of time as Go programs write them: "1s", "500ms", "1m30s", "1.5h". Pure. */
#ifndef CONNLEDGER_EXPORTER_DURATION_H
#define CONNLEDGER_EXPORTER_DURATION_H

#include "str.h"

enum { DURATION_SECONDS_MAX = 366 * 24 * 3600 };

/* The whole of `text` in seconds, at most DURATION_SECONDS_MAX: numbers with the units h, m, s, ms,
 * us and ns, or a bare 0. False for anything else: a number without a unit, a sign, blanks. */
bool duration_parse(struct str text, double *seconds) MUST_CHECK NONNULL;

#endif
