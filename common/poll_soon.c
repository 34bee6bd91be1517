/* SPDX-License-Identifier: MIT */
/* poll_soon.c - see poll_soon.h. */
#include "poll_soon.h"

#include <sched.h>
#include <time.h>

#include "clock.h"

int poll_soon(struct pollfd *fd, nfds_t len, int timeout_ms, double *seconds)
{
	double began = clock_now(CLOCK_MONOTONIC);
	double spent = 0;

	while (spent < *seconds) {
		int ready = poll(fd, len, 0);

		if (ready != 0 || timeout_ms == 0) {
			*seconds -= spent;
			return ready;
		}
		(void)sched_yield();
		spent = clock_now(CLOCK_MONOTONIC) - began;
	}
	*seconds = 0;
	return poll(fd, len, timeout_ms);
}
