/* SPDX-License-Identifier: MIT */
/*
 * sockets_store.h - room for one more socket: the arrays of socket.h and sockets.h grow by doubling
 * and keep their memory from one dump to the next. Only sockets*.c use it.
 */
#ifndef CONNLEDGER_SOCKETS_STORE_H
#define CONNLEDGER_SOCKETS_STORE_H

#include "sockets.h"

/* A place behind the last one, its content not set; it counts once the caller raises the length.
 * NULL, with `err` filled, when the ceiling is reached or memory is out. */
struct socket *sockets_room(struct sockets *sockets, struct err *err) NONNULL;
struct unix_socket *sockets_unix_room(struct sockets *sockets, struct err *err) NONNULL;
struct listener *listeners_room(struct listeners *listeners, struct err *err) NONNULL;

/* Sets `peer_uid` of each unix socket whose other end is in the list, and takes those without a
 * name off the list. Changes the order. */
void sockets_join_ends(struct sockets *sockets) NONNULL;

/* Whether the reader's deadline is still to come; false with ERR_TIMEOUT. */
bool sockets_have_time(const struct sockets_reader *reader, struct err *err) MUST_CHECK NONNULL;

#endif
