/* SPDX-License-Identifier: MIT */
/*
 * findings.h - what is wrong, in plain words, with the numbers that show it and the directive that
 * mends it. Pure: a scrape and what went before it in, findings out.
 */
#ifndef CONNLEDGER_FINDINGS_H
#define CONNLEDGER_FINDINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "compiler.h"

struct scrape;
struct history;

/* In the order in which a person should read those of one severity: what hurts visitors now, what
 * will, and what is only wrong. */
enum finding_kind {
	FINDING_NGINX_DOWN,
	FINDING_UWSGI_DOWN,
	FINDING_WORKER_CONNECTIONS_EXHAUSTED,
	FINDING_ACCEPT_QUEUE_FULL,
	FINDING_APP_QUEUE_OVERFLOW,
	FINDING_CONNECTIONS_DROPPED,
	FINDING_WORKER_BLOCKED,
	FINDING_APP_SATURATED,
	FINDING_APP_QUEUE_GROWING,
	FINDING_HARAKIRI,
	FINDING_EXCEPTIONS,
	FINDING_ORPHANED_WORK,
	FINDING_SLOW_CLIENTS,
	FINDING_SLOW_HEADERS,
	FINDING_LEAKING_CONNECTIONS,
	FINDING_TWO_MASTERS,
	FINDING_WORKER_RESPAWNS,
	FINDING_OLD_WORKERS_DRAINING,
	FINDING_PHANTOM_COUNTERS,
	FINDING_WORKER_CRASHED,
	FINDING_KNOWN_DEFECT,
	FINDING_KIND_MAX,
};

enum finding_severity { SEVERITY_INFO, SEVERITY_WARNING, SEVERITY_CRITICAL };

/* The texts are one line of printable ASCII each, whole sentences with their full stop: joined by a
 * blank they read as a paragraph. Names of sockets and targets stand in them: escape them as any
 * text. */
struct finding {
	unsigned kind;             /* enum finding_kind */
	unsigned severity;         /* enum finding_severity */
	const char *name;          /* "phantom_counters" */
	const char *severity_name; /* "warning" */
	const char *what;          /* what is wrong */
	const char *evidence;      /* the numbers that show it */
	const char *advice;        /* what to do, with the directive by name */
	uint64_t present;          /* 1: for encoders that want a number */
};

/* Fills `ret` (emptied first) with struct finding, at most one of each kind, the worst
 * severity first and then in the order above; texts go into `arena`. `history` NULL: only what this
 * scrape alone shows. False when memory is out. */
bool findings_make(struct list *ret, struct arena *arena, const struct scrape *scrape,
		   const struct history *history) MUST_CHECK NONNULL_ARGS(1, 2, 3);

const char *finding_name(enum finding_kind kind);
const char *severity_name(enum finding_severity severity);

#endif
