/* SPDX-License-Identifier: MIT */
/* log_limit.c - a token bucket; see log_limit.h. */
#include "log_limit.h"

bool log_limit_init(struct log_limit *limit, atomic_ullong *dropped_total)
{
	*limit = (struct log_limit){.tokens = LOG_BURST, .dropped_total = dropped_total};
	return pthread_mutex_init(&limit->lock, NULL) == 0;
}

void log_limit_free(struct log_limit *limit)
{
	(void)pthread_mutex_destroy(&limit->lock);
}

static void refill(struct log_limit *limit, double now)
{
	/* Threads may come in another order than they read the clock. */
	if (now <= limit->time)
		return;
	limit->tokens += (now - limit->time) * LOG_PER_SECOND;
	if (limit->tokens > LOG_BURST)
		limit->tokens = LOG_BURST;
	limit->time = now;
}

bool log_limit_take(struct log_limit *limit, double now, unsigned long long *untold)
{
	bool ok;

	(void)pthread_mutex_lock(&limit->lock);
	refill(limit, now);
	ok = limit->tokens >= 1;
	*untold = ok ? limit->untold : 0;
	if (ok) {
		limit->tokens -= 1;
		limit->untold = 0;
	} else {
		limit->untold++;
		if (limit->dropped_total != NULL)
			atomic_fetch_add(limit->dropped_total, 1);
	}
	(void)pthread_mutex_unlock(&limit->lock);
	return ok;
}
