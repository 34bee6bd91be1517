/* SPDX-License-Identifier: MIT */
/* process_rest.h - whether a process has anything left to do just now, from /proc. */
#ifndef CONNLEDGER_PROCESS_REST_H
#define CONNLEDGER_PROCESS_REST_H

#include <stdbool.h>
#include <stdint.h>

#include "compiler.h"

enum process_rest {
	REST_UNKNOWN, /* it is gone, or not ours to see */
	REST_HELD,    /* it is stopped, or waits for a disk */
	REST_RUNS,    /* it runs, or waits for a processor */
	REST_SLEEPS,  /* it waits, for whatever it may be */
	REST_POLLS,   /* it waits in poll() or select(): for events ("use poll"), or for something
		       * else. Told as REST_WAITS is */
	REST_WAITS,   /* it waits for events (epoll), and there are none: it has dealt with all that
		       * came before. Told to root and to whoever may trace it only */
};

/* `proc` is "/proc" (tests have their own tree). */
enum process_rest process_rest_of(const char *proc, uint32_t pid) NONNULL;

#endif
