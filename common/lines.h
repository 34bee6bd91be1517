/* SPDX-License-Identifier: MIT */
/*
 * lines.h - on which lines of the ledger the connections of one look are, each within bounds. Pure.
 *
 * The kernel knows of each connection what it looks like from outside (enum client_class), nginx
 * only how many are reading, writing, waiting. Which connection is in which of nginx's states is
 * not known; but a class has only some states (the table in lines.c), and the numbers have to add
 * up. So a line has at least as many connections as in the assignment that puts fewest on it, and
 * at most as many as in the one that puts most on it.
 */
#ifndef CONNLEDGER_LINES_H
#define CONNLEDGER_LINES_H

#include "ledger.h"

/* A number of connections that is known within two bounds, both included. */
struct within {
	double low, high;
};

struct lines_question {
	const struct tally_group *group; /* the connections that nginx has accepted. Borrowed */
	size_t groups;                   /* at most TALLY_GROUPS_MAX */

	/* What nginx counts, without the reader's own connections. */
	struct within active, reading, writing, waiting;
	struct within still;   /* what `waiting` is if no handshake has begun or ended meanwhile */
	struct within phantom; /* of those that only nginx counts; high may be FLOW_UNITS_MAX */

	double unlisted; /* so many at most have a socket, on a listener of nginx that is not known
			  */

	/* Connections of nginx to the applications that are named, each for one client; where that
	 * is not sure, `low` is 0. Not accepted; accepted and not answered; with an answer that has
	 * begun; the two last together; all together. */
	struct within queued, in_service, streaming, served, app;
	/* At a guess: at least so many of these. 0: nothing is told. */
	double likely_queued, likely_in_service, likely_streaming, likely_app;
	double likely_clients; /* connections that the application is at work for: over HTTP/2 one
				* may have many requests. 0: nothing is told */
	double likely_closed;  /* half-closed clients that the application is at work for */
	bool trusts_served;    /* group->served is a proof */
	bool may_pipeline;     /* a client whose answer is there may have another request in work */

	bool has_info;              /* else everything that talks is ambiguous, the silent, too */
	bool silent_is_reading;     /* nginx before 1.3.14 */
	bool lingering_waits;       /* since 1.19.7: lingering clients are in `waiting`, too ... */
	bool lingering_may_wait;    /* ... or the version is not known */
	bool http2_may_count_twice; /* 1.9.5 to 1.19.6: in `waiting` with their first requests, too
				     */
	bool may_be_foreign;        /* another nginx has the same listeners */
	bool may_multiplex;         /* a listener carries HTTP/2, whether a client is there or not */
	bool may_keep_aside; /* since 1.27.4 (keepalive_min_timeout): idle, and only active */
};

struct lines {
	struct within held[HELD_MAX];
	bool doubts_apps; /* what is said of applications contradicts the rest, and was left out */
	double likely[HELD_MAX]; /* within these; they add up to the total, which is within `active`
				  */
};

/* False when the numbers contradict each other. */
bool lines_find(struct lines *ret, const struct lines_question *question) MUST_CHECK NONNULL;

#endif
