/* SPDX-License-Identifier: MIT */
/*
 * history_leak.c - tells a floor that leaks from one that follows the traffic; see history_leak()
 * in history.h. Windows are laid out on a grid first, by how long ago they were, with holes where
 * nobody watched: from then on a hole is a number that is not known.
 */
#include "history_window.h"

enum {
	/* Windows in a run. Nobody has business to stay half-closed or in the middle of a header;
	 * for all else a night must be in it: clients come for a working day, and sessions
	 * (websockets, long polls, streams) pile up until its end. */
	RUN_HOURS = 6,
	RUN_HOURS_SESSIONS = 25, /* the first and the last at the same time of day */
	RISE_MIN = 10,           /* connections */
	SPANS = 3,               /* days, weeks */
	STEP_MIN = 5,            /* connections from one to the next */
	DAY_HOURS = 24,
	DAY_HOURS_MIN = 18, /* of them, watched on each of the days */
	WEEK_DAYS = 7,
	WEEK_DAYS_MIN = 5,
	GRID = HISTORY_HOURS - 1,
};

#define RISE_SHARE       (1.0 / 3) /* of the floor that it began with */
#define RISING_STEPS     (2.0 / 3) /* the rest may be level: a leak need not leak each hour */
#define TRAFFIC_MAX      1.2       /* times as many requests: more explain anything */
#define STEP_SHARE       0.05      /* of the floor of the day or week before */
#define SPAN_TRAFFIC_MAX 1.5       /* as TRAFFIC_MAX, from one day or week to the next */
/* A leak lifts each hour of the day; chance lifts half of them. */
#define RISING_WINDOWS 0.75

/* One series, the last window that has ended first. NOT_KNOWN: not watched. */
struct grid {
	double floor[GRID];
	double traffic[GRID]; /* requests per second */
};

static bool follows_clients(unsigned series)
{
	return series != HELD_REQUEST && series != HELD_HALF_CLOSED && series != HELD_LINGERING &&
	       series != HELD_PHANTOM;
}

static bool is_judged(unsigned series)
{
	return series != HELD_KEEPALIVE && series != HELD_APP_QUEUE;
}

/* `end` is where the window begins that has not ended, `length` the seconds of each. */
static void lay_out(struct grid *grid, unsigned series, const struct history_window *window,
		    size_t len, double end, double length, double watched_min)
{
	for (size_t i = 0; i < GRID; i++) {
		grid->floor[i] = NOT_KNOWN;
		grid->traffic[i] = NOT_KNOWN;
	}
	for (size_t i = 0; i < len; i++) {
		double ago = (end - window[i].start) / length - 1;

		if (!(ago >= 0) || ago >= GRID || window[i].seconds < watched_min)
			continue;
		grid->floor[(size_t)ago] = window[i].floor[series];
		grid->traffic[(size_t)ago] = window[i].requests / window[i].seconds;
	}
}

/* How many times as many requests: 1 for fewer. */
static double growth_of(double from, double to)
{
	if (!(to > from))
		return 1;
	return from > 0 ? to / from : (double)INFINITY;
}

static double greater(double a, double b)
{
	return a > b ? a : b;
}

/* What is to be expected of a floor when there are more requests. */
static double explained(double floor, double growth)
{
	return greater(floor, 0) * growth;
}

static void conclude(struct history_leak *ret, unsigned series, double from, double to,
		     double seconds, double step)
{
	*ret = (struct history_leak){
		.series = series,
		.from = from,
		.to = to,
		.seconds = seconds,
		.step = step,
		.per_hour = (to - from) * HISTORY_HOUR / seconds,
	};
}

/* ---- from hour to hour ----------------------------------------------------------------------- */

/* Whether the floor's way over the last `steps` hours, `rises` of them up and none down, is a
 * leak's. */
static bool is_leak(const struct grid *grid, unsigned series, size_t steps, size_t rises)
{
	double growth = growth_of(grid->traffic[steps], grid->traffic[0]);
	double from = grid->floor[steps];
	size_t hours_min = follows_clients(series) ? RUN_HOURS_SESSIONS : RUN_HOURS;

	return steps + 1 >= hours_min && (double)rises >= RISING_STEPS * (double)steps &&
	       growth <= TRAFFIC_MAX &&
	       grid->floor[0] - explained(from, growth) >= greater(RISE_MIN, from * RISE_SHARE);
}

/* The longest run of hours up to now that is one. */
static bool find_run(const struct grid *grid, unsigned series, struct history_leak *ret)
{
	size_t rises = 0;
	bool is_found = false;

	for (size_t i = 1; i < GRID && grid->floor[i] <= grid->floor[i - 1]; i++) {
		rises += grid->floor[i] < grid->floor[i - 1];
		if (!is_leak(grid, series, i, rises))
			continue;
		conclude(ret, series, grid->floor[i], grid->floor[0], (double)i * HISTORY_HOUR,
			 HISTORY_HOUR);
		is_found = true;
	}
	return is_found;
}

/* ---- from day to day, from week to week ------------------------------------------------------ */

/* The last days or weeks, the newest first, each with the same windows in it. */
struct spans {
	double floor[SPANS];
	double traffic[SPANS]; /* sum over the windows */
	size_t rising[SPANS];  /* windows that are above the same one of the span before */
	size_t windows;
};

/* The `i`th window of each span. */
static void add_window(struct spans *spans, const struct grid *grid, size_t len, size_t i)
{
	spans->windows++;
	for (size_t k = 0; k < SPANS; k++) {
		size_t at = k * len + i;
		size_t before = at + len;

		spans->floor[k] = fmin(spans->floor[k], grid->floor[at]);
		spans->traffic[k] += grid->traffic[at];
		if (k + 1 < SPANS && grid->floor[at] > explained(grid->floor[before],
								 growth_of(grid->traffic[before],
									   grid->traffic[at])))
			spans->rising[k]++;
	}
}

/* Spans are compared in those windows only that are known in each of them: with a night missing in
 * one, its floor would be the day's. */
static void compare_spans(struct spans *spans, const struct grid *grid, size_t len)
{
	*spans = (struct spans){.floor = {NOT_KNOWN, NOT_KNOWN, NOT_KNOWN}};
	for (size_t i = 0; i < len; i++) {
		bool is_known = true;

		for (size_t k = 0; k < SPANS; k++)
			is_known = is_known && !isnan(grid->floor[k * len + i]);
		if (is_known)
			add_window(spans, grid, len, i);
	}
}

/* Whether each span is above the one before it as a leak's would be. */
static bool are_steps(const struct spans *spans)
{
	for (size_t k = 0; k + 1 < SPANS; k++) {
		double from = spans->floor[k + 1];
		double growth = growth_of(spans->traffic[k + 1], spans->traffic[k]);

		if (growth > SPAN_TRAFFIC_MAX ||
		    (double)spans->rising[k] < RISING_WINDOWS * (double)spans->windows ||
		    spans->floor[k] - explained(from, growth) <
			    greater(STEP_MIN, from * STEP_SHARE))
			return false;
	}
	return true;
}

static bool find_steps(const struct grid *grid, unsigned series, size_t len, size_t windows_min,
		       double seconds, struct history_leak *ret)
{
	struct spans spans;

	compare_spans(&spans, grid, len);
	if (spans.windows < windows_min || !are_steps(&spans))
		return false;
	conclude(ret, series, spans.floor[SPANS - 1], spans.floor[0], seconds * (SPANS - 1),
		 seconds);
	return true;
}

/* ---- all of it ------------------------------------------------------------------------------- */

static bool find_leak(const struct history *history, unsigned series, struct history_leak *ret)
{
	double hour = history->hour[history->hour_len - 1].start;
	double day = floor(hour / HISTORY_DAY) * HISTORY_DAY;
	struct grid grid;

	lay_out(&grid, series, history->hour, history->hour_len, hour, HISTORY_HOUR,
		HISTORY_HOUR_WATCHED_MIN);
	if (find_run(&grid, series, ret) ||
	    find_steps(&grid, series, DAY_HOURS, DAY_HOURS_MIN, HISTORY_DAY, ret))
		return true;
	lay_out(&grid, series, history->day, history->day_len, day, HISTORY_DAY,
		HISTORY_DAY_WATCHED_MIN);
	return find_steps(&grid, series, WEEK_DAYS, WEEK_DAYS_MIN, WEEK_DAYS * HISTORY_DAY, ret);
}

bool history_leak(const struct history *history, struct history_leak *ret)
{
	struct history_leak writing = {.per_hour = 0};
	struct history_leak found;
	bool is_found = false;

	*ret = (struct history_leak){.per_hour = 0};
	if (history->hour_len == 0)
		return false;
	for (unsigned series = 0; series < HELD_MAX; series++) {
		if (is_judged(series) && find_leak(history, series, &found) &&
		    found.per_hour > ret->per_hour) {
			*ret = found;
			is_found = true;
		}
	}
	/* A line says who it is; writing, only that there is somebody. */
	if (find_leak(history, HISTORY_WRITING, &writing) && writing.per_hour > 2 * ret->per_hour) {
		*ret = writing;
		is_found = true;
	}
	return is_found;
}
