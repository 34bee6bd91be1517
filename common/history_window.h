/* SPDX-License-Identifier: MIT */
/* history_window.h - the hours and days of a history; for history*.c only. Pure. */
#ifndef CONNLEDGER_HISTORY_WINDOW_H
#define CONNLEDGER_HISTORY_WINDOW_H

#include "history.h"

enum {
	/* Watched less than this, an hour (a day) is taken for one that was not. */
	HISTORY_HOUR_WATCHED_MIN = 45 * 60,
	HISTORY_DAY_WATCHED_MIN = 22 * 3600,
};

/* Takes the values of the series at `time` into the hour, and notes that nginx counted `requests`
 * since history->nginx_time, the last time that it was looked at. An hour that has ended becomes a
 * part of its day. */
void history_watch(struct history *history, double time, double requests,
		   const double value[HISTORY_SERIES]) NONNULL;

#endif
