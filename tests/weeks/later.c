/* SPDX-License-Identifier: MIT */
/* later.c - preloaded into a program: it is LATER seconds later, and the host has been up for so much
 * longer. (libfaketime leaves CLOCK_BOOTTIME alone, or sets it to the time of day.) How long something
 * takes is as it is. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

int clock_gettime(clockid_t clock, struct timespec *now)
{
	static int (*real)(clockid_t, struct timespec *);
	const char *later = getenv("LATER");
	int error;

	if (real == NULL)
		real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
	error = real(clock, now);
	if (error == 0 && later != NULL &&
	    (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE || clock == CLOCK_BOOTTIME))
		now->tv_sec += atol(later);
	return error;
}

time_t time(time_t *ret)
{
	struct timespec now = {.tv_sec = 0};

	(void)clock_gettime(CLOCK_REALTIME, &now);
	if (ret != NULL)
		*ret = now.tv_sec;
	return now.tv_sec;
}
