/* SPDX-License-Identifier: MIT */
/*
 * watchdog.h - the end of a run whose time is over, whatever it waits for: a file, the resolver, a lock,
 * a slow /proc, a standard output that nobody reads. The servers have deadlines of their own, which
 * come first and say more.
 */
#ifndef CONNLEDGER_NAGIOS_WATCHDOG_H
#define CONNLEDGER_NAGIOS_WATCHDOG_H

#include "settings.h"

/* Seconds that a run may take beyond its timeout: the servers' deadlines end it in time as a rule. */
#define NAGIOS_WATCHDOG_GRACE 1.0

/* What the run is waiting for when its time is over. */
enum nagios_stage {
	NAGIOS_STAGE_OPTIONS, /* the files that options name */
	NAGIOS_STAGE_ASKING,
	NAGIOS_STAGE_WRITING, /* a part of the output may be there: nothing is added to it */
};

/* Begins to count, with the usual timeout. From then on the process ends with UNKNOWN and a line on
 * standard output, or what nagios_watchdog_set() says, when the time is over. One per process. */
void nagios_watchdog_start(const char *service) NONNULL;

/* The timeout of this run, counted from the start; the servers are asked next. Does nothing unless
 * started. */
void nagios_watchdog_set(const struct nagios_settings *settings) NONNULL;

void nagios_watchdog_stage(enum nagios_stage stage);

#endif
