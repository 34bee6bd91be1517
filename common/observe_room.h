/* SPDX-License-Identifier: MIT */
/* observe_room.h - whether an nginx that cuts connections does so for want of room. */
#ifndef CONNLEDGER_OBSERVE_ROOM_H
#define CONNLEDGER_OBSERVE_ROOM_H

#include "scrape.h"

/*
 * If nginx cut the connection that asked for its page before a byte of the answer came: connects to
 * it a few times and says nothing. Who has no room cuts such a connection at once; whoever cuts
 * only what was asked of it (return 444, a PROXY protocol that is missing) waits for a word. True
 * when one was cut; false, too, when that cannot be told, since the listener is a deferred one say.
 * Takes OBSERVE_ROOM_MS at most, unless a name has to be looked up.
 */
enum { OBSERVE_ROOM_MS = 400 };
bool observe_has_no_room(const struct scrape *scrape) NONNULL;

#endif
