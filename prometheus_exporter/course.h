/* SPDX-License-Identifier: MIT */
/*
 * course.h - the ledger of a site over the last minutes: what the status page draws. Its samples
 * are scrapes that were made anyway; nothing is asked for it.
 */
#ifndef CONNLEDGER_EXPORTER_COURSE_H
#define CONNLEDGER_EXPORTER_COURSE_H

#include "scrape.h"

enum {
	COURSE_SECONDS = 15 * 60, /* that a course covers, however many sites there are */
	COURSE_LINES_MAX = 16,
	COURSE_SAMPLES_MAX = 181,
	COURSE_SAMPLES_MIN = 13,
	/* Of all sites together, unless that would leave one less than COURSE_SAMPLES_MIN. */
	COURSE_BYTES_MAX = 1280 * 1024,
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
	unsigned step_seconds; /* samples are at least so far apart, but for the newest one */
	size_t cap;            /* samples that it may have */
	struct course_sample *sample; /* a ring; NULL until the first one */
	size_t len;
	size_t next;
};

/* The lines of the ledger, each a row of the metric table. */
size_t course_lines(void);
/* The i-th of them. */
const struct metric *course_line(size_t i);

/* An empty one, for one of so many sites: the more there are, the fewer samples has each, at a
 * longer step. Takes no memory yet. */
void course_init(struct course *course, size_t sites) NONNULL;
/* Accepts a zeroed one. */
void course_free(struct course *course) NONNULL;

/* Takes a scrape in. It is the newest sample until a later one comes: that one takes its place, or
 * stands behind it when it is a step behind the sample before. A scrape without a ledger, or older
 * than the last one, changes nothing; so does one for which there is no memory. */
void course_take(struct course *course, const struct scrape *scrape) NONNULL;

/* Takes over what `from` has, by its own step and room; `from` is empty then. For a course that has
 * taken nothing yet. What there is no memory for is lost. */
void course_inherit(struct course *course, struct course *from) NONNULL;

/* A copy for somebody who reads it later; empty when memory is out. */
void course_copy(struct course *ret, const struct course *course) NONNULL;

/* The i-th sample, the oldest first. */
const struct course_sample *course_at(const struct course *course, size_t i) NONNULL;

#endif
