/* SPDX-License-Identifier: MIT */
/* poll_soon.c - see poll_soon.h. */
#define _GNU_SOURCE /* sched_getaffinity() */
#include "poll_soon.h"

#include <math.h>
#include <sched.h>
#include <stdbool.h>
#include <time.h>

#include "clock.h"

/* By the processors that this thread may run on, not by those of the machine. More than the set has
 * room for are enough. */
static bool is_alone(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set) == 0 && CPU_COUNT(&set) == 1;
}

static int ms_left(int timeout_ms, double spent)
{
	return timeout_ms < 0 ? timeout_ms : (int)fmax(ceil(timeout_ms - spent * 1e3), 0);
}

int poll_soon(struct pollfd *fd, nfds_t len, int timeout_ms, double *seconds)
{
	double began;
	double most = *seconds;
	double spent = 0;

	if (timeout_ms == 0 || most <= 0)
		return poll(fd, len, timeout_ms);
	if (timeout_ms > 0)
		most = fmin(most, timeout_ms / 1e3);
	began = clock_now(CLOCK_MONOTONIC);
	do {
		int ready = poll(fd, len, 0);

		if (ready != 0) {
			*seconds -= spent;
			return ready;
		}
		if (spent <= 0 && is_alone()) {
			*seconds = 0;
			break;
		}
		(void)sched_yield();
		spent = clock_now(CLOCK_MONOTONIC) - began;
	} while (spent < most);
	*seconds = fmax(*seconds - spent, 0);
	return poll(fd, len, ms_left(timeout_ms, spent));
}
