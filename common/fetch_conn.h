/* SPDX-License-Identifier: MIT */
/*
 * fetch_conn.h - one connection over plain sockets, from the name to the end: resolves, connects,
 * sends what there is to send, reads, closes. What is said is known to fetch_plain.c (HTTP) and
 * fetch_raw.c (raw stats sockets). Who waits for which descriptor is fetch_socket.c's affair.
 */
#ifndef CONNLEDGER_FETCH_CONN_H
#define CONNLEDGER_FETCH_CONN_H

#include "fetch_plain.h"
#include "fetch_raw.h"
#include "resolve_names.h"

enum { CONN_READ_BYTES = 64 * 1024 };

enum conn_phase {
	PHASE_IDLE,
	PHASE_RESOLVING, /* or waiting until others have been */
	PHASE_CONNECTING,
	PHASE_QUEUED, /* the listen queue of a unix socket is full; tried again after a while */
	PHASE_TALKING,
};

/* What all connections of a loop share. */
struct conn_home {
	struct resolve_names names;
	int fd_max;   /* no connection may have a higher descriptor ... */
	int keep_max; /* ... and one that is kept, this one */
	char *buffer; /* CONN_READ_BYTES */
};

struct conn {
	struct conn_home *home;
	struct fetch_run_job *run;
	struct fetch_plain *plain; /* NULL for a raw socket */
	struct fetch_raw raw;
	enum conn_phase phase;
	const struct resolve_name *name;
	struct resolve_address *address; /* ADDRESSES_MAX of them, while they are needed */
	size_t address_len;
	size_t address_at; /* the one being tried */
	int fd;
	bool was_kept;    /* it has been used before */
	int errnum;       /* why the address before this one failed */
	size_t slot;      /* fetch_socket.c's: its place among the descriptors of this round */
	double phase_end; /* when to try the next address, or the same one again */
};

/* Begins. The job may end at once, as in what follows. */
void conn_begin(struct conn *conn, struct conn_home *home, struct fetch_run_job *run) NONNULL;

/* What to poll its descriptor for. */
short conn_events(const struct conn *conn) NONNULL;

/* Goes on: `is_ready` when poll() said something of its descriptor. */
void conn_step(struct conn *conn, bool is_ready, double now) NONNULL;

/* Drops it because of its deadline; says so if more is known than that. */
void conn_cancel(struct conn *conn) NONNULL;

#endif
