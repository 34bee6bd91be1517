/* SPDX-License-Identifier: MIT */
/*
 * discover.h - looks for status pages where they usually are, for autoconf and suggest: all places
 * side by side, in one fetch. Finding nothing is an answer, not an error.
 */
#ifndef CONNLEDGER_MUNIN_DISCOVER_H
#define CONNLEDGER_MUNIN_DISCOVER_H

#include "target.h"

enum {
	MUNIN_DISCOVER_MS = 2000, /* munin-node-configure runs every plugin one after the other */
	MUNIN_PLACES_MAX = 32,
};

struct munin_place {
	enum target_role role;
	struct target target;
	bool found; /* a status page of the right kind is there */
};

struct munin_places {
	struct munin_place place[MUNIN_PLACES_MAX];
	size_t len;
};

/* What was looked at, for people. */
#define MUNIN_PLACES_NGINX                                                                         \
	"/nginx_status /stub_status /basic_status /status of http://127.0.0.1 and http://[::1]"
#define MUNIN_PLACES_UWSGI "127.0.0.1:1717, 127.0.0.1:9191 and sockets /run/uwsgi/*stats*"

/* Fills `places` with the usual places, the ones with an answer marked. Of `socket_dir` the sockets
 * whose names hold "stats" are looked at. False when memory is out. End it with munin_places_free()
 * either way. */
bool munin_discover(struct munin_places *places, const char *socket_dir,
		    struct err *err) MUST_CHECK NONNULL;

/* The first place of `role` that was found; NULL when there is none. */
const struct munin_place *munin_places_first(const struct munin_places *places,
					     enum target_role role) NONNULL;

/* Accepts a zeroed one. */
void munin_places_free(struct munin_places *places) NONNULL;

#endif
