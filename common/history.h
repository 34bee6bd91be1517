/* SPDX-License-Identifier: MIT */
/*
 * history.h - what one scrape cannot show: how fast counters rise, how long something has lasted,
 * and the floors (least values) of nginx's writing and of each ledger line over hours, days and
 * weeks. Pure: no clock, no file; the caller keeps the struct (exporter, collectd) or its text
 * (Nagios, Munin). It takes scrapes as they come: every 15 seconds, every 5 minutes, from several
 * callers at odd times, with holes where the monitoring itself was down.
 */
#ifndef CONNLEDGER_HISTORY_H
#define CONNLEDGER_HISTORY_H

#include "ledger.h"

struct scrape;

enum {
	HISTORY_SERIES = HELD_MAX + 1, /* the ledger lines, and nginx's writing */
	HISTORY_WRITING = HELD_MAX,    /* its place among the series */
	HISTORY_HOUR = 3600,
	HISTORY_DAY = 86400,
	HISTORY_HOURS = 73, /* three days and the hour that has begun */
	HISTORY_DAYS = 22,  /* three weeks and the day that has begun */
	/* Scrapes further apart than this do not see what is between them. */
	HISTORY_GAP_SECONDS = 20 * 60,
	/* Increases are told over this time at least, so that each of several scrapers sees what
	 * happened lately. Less than five minutes, for a scrape each five minutes that is early. */
	HISTORY_RECENT_SECONDS = 285,
	/* An increase since longer ago than this says nothing of now. */
	HISTORY_STALE_SECONDS = 2 * 3600,
	HISTORY_TEXT_MAX = 48 * 1024,
};

/* Counters whose rise is a finding, or what it is compared with: nginx's, then uWSGI's. */
enum history_counter {
	HISTORY_ACCEPTS,
	HISTORY_REQUESTS,
	HISTORY_DROPPED, /* accepts - handled. Its largest value counts: the two are read apart */
	HISTORY_APP_REQUESTS,
	HISTORY_HARAKIRI,
	HISTORY_RESPAWNS,
	HISTORY_EXCEPTIONS,
	HISTORY_COUNTERS,
};

/* An hour, or a day (UTC). All members are double: they are read and written as a row. */
struct history_window {
	double start;    /* Unix seconds, a multiple of its length */
	double seconds;  /* of it that were watched: between scrapes HISTORY_GAP_SECONDS apart at
			    most */
	double requests; /* that nginx counted in these seconds */
	double floor[HISTORY_SERIES]; /* least value seen; NOT_KNOWN: an hour in which one scrape
				       * did not know it, a day without an hour that does */
};

/* Counters of nginx or of uWSGI at one moment. */
struct history_mark {
	double time; /* Unix seconds; 0: none yet */
	double counter[HISTORY_COUNTERS];
};

struct history {
	double time;       /* Unix seconds of the last scrape; 0: none yet */
	double nginx_time; /* of the last one in which nginx answered; 0: none, or it was restarted
			    */
	double uwsgi_time; /* the same for uWSGI, all servers of it */
	double counter[HISTORY_COUNTERS]; /* as of these; NOT_KNOWN: none since the last restart */
	struct history_mark older[2];     /* nginx's, uWSGI's: increases are told since then */
	struct history_mark newer[2];     /* takes its place in turn */
	double master_started;            /* Unix seconds; 0: not known */

	/* Lines that have been above 0 in every scrape since; the least that they were. */
	double streak_since[HISTORY_SERIES]; /* Unix seconds; 0: it is 0 now, or not known */
	double streak_least[HISTORY_SERIES];

	/* The least of each since `older` and since `newer`; NOT_KNOWN: it was not always known. */
	double least_older[HISTORY_SERIES];
	double least_newer[HISTORY_SERIES];

	double queue;       /* application queue when last looked at; NOT_KNOWN */
	double queue_time;  /* when that was */
	double queue_rises; /* times in a row that it was longer than before, and never shorter */
	double queue_from;  /* its length before the first of them */
	double queue_since; /* Unix seconds of that */
	double saturated_since; /* Unix seconds since when no core was idle and something queued; 0
				 */
	double draining_since; /* Unix seconds since when old workers have been draining; 0: none */

	struct phantoms_memory memory; /* what was found out about phantoms */

	struct history_window hour[HISTORY_HOURS]; /* oldest first; the last one has not ended */
	size_t hour_len;
	struct history_window day[HISTORY_DAYS]; /* made of hours that have ended */
	size_t day_len;
};

/* A floor that only rises. */
struct history_leak {
	unsigned series; /* enum held_by, or HISTORY_WRITING */
	double from, to; /* floors at both ends */
	double seconds;  /* between them */
	double step;     /* compared from hour to hour (3600), day to day, or week to week */
	double per_hour;
};

/* An empty one: nothing seen. */
void history_init(struct history *history) NONNULL;

/* Forgets the counters of uWSGI: they were those of other servers. */
void history_forget_uwsgi(struct history *history) NONNULL;

/* Takes in a scrape. One that is not later than the last is left out. Everything begins anew after
 * a clock that went backwards by more than a minute; all of nginx's after a restart (accepts or
 * requests fell, another master) and while two masters answer in turn; uWSGI's counters when one
 * fell. */
void history_take(struct history *history, const struct scrape *scrape) NONNULL;

/* How much `counter` rose lately, and over how many seconds (HISTORY_RECENT_SECONDS to twice that,
 * or the time between two scrapes if they are further apart, less after a start). False when not
 * known. */
bool history_increase(const struct history *history, enum history_counter counter, double *increase,
		      double *seconds) MUST_CHECK NONNULL;

/* The least that a series was lately, and in how many seconds (as for history_increase()). False
 * when not known. */
bool history_least(const struct history *history, unsigned series, double *least,
		   double *seconds) MUST_CHECK NONNULL;

/* Seconds since when series has been above 0 in every scrape, none of them HISTORY_GAP_SECONDS
 * apart. */
double history_lasting(const struct history *history, unsigned series) NONNULL;

/*
 * The leak that the floors show, the fastest if several do. False when none does.
 *
 * Traffic makes floors rise too. What tells a leak is that it does not go down with traffic:
 *   - from hour to hour: up to now the floor never fell, rose in two of three steps at least, and
 * in all by 10 and by a third beyond what more requests explain, of which there were a fifth more
 * at most. Over 6 hours for request, half_closed, lingering and phantom, on which nobody stays for
 *     good reason; over 24 for the others, since sessions pile up through a working day.
 *   - from day to day: each of the last two days the least floor is 5 and a twentieth above the day
 *     before, beyond what more requests explain, and so are three of four hours above the same hour
 *     of the day before: the night is compared with the night.
 *   - from week to week, the same with days: a leak that takes months.
 * Hours and days that were not watched are no part of it, and days are compared in those hours only
 * that were watched in all of them. keepalive and app_queue are not looked at: nginx closes idle
 * connections when it needs room, and a queue has findings of its own.
 */
bool history_leak(const struct history *history, struct history_leak *ret) MUST_CHECK NONNULL;

/* As text for a state file, and back. The text may be damaged: false with ERR_PARSE for anything
 * that is not whole, `history` is then empty. */
void history_encode(const struct history *history, struct buf *out) NONNULL;
bool history_parse(struct history *history, struct str text, struct err *err) MUST_CHECK NONNULL;

#endif
