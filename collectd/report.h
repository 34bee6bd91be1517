/* SPDX-License-Identifier: MIT */
/*
 * report.h - tells collectd's log, and who listens to its notifications, what is new about a site:
 * its targets, its findings, and connledger's own trouble with it.
 */
#ifndef CONNLEDGER_COLLECTD_REPORT_H
#define CONNLEDGER_COLLECTD_REPORT_H

#include "daemon.h"
#include "finding_watch.h"
#include "outage.h"
#include "scrape.h"

/* What was said about a site so far. A zeroed one has said nothing. */
struct report {
	struct outage own;     /* reads that failed in connledger itself */
	struct outage *target; /* nginx, then uWSGI; the report's own */
	struct finding_watch finding;
};

/* Room for the targets of `site`. False when memory is out. */
bool report_init(struct report *report, const struct site *site) MUST_CHECK NONNULL;
/* Accepts a zeroed one. */
void report_free(struct report *report) NONNULL;

/* After each read. `err` of ERR_NONE: the scrape was made and judged; otherwise it is not looked
 * at, and the error is what there is to say. */
void report_read(struct report *report, const struct dispatch *dispatch,
		 const struct scrape *scrape, const struct err *err) NONNULL;

#endif
