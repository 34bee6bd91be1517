/* SPDX-License-Identifier: MIT */
/* bench_self.h - what a program measures of itself. */
#ifndef CONNLEDGER_BENCH_SELF_H
#define CONNLEDGER_BENCH_SELF_H

#include <stdio.h>
#include <time.h>

#include "str.h"

/* CLOCK_MONOTONIC for wall-clock time, CLOCK_THREAD_CPUTIME_ID for this thread's CPU time. */
static inline int64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	(void)clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* The most memory that was resident at one time, in kB. 0 when the kernel does not tell. */
static inline uint64_t peak_kb(void)
{
	char line[256];
	FILE *status = fopen("/proc/self/status", "r");
	uint64_t kb = 0;

	while (status != NULL && fgets(line, sizeof(line), status) != NULL) {
		struct str text = str_of(line);

		if (!str_take(&text, STR("VmHWM:")))
			continue;
		text = str_trim(text);
		if (!str_take_u64(&text, &kb))
			kb = 0;
	}
	if (status != NULL)
		(void)fclose(status);
	return kb;
}

#endif
