/* SPDX-License-Identifier: MIT */
/*
 * course.h - the ledger of a site over the last minutes: what the status page draws. A sample is
 * taken from each scrape, but not more often than COURSE_STEP_SECONDS; nothing is asked for it.
 */
#ifndef CONNLEDGER_EXPORTER_COURSE_H
#define CONNLEDGER_EXPORTER_COURSE_H

#include "scrape.h"

enum {
	COURSE_LEN = 180,
	COURSE_LINES_MAX = 16,
	COURSE_STEP_SECONDS = 5,
	/* A sample that is so much older than the last one comes from a clock that was set back:
	 * the course begins anew. */
	COURSE_BACK_SECONDS = 300,
};

struct course_sample {
	double time;                  /* Unix seconds */
	float line[COURSE_LINES_MAX]; /* of the ledger, in the order of the metric table; NAN: not
				       * known */
};

struct course {
	struct course_sample *sample; /* a ring; NULL until the first one */
	size_t len;
	size_t next;
};

/* The lines of the ledger, each a row of the metric table. */
size_t course_lines(void);
/* The i-th of them. */
const struct metric *course_line(size_t i);

/* Takes a scrape in. A scrape without a ledger, or older than the last one, changes nothing; so
 * does one for which there is no memory. The first one costs COURSE_LEN samples of memory, 13 kB.
 */
void course_take(struct course *course, const struct scrape *scrape) NONNULL;

/* A copy for somebody who reads it later; empty when memory is out. */
void course_copy(struct course *ret, const struct course *course) NONNULL;
/* Accepts a zeroed one. */
void course_free(struct course *course) NONNULL;

/* The i-th sample, the oldest first. */
const struct course_sample *course_at(const struct course *course, size_t i) NONNULL;

#endif
