/* SPDX-License-Identifier: MIT */
/* thread.c - see thread.h. */
#include "thread.h"

#include <time.h>

bool exporter_thread(pthread_t *thread, void *(*work)(void *), void *arg)
{
	pthread_attr_t attr;
	bool ok;

	if (pthread_attr_init(&attr) != 0)
		return false;
	ok = pthread_attr_setstacksize(&attr, EXPORTER_STACK_BYTES) == 0 &&
	     pthread_create(thread, &attr, work, arg) == 0;
	(void)pthread_attr_destroy(&attr);
	return ok;
}

bool exporter_cond_init(pthread_cond_t *cond)
{
	pthread_condattr_t attr;
	bool ok;

	if (pthread_condattr_init(&attr) != 0)
		return false;
	ok = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0 &&
	     pthread_cond_init(cond, &attr) == 0;
	(void)pthread_condattr_destroy(&attr);
	return ok;
}
