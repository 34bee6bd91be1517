/* SPDX-License-Identifier: MIT */
/* clock.h - a clock in seconds. Only who runs something asks it: what is pure is told the time. */
#ifndef CONNLEDGER_CLOCK_H
#define CONNLEDGER_CLOCK_H

#include <time.h>

/* Seconds on `clock` (CLOCK_MONOTONIC, CLOCK_REALTIME ...), to the nanosecond as far as a double
 * goes. */
static inline double clock_now(clockid_t clock)
{
	struct timespec now = {0};

	(void)clock_gettime(clock, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

#endif
