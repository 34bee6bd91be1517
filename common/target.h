/* SPDX-License-Identifier: MIT */
/*
 * target.h - the text that says where a status page is, in the one grammar of all front ends:
 *
 *     http://host[:port]/path   https://host[:port]/path   unix:/run/nginx.sock:/path   (HTTP)
 *     tcp://host:port   host:port   unix:/run/app.stats   unix:@abstract                (raw)
 *
 * "raw" is a uWSGI stats server: it sends its answer at connect and must not be sent a byte.
 * unix:///path is taken as unix:/path. Brackets enclose an IPv6 address: [::1]:1717.
 */
#ifndef CONNLEDGER_TARGET_H
#define CONNLEDGER_TARGET_H

#include <stdint.h>

#include "err.h"
#include "str.h"

enum target_scheme {
	TARGET_HTTP,
	TARGET_HTTPS,
	TARGET_HTTP_UNIX, /* HTTP over a unix socket */
	TARGET_RAW_TCP,
	TARGET_RAW_UNIX,
};

/* Who is to be asked there: a stub_status page is HTTP only, a stats server may be any. */
enum target_role {
	TARGET_NGINX,
	TARGET_UWSGI,
};

enum { TARGET_TEXT_MAX = 1024, TARGET_SOCKET_PATH_MAX = 107 };

struct target {
	enum target_scheme scheme;
	char *name;     /* the user's text without a password: fit for output, logs and labels */
	char *host;     /* host name or address without brackets; NULL for unix sockets */
	uint16_t port;  /* 0 for unix sockets */
	char *path;     /* socket path, "@name" for an abstract one; NULL otherwise */
	char *uri;      /* "/status?x=1"; NULL for raw targets */
	char *username; /* from http://user:password@host/, percent-decoded; NULL without one */
	char *password;
};

/* Reads `text` into `target`, which must not hold another one. On false `err` (ERR_USAGE) quotes the
 * text, without any password, and says what was expected; `target` is then empty. */
bool target_parse(struct target *target, const char *text, enum target_role role, struct err *err)
	MUST_CHECK NONNULL;

/* Whether the answer comes over HTTP (otherwise it is raw). */
bool target_is_http(const struct target *target) NONNULL;

/* Whether the text itself says that the target is on this host: a unix socket, localhost, or an
 * address of the loopback. */
bool target_is_local(const struct target *target) NONNULL;

/* Frees what the target holds. Accepts a zeroed one. */
void target_free(struct target *target) NONNULL;

#endif
