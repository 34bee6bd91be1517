/* SPDX-License-Identifier: MIT */
/*
 * listen.h - listening sockets from texts such as ":9113", "127.0.0.1:9113", "[::1]:9113",
 * "localhost:9113" or "unix:/run/exporter.sock". Without a host both IPv6 and IPv4 are served,
 * where the machine has both.
 */
#ifndef CONNLEDGER_LISTEN_H
#define CONNLEDGER_LISTEN_H

#include <sys/types.h>

#include "err.h"
#include "str.h"

enum { EXPORTER_ADDRESS_MAX = 300 };

struct exporter_listener {
	int fd;
	char address[EXPORTER_ADDRESS_MAX]; /* what it has got, with the port that the system chose
					     * if 0 was asked for */
	bool is_file;  /* a unix socket that was made here: `device` and `inode` are its file's */
	bool is_given; /* it belongs to whoever started this process, too */
	dev_t device;
	ino_t inode;
};

/* Opens a listening socket, close-on-exec and non-blocking. A unix socket's file gets `mode`; a
 * file that a dead process has left is replaced, one whose process lives is an error, and so is
 * anything that is no socket. False with ERR_USAGE, ERR_RESOLVE or a system error. */
bool exporter_listen(struct exporter_listener *ret, const char *address, mode_t mode,
		     struct err *err) MUST_CHECK NONNULL;

/* Takes a socket that the process was started with and that listens already. False, with the
 * descriptor untouched, when it is no such socket. */
bool exporter_listen_given(struct exporter_listener *ret, int fd,
			   struct err *err) MUST_CHECK NONNULL;

/* Removes the file of a unix socket, unless somebody has put another one in its place; whoever
 * connects from now on is refused. The descriptor stays open. A given socket is left alone: whoever
 * connects waits there for the next process. */
void exporter_listener_end(struct exporter_listener *listener) NONNULL;

/* Splits host:port; `host` is "" when there is none. Pure. */
bool exporter_address_parse(const char *address, char host[EXPORTER_ADDRESS_MAX],
			    char port[sizeof("65535")], struct err *err) MUST_CHECK NONNULL;

/* Whether an address can be listened at, as far as its text goes. Pure. */
bool exporter_address_check(const char *address, struct err *err) MUST_CHECK NONNULL;

#endif
