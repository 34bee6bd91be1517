/* SPDX-License-Identifier: MIT */
/*
 * state.h - a small file that a one-shot program keeps between its runs. Safe in a directory that
 * others can write: one folder per uid (0700, must be ours), files 0600, O_NOFOLLOW, locked while a
 * program reads and replaces, replaced by rename so that a reader never sees half a file.
 */
#ifndef CONNLEDGER_STATE_H
#define CONNLEDGER_STATE_H

#include "buf.h"
#include "err.h"

enum { STATE_BYTES_MAX = 64 * 1024 };

struct state {
	int dir_fd;      /* the uid's own folder, -1 when closed */
	int lock_fd;     /* the lock file, -1 when closed */
	char name[96];   /* file name made of program and key */
};

/* Opens DIR/connledger-<uid>/ (made when missing; DIR itself too, when its parent exists) and locks the state of
 * `program` for `key` (a target's name and the like, any bytes: it is hashed). Waits at most
 * `wait_ms` for another run. False: ERR_ACCESS, ERR_TIMEOUT or ERR_SYSTEM, with the path in the text. */
bool state_open(struct state *state, const char *dir, const char *program, struct str key,
		unsigned wait_ms, struct err *err) MUST_CHECK NONNULL;

/* Reads the file into `out` (emptied first). A missing file is an empty answer, not an error. So is
 * one that is too long, a link or linked, no regular file, or another user's: it is renamed to
 * NAME.aside, and `err` says so though the result is true. */
bool state_read(struct state *state, struct buf *out, struct err *err) MUST_CHECK NONNULL;

/* Replaces the file by `bytes`. */
bool state_write(struct state *state, struct str bytes, struct err *err) MUST_CHECK NONNULL;

/* Unlocks and closes. Accepts one whose state_open() failed. */
void state_close(struct state *state) NONNULL;

#endif
