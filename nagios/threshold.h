/* SPDX-License-Identifier: MIT */
/*
 * threshold.h - Nagios' grammar of ranges, [@]START:END, as the plugin guidelines define it, and
 * strictly: what they do not define is an error.
 *
 *     10       alert below 0 and above 10         10:20    alert below 10 and above 20
 *     10:      alert below 10                     @10:20   alert from 10 to 20
 *     ~:10     alert above 10                     ~:       never alert
 *
 * Both ends belong to the range. Pure: text in, struct out.
 */
#ifndef CONNLEDGER_NAGIOS_THRESHOLD_H
#define CONNLEDGER_NAGIOS_THRESHOLD_H

#include "buf.h"
#include "err.h"

struct threshold {
	bool set;        /* false: there is no threshold, nothing alerts */
	bool inside;     /* '@': alert within the range, not outside */
	double start;    /* -INFINITY for "~" */
	double end;      /* INFINITY when open */
	struct str text; /* as the user typed it; borrowed */
};

/* Reads a range. False with ERR_USAGE, the text quoted; `threshold` is then not set. */
bool threshold_parse(struct threshold *threshold, struct str text,
		     struct err *err) MUST_CHECK NONNULL;

/* Reads a lone number N that means "alert at N and above", as other plugins than ours do; "" and -1
 * set nothing. False with ERR_USAGE. */
bool threshold_parse_at_least(struct threshold *threshold, struct str text,
			      struct err *err) MUST_CHECK NONNULL;

/* Whether a value within `low` and `high`, the same if it is known, alerts whichever it is. */
bool threshold_alerts(const struct threshold *threshold, double low, double high) NONNULL;

/* Adds why `value` alerts, in words: "above 10", "below 0", "outside 10:20", "within 10:20", "not
 * below 10", "not above 10". */
void threshold_describe(const struct threshold *threshold, double value, struct buf *out) NONNULL;

#endif
