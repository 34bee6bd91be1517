/* SPDX-License-Identifier: MIT */
/*
 * guard.h - who is connected, what each is doing and since when, and whose connection must end: the
 * slow, those that are in the way of others, and those whose reading keeps too much memory alive.
 * Pure: knows no socket, is told the time, and only names who has to go. Not safe from several
 * threads: who uses it has a lock.
 *
 * A deadline holds for all that a client asks in one go. A client that asks again at once, or has
 * asked for several answers beforehand, goes on with the time that its earlier answers have left.
 */
#ifndef CONNLEDGER_EXPORTER_GUARD_H
#define CONNLEDGER_EXPORTER_GUARD_H

#include <stdbool.h>
#include <stdint.h>

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

enum {
	GUARD_LOOK = 64,
	GUARD_LEAVING = 8, /* one for so many clients may have been named and not have left yet */
};

/* A client that has come or asked less long ago does not have to make room. */
#define GUARD_YOUNG_SECONDS 0.5
/* How fast a client reads is judged after so long; until then it counts as fast. */
#define GUARD_JUDGED_SECONDS 1.0
/* An answer that is taken sooner costs the client nothing of its time for answers. */
#define GUARD_PROMPT_SECONDS 0.1
/* A client that has asked nothing for so long has all of that time again. */
#define GUARD_REST_SECONDS 1.0

/* Lives in the memory of whoever serves the client. */
struct guard_client {
	struct guard_client *older; /* of the same phase */
	struct guard_client *newer;
	enum guard_phase phase;
	enum guard_phase cut_from; /* with GUARD_CUT: what it was doing */
	double since;   /* seconds on the guard's clock: when the phase began; with GUARD_TAKING
			 * earlier, by what its answers have taken before */
	double spent;   /* that is how long */
	uint64_t taken; /* bytes that it had taken when the first of them began */
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
	/* How many bytes a client has taken since it came. Asked seldom, and of few. */
	uint64_t (*taken)(const struct guard_client *client);
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

/* Whether there is room for one more client, or one that can make it. False: all wait for answers
 * or have just come, or too many that were named have not left yet, and the next one should be let
 * in a little later. */
bool guard_has_room(const struct guard *guard, double now) MUST_CHECK NONNULL;

/* Takes a client in, as GUARD_ASKING; its address is set. */
void guard_enter(struct guard *guard, struct guard_client *client, double now) NONNULL;

/* Names the next one that has to make room for `client`, which has just come in: of its own address
 * while that has more than its share, then of all while there are too many. First those who idle,
 * the longest first. Then, of the GUARD_LOOK that have been asking or reading for the longest time,
 * the one that has taken the fewest bytes a second. Never one that waits for an answer, and never
 * one that has just come. NULL: there is room, or no client can make it. */
struct guard_client *guard_crowded(struct guard *guard, const struct guard_client *client,
				   double now) NONNULL;

/* Names the next one that has to go because there are too many, as after the limit has fallen.
 * NULL: there are not, or none can go. */
struct guard_client *guard_surplus(struct guard *guard, double now) NONNULL;

/* Names the one that would have to make room next, whether or not there are too many. */
struct guard_client *guard_relieve(struct guard *guard, double now) NONNULL;

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
