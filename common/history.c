/* SPDX-License-Identifier: MIT */
/* history.c - takes scrapes in; see history.h. */
#include "history.h"

#include "app_load.h"
#include "history_window.h"
#include "scrape.h"

enum {
	CLOCK_BACK_SECONDS = 60,
	MASTER_SECONDS =
		2, /* two readings of one start time may differ by the clock's correction */
	QUEUE_SECONDS =
		10, /* a queue is looked at this far apart, however many scrapers there are */
};

/* The places of `older` and `newer`, and the first counter of each. */
enum source { NGINX, UWSGI };

static enum source source_of(size_t counter)
{
	return counter < HISTORY_APP_REQUESTS ? NGINX : UWSGI;
}

void history_init(struct history *history)
{
	*history = (struct history){.queue = NOT_KNOWN};
	for (size_t i = 0; i < HISTORY_COUNTERS; i++) {
		history->counter[i] = NOT_KNOWN;
		for (size_t k = 0; k < ARRAY_LEN(history->older); k++) {
			history->older[k].counter[i] = NOT_KNOWN;
			history->newer[k].counter[i] = NOT_KNOWN;
		}
	}
}

/* ---- counters -------------------------------------------------------------------------------- */

/* Whether a counter of `source` fell. One that does takes all of them with it. */
static bool fell(const struct history *history, enum source source, const double *now)
{
	for (size_t i = 0; i < HISTORY_COUNTERS; i++) {
		if (source_of(i) == source && i != HISTORY_DROPPED && now[i] < history->counter[i])
			return true;
	}
	return false;
}

static void forget_counters(struct history *history, enum source source)
{
	for (size_t i = 0; i < HISTORY_COUNTERS; i++) {
		if (source_of(i) == source)
			history->counter[i] = NOT_KNOWN;
	}
	history->older[source].time = 0;
	history->newer[source].time = 0;
}

void history_forget_uwsgi(struct history *history)
{
	forget_counters(history, UWSGI);
	history->uwsgi_time = 0;
}

/* Notes where the counters of `source` stand. Two marks take turns, so that increases are told over
 * some minutes however often somebody asks. */
static void count(struct history *history, enum source source, const double *now, double time)
{
	struct history_mark *older = &history->older[source];
	struct history_mark *newer = &history->newer[source];
	double last = source == NGINX ? history->nginx_time : history->uwsgi_time;

	for (size_t i = 0; i < HISTORY_COUNTERS; i++) {
		if (source_of(i) == source &&
		    !(i == HISTORY_DROPPED && history->counter[i] > now[i]))
			history->counter[i] = now[i];
	}
	if (newer->time <= 0 || time - last > HISTORY_STALE_SECONDS) {
		newer->time = time;
		memcpy(newer->counter, history->counter, sizeof(newer->counter));
		*older = *newer;
	} else if (time - newer->time >= HISTORY_RECENT_SECONDS) {
		*older = *newer;
		newer->time = time;
		memcpy(newer->counter, history->counter, sizeof(newer->counter));
	}
}

bool history_increase(const struct history *history, enum history_counter counter, double *increase,
		      double *seconds)
{
	enum source source = source_of(counter);
	const struct history_mark *older = &history->older[source];
	double time = source == NGINX ? history->nginx_time : history->uwsgi_time;

	*increase = history->counter[counter] - older->counter[counter];
	*seconds = time - older->time;
	return time == history->time && older->time > 0 && *seconds > 0 && !isnan(*increase);
}

/* ---- nginx ----------------------------------------------------------------------------------- */

static void forget_nginx(struct history *history)
{
	forget_counters(history, NGINX);
	history->nginx_time = 0;
	history->draining_since = 0;
	history->hour_len = 0;
	history->day_len = 0;
	memset(history->streak_since, 0, sizeof(history->streak_since));
	memset(history->streak_least, 0, sizeof(history->streak_least));
}

static void take_master(struct history *history, const struct ledger *ledger)
{
	double started = ledger->master_started;

	if (!ledger->asked || !ledger->processes_known || !(started > 0))
		return;
	if (history->master_started > 0 && fabs(started - history->master_started) > MASTER_SECONDS)
		forget_nginx(history);
	history->master_started = started;
}

/* Where it is not sure which clients the application is at work for, how many requests it has says
 * more: over HTTP/2 all of them may be one client's. */
static double of_app(const struct ledger *ledger)
{
	double least = ledger->low[HELD_APP];

	return least < ledger->high[HELD_APP] ? fmax(least, ledger->requests_low[REQUESTS_ACTIVE])
					      : least;
}

/* From the page alone only `writing` and `request` are what they are from the kernel too. */
static void series_of(const struct scrape *scrape, double *value)
{
	const struct ledger *ledger = &scrape->ledger;
	bool has_lines = ledger->asked && ledger->has_lines;

	for (size_t i = 0; i < HELD_MAX; i++) {
		bool is_seen = has_lines &&
			       (ledger->confidence != CONFIDENCE_UNKNOWN || i == HELD_REQUEST);

		value[i] = is_seen ? ledger->low[i] : NOT_KNOWN;
	}
	if (!isnan(value[HELD_APP]))
		value[HELD_APP] = of_app(ledger);
	value[HISTORY_WRITING] = has_lines ? ledger->writing : (double)scrape->nginx.writing - 1;
}

static void take_streaks(struct history *history, const double *value, double time)
{
	bool is_broken = time - history->nginx_time > HISTORY_GAP_SECONDS;

	for (size_t i = 0; i < HISTORY_SERIES; i++) {
		double *since = &history->streak_since[i];
		double *least = &history->streak_least[i];

		if (!(value[i] > 0)) {
			*since = 0;
			*least = 0;
		} else if (*since <= 0 || is_broken) {
			*since = time;
			*least = value[i];
		} else if (value[i] < *least) {
			*least = value[i];
		}
	}
}

static double lesser(double a, double b)
{
	return isnan(a) || a < b ? a : b;
}

static void take_least(struct history *history, const double *value, double time)
{
	bool has_begun = history->older[NGINX].time == time;
	bool has_turned = history->newer[NGINX].time == time;

	for (size_t i = 0; i < HISTORY_SERIES; i++) {
		double *older = &history->least_older[i];
		double *newer = &history->least_newer[i];

		if (has_begun)
			*older = value[i];
		else
			*older = lesser(has_turned ? *newer : *older, value[i]);
		*newer = has_turned ? value[i] : lesser(*newer, value[i]);
	}
}

bool history_least(const struct history *history, unsigned series, double *least, double *seconds)
{
	double requests;

	*least = history->least_older[series];
	return history_increase(history, HISTORY_REQUESTS, &requests, seconds) && !isnan(*least);
}

static void take_draining(struct history *history, const struct ledger *ledger, double time)
{
	bool is_broken = time - history->nginx_time > HISTORY_GAP_SECONDS;

	if (!ledger->asked || !ledger->processes_known)
		return;
	if (ledger->old_workers == 0)
		history->draining_since = 0;
	else if (history->draining_since <= 0 || is_broken)
		history->draining_since = time;
}

static void take_nginx(struct history *history, const struct scrape *scrape)
{
	const struct ledger *ledger = &scrape->ledger;
	double now[HISTORY_COUNTERS] = {
		[HISTORY_ACCEPTS] = (double)scrape->nginx.accepts,
		[HISTORY_REQUESTS] = (double)scrape->nginx.requests,
		[HISTORY_DROPPED] = (double)scrape->nginx.dropped,
	};
	double value[HISTORY_SERIES];
	double requests;

	if (!scrape->nginx_probe.up)
		return;
	take_master(history, ledger);
	/* Either of two masters may have answered: their counters do not belong together. */
	if (ledger->asked && ledger->processes_known && ledger->masters > 1) {
		forget_nginx(history);
		return;
	}
	if (fell(history, NGINX, now))
		forget_nginx(history);
	requests = now[HISTORY_REQUESTS] - history->counter[HISTORY_REQUESTS];
	series_of(scrape, value);
	history_watch(history, scrape->time, isnan(requests) ? 0 : requests, value);
	take_streaks(history, value, scrape->time);
	take_draining(history, ledger, scrape->time);
	count(history, NGINX, now, scrape->time);
	take_least(history, value, scrape->time);
	history->nginx_time = scrape->time;
}

double history_lasting(const struct history *history, unsigned series)
{
	double since = history->streak_since[series];

	return since > 0 ? history->nginx_time - since : 0;
}

/* ---- the application ------------------------------------------------------------------------- */

static void take_uwsgi(struct history *history, const struct scrape *scrape)
{
	const struct uwsgi_totals *totals = &scrape->totals;
	double now[HISTORY_COUNTERS] = {
		[HISTORY_APP_REQUESTS] = (double)totals->requests,
		[HISTORY_HARAKIRI] = (double)totals->harakiri_count,
		[HISTORY_RESPAWNS] = (double)totals->respawn_count,
		[HISTORY_EXCEPTIONS] = (double)totals->exceptions,
	};
	bool is_broken = scrape->time - history->uwsgi_time > HISTORY_GAP_SECONDS;

	if (scrape->uwsgi_len == 0 || !scrape->uwsgi_site.up)
		return;
	if (fell(history, UWSGI, now))
		forget_counters(history, UWSGI);
	count(history, UWSGI, now, scrape->time);
	history->uwsgi_time = scrape->time;
	if (!app_is_busy(scrape) || app_queued(scrape) <= 0)
		history->saturated_since = 0;
	else if (history->saturated_since <= 0 || is_broken)
		history->saturated_since = scrape->time;
}

static void take_queue(struct history *history, const struct scrape *scrape)
{
	struct backlog queue;
	double before = history->queue;
	double since = history->queue_time;

	if (!app_queue(scrape, &queue)) {
		history->queue = NOT_KNOWN;
		history->queue_time = 0;
		history->queue_rises = 0;
		return;
	}
	if (scrape->time - since < QUEUE_SECONDS)
		return;
	history->queue = queue.queue;
	history->queue_time = scrape->time;
	if (isnan(before) || queue.queue < before || scrape->time - since > HISTORY_GAP_SECONDS) {
		history->queue_rises = 0;
	} else if (queue.queue > before) {
		if (history->queue_rises <= 0) {
			history->queue_from = before;
			history->queue_since = since;
		}
		history->queue_rises++;
	}
}

void history_take(struct history *history, const struct scrape *scrape)
{
	if (scrape->time < history->time - CLOCK_BACK_SECONDS)
		history_init(history);
	if (!(scrape->time > history->time))
		return;
	take_nginx(history, scrape);
	take_uwsgi(history, scrape);
	take_queue(history, scrape);
	if (scrape->basis.is_there)
		history->memory = scrape->memory;
	history->time = scrape->time;
}
