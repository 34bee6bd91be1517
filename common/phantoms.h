/* SPDX-License-Identifier: MIT */
/*
 * phantoms.h - how many connections nginx counts that nobody has. Pure.
 *
 * What nginx counts less what the kernel has on nginx's listeners is the gap, and the gap is not
 * yet the number of phantoms:
 *
 *   gap = phantoms + unnoticed - early
 *
 * Unnoticed are clients that have reset their connection: the kernel forgets it at once, nginx when
 * the worker runs next and has an interest in that client. Early are connections that a worker has
 * just accepted and not yet counted, or has just stopped to count and not yet closed. Both are
 * there for a moment and then not, while phantoms come when a worker dies and stay until nginx is
 * started anew. So a look gives bounds; some looks prove more, and what was proved is remembered.
 */
#ifndef CONNLEDGER_PHANTOMS_H
#define CONNLEDGER_PHANTOMS_H

#include "compiler.h"

#include <stdbool.h>

/* Seconds. */
#define PHANTOMS_APART       0.1 /* two looks are two, and not one moment */
#define PHANTOMS_SOON        0.2 /* how long a gap must have lasted when a worker has ended ... */
#define PHANTOMS_LATE        600 /* ... and when there is no such cause */
#define PHANTOMS_LOOKS       4   /* that many looks must have shown it meanwhile */
#define PHANTOMS_CAUSE_LASTS 900 /* a worker has ended: so long ago at most */

/* What one look at nginx and the kernel shows. */
struct phantoms_look {
	double time;    /* Unix seconds */
	double handled; /* nginx's counter */
	double low,
		high; /* the gap, in the moment of the dump, is within these; the same when nothing
		       * was opened or closed between the two readings of nginx's page */
	double unlisted;  /* at most so many of the gap have a socket on a listener that is not
			   * known:  they are no phantoms. NOT_KNOWN */
	double unnoticed; /* at most so many; NOT_KNOWN */
	double early;     /* at most so many; NOT_KNOWN */
	bool is_held; /* workers stand still, or have listeners that are gone: looks agree for as
		       * long as that lasts */
	bool is_deaf; /* nginx may keep a client that has gone for as long as its request lasts */
};

/* Which nginx it is. */
struct phantoms_nginx {
	bool is_known;     /* the two below */
	double processes;  /* another number whenever a process of it has ended or been added */
	double master_pid; /* another number when it was started anew */
	bool is_respawned; /* one of its workers is younger than the others */
};

/* What was found out before. Plain numbers, which the caller keeps between two scrapes; zeroed:
 * nothing. NOT_KNOWN where nothing is said. */
struct phantoms_memory {
	double processes;  /* 0: nothing is remembered */
	double master_pid; /* where to look for nginx the next time, too */
	double handled;    /* nginx has had so many connections: with fewer it was started anew */
	double low, high;  /* the phantoms are within these; high NOT_KNOWN: no bound */
	double changed;    /* when a process ended or was added; 0: not seen */
	double seen, seen_at; /* the gap of the last look that was still, and when that was */
	/* The least gap of the `looks` since `since`, and that of the ones before them. */
	double since, looks, least, least_before;
};

/* The one of two memories that knows more of this nginx; `a` if that is the same. */
const struct phantoms_memory *phantoms_better(const struct phantoms_memory *a,
					      const struct phantoms_memory *b,
					      const struct phantoms_nginx *nginx) NONNULL;

/* Takes one look into `memory`, which is then about `nginx`. Looks come in the order of time. */
void phantoms_take(struct phantoms_memory *memory, const struct phantoms_nginx *nginx,
		   const struct phantoms_look *look) NONNULL;

#endif
