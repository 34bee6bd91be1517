/* SPDX-License-Identifier: MIT */
/*
 * listen.h - listening sockets from texts such as ":9113", "127.0.0.1:9113", "[::1]:9113" or
 * "localhost:9113". Without a host both IPv6 and IPv4 are served, where the machine has both.
 */
#ifndef CONNLEDGER_LISTEN_H
#define CONNLEDGER_LISTEN_H

#include "err.h"
#include "str.h"

enum { EXPORTER_ADDRESS_MAX = 300 };

/* Opens a listening socket, close-on-exec and non-blocking, and writes the address that it has got,
 * with the port that the system chose if 0 was asked for, to `bound`. -1 with ERR_USAGE,
 * ERR_RESOLVE or a system error. */
int exporter_listen(const char *address, char bound[EXPORTER_ADDRESS_MAX], struct err *err) NONNULL;

/* Splits the text; `host` is "" when there is none. Pure. */
bool exporter_address_parse(const char *address, char host[EXPORTER_ADDRESS_MAX],
			    char port[sizeof("65535")], struct err *err) MUST_CHECK NONNULL;

#endif
