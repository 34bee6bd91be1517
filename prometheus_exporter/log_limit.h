/* SPDX-License-Identifier: MIT */
/*
 * log_limit.h - how many lines a log may get: LOG_BURST at once, then LOG_PER_SECOND. A thousand
 * targets that go down together must not fill a disk. Safe from several threads.
 */
#ifndef CONNLEDGER_LOG_LIMIT_H
#define CONNLEDGER_LOG_LIMIT_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "compiler.h"

enum { LOG_BURST = 50, LOG_PER_SECOND = 10 };

struct log_limit {
	pthread_mutex_t lock;
	double tokens;                /* lines that may be written now */
	double time;                  /* when they were counted: clock_now(CLOCK_MONOTONIC) */
	unsigned long long untold;    /* lines left out since the last one that was written */
	atomic_ullong *dropped_total; /* counts all that were left out; borrowed, or NULL */
};

/* False when the system has no lock; otherwise end it with log_limit_free(). */
bool log_limit_init(struct log_limit *limit, atomic_ullong *dropped_total) MUST_CHECK
	NONNULL_ARGS(1);
void log_limit_free(struct log_limit *limit) NONNULL;

/* Whether a line may be written at `now` (monotonic seconds). `*untold` is then the number of lines
 * that were left out before it, which is told once. */
bool log_limit_take(struct log_limit *limit, double now,
		    unsigned long long *untold) MUST_CHECK NONNULL;

#endif
