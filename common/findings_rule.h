/* SPDX-License-Identifier: MIT */
/*
 * findings_rule.h - what the rules of findings.c share; for findings*.c only. A rule says whether
 * its finding stands, and then leaves its severity and its three texts. It reads nothing but the
 * judge.
 */
#ifndef CONNLEDGER_FINDINGS_RULE_H
#define CONNLEDGER_FINDINGS_RULE_H

#include "app_load.h"
#include "findings.h"
#include "findings_say.h"
#include "scrape.h"

struct judge {
	const struct scrape *scrape;
	const struct ledger *ledger;   /* scrape's, or an empty one when there is none */
	const struct history *history; /* NULL: there is none */
	unsigned found;                /* findings that stand already: 1 << kind */
	unsigned warned;               /* of these, those that are a warning or worse */
	const char *leaking;           /* leaking_connections: the line that grows */
	enum finding_severity severity;
	struct buf what;
	struct buf evidence;
	struct buf advice;
};

/* Connections that are on a ledger line for sure; 0 when that is not known. */
double judge_held(const struct judge *judge, enum held_by line) NONNULL;
/* And those that may be. */
double judge_held_at_most(const struct judge *judge, enum held_by line) NONNULL;

/* How much `counter` rose lately and in how many seconds; 0 when that is not known. */
double judge_increase(const struct judge *judge, enum history_counter counter,
		      double *seconds) NONNULL;

/* Connections that nginx closed at once for want of room, lately; 0 when none, too few to be sure,
 * or not known. */
double judge_dropped(const struct judge *judge, double *seconds) NONNULL;

/* Whether nginx cuts connections for want of room: it cut the one that asked for its page before a
 * byte came, and either others that asked nothing, too, or it has given its page before. */
bool judge_has_no_room(const struct judge *judge) NONNULL;

/* "The accept queue of *:80 holds 9 connections and has room for 8.", with a blank before it, for
 * the fullest of nginx's listeners if anything is in it. */
void judge_say_accept_queue(struct judge *judge) NONNULL;

/* The room that nginx has for connections, as far as it is known. */
struct capacity {
	double slots;  /* in all workers; 0: not known */
	double used;   /* by clients, and by requests that are passed on */
	bool of_files; /* worker_connections is not known: the limit of open files */
};
struct capacity judge_capacity(const struct judge *judge) NONNULL;
/* "worker_connections (1024 x 4 workers)" */
void judge_say_capacity(const struct judge *judge, const struct capacity *capacity,
			struct buf *out) NONNULL;

bool judge_nginx_down(struct judge *judge) NONNULL;
bool judge_uwsgi_down(struct judge *judge) NONNULL;
bool judge_worker_connections_exhausted(struct judge *judge) NONNULL;
bool judge_accept_queue_full(struct judge *judge) NONNULL;
bool judge_app_queue_overflow(struct judge *judge) NONNULL;
bool judge_connections_dropped(struct judge *judge) NONNULL;
bool judge_leaking_connections(struct judge *judge) NONNULL;
bool judge_phantom_counters(struct judge *judge) NONNULL;
bool judge_worker_crashed(struct judge *judge) NONNULL;
bool judge_worker_blocked(struct judge *judge) NONNULL;
bool judge_app_saturated(struct judge *judge) NONNULL;
bool judge_app_queue_growing(struct judge *judge) NONNULL;
bool judge_orphaned_work(struct judge *judge) NONNULL;
bool judge_slow_clients(struct judge *judge) NONNULL;
bool judge_slow_headers(struct judge *judge) NONNULL;
bool judge_two_masters(struct judge *judge) NONNULL;
bool judge_old_workers_draining(struct judge *judge) NONNULL;
bool judge_harakiri(struct judge *judge) NONNULL;
bool judge_worker_respawns(struct judge *judge) NONNULL;
bool judge_exceptions(struct judge *judge) NONNULL;
bool judge_known_defect(struct judge *judge) NONNULL;

#endif
