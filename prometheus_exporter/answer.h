/* SPDX-License-Identifier: MIT */
/* answer.h - the text of one collection: scrape all sites, take them in, encode. */
#ifndef CONNLEDGER_ANSWER_H
#define CONNLEDGER_ANSWER_H

#include "memory.h"

enum exporter_form {
	EXPORTER_METRICS, /* text.h */
	EXPORTER_PAGE,    /* page.h */
};

/* How long a text of this form may get. */
size_t exporter_answer_max(enum exporter_form form);

/* Adds all sites to `out`, for which they get at most `timeout_ms`. False when memory is out or the
 * ceiling of `out` is reached; targets that are down are no failure. */
bool exporter_answer(const struct exporter_config *config, struct exporter_memory *memory,
		     enum exporter_form form, unsigned timeout_ms, struct buf *out,
		     struct err *err) MUST_CHECK NONNULL;

/* The metrics once, for --once: without a history. */
bool exporter_once(const struct exporter_config *config, const struct exporter_log *log,
		   struct buf *out, struct err *err) MUST_CHECK NONNULL;

#endif
