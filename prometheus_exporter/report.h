/* SPDX-License-Identifier: MIT */
/*
 * report.h - tells the log about targets: when one goes down, why, and when it is back; and about
 * findings: when one begins, changes its severity, and ends. Not at each scrape. For one thread at
 * a time: memory.h has the lock.
 */
#ifndef CONNLEDGER_REPORT_H
#define CONNLEDGER_REPORT_H

#include "collect.h"
#include "config.h"
#include "finding_watch.h"
#include "watch.h"

struct exporter_report {
	const struct exporter_log *log;
	bool only_targets; /* findings are not told: the answer itself shows them */
	double began; /* clock_now(CLOCK_MONOTONIC) of the newest collection that was reported */
	struct watch *watch; /* one for each target, in the order of sites: nginx, then uWSGI */
	struct finding_watch *finding; /* one for each site */
};

/* `log` is borrowed. False when memory is out, `report` is then empty. */
bool exporter_report_init(struct exporter_report *report, const struct exporter_log *log,
			  const struct exporter_config *config) MUST_CHECK NONNULL;
/* Accepts a zeroed one. */
void exporter_report_free(struct exporter_report *report) NONNULL;

/* Takes over what `from` has told of the targets and sites that both configurations have. For a
 * report that has told nothing yet. */
void exporter_report_inherit(struct exporter_report *report, const struct exporter_config *config,
			     const struct exporter_report *from,
			     const struct exporter_config *from_config) NONNULL;

/* Compares a collection, whose findings have been made, with what was said before. One that is
 * older than the last is left out: what it saw is history. */
void exporter_report(struct exporter_report *report,
		     const struct exporter_collection *collection) NONNULL;

#endif
