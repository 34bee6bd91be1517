/* SPDX-License-Identifier: MIT */
/* answer.h - the text of one collection: scrape all sites, tell the log, encode. */
#ifndef CONNLEDGER_ANSWER_H
#define CONNLEDGER_ANSWER_H

#include "report.h"

/* Adds the metrics of all sites to `out`, for which they get at most `timeout_ms`. False when
 * memory is out or the ceiling of `out` is reached; targets that are down are no failure. */
bool exporter_answer(const struct exporter_config *config, struct exporter_report *report,
		     unsigned timeout_ms, struct buf *out, struct err *err) MUST_CHECK NONNULL;

/* The same once, for --once. */
bool exporter_once(const struct exporter_config *config, const struct exporter_log *log,
		   struct buf *out, struct err *err) MUST_CHECK NONNULL;

#endif
