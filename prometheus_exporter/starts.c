/* SPDX-License-Identifier: MIT */
/* starts.c - when counters began; see starts.h. */
#include "starts.h"

void starts_take(struct starts **starts, struct scrape *scrape)
{
	(void)starts;
	(void)scrape;
}

void starts_free(struct starts *starts)
{
	(void)starts;
}
