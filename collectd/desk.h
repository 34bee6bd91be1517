/* SPDX-License-Identifier: MIT */
/*
 * desk.h - where the daemon's threads meet, each of which reads a site of its own. Those of one
 * nginx look at it together (observe.h): one of them does it for all that wait, once no other is
 * asking its targets, which would disturb what nginx counts; and none begins to ask while one
 * looks. Nobody waits long for that: a target may hang.
 */
#ifndef CONNLEDGER_COLLECTD_DESK_H
#define CONNLEDGER_COLLECTD_DESK_H

#include <pthread.h>

#include "scrape.h"

enum {
	DESK_GATHER_MS = 10, /* so long a site waits until no other is being asked ... */
	DESK_GATE_MS = 20,   /* ... and so long it is not begun to ask one while another looks */
	DESK_SITES_MAX = 64, /* that one thread looks at together */
};

struct desk_seat;

struct desk {
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t news;
	double gather_seconds, gate_seconds;
	struct desk_seat *seat;       /* sites whose targets have ended */
	const struct scrape *finding; /* whose nginx is being found: who may share it waits */
	size_t asking;                /* sites whose targets are being asked */
	size_t looking;               /* observations of this host's own nginx */
	size_t observations;          /* that there have been */
	struct fetch_own own;         /* the plugin's connections to status pages */
};

/* False when memory is out. */
bool desk_init(struct desk *desk) MUST_CHECK NONNULL;
/* When no thread is at it any more, and no connection is left. */
void desk_free(struct desk *desk) NONNULL;

/* Before the targets of a site are asked. desk_observe() or desk_leave() must follow. */
void desk_enter(struct desk *desk) NONNULL;
/* They have ended, and nothing is to be looked at. */
void desk_leave(struct desk *desk) NONNULL;

/* They have ended: makes the ledger, as scrape_observe() does. */
bool desk_observe(struct desk *desk, struct scrape *scrape, double deadline,
		  struct err *err) MUST_CHECK NONNULL;

#endif
