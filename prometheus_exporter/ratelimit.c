/* SPDX-License-Identifier: MIT */
/* ratelimit.c - a bucket of tokens; see ratelimit.h. */
#include "ratelimit.h"

/* What is missing for a whole token after sums of many small parts. */
static const double rounding = 1e-9;

void ratelimit_set(struct ratelimit *limit, double interval, unsigned burst, double now)
{
	if (limit->interval >= interval && limit->interval <= interval && limit->burst == burst)
		return;
	*limit = (struct ratelimit){
		.interval = interval, .burst = burst, .tokens = burst, .time = now};
}

double ratelimit_take(struct ratelimit *limit, double now)
{
	if (limit->interval <= 0)
		return 0;
	if (now > limit->time) {
		limit->tokens += (now - limit->time) / limit->interval;
		limit->time = now;
	}
	if (limit->tokens > limit->burst)
		limit->tokens = limit->burst;
	if (limit->tokens < 1 - rounding)
		return (1 - limit->tokens) * limit->interval;
	limit->tokens -= 1;
	return 0;
}
