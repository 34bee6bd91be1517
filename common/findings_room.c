/* SPDX-License-Identifier: MIT */
/*
 * findings_room.c - nginx has no room: its connections are used up, it drops clients, or it does
 * not take them from the kernel.
 */
#include "findings_rule.h"

enum {
	/* accepts and handled are read one after the other, and each worker may be between the two:
	 * so many apart they may be with nothing dropped, or one for each worker. */
	DROPPED_NOISE = 4,
	/* A queue that is half full is one that nobody has looked at for a while; a few connections
	 * in a small one are not. */
	ACCEPT_QUEUE_MIN = 10,
};

/* Of all connections: a burst of a quarter more is refused. */
#define USED_WARNING 0.8
/* Of the accept queue. */
#define ACCEPT_QUEUE_WARNING 0.5
/* Of all clients since nginx was started: without a history, fewer are an old story. */
#define DROPPED_SHARE 0.001

/* Connections to applications. Over HTTP/2 one client has as many as requests. */
static double passed_on(const struct judge *judge)
{
	const struct ledger *ledger = judge->ledger;
	double lines = judge_held(judge, HELD_APP) + judge_held(judge, HELD_APP_QUEUE);
	double requests =
		ledger->requests_low[REQUESTS_QUEUED] + ledger->requests_low[REQUESTS_ACTIVE];

	return fmax(isnan(ledger->blocked_app) ? lines : lines + ledger->blocked_app, requests);
}

/* A phantom takes no room: its worker is gone. A request that is passed on has a second
 * connection. */
static double used_of(const struct judge *judge)
{
	return judge->ledger->total + 1 - judge_held_at_most(judge, HELD_PHANTOM) +
	       passed_on(judge);
}

struct capacity judge_capacity(const struct judge *judge)
{
	const struct site *site = judge->scrape->site;
	const struct ledger *ledger = judge->ledger;
	uint64_t each = site == NULL ? 0 : site->worker_connections;
	struct capacity capacity = {.of_files = each == 0};

	if (!ledger->has_lines || !ledger->processes_known || ledger->workers == 0)
		return capacity;
	if (capacity.of_files)
		each = ledger->fd_limit;
	capacity.slots = (double)each * (double)ledger->workers;
	capacity.used = used_of(judge);
	return capacity;
}

void judge_say_capacity(const struct judge *judge, const struct capacity *capacity, struct buf *out)
{
	double workers = (double)judge->ledger->workers;

	buf_addf(out, "%s (",
		 capacity->of_files ? "the limit of open files" : "worker_connections");
	say_number(out, capacity->slots / workers);
	buf_add_text(out, " x ");
	say_count(out, workers, "worker)", "workers)");
}

double judge_dropped(const struct judge *judge, double *seconds)
{
	double dropped = judge_increase(judge, HISTORY_DROPPED, seconds);
	double workers = judge->ledger->processes_known ? (double)judge->ledger->workers : 0;

	return dropped > DROPPED_NOISE && dropped > workers ? dropped : 0;
}

bool judge_has_no_room(const struct judge *judge)
{
	const struct probe *probe = &judge->scrape->nginx_probe;
	bool was_well = judge->history != NULL && judge->history->nginx_time > 0;

	return probe->asked && !probe->up && probe->err.kind == ERR_RESET &&
	       (judge->ledger->has_no_room || was_well);
}

/* ---- worker_connections_exhausted ------------------------------------------------------------ */

static void advise_room(struct judge *judge)
{
	buf_add_text(&judge->advice,
		     "Raise worker_connections in the events block, and worker_rlimit_nofile to at "
		     "least twice that; but look first at which line of the ledger holds the "
		     "connections, since a leak fills any room.");
}

static bool judge_reset(struct judge *judge)
{
	judge->severity = SEVERITY_CRITICAL;
	buf_add_text(&judge->what, "nginx has probably no connection left: it accepted the request "
				   "for its status page and cut it at once.");
	buf_add_text(&judge->evidence,
		     judge->ledger->has_no_room
			     ? "It cuts connections on which nothing was asked, too, which is what "
			       "it gives clients that it has no room for."
			     : "It has given its page before. A connection that is cut before a "
			       "byte of the answer came is what nginx gives a client that it has "
			       "no room for.");
	advise_room(judge);
	return true;
}

static void say_used(struct judge *judge, const struct capacity *capacity)
{
	double clients = judge->ledger->total - judge_held_at_most(judge, HELD_PHANTOM);

	buf_add_text(&judge->evidence, "There is room for ");
	say_number(&judge->evidence, capacity->slots);
	buf_add_text(&judge->evidence, ": ");
	judge_say_capacity(judge, capacity, &judge->evidence);
	buf_add_text(&judge->evidence, "; clients hold ");
	say_number(&judge->evidence, clients);
	buf_add_text(&judge->evidence, ", and requests that are passed on about ");
	say_number(&judge->evidence, capacity->used - clients - 1);
	buf_add_text(&judge->evidence, " more, to the application.");
}

bool judge_worker_connections_exhausted(struct judge *judge)
{
	const struct probe *probe = &judge->scrape->nginx_probe;
	struct capacity capacity = judge_capacity(judge);
	double seconds;

	if (judge_has_no_room(judge))
		return judge_reset(judge);
	if (!probe->up || !(capacity.slots > 0) || capacity.used < USED_WARNING * capacity.slots)
		return false;
	judge->severity = judge_dropped(judge, &seconds) > 0 ? SEVERITY_CRITICAL : SEVERITY_WARNING;
	buf_add_text(&judge->what, "nginx has used up ");
	say_number(&judge->what, floor(100 * capacity.used / capacity.slots));
	buf_addf(&judge->what, " %% of the %s that it may have.",
		 capacity.of_files ? "open files" : "connections");
	say_used(judge, &capacity);
	if (capacity.of_files)
		buf_add_text(&judge->advice, "Raise worker_rlimit_nofile, and see that "
					     "worker_connections is below it: when files run out, "
					     "nginx stops accepting.");
	else
		advise_room(judge);
	return true;
}

/* ---- accept_queue_full ----------------------------------------------------------------------- */

bool judge_accept_queue_full(struct judge *judge)
{
	const struct backlog *queue = backlog_fullest(&judge->ledger->listeners);
	bool is_full;

	if (queue == NULL || !(queue->limit > 0))
		return false;
	is_full = queue->queue >= queue->limit;
	if (!is_full &&
	    (queue->queue < ACCEPT_QUEUE_MIN || queue->queue < ACCEPT_QUEUE_WARNING * queue->limit))
		return false;
	judge->severity = is_full ? SEVERITY_CRITICAL : SEVERITY_WARNING;
	buf_add_text(&judge->what, "nginx does not take its new connections: the accept queue of ");
	say_name(&judge->what, queue->name);
	buf_add_text(&judge->what, is_full ? " is full, and further clients cannot connect."
					   : " is more than half full.");
	say_count(&judge->evidence, queue->queue, "connection waits", "connections wait");
	buf_add_text(&judge->evidence, " to be accepted, and there is room for ");
	say_number(&judge->evidence, queue->limit);
	buf_add_char(&judge->evidence, '.');
	buf_add_text(&judge->advice,
		     "Find out what keeps the workers: blocked on a disk (ps -C nginx -o "
		     "pid,stat,wchan:20,args; aio threads), out of CPU (worker_processes), out of "
		     "file descriptors (Too many open files in error.log: worker_rlimit_nofile). A "
		     "longer queue (backlog= in listen, and net.core.somaxconn) helps only against "
		     "short bursts.");
	return true;
}

/* ---- connections_dropped --------------------------------------------------------------------- */

static bool judge_dropped_once(struct judge *judge)
{
	const struct nginx_status *nginx = &judge->scrape->nginx;
	double dropped = (double)nginx->dropped;

	if (dropped <= DROPPED_NOISE || dropped < DROPPED_SHARE * (double)nginx->accepts)
		return false;
	buf_add_text(&judge->what, "nginx has turned clients away since it was started.");
	say_number(&judge->evidence, dropped);
	buf_add_text(&judge->evidence, " of ");
	say_count(&judge->evidence, (double)nginx->accepts, "connection", "connections");
	buf_add_text(&judge->evidence, " were closed at once; whether it still happens, the next "
				       "look will show.");
	return true;
}

static void say_dropped(struct judge *judge, double dropped, double seconds)
{
	double accepts = judge_increase(judge, HISTORY_ACCEPTS, &seconds);

	judge->severity = SEVERITY_CRITICAL;
	buf_add_text(&judge->what, "nginx is turning clients away: it closes their connections as "
				   "soon as it has accepted them.");
	buf_add_text(&judge->evidence, "In the last ");
	say_span(&judge->evidence, seconds);
	buf_add_text(&judge->evidence, " it closed ");
	say_number(&judge->evidence, dropped);
	buf_add_text(&judge->evidence, " of ");
	say_count(&judge->evidence, accepts, "new connection", "new connections");
	buf_add_text(&judge->evidence, " at once.");
}

bool judge_connections_dropped(struct judge *judge)
{
	double seconds;
	double dropped;

	if (!judge->scrape->nginx_probe.up)
		return false;
	dropped = judge_dropped(judge, &seconds);
	/* What is known not to happen now is no news. */
	if (dropped > 0)
		say_dropped(judge, dropped, seconds);
	else if (seconds > 0 || !judge_dropped_once(judge))
		return false;
	buf_add_text(&judge->advice, "worker_connections is too small for what the clients and the "
				     "application hold (error.log then says that they are not "
				     "enough): raise it, and worker_rlimit_nofile with it, and see "
				     "which line of the ledger holds them.");
	return true;
}
