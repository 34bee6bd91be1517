/* SPDX-License-Identifier: MIT */
/*
 * sockets_message.h - reads the bytes that NETLINK_SOCK_DIAG sends: a walk over the messages of one
 * answer, and one message to one socket. Pure: no system call, and any bytes at all are safe. Only
 * sockets*.c use it.
 */
#ifndef CONNLEDGER_SOCKETS_MESSAGE_H
#define CONNLEDGER_SOCKETS_MESSAGE_H

#include "sockets.h"

enum walk_state {
	WALK_MORE, /* the next answer goes on */
	WALK_DONE, /* the kernel has said that this was all */
	WALK_BAD,  /* bytes that are no netlink messages */
};

/* What is left of one answer. Begin with `rest` and `sequence` set, all else zero. */
struct message_walk {
	struct str rest;
	uint32_t sequence; /* of the question; messages to another one are passed over */
	enum walk_state state;
	bool interrupted; /* the kernel's tables changed meanwhile: the dump has holes */
	int error;        /* the kernel's errno with WALK_DONE; 0: none */
};

/* The body of the next message about a socket. False when there is none: see `state`. */
bool message_next(struct message_walk *walk, struct str *ret) MUST_CHECK NONNULL;

/* The body (struct inet_diag_msg and its attributes) as a TCP socket. False when it is too short,
 * or of another address family. */
bool message_tcp(struct str body, struct socket *ret) MUST_CHECK NONNULL;

/* The body (struct unix_diag_msg and its attributes) as a unix socket. False as above. `listener`,
 * unless NULL, gets the uid. */
bool message_unix(struct str body, struct unix_socket *ret, struct listener *listener) MUST_CHECK
	NONNULL_ARGS(2);

/* The inode of the client's end of the i-th connection that waits at this unix socket, 0 when that
 * client has left. False when there are not so many, or the kernel does not say. */
bool message_unix_waiting(struct str body, size_t i, uint32_t *inode) MUST_CHECK NONNULL;

/* The body as somebody who listens. */
bool message_listener(struct str body, enum listener_kind kind,
		      struct listener *ret) MUST_CHECK NONNULL;

#endif
