/* SPDX-License-Identifier: MIT */
/* discover_places.h - which places there are to be looked at; see discover.h. Asks nobody. */
#ifndef CONNLEDGER_MUNIN_DISCOVER_PLACES_H
#define CONNLEDGER_MUNIN_DISCOVER_PLACES_H

#include "discover.h"

/* Adds the usual places, those of places->nearby, and the sockets of `socket_dir`: nginx' first,
 * the likeliest first. Each once. */
void munin_places_add(struct munin_places *places, const char *socket_dir) NONNULL;

#endif
