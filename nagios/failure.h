/* SPDX-License-Identifier: MIT */
/*
 * failure.h - what a check says when a target gave no good answer: the reason, and what to look at.
 * Pure.
 */
#ifndef CONNLEDGER_NAGIOS_FAILURE_H
#define CONNLEDGER_NAGIOS_FAILURE_H

#include "settings.h"

/* Whether every target answered. If not, adds the text about the first that did not, and sets
 * `state` to the worst of what --unreachable and --timeout want for those that failed. */
bool nagios_all_answered(const struct nagios_settings *settings, const struct scrape *scrape,
			 enum nagios_state *state, struct buf *text) MUST_CHECK NONNULL;

/* Sets `err` to what went wrong with a file that an option names. Returns false. */
bool nagios_file_error(struct err *err, const char *option, const struct err *why) NONNULL;

#endif
