/* SPDX-License-Identifier: MIT */
/*
 * lines.h - on which lines of the ledger the connections of one look are, each within bounds. Pure.
 *
 * The kernel knows of each connection what it looks like from outside (enum client_class), nginx
 * only how many are reading, writing, waiting. Which connection is in which of nginx's states is
 * not known; but a class has only some states (the table in lines.c), and the numbers have to add
 * up. So a line has at least as many connections as in the assignment that puts fewest on it, and at
 * most as many as in the one that puts most on it. Nothing asks this yet: ledger.c is going to.
 */
#ifndef CONNLEDGER_LINES_H
#define CONNLEDGER_LINES_H

#include "ledger.h"

/* A number of connections that is known within two bounds, both included. */
struct within {
	double low, high;
};

/* What a listener may carry, by nginx's configuration; where that is not known, all of them. */
enum {
	LINES_HTTP1 = 1 << 0,
	LINES_TLS = 1 << 1,
	LINES_HTTP2 = 1 << 2,
	LINES_STREAM = 1 << 3, /* or mail: connections that are only active */
	LINES_ANY = LINES_HTTP1 | LINES_TLS | LINES_HTTP2 | LINES_STREAM,
	LINES_GROUPS_MAX = 4,
};

/* The connections that nginx has accepted on listeners of one kind. */
struct lines_group {
	unsigned ways; /* LINES_HTTP1 ... */
	double count[CLIENT_CLASS_MAX];
};

struct lines_question {
	struct lines_group group[LINES_GROUPS_MAX];
	size_t groups;

	/* What nginx counts, without the reader's own connections. */
	struct within active, reading, writing, waiting;
	struct within phantom; /* of those that only nginx counts; high may be FLOW_UNITS_MAX */

	/* Connections of nginx to the applications that are named, each for one client; where that
	 * is not sure, `low` is 0. */
	struct within queued, in_service, streaming;
	bool may_pipeline; /* a client whose answer is there may have another request in work */

	bool has_info;              /* else everything that talks is ambiguous, the silent, too */
	bool silent_is_reading;     /* nginx before 1.3.14 */
	bool lingering_waits;       /* since 1.19.7: lingering clients are in `waiting`, too ... */
	bool lingering_may_wait;    /* ... or the version is not known */
	bool http2_may_count_twice; /* 1.9.5 to 1.19.6: in `waiting` with their first requests, too
				     */
	bool may_keep_aside; /* since 1.27.4 (keepalive_min_timeout): idle, and only active */
};

struct lines {
	struct within held[HELD_MAX];
	double likely[HELD_MAX]; /* within these; they add up to the total, which is within `active`
				  */
};

/* False when the numbers contradict each other. */
bool lines_find(struct lines *ret, const struct lines_question *question) MUST_CHECK NONNULL;

#endif
