/* SPDX-License-Identifier: MIT */
/*
 * fetch_keep.h - a connection that waits between two fetches of a program that stays: one place for
 * one connection, the caller's own. A one-shot program has none. The page of nginx counts a kept
 * connection as it counts the one that asks for it: once.
 */
#ifndef CONNLEDGER_FETCH_KEEP_H
#define CONNLEDGER_FETCH_KEEP_H

#include <stdatomic.h>

#include "fetch_own.h"

/* Used by several threads at once: whoever takes the connection has it alone. */
struct fetch_keep {
	atomic_int fd;         /* -1: none */
	struct fetch_own *own; /* borrowed: told of what becomes of connections; NULL: nobody is */
};

/* An empty place. `own` is borrowed, and may be NULL. */
void fetch_keep_init(struct fetch_keep *keep, struct fetch_own *own) NONNULL_ARGS(1);
/* Closes what waits there; nobody may use it any more. */
void fetch_keep_free(struct fetch_keep *keep) NONNULL;
/* Takes out a connection that the other side has not closed, or -1. */
int fetch_keep_take(struct fetch_keep *keep) NONNULL;
/* Leaves a connection there, or closes it when the place is taken. */
void fetch_keep_put(struct fetch_keep *keep, int fd) NONNULL;

#endif
