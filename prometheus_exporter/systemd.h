/* SPDX-License-Identifier: MIT */
/*
 * systemd.h - sockets that systemd has opened for this process, and what systemd wants to be told.
 * A few lines of its own instead of libsystemd, which with the libraries that it brings would
 * take more memory than all of the exporter.
 */
#ifndef CONNLEDGER_EXPORTER_SYSTEMD_H
#define CONNLEDGER_EXPORTER_SYSTEMD_H

#include <sys/socket.h>
#include <sys/un.h>

#include "err.h"

enum { SYSTEMD_FIRST_FD = 3, SYSTEMD_FDS_MAX = 16 };

struct systemd {
	int fds;               /* sockets, from SYSTEMD_FIRST_FD on */
	struct sockaddr_un to; /* NOTIFY_SOCKET */
	socklen_t to_len;      /* 0: nobody wants to be told */
};

/* Reads LISTEN_PID, LISTEN_FDS and NOTIFY_SOCKET; `env` looks a variable up, as getenv() does. Who
 * calls this should unset them afterwards, for processes that are started later. Sockets for
 * another process are none. False with ERR_USAGE for what makes no sense. */
bool systemd_read(struct systemd *systemd, const char *(*env)(const char *name),
		  struct err *err) MUST_CHECK;

/* Tells systemd, if it wants to know. Each adds a line for `systemctl status`. */
void systemd_ready(const struct systemd *systemd, const char *status) NONNULL;
void systemd_reloading(const struct systemd *systemd) NONNULL;
void systemd_stopping(const struct systemd *systemd) NONNULL;

#endif
