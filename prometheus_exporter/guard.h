/* SPDX-License-Identifier: MIT */
/*
 * guard.h - who is connected, what each is doing and since when, and whose connection must end: the
 * slow, the idle that are in the way, and those whose reading keeps too much memory alive. Pure:
 * knows no socket, is told the time, and only names who has to go. Not safe from several threads:
 * who uses it has a lock.
 */
#ifndef CONNLEDGER_EXPORTER_GUARD_H
#define CONNLEDGER_EXPORTER_GUARD_H

#include <stdbool.h>

#include "compiler.h"

enum guard_phase {
	GUARD_ASKING,  /* its request is not whole yet */
	GUARD_WAITING, /* its answer is being made; no deadline, since that has one of its own */
	GUARD_TAKING,  /* it is to read its answer */
	GUARD_IDLE,    /* it has its answer and may ask again */
	GUARD_CUT,     /* it was named, and will leave */
	GUARD_PHASES,
};

enum { GUARD_ADDRESS_LEN = 16 };

/* Lives in the memory of whoever serves the client. */
struct guard_client {
	struct guard_client *older; /* of the same phase */
	struct guard_client *newer;
	enum guard_phase phase;
	enum guard_phase cut_from; /* with GUARD_CUT: what it was doing */
	double since;              /* seconds on the guard's clock */
	bool has_address;
	unsigned char address[GUARD_ADDRESS_LEN]; /* IPv6, or IPv4 mapped into it */
	const struct guard_answer *answer;        /* what it reads or is about to; may be NULL */
};

/* An answer in memory, for which clients share the blame. */
struct guard_answer {
	struct guard_answer *older;
	struct guard_answer *newer;
	size_t bytes;
	bool given_up; /* all of its readers have been named */
};

struct guard_limits {
	double seconds[GUARD_PHASES]; /* in a phase; INFINITY: no limit */
	size_t clients;               /* that are not cut */
	size_t clients_of_address;
	size_t bytes; /* of all answers but the newest */
};

struct guard_list {
	struct guard_client *oldest;
	struct guard_client *newest;
	size_t len;
};

struct guard {
	struct guard_limits limits;
	struct guard_list list[GUARD_PHASES];
	struct guard_answer *oldest;
	struct guard_answer *newest;
	size_t bytes; /* of the answers that are not given up */
};

void guard_init(struct guard *guard, const struct guard_limits *limits) NONNULL;

/* Takes a client in, as GUARD_ASKING; its address is set. Names who has to make room for it: of its
 * own address when that has more than its share, else of all. First those who idle, then those who
 * have not asked yet (the newcomer itself, where all others wait for answers), then those who read;
 * the longest in each. NULL when there is room. */
struct guard_client *guard_enter(struct guard *guard, struct guard_client *client,
				 double now) NONNULL;
/* A phase begins. One that was named stays so. */
void guard_move(struct guard *guard, struct guard_client *client, enum guard_phase phase,
		double now) NONNULL;
void guard_leave(struct guard *guard, struct guard_client *client) NONNULL;

/* Names the next client whose phase lasts too long; NULL: there is none. */
struct guard_client *guard_overdue(struct guard *guard, double now) NONNULL;
/* When guard_overdue() may next find somebody; INFINITY: not as things are. */
double guard_next(const struct guard *guard) NONNULL;

/* An answer of so many bytes is there, until it is dropped. */
void guard_hold(struct guard *guard, struct guard_answer *answer, size_t bytes) NONNULL;
void guard_drop(struct guard *guard, struct guard_answer *answer) NONNULL;
/* Names the next reader of the oldest answer when all answers together are too many bytes; the
 * newest answer is spared. NULL: they are not. */
struct guard_client *guard_overweight(struct guard *guard) NONNULL;

/* How many clients wait for an answer or read one. */
size_t guard_busy(const struct guard *guard) NONNULL;

#endif
