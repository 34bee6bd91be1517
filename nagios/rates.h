/* SPDX-License-Identifier: MIT */
/*
 * rates.h - rates of a check's counters: out of what an earlier run has left in the state file, or
 * out of two reads in this run. What the numbers mean is not known here.
 */
#ifndef CONNLEDGER_NAGIOS_RATES_H
#define CONNLEDGER_NAGIOS_RATES_H

#include "settings.h"
#include "state.h"

enum { NAGIOS_LOCK_WAIT_MS = 1000 };

struct nagios_rates {
	enum rate_state state;
	struct err err; /* why the state file cannot be used; then there are no rates */
};

/* CLOCK_BOOTTIME in seconds. */
double nagios_boot_seconds(void);

/* Opens the state that the program keeps of what it asks. False as state_open() does. */
bool nagios_state_open(const struct nagios_settings *settings, struct state *state,
		       struct err *err) MUST_CHECK NONNULL;

/* Sets the rates of settings->items by the state file, and leaves this run's counters in it.
 * The items were asked for at `asked` and had been read at `seconds` (nagios_boot_seconds()). */
void nagios_rates_by_state(struct nagios_settings *settings, double asked, double seconds,
			   struct nagios_rates *ret) NONNULL;

/* Sets the rates of settings->items by the sample `before` of the same run. */
void nagios_rates_by_sample(struct nagios_settings *settings, const struct rate_sample *before,
			    double seconds, struct nagios_rates *ret) NONNULL;

#endif
