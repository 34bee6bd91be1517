/* SPDX-License-Identifier: MIT */
/*
 * help.h - what a check says about itself: --help, the few lines after wrong usage, and its man
 * page; all made of the tables of options and metrics. Pure.
 */
#ifndef CONNLEDGER_NAGIOS_HELP_H
#define CONNLEDGER_NAGIOS_HELP_H

#include "settings.h"

/* An example of a range, and what it does. */
struct nagios_range_help {
	const char *range;
	const char *alerts;
};
extern const struct nagios_range_help nagios_range_help[];
extern const size_t nagios_range_help_len;

/* Paragraphs that --help and the man page share: plain text, a newline between two of them. */
const char *nagios_help_ranges(void);
const char *nagios_help_verdict(const struct nagios_program *program) NONNULL;
const char *nagios_help_exit(const struct nagios_program *program) NONNULL;

/* Adds the whole text of --help; no line is wider than 80 columns. */
void nagios_help(const struct nagios_settings *settings, struct buf *out) NONNULL;

/* Adds how to call it and the names of its options: at most 20 lines of 80 columns, since that
 * follows a message of one line, and the guidelines allow for 23. */
void nagios_usage(const struct nagios_program *program, struct buf *out) NONNULL;

#endif
