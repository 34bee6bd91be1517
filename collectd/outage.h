/* SPDX-License-Identifier: MIT */
/*
 * outage.h - when the log has a line about a target that is down: when it goes down, when the
 * reason is another one, each hour that it stays down, and when it is back. Pure; the caller keeps
 * the struct and says what time it is.
 */
#ifndef CONNLEDGER_COLLECTD_OUTAGE_H
#define CONNLEDGER_COLLECTD_OUTAGE_H

#include "watch.h"

enum {
	OUTAGE_STILL_SECONDS = 3600, /* between two lines that say that nothing has changed */
	OUTAGE_REASON_SECONDS = 60,  /* a reason that changes at each read is not told more often */
};

/* A target's outage. A zeroed one has seen nothing. */
struct outage {
	struct watch watch;
	enum err_kind said_kind; /* the reason that was told last */
	double said;             /* when that was, Unix seconds */
	double since;            /* when it went down */
};

enum outage_line {
	OUTAGE_NONE,
	OUTAGE_BEGAN,
	OUTAGE_REASON, /* another reason than was told last */
	OUTAGE_STILL,  /* nothing new, but some time has gone by */
	OUTAGE_OVER,
};

/* What is to be said of the target at `now`, Unix seconds. */
enum outage_line outage_take(struct outage *outage, const struct probe *probe, double now) NONNULL;

#endif
