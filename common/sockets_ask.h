/* SPDX-License-Identifier: MIT */
/*
 * sockets_ask.h - one question to NETLINK_SOCK_DIAG: sent, and its answer read to the end, message
 * by message. Knows nothing of what the messages say. Only sockets_netlink.c and sockets.c use it.
 */
#ifndef CONNLEDGER_SOCKETS_ASK_H
#define CONNLEDGER_SOCKETS_ASK_H

#include <linux/netlink.h>

#include "sockets.h"

enum netlink_result {
	NETLINK_OK,
	NETLINK_ABSENT, /* this kernel, or a sandbox, has no netlink for these sockets: read /proc
			 */
	NETLINK_FAILED, /* `err` says why */
};

/* A question, and what is done with each body of the answer. */
struct netlink_question {
	const void *bytes;
	size_t len;
	bool is_dump; /* the answer ends with NLMSG_DONE, not with its first message */
	bool (*take)(void *ctx, struct str body, struct err *err); /* false: stop, `err` says why */
	void (*restart)(void *ctx); /* forgets what was taken: it had holes */
	void *ctx;
};

/* A netlink socket, or -1 when it is refused. */
int netlink_open(void);

/* The header of the next question, `len` bytes with the header. */
struct nlmsghdr netlink_head(struct sockets_reader *reader, size_t len, bool is_dump) NONNULL;

/* Asks, again and again while the answer has holes. A question that is no dump and finds nothing is
 * NETLINK_OK without a call of `take`. */
enum netlink_result netlink_ask(struct sockets_reader *reader,
				const struct netlink_question *question,
				struct err *err) MUST_CHECK NONNULL;

#endif
