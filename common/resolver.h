/* SPDX-License-Identifier: MIT */
/*
 * resolver.h - the look-ups of a whole process. getaddrinfo() cannot be interrupted: one that a
 * dead name server holds up keeps its thread and its descriptors for as long as the C library
 * likes, and outlives whoever asked. So there are only so many at a time, however many loops ask
 * for however many names; who asks for a name that is being looked up already shares that look-up;
 * and the last good answer for each name is kept, for when there is no other. Safe from several
 * threads.
 */
#ifndef CONNLEDGER_RESOLVER_H
#define CONNLEDGER_RESOLVER_H

#include "resolve.h"

enum {
	RESOLVER_LOOKUPS_MAX = 8,   /* at a time; a thread and two descriptors each */
	RESOLVER_HANGS_MS = 2000,   /* one that takes longer is taken to hang */
	RESOLVER_ADDRESSES_MAX = 8, /* kept of a name */
	RESOLVER_NAMES_MAX = 4096,  /* kept; then the one that was kept longest ago goes */
};

enum resolver_turn {
	RESOLVER_BEGUN,
	RESOLVER_BUSY,   /* all are taken: ask again */
	RESOLVER_HANG,   /* all are taken by look-ups that hang: ask another time */
	RESOLVER_FAILED, /* the system has no thread or descriptor for it */
};

struct resolver;

/* NULL when memory is out. */
struct resolver *resolver_new(void);
/* Does not wait for what hangs. Accepts NULL. */
void resolver_free(struct resolver *resolver);

/* The one that all loops of this process share; NULL when memory was out for it. */
struct resolver *resolver_of_process(void);
/* Before a plugin ends: ends the threads that have their answers, and forgets all names. No other
 * thread may be at it. */
void resolver_of_process_free(void);

/* Begins the look-up, or puts one that is under way for the same name in its place. `err` is filled
 * with RESOLVER_FAILED. */
enum resolver_turn resolver_begin(struct resolver *resolver, struct resolve **resolve,
				  struct err *err) NONNULL;

/* Takes in the answers that have come: frees their threads. */
void resolver_tidy(struct resolver *resolver) NONNULL;

/* Copies the last good answer for the same name, of at most `max` addresses, with this port. 0:
 * there is none. */
size_t resolver_known(struct resolver *resolver, const struct resolve *resolve, uint16_t port,
		      struct resolve_address *ret, size_t max) NONNULL;

#endif
