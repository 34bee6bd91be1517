/* SPDX-License-Identifier: MIT */
/* fetch_ends.h - the two ends of the connection that a job was answered over: by them the kernel's
 * sockets are told apart, our own from the clients'. */
#ifndef CONNLEDGER_FETCH_ENDS_H
#define CONNLEDGER_FETCH_ENDS_H

#include "endpoint.h"

struct fetch_ends {
	bool is_tcp;
	bool is_unix;
	struct endpoint ours; /* TCP */
	struct endpoint theirs;
	uint32_t our_inode; /* of our socket, TCP or unix */
};

/* Reads them off a connected socket; all zero when that cannot be done. */
void fetch_ends_read(struct fetch_ends *ends, int fd) NONNULL;

#endif
