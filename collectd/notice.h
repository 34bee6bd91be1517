/* SPDX-License-Identifier: MIT */
/*
 * notice.h - which notification a finding is worth, if any: one as it begins, one as its severity
 * changes, one as it ends; none for what is only information. Pure; it knows no daemon.
 */
#ifndef CONNLEDGER_COLLECTD_NOTICE_H
#define CONNLEDGER_COLLECTD_NOTICE_H

#include "finding_watch.h"

enum { COLLECTD_MESSAGE_MAX = 256 }; /* collectd's own limit, the final NUL included */

enum collectd_level {
	COLLECTD_QUIET, /* nobody need be told */
	COLLECTD_OKAY,
	COLLECTD_WARNING,
	COLLECTD_FAILURE,
};

/* How loud the news is. A finding that is mere information from now on is as good as over. */
enum collectd_level collectd_notice_level(const struct finding_news *news) NONNULL;

/* The text: what, evidence and advice, as much of it as there is room for, cut between two words.
 */
void collectd_notice_text(char ret[COLLECTD_MESSAGE_MAX], const struct finding_news *news) NONNULL;

#endif
