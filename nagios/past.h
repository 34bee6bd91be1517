/* SPDX-License-Identifier: MIT */
/*
 * past.h - what earlier runs of a check saw of a site, kept in the state file: some findings need
 * it (how fast counters rise, how long something has lasted, floors that only rise).
 */
#ifndef CONNLEDGER_NAGIOS_PAST_H
#define CONNLEDGER_NAGIOS_PAST_H

#include "settings.h"

/* Judges the scrape by the state file, and adds the scrape to it. When the file cannot be used,
 * `past` says why, and the scrape is judged by itself. False with ERR_MEMORY in `err`. */
bool nagios_past_judge(const struct nagios_settings *settings, struct scrape *scrape,
		       struct err *past, struct err *err) MUST_CHECK NONNULL;

#endif
