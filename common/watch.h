/* SPDX-License-Identifier: MIT */
/*
 * watch.h - tells when something about a target is worth a line in a log: not at each read, but
 * when it goes down, when the reason changes, and when it is back. Pure; the caller keeps the
 * struct.
 */
#ifndef CONNLEDGER_WATCH_H
#define CONNLEDGER_WATCH_H

#include "model.h"

/* What was last said about a target. A zeroed one has seen nothing. */
struct watch {
	bool down;
	enum err_kind kind; /* why */
};

enum watch_event {
	WATCH_SAME,   /* nothing new; a target that is up at first is nothing new either */
	WATCH_DOWN,   /* was up, or is seen for the first time */
	WATCH_REASON, /* is still down, for another reason */
	WATCH_UP,     /* was down */
};

/* What is new since the last call with this `watch`, which is updated. */
enum watch_event watch_probe(struct watch *watch, const struct probe *probe) NONNULL;

#endif
