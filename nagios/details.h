/* SPDX-License-Identifier: MIT */
/*
 * details.h - what -v adds: on the first line who answered (1), lines below it with every metric
 * and the settings (2), and all that the servers said (3). Pure but for the uid.
 */
#ifndef CONNLEDGER_NAGIOS_DETAILS_H
#define CONNLEDGER_NAGIOS_DETAILS_H

#include "rates.h"

/* Adds ", TARGET answered in 0.0012 s (nginx/1.22.1)" for each target. */
void nagios_details_answers(const struct scrape *scrape, struct buf *out) NONNULL;
/* Adds a line for each metric: name, value, thresholds, meaning. */
void nagios_details_metrics(const struct nagios_items *items, struct buf *out) NONNULL;
/* Adds lines about targets and time. Never a secret. */
void nagios_details_settings(const struct nagios_settings *settings, struct buf *out) NONNULL;
/* Adds where rates come from, and whether there are any. */
void nagios_details_rates(const struct nagios_settings *settings, const struct nagios_rates *rates,
			  struct buf *out) NONNULL;
/* Adds a line for each object of the scrape, but for those that may be thousands (cores). */
void nagios_details_objects(const struct scrape *scrape, struct buf *out) NONNULL;

#endif
