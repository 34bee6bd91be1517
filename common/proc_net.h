/* SPDX-License-Identifier: MIT */
/*
 * proc_net.h - reads one line of /proc/net/{tcp,tcp6,udp,udp6,unix}. Pure: text in, struct out.
 *
 *     0: 0100007F:1F90 00000000:0000 0A 00000000:00000002 00:00000000 00000000     0        0 2651
 * 1 ... 000000004d2eba69: 00000002 00000000 00010000 0001 01 2651448 /run/app.sock
 */
#ifndef CONNLEDGER_PROC_NET_H
#define CONNLEDGER_PROC_NET_H

#include "socket.h"

/* A line of tcp, tcp6, udp or udp6, without its end. has_info is false, and of a LISTEN socket the
 * backlog is not known. False for anything else, the heading among it. */
bool proc_net_inet(struct str line, struct socket *ret) MUST_CHECK NONNULL;

/* A line of unix. `path` is "" for a socket without a name, `state` is 0 for one that is no stream
 * socket; a connection that has not been accepted is ESTABLISHED with inode 0. A path may hold any
 * byte but NUL, line feeds too: a line that is not understood may be the rest of one. */
bool proc_net_unix(struct str line, struct unix_socket *ret) MUST_CHECK NONNULL;

#endif
