/* SPDX-License-Identifier: MIT */
/*
 * sockets_netlink.h - asks the kernel for sockets over NETLINK_SOCK_DIAG. Only sockets.c uses it.
 */
#ifndef CONNLEDGER_SOCKETS_NETLINK_H
#define CONNLEDGER_SOCKETS_NETLINK_H

#include "sockets_ask.h"

/* Adds the TCP sockets that the filter wants, both families. */
enum netlink_result netlink_tcp(struct sockets_reader *reader, const struct sockets_filter *filter,
				struct sockets *sockets, struct err *err) MUST_CHECK NONNULL;

/* Adds the unix sockets that the filter wants. */
enum netlink_result netlink_unix(struct sockets_reader *reader, const struct sockets_filter *filter,
				 struct sockets *sockets, struct err *err) MUST_CHECK NONNULL;

/* See sockets_find(). */
enum netlink_result netlink_find(struct sockets_reader *reader, const struct endpoint *local,
				 const struct endpoint *remote, struct socket *ret,
				 struct err *err) MUST_CHECK NONNULL;

/* Adds everybody who listens, of one kind. */
enum netlink_result netlink_listening(struct sockets_reader *reader, enum listener_kind kind,
				      struct listeners *listeners,
				      struct err *err) MUST_CHECK NONNULL;

#endif
