/* SPDX-License-Identifier: MIT */
/*
 * sockets_filter.h - which sockets are wanted: as a program for the kernel's own filter
 * (INET_DIAG_REQ_BYTECODE), and as tests for what /proc and unix_diag list unasked. Pure. Only
 * sockets*.c use it.
 */
#ifndef CONNLEDGER_SOCKETS_FILTER_H
#define CONNLEDGER_SOCKETS_FILTER_H

#include "sockets.h"

/* Ports first to last, both among them. */
struct port_range {
	uint16_t first;
	uint16_t last;
};

/* Ports in order; neighbours are one range. */
struct port_set {
	struct port_range range[SOCKETS_PORTS_MAX];
	size_t len;
};

enum {
	BYTECODE_RANGE_BYTES = 20, /* of one range */
	BYTECODE_MAX = 2 * SOCKETS_PORTS_MAX * BYTECODE_RANGE_BYTES,
};

/* The set of `len` ports, any order, at most SOCKETS_PORTS_MAX (more are left out). */
void port_set_make(struct port_set *ret, const uint16_t *port, size_t len) NONNULL_ARGS(1);
bool port_set_has(const struct port_set *set, uint16_t port) NONNULL;

/* The ports that a filter asks for. */
void sockets_filter_ports(const struct sockets_filter *filter, struct port_set *local,
			  struct port_set *remote) NONNULL;

/* The program for "local port in `local` or remote port in `remote`", into BYTECODE_MAX bytes at
 * `ret`. Gives its length; 0 for two empty sets, which have no program. */
size_t sockets_bytecode(const struct port_set *local, const struct port_set *remote,
			unsigned char *ret) NONNULL;

/* The name of a unix socket, as the kernel has it (`len` bytes of sun_path), in our form. */
void unix_path_make(char ret[UNIX_PATH_MAX_LEN + 1], const char *name, size_t len) NONNULL;

/* Whether a unix socket is asked for: a stream socket by its path, or every one. */
bool sockets_filter_takes_unix(const struct sockets_filter *filter,
			       const struct unix_socket *socket) NONNULL;

#endif
