/* SPDX-License-Identifier: MIT */
/*
 * resolve.h - a host name's addresses without blocking the caller: a descriptor to poll on, an
 * answer when it is readable. getaddrinfo() runs in a thread of its own, so that a name server that
 * hangs costs the caller its deadline and nothing more. How many there are at a time is
 * resolver.h's affair.
 */
#ifndef CONNLEDGER_RESOLVE_H
#define CONNLEDGER_RESOLVE_H

#include <sys/socket.h>

#include "err.h"
#include "fetch.h"

struct resolve;

struct resolve_address {
	struct sockaddr_storage addr;
	socklen_t len;
};

/* A lookup of `host`. An address in digits and "localhost" take no thread: their answer is there at
 * once, and there is nothing to begin. NULL with `err` filled when memory is out. */
struct resolve *resolve_new(const char *host, enum fetch_ip ip, struct err *err) NONNULL;

/* Begins it, once, unless it is ready. False with `err` filled when it cannot begin. */
bool resolve_begin(struct resolve *resolve, struct err *err) MUST_CHECK NONNULL;

/* Whether the name is always this host's own, whatever /etc/hosts or a name server say. */
bool resolve_is_localhost(const char *host) MUST_CHECK NONNULL;

/* The addresses of a unix socket, "@name" for an abstract one, in the order to try them: uWSGI
 * binds "\0name\0", where the trailing NUL is part of the name; others do not. Returns how many, 1
 * or 2.
 */
size_t resolve_unix(const char *path, struct resolve_address *ret) NONNULL;

/* Becomes readable when the answer is there; stays open until resolve_free(). -1 when the answer
 * was there from the start. */
int resolve_fd(const struct resolve *resolve) NONNULL;

/* Whether the answer is there. */
bool resolve_ready(const struct resolve *resolve) NONNULL;

/* Copies at most `max` addresses with this port, in the order to try them, and returns how many. 0
 * with ERR_RESOLVE when the name has none. Only after resolve_ready(). */
size_t resolve_answer(const struct resolve *resolve, uint16_t port, struct resolve_address *ret,
		      size_t max, struct err *err) MUST_CHECK NONNULL;

/* What it looks for; lives as long as it does. */
const char *resolve_host(const struct resolve *resolve) NONNULL;
enum fetch_ip resolve_ip(const struct resolve *resolve) NONNULL;
bool resolve_is_for(const struct resolve *resolve, const char *host, enum fetch_ip ip) NONNULL;
/* A number for it. */
uint32_t resolve_hash(const struct resolve *resolve) NONNULL;

void resolve_set_port(struct resolve_address *address, uint16_t port) NONNULL;

/* One owner more, who frees it too. */
struct resolve *resolve_share(struct resolve *resolve) NONNULL;

/* Once, by whoever began it: waits for the last moments of a thread that has its answer; one that
 * still waits for a name server is left alone, and frees what is left when it returns. */
void resolve_end(struct resolve *resolve) NONNULL;

/* Drops it, ready or not. Accepts NULL. */
void resolve_free(struct resolve *resolve);

#endif
