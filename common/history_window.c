/* SPDX-License-Identifier: MIT */
/* history_window.c - floors over hours and days; see history_window.h. */
#include "history_window.h"

/* A new window at the end of `window`; the oldest makes room. */
static struct history_window *append(struct history_window *window, size_t *len, size_t max,
				     double start)
{
	struct history_window *added;

	if (*len == max) {
		memmove(window, window + 1, (max - 1) * sizeof(*window));
		--*len;
	}
	added = &window[(*len)++];
	*added = (struct history_window){.start = start};
	for (size_t i = 0; i < HISTORY_SERIES; i++)
		added->floor[i] = NOT_KNOWN;
	return added;
}

static double start_of(double time, double length)
{
	return floor(time / length) * length;
}

/* Makes an hour that has ended a part of its day, if enough of it was watched: the first and the
 * last minutes of a time that was watched may be its rush only. */
static void add_to_day(struct history *history, const struct history_window *hour)
{
	double start = start_of(hour->start, HISTORY_DAY);
	struct history_window *day = NULL;

	if (hour->seconds < HISTORY_HOUR_WATCHED_MIN)
		return;
	if (history->day_len > 0)
		day = &history->day[history->day_len - 1];
	if (day == NULL || day->start != start)
		day = append(history->day, &history->day_len, HISTORY_DAYS, start);
	day->seconds += hour->seconds;
	day->requests += hour->requests;
	for (size_t i = 0; i < HISTORY_SERIES; i++)
		day->floor[i] = fmin(day->floor[i], hour->floor[i]); /* of a NaN and b: b */
}

/* The time since the last look, as far as it lies in `hour`, was watched. */
static void add_watched(struct history_window *hour, double from, double to, double requests)
{
	double first = from > hour->start ? from : hour->start;
	double last = to < hour->start + HISTORY_HOUR ? to : hour->start + HISTORY_HOUR;

	if (last <= first)
		return;
	hour->seconds += last - first;
	hour->requests += requests * (last - first) / (to - from);
}

/* The hour that `time` is in. */
static struct history_window *hour_at(struct history *history, double time)
{
	double start = start_of(time, HISTORY_HOUR);

	if (history->hour_len > 0) {
		struct history_window *last = &history->hour[history->hour_len - 1];

		if (last->start == start)
			return last;
		add_to_day(history, last);
	}
	return append(history->hour, &history->hour_len, HISTORY_HOURS, start);
}

void history_watch(struct history *history, double time, double requests,
		   const double value[HISTORY_SERIES])
{
	double before = history->nginx_time;
	bool is_watched = before > 0 && time - before <= HISTORY_GAP_SECONDS;
	struct history_window *hour;
	bool is_first;

	if (is_watched && history->hour_len > 0)
		add_watched(&history->hour[history->hour_len - 1], before, time, requests);
	is_first = history->hour_len == 0 ||
		   history->hour[history->hour_len - 1].start != start_of(time, HISTORY_HOUR);
	hour = hour_at(history, time);
	if (is_watched && is_first)
		add_watched(hour, before, time, requests);
	for (size_t i = 0; i < HISTORY_SERIES; i++) {
		double *floor = &hour->floor[i];

		/* One that is not known in one scrape is not known in this hour: min() of what is
		 * left might be its rush. */
		if (is_first || isnan(value[i]) || value[i] < *floor)
			*floor = value[i];
	}
}
