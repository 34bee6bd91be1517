/* SPDX-License-Identifier: MIT */
/*
 * hint.h - what to do about a server that cannot be read, where Munin's users get lost: sockets
 * that munin-node's sandbox hides, sockets that its user may not use, targets that belong into
 * another variable.
 */
#ifndef CONNLEDGER_MUNIN_HINT_H
#define CONNLEDGER_MUNIN_HINT_H

#include "buf.h"
#include "target.h"

struct munin_hint {
	const char *section; /* of plugin-conf.d: the plugin's file name */
	bool named;          /* the target is the user's, not one that is tried by default */
	enum target_role role;
	const struct target *target;
	const struct err *err; /* why it could not be read */
};

/* Adds the cure as a sentence to follow the error's own text; nothing when that says it all. What
 * is hidden from this process is seen in PROC/self/mountinfo (`proc` is "/proc"; tests have their
 * own). */
void munin_hint_add(const struct munin_hint *hint, const char *proc, struct buf *out) NONNULL;

/* Adds who may use the socket file of the target, who asks, and what to change. */
void munin_hint_add_access(const struct munin_hint *hint, struct buf *out) NONNULL;

#endif
