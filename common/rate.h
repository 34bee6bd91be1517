/* SPDX-License-Identifier: MIT */
/*
 * rate.h - a counter's rate out of two samples, or the reason why there is none yet. Pure: no
 * clock, no file. A rate is never negative and never guessed.
 */
#ifndef CONNLEDGER_RATE_H
#define CONNLEDGER_RATE_H

#include "err.h"
#include "str.h"

enum {
	RATE_KEY_MAX = 64,
	RATE_COUNTERS_MAX = 64,
	RATE_SECONDS_MIN = 1,    /* two samples closer than this say nothing */
	RATE_ASIDE_SECONDS_MAX = 120, /* two runs that are further apart are not side by side */
	RATE_SECONDS_MAX = 3600, /* an average over more than this hides what happens now */
};

struct rate_counter {
	char key[RATE_KEY_MAX]; /* the metric's key, unique in the sample */
	uint64_t value;
};

/* All counters of one target at one moment. */
struct rate_sample {
	double seconds; /* CLOCK_BOOTTIME, when the answer was there; 0: there is no sample */
	double asked;   /* the same clock, when it was asked for; 0: not known. Not kept as text */
	struct rate_counter counter[RATE_COUNTERS_MAX];
	size_t counter_len;
};

/* What runs remember of a target: two samples, since a run may come right after another one, whose
 * sample it cannot use. */
struct rate_past {
	struct rate_sample last;
	struct rate_sample older; /* at least RATE_SECONDS_MIN before it, of the same counting */
};

enum rate_state {
	RATE_KNOWN,
	RATE_FIRST,    /* no earlier sample */
	RATE_TOO_SOON, /* less than RATE_SECONDS_MIN after the earlier one, or side by side with it:
			* then either may have the older counters */
	RATE_TOO_OLD,  /* more than RATE_SECONDS_MAX after it */
	RATE_RESET,    /* a counter fell: the server was restarted */
	RATE_BUSY,     /* another run is at the samples; never of rate_compare() */
};

/* Adds a counter; one too many or a key that is too long is left out. */
void rate_sample_add(struct rate_sample *sample, const char *key, uint64_t value) NONNULL;

/* Whether rates between the two samples mean anything. One counter that fell spoils all of them,
 * since they restart together. */
enum rate_state rate_compare(const struct rate_sample *before, const struct rate_sample *now,
			     double seconds_min) NONNULL;

/* Events per second of the counter `key`. False unless rate_compare() says RATE_KNOWN and both have
 * the key. */
bool rate_of(const struct rate_sample *before, const struct rate_sample *now, double seconds_min,
	     const char *key, double *ret) MUST_CHECK NONNULL;

/* Makes `now` the last sample. The one that was the last stays as the older one if rates between
 * the two are known; otherwise nothing before `now` is of use any more. */
void rate_past_add(struct rate_past *past, const struct rate_sample *now) NONNULL;

/* Samples as text, one "key value" line each after a version line, and back. The text comes from a
 * file that anybody might have damaged: false with ERR_PARSE for anything that is not whole. */
struct buf;
void rate_past_encode(const struct rate_past *past, struct buf *out) NONNULL;
bool rate_past_parse(struct rate_past *past, struct str text, struct err *err) MUST_CHECK NONNULL;

/* "no earlier sample", "counters were reset", ... for a person. */
const char *rate_state_text(enum rate_state state);

#endif
