/* SPDX-License-Identifier: MIT */
/*
 * discover.h - looks for status pages where they usually are, and where the servers of this host
 * listen, for autoconf and suggest: all places side by side, in one fetch. Finding nothing is an
 * answer, not an error.
 */
#ifndef CONNLEDGER_MUNIN_DISCOVER_H
#define CONNLEDGER_MUNIN_DISCOVER_H

#include "nearby.h"
#include "target.h"

enum {
	MUNIN_DISCOVER_MS = 1800, /* munin-node-configure runs every plugin one after the other */
	MUNIN_PLACES_MAX = 256,
};

struct munin_place {
	enum target_role role;
	struct target target;
	uint64_t server; /* the same for all pages of one nginx: they show the same numbers */
	bool found;      /* a status page of the right kind is there */
	struct err err;  /* why it is not found */
};

struct munin_places {
	struct munin_place *place;
	size_t len;
	struct nearby nearby; /* where nginx was seen to listen, besides */
};

/* What was looked at, for people. */
#define MUNIN_PLACES_NGINX                                                                         \
	"/nginx_status /stub_status /basic_status /status of http://127.0.0.1 and http://[::1], "  \
	"port 8060 too"
#define MUNIN_PLACES_UWSGI "127.0.0.1:1717, 127.0.0.1:9191 and sockets in /run/uwsgi called *stats*"

/* Fills `places` with the usual places, the ones with an answer marked. In `socket_dir` and two
 * levels of folders below it the sockets whose names hold "stats" are looked at. False when memory
 * is out. End it with munin_places_free() either way. */
bool munin_discover(struct munin_places *places, const char *socket_dir,
		    struct err *err) MUST_CHECK NONNULL;

/* The first place of `role` that was found; NULL when there is none. */
const struct munin_place *munin_places_first(const struct munin_places *places,
					     enum target_role role) NONNULL;

/* A server that is there and keeps this user out: why, or NULL. */
const struct munin_place *munin_places_closed(const struct munin_places *places) NONNULL;

/* Accepts a zeroed one. */
void munin_places_free(struct munin_places *places) NONNULL;

#endif
