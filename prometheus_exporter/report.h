/* SPDX-License-Identifier: MIT */
/*
 * report.h - tells the log about targets: when one goes down, why, and when it is back; not at each
 * scrape. Safe from several threads.
 */
#ifndef CONNLEDGER_REPORT_H
#define CONNLEDGER_REPORT_H

#include <pthread.h>

#include "config.h"
#include "scrape.h"
#include "watch.h"

struct exporter_report {
	const struct exporter_log *log;
	pthread_mutex_t lock;
	struct watch *watch; /* one for each target, in the order of sites: nginx, then uWSGI */
};

/* `log` is borrowed. False when memory is out. Free it either way. */
bool exporter_report_init(struct exporter_report *report, const struct exporter_log *log,
			  const struct exporter_config *config, struct err *err) MUST_CHECK NONNULL;
void exporter_report_free(struct exporter_report *report) NONNULL;

/* Compares the scrapes of all sites with what was said before. */
void exporter_report(struct exporter_report *report, const struct scrape *scrape,
		     size_t scrape_len) NONNULL;

#endif
