/* SPDX-License-Identifier: MIT */
/* listen_unix.h - the part of listen.h that is about unix sockets: "unix:/path". */
#ifndef CONNLEDGER_EXPORTER_LISTEN_UNIX_H
#define CONNLEDGER_EXPORTER_LISTEN_UNIX_H

#include <sys/socket.h>

#include "listen.h"

#define LISTEN_UNIX_PREFIX "unix:"

/* All take the whole text, with the prefix. */
bool listen_unix_check(const char *address, struct err *err) MUST_CHECK NONNULL;
bool listen_unix(struct exporter_listener *ret, const char *address, mode_t mode,
		 struct err *err) MUST_CHECK NONNULL;

/* Writes "unix:/path" for a socket that was given. */
void listen_unix_describe(char address[EXPORTER_ADDRESS_MAX], const struct sockaddr_storage *addr,
			  socklen_t len) NONNULL;

/* Removes the file if it is still the one that was made. */
void listen_unix_remove(const struct exporter_listener *listener) NONNULL;

#endif
