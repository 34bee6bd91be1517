/* SPDX-License-Identifier: MIT */
/* findings_app.c - the application has too much to do: its cores, its queue, work for nobody. */
#include "findings_rule.h"

enum {
	/* A queue of a few for a moment is what a queue is for. */
	SATURATED_QUEUE_MIN = 4,
	SATURATED_SECONDS = 60,
	/* A queue that grows from look to look, and is no handful. */
	GROWING_RISES = 3,
	GROWING_BY_MIN = 5,
	GROWING_MIN = 10,
	HALF_FULL_MIN = 10,
	/* One client who leaves is no trouble to an application with some cores. */
	ORPHANED_MIN = 2,
	ORPHANED_SECONDS = 2, /* uWSGI tells whole ones */
	FEW_CORES = 4,
	CORES_NOT_KNOWN_MIN = 5,
};

#define HALF_FULL      0.5
#define ORPHANED_SHARE 0.2
#define ORPHANED_MUCH  0.5

static bool is_found(const struct judge *judge, enum finding_kind kind)
{
	return (judge->found & 1U << kind) != 0;
}

static void say_queue(struct judge *judge, const struct backlog *queue)
{
	say_count(&judge->evidence, queue->queue, "request waits", "requests wait");
	buf_add_text(&judge->evidence, " in the listen queue");
	if (queue->name[0] != '\0') {
		buf_add_text(&judge->evidence, " of ");
		say_name(&judge->evidence, queue->name);
	}
	if (queue->limit > 0) {
		buf_add_text(&judge->evidence, ", which has room for ");
		say_number(&judge->evidence, queue->limit);
	}
}

static void say_oldest(struct judge *judge)
{
	double oldest = judge->scrape->uwsgi_site.up ? judge->scrape->totals.oldest_request : 0;

	if (!(oldest >= 1))
		return;
	buf_add_text(&judge->evidence, ", the oldest of them for ");
	say_span(&judge->evidence, oldest);
}

static void say_busy(struct judge *judge)
{
	const struct uwsgi_totals *totals = &judge->scrape->totals;

	say_number(&judge->evidence, (double)totals->busy_cores);
	buf_add_text(&judge->evidence, " of ");
	say_count(&judge->evidence, (double)totals->cores, "core", "cores");
	buf_addf(&judge->evidence, " %s in a request",
		 say_word((double)totals->busy_cores, "is", "are"));
	say_oldest(judge);
}

/* Why `app` of the ledger is less than what the cores say. */
static void say_hung_up(struct judge *judge)
{
	double hung_up = judge->ledger->asked ? judge->ledger->hung_up : 0;

	if (!(hung_up >= 1))
		return;
	buf_add_text(&judge->evidence, "; ");
	say_number(&judge->evidence, hung_up);
	buf_addf(&judge->evidence, " of these %s for %s (half_closed)",
		 say_word(hung_up, "is", "are"),
		 say_word(hung_up, "a client that has hung up", "clients that have hung up"));
}

/* ---- app_queue_overflow ---------------------------------------------------------------------- */

bool judge_app_queue_overflow(struct judge *judge)
{
	struct backlog queue;
	bool is_unix;

	if (!app_queue(judge->scrape, &queue) || !(queue.limit > 0) || queue.queue < queue.limit)
		return false;
	is_unix = queue.name[0] == '/' || queue.name[0] == '@' ||
		  str_starts(str_of(queue.name), STR("unix:"));
	judge->severity = SEVERITY_CRITICAL;
	buf_add_text(&judge->what, "The listen queue of the application is full: ");
	buf_add_text(&judge->what, is_unix ? "nginx answers further requests with 502 at once."
					   : "further requests hang until nginx gives up on them.");
	say_queue(judge, &queue);
	buf_add_char(&judge->evidence, '.');
	buf_add_text(
		&judge->advice,
		"The application is too slow for what comes: more processes or threads if CPU and "
		"memory allow, or faster requests. A longer queue (listen in uWSGI, together with "
		"net.core.somaxconn) only lets clients wait longer.");
	return true;
}

/* ---- app_saturated --------------------------------------------------------------------------- */

static bool is_short(const struct judge *judge, double queued)
{
	const struct history *history = judge->history;
	double cores = (double)judge->scrape->totals.cores;

	/* Who queues behind a whole round waits for as long again as its own request takes. */
	if (queued >= SATURATED_QUEUE_MIN && queued >= cores)
		return true;
	return queued > 0 && history != NULL && history->saturated_since > 0 &&
	       judge->scrape->time - history->saturated_since >= SATURATED_SECONDS;
}

bool judge_app_saturated(struct judge *judge)
{
	double queued = app_queued(judge->scrape);
	double blocked = judge->ledger->asked ? judge->ledger->blocked_app : 0;

	if (!app_is_busy(judge->scrape))
		return false;
	judge->severity = is_short(judge, queued) ? SEVERITY_WARNING : SEVERITY_INFO;
	buf_add_text(
		&judge->what,
		judge->severity == SEVERITY_WARNING
			? "The application is at its limit: no worker is free, and requests queue."
			: "No worker of the application is free just now.");
	say_busy(judge);
	say_hung_up(judge);
	if (queued > 0) {
		buf_add_text(&judge->evidence, "; ");
		say_count(&judge->evidence, queued, "request is", "requests are");
		buf_add_text(&judge->evidence, " queued");
	}
	if (blocked > 0) {
		buf_add_text(&judge->evidence, "; ");
		say_count(&judge->evidence, blocked, "answer waits", "answers wait");
		buf_add_text(&judge->evidence, " for a slow client");
	}
	buf_add_char(&judge->evidence, '.');
	buf_add_text(&judge->advice,
		     blocked > 0
			     ? "Let nginx take the answers over (uwsgi_buffering on, "
			       "uwsgi_max_temp_file_size above the largest): slow clients then "
			       "hold no worker."
			     : "Raise processes or threads in uWSGI (the ceiling of the cheaper is "
			       "processes) if CPU and memory allow; else find the slow requests in "
			       "its log, and bound them with harakiri.");
	return true;
}

/* ---- app_queue_growing ----------------------------------------------------------------------- */

static bool is_rising(const struct history *history, const struct backlog *queue)
{
	return history != NULL && history->queue_rises >= GROWING_RISES &&
	       queue->queue >= GROWING_MIN && queue->queue - history->queue_from >= GROWING_BY_MIN;
}

static void say_rise(struct judge *judge, const struct backlog *queue)
{
	const struct history *history = judge->history;
	double seconds = history->queue_time - history->queue_since;

	buf_add_text(&judge->evidence, "; ");
	say_span(&judge->evidence, seconds);
	buf_addf(&judge->evidence, " ago there %s ", say_word(history->queue_from, "was", "were"));
	say_number(&judge->evidence, history->queue_from);
	if (queue->limit > 0 && seconds > 0) {
		double rate = (queue->queue - history->queue_from) / seconds;

		buf_add_text(&judge->evidence, ", so that it is full in ");
		say_span(&judge->evidence, (queue->limit - queue->queue) / rate);
	}
}

bool judge_app_queue_growing(struct judge *judge)
{
	struct backlog queue;
	bool rising;

	if (!app_queue(judge->scrape, &queue) || is_found(judge, FINDING_APP_QUEUE_OVERFLOW))
		return false;
	rising = is_rising(judge->history, &queue);
	if (!rising && !(queue.queue >= HALF_FULL_MIN && queue.queue >= HALF_FULL * queue.limit))
		return false;
	judge->severity = SEVERITY_WARNING;
	buf_add_text(&judge->what,
		     rising ? "The listen queue of the application grows and grows: requests come "
			      "faster than they are done."
			    : "The listen queue of the application is more than half full.");
	say_queue(judge, &queue);
	if (rising)
		say_rise(judge, &queue);
	buf_add_char(&judge->evidence, '.');
	buf_add_text(
		&judge->advice,
		"See what the workers are busy with, and raise processes or threads in uWSGI if "
		"CPU and memory allow; listen only makes the queue longer, and the wait with it.");
	return true;
}

/* ---- orphaned_work --------------------------------------------------------------------------- */

/* Cores whose request began just now: a client of theirs may have left, and they be done with it, a
 * moment later. */
static double count_young(const struct scrape *scrape)
{
	double young = 0;

	for (size_t i = 0; i < scrape->uwsgi_len; i++) {
		const struct uwsgi_worker *worker = scrape->uwsgi[i].stats.workers.item;

		for (size_t k = 0; k < scrape->uwsgi[i].stats.workers.len; k++) {
			const struct uwsgi_core *core = worker[k].cores.item;

			for (size_t c = 0; c < worker[k].cores.len; c++)
				young += core[c].in_request != 0 && core[c].request_start > 0 &&
					 scrape->time - (double)core[c].request_start <
						 ORPHANED_SECONDS;
		}
	}
	return young;
}

/* Cores that work for nobody, and have for longer than a moment. */
static double count_orphaned(const struct judge *judge)
{
	const struct scrape *scrape = judge->scrape;
	double orphaned = judge->ledger->asked ? judge->ledger->orphaned : 0;

	if (isnan(orphaned) || !scrape->uwsgi_site.up || scrape->uwsgi_len == 0)
		return orphaned;
	return fmin(orphaned, (double)scrape->totals.busy_cores - count_young(scrape));
}

static bool is_much(const struct judge *judge, double orphaned, double cores)
{
	return orphaned >= ORPHANED_MIN && orphaned >= ORPHANED_MUCH * cores &&
	       (app_is_busy(judge->scrape) || app_queued(judge->scrape) > 0);
}

bool judge_orphaned_work(struct judge *judge)
{
	const struct ledger *ledger = judge->ledger;
	double cores = judge->scrape->uwsgi_site.up ? (double)judge->scrape->totals.cores : 0;
	double orphaned = count_orphaned(judge);
	double least = cores > 0 ? ORPHANED_SHARE * cores : CORES_NOT_KNOWN_MIN;

	if (!(orphaned >= 1) || orphaned < least || (cores >= FEW_CORES && orphaned < ORPHANED_MIN))
		return false;
	judge->severity =
		cores > 0 && is_much(judge, orphaned, cores) ? SEVERITY_WARNING : SEVERITY_INFO;
	buf_add_text(&judge->what, "The application works for clients that have left: its answers "
				   "will be thrown away.");
	say_count(&judge->evidence, orphaned, "busy worker has", "busy workers have");
	buf_add_text(&judge->evidence, " no client any more");
	if (cores > 0) {
		buf_add_text(&judge->evidence, ", of ");
		say_count(&judge->evidence, cores, "core", "cores");
	}
	if (ledger->abandoned > 0) {
		buf_add_text(&judge->evidence, "; ");
		say_count(&judge->evidence, ledger->abandoned, "more request", "more requests");
		buf_addf(&judge->evidence, " in its queue %s nobody to answer either",
			 say_word(ledger->abandoned, "has", "have"));
	}
	buf_add_char(&judge->evidence, '.');
	buf_add_text(
		&judge->advice,
		"Clients or nginx (uwsgi_read_timeout) gave up before the application was done: "
		"make those requests shorter, or end them at the same time with harakiri.");
	return true;
}
