/* SPDX-License-Identifier: MIT */
/*
 * items.h - what a check knows about each of its metrics: the value, the thresholds, the verdict.
 * The metrics are the rows of the metric table that have a Nagios name. Pure.
 */
#ifndef CONNLEDGER_NAGIOS_ITEMS_H
#define CONNLEDGER_NAGIOS_ITEMS_H

#include "rate.h"
#include "scrape.h"
#include "threshold.h"

/* The exit codes of Nagios. */
enum nagios_state {
	NAGIOS_OK = 0,
	NAGIOS_WARNING = 1,
	NAGIOS_CRITICAL = 2,
	NAGIOS_UNKNOWN = 3,
};

enum { NAGIOS_ITEMS_MAX = 32 };

struct nagios_item {
	const struct entity *entity;
	const struct metric *metric; /* a counter stands for its rate */
	struct threshold warning;
	struct threshold critical;
	bool known;   /* whether there is a value */
	double value; /* in the base unit; of a counter per second */
	double low, high; /* what it is within: the same, but for a line or number of requests of
			   * the ledger that is not exact */
	bool counted; /* a counter whose stored number is known */
	struct value count;
	enum nagios_state state;
};

struct nagios_items {
	struct nagios_item item[NAGIOS_ITEMS_MAX];
	size_t len;
};

/* "OK", "WARNING", "CRITICAL", "UNKNOWN". */
const char *nagios_state_name(enum nagios_state state);
/* Reads a name in any case, or a digit from 0 to 3. False with ERR_USAGE. */
bool nagios_state_parse(enum nagios_state *state, struct str text,
			struct err *err) MUST_CHECK NONNULL;
/* The one to show: CRITICAL > WARNING > UNKNOWN > OK. */
enum nagios_state nagios_state_worse(enum nagios_state a, enum nagios_state b);

/* The metrics of the given roots, in that order, without values and thresholds. */
void nagios_items_init(struct nagios_items *items, const enum entity_root *root,
		       size_t root_len) NONNULL;

/* The metric called `name`; NULL when there is none. */
struct nagios_item *nagios_items_find(struct nagios_items *items, struct str name) NONNULL;
/* The metric that a range without a name is for. */
struct nagios_item *nagios_items_main(struct nagios_items *items) NONNULL;
/* The metric that is stored at `offset` of the struct of `root`; NULL when there is none. */
struct nagios_item *nagios_items_at(struct nagios_items *items, enum entity_root root,
				    size_t offset) NONNULL;
/* Adds all names, with ", " between them. */
void nagios_items_names(const struct nagios_items *items, struct buf *out) NONNULL;

/* Takes gauges and counters out of the scrape. A gauge below zero (nginx' counters after a crash)
 * is not known: it cannot be true, unless its row says that it can. */
void nagios_items_fill(struct nagios_items *items, const struct scrape *scrape) NONNULL;

/* Whether any has a threshold. */
bool nagios_items_have_thresholds(const struct nagios_items *items) NONNULL;
/* Whether there is a counter among them, and whether one has a threshold. */
bool nagios_items_have_rates(const struct nagios_items *items) NONNULL;
bool nagios_items_judge_rates(const struct nagios_items *items) NONNULL;

/* The counters as a sample of the moment `seconds`. */
void nagios_items_sample(const struct nagios_items *items, double seconds,
			 struct rate_sample *sample) NONNULL;
/* Raises in `now` what fell since `before` without any counter that nginx itself keeps having
 * fallen: a difference of two counters that are read one after the other may be off by a few for a
 * moment, and that is no restart. */
void nagios_items_settle(const struct nagios_items *items, const struct rate_sample *before,
			 struct rate_sample *now) NONNULL;
/* Takes the rates out of two samples, as far as they mean something. */
void nagios_items_rate(struct nagios_items *items, const struct rate_sample *before,
		       const struct rate_sample *now, double seconds_min) NONNULL;

/* Sets the state of each and returns the worst. Without a value a threshold is UNKNOWN, but for a
 * rate that is only `pending`: its counter is known. */
enum nagios_state nagios_items_judge(struct nagios_items *items, bool pending) NONNULL;

#endif
