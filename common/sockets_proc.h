/* SPDX-License-Identifier: MIT */
/*
 * sockets_proc.h - reads the kernel's sockets from PROC/PID/net, line by line. Knows less than
 * netlink: see socket.h. Only sockets.c uses it.
 */
#ifndef CONNLEDGER_SOCKETS_PROC_H
#define CONNLEDGER_SOCKETS_PROC_H

#include "sockets.h"

/* Whether there is something to read. */
bool proc_check(const struct sockets_reader *reader, struct err *err) MUST_CHECK NONNULL;

/* Add the sockets that the filter wants. */
bool proc_tcp(const struct sockets_reader *reader, const struct sockets_filter *filter,
	      struct sockets *sockets, struct err *err) MUST_CHECK NONNULL;
bool proc_unix(const struct sockets_reader *reader, const struct sockets_filter *filter,
	       struct sockets *sockets, struct err *err) MUST_CHECK NONNULL;

/* Adds everybody who listens, of one kind. */
bool proc_listening(const struct sockets_reader *reader, enum listener_kind kind,
		    struct listeners *listeners, struct err *err) MUST_CHECK NONNULL;

#endif
