/* SPDX-License-Identifier: MIT */
/*
 * ratelimit.h - a bucket of tokens: holds `burst` of them, gets one each `interval`, and a request
 * takes one. Pure: is told the time. For one thread at a time.
 */
#ifndef CONNLEDGER_EXPORTER_RATELIMIT_H
#define CONNLEDGER_EXPORTER_RATELIMIT_H

#include <stdbool.h>

#include "compiler.h"

struct ratelimit {
	double interval; /* seconds; 0: no limit */
	unsigned burst;
	double tokens;
	double time; /* when `tokens` was right */
};

/* Sets interval and burst. The bucket is full when they are new, and goes on as it was when they
 * are not. `now` is of a clock that never goes back, in seconds. */
void ratelimit_set(struct ratelimit *limit, double interval, unsigned burst, double now) NONNULL;

/* Takes a token: 0. Without one, the seconds until there is one. */
double ratelimit_take(struct ratelimit *limit, double now) MUST_CHECK NONNULL;

#endif
