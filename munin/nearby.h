/* SPDX-License-Identifier: MIT */
/*
 * nearby.h - where the nginx processes of this host listen, and which unix sockets may be a uWSGI
 * stats server's, as far as the kernel lets this user see it. Connects to nobody.
 */
#ifndef CONNLEDGER_MUNIN_NEARBY_H
#define CONNLEDGER_MUNIN_NEARBY_H

#include "endpoint.h"
#include "socket.h"

enum { NEARBY_PORTS_MAX = 32, NEARBY_PATHS_MAX = 32 };

struct nearby_port {
	struct endpoint at;
	uint32_t master; /* pid: tells one nginx from another */
};

struct nearby {
	struct nearby_port port[NEARBY_PORTS_MAX]; /* nginx's, TCP, in ascending order */
	size_t port_len;
	char path[NEARBY_PATHS_MAX][UNIX_PATH_MAX_LEN + 1]; /* "@name" for abstract ones */
	size_t path_len;
};

/* Fills `nearby`; empty where nothing can be seen. `proc` is "/proc" (tests have their own, which
 * says whose sockets are whose; the sockets are this host's). */
void munin_nearby(struct nearby *nearby, const char *proc) NONNULL;

/* Whether a socket of that name may be a stats server's: it says so. */
bool nearby_is_stats(const char *path) NONNULL;

#endif
