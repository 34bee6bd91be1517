/* SPDX-License-Identifier: MIT */
/* later.c - preloaded into programs: for all of them it is later than it is, by as many seconds as the
 * file LATER says (an int64_t, which may change while they run), and the host has been up for so much
 * longer. How long something takes is as it is. (libfaketime cannot do this: it sets CLOCK_BOOTTIME to
 * the time of day, and makes clock_nanosleep() fail.) */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static time_t later(void)
{
	static const volatile int64_t *seconds;

	if (seconds == NULL) {
		int fd = open(getenv("LATER"), O_RDONLY | O_CLOEXEC);

		seconds = mmap(NULL, sizeof(*seconds), PROT_READ, MAP_SHARED, fd, 0);
		(void)close(fd);
		if (seconds == MAP_FAILED)
			abort();
	}
	return (time_t)*seconds;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
	static int (*real)(clockid_t, struct timespec *);

	if (real == NULL)
		real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
	if (real(clock, now) != 0)
		return -1;
	if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE || clock == CLOCK_BOOTTIME)
		now->tv_sec += later();
	return 0;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
	struct timespec exact;

	(void)zone;
	if (clock_gettime(CLOCK_REALTIME, &exact) != 0)
		return -1;
	*now = (struct timeval){.tv_sec = exact.tv_sec, .tv_usec = exact.tv_nsec / 1000};
	return 0;
}

time_t time(time_t *ret)
{
	struct timespec now = {.tv_sec = 0};

	(void)clock_gettime(CLOCK_REALTIME, &now);
	if (ret != NULL)
		*ret = now.tv_sec;
	return now.tv_sec;
}
