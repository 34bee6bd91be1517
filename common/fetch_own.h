/* SPDX-License-Identifier: MIT */
/*
 * fetch_own.h - the connections to status pages that this process has now: nginx counts them, and
 * the kernel lists them, as if they were clients, so whoever counts clients must know them. They
 * are known by both ends, whichever thread has them, until they are closed, and for a moment
 * longer: nginx takes notice a little later. The caller's own, one for a process, borrowed by every
 * fetch_keep of it; safe from several threads.
 */
#ifndef CONNLEDGER_FETCH_OWN_H
#define CONNLEDGER_FETCH_OWN_H

#include <pthread.h>
#include <stdint.h>

#include "fetch_ends.h"

/* So long nobody else can have the port of a connection that this process has closed (on loopback
 * the kernel gives it away after a second: net.ipv4.tcp_tw_reuse). */
#define FETCH_OWN_CLOSED_SECONDS 0.9

struct fetch_own_connection {
	struct fetch_ends ends;
	int fd;         /* -1: closed */
	bool is_idle;   /* its last answer has come whole, and nothing has been asked since ... */
	uint64_t since; /* ... this moment; otherwise: since when it is being asked over */
};

struct fetch_own_closed {
	struct fetch_own_connection connection;
	double time; /* CLOCK_MONOTONIC seconds */
};

/* A zeroed one with its lock initialised is empty. */
struct fetch_own {
	pthread_mutex_t lock;
	struct fetch_own_connection *item; /* at the place of its descriptor; since 0: none */
	size_t cap;
	struct fetch_own_closed *closed; /* over TCP, a moment ago, the oldest one first */
	size_t closed_len, closed_cap;
	uint64_t moment; /* how often anything has changed */
};

void fetch_own_init(struct fetch_own *own) NONNULL;
/* Nobody may use it any more. */
void fetch_own_free(struct fetch_own *own) NONNULL;

/* A connection `fd` is about to be made. Does as fetch_own_note(), which is for one that is known.
 */
void fetch_own_add(struct fetch_own *own, int fd);
/* Connection `fd`, which is open, is being asked over from now on, or idle. Does nothing without
 * `own`; without memory the connection is not known. */
void fetch_own_note(struct fetch_own *own, int fd, bool is_idle);
/* Just before `fd` is closed. Does nothing without `own`, or for one that is not known. */
void fetch_own_forget(struct fetch_own *own, int fd);

/* Now, as in `since`: what changes from here on has a larger one. 0 without `own`. */
uint64_t fetch_own_moment(struct fetch_own *own);

/* Copies all of them, and those that have just been closed, to `*ret`, which the caller frees. NULL
 * without `own`, or where memory is out (err_own_seen()): there are none then. */
size_t fetch_own_list(struct fetch_own *own, struct fetch_own_connection **ret) NONNULL_ARGS(2);

/* Whether `was`, out of a list, is idle and has been ever since. */
bool fetch_own_is_still_idle(struct fetch_own *own, const struct fetch_own_connection *was) NONNULL;

#endif
