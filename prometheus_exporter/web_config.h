/* SPDX-License-Identifier: MIT */
/*
 * web_config.h - the file of --web.config.file, in the schema of Prometheus' exporter-toolkit: TLS,
 * users, headers, a rate limit. Strict: what the exporter cannot do as it is written is an error
 * with its line. Never changed once it is read, and counts its users.
 */
#ifndef CONNLEDGER_EXPORTER_WEB_CONFIG_H
#define CONNLEDGER_EXPORTER_WEB_CONFIG_H

#include <stdatomic.h>

#include "arena.h"
#include "tls.h"
#include "web_files.h"

enum { WEB_USERS_MAX = 1000, WEB_SANS_MAX = 1000, WEB_HEADERS_MAX = 5 };

struct web_user {
	const char *name;
	const char *hash;
};

struct web_header {
	const char *name;
	const char *value;
};

struct web_config {
	atomic_size_t holders;
	struct arena arena;
	struct list user;     /* struct web_user; none: everybody may ask */
	unsigned cost;        /* the highest of their hashes */
	struct list header;   /* struct web_header, for every answer */
	double rate_interval; /* seconds between two requests; 0: no limit */
	unsigned rate_burst;
	bool http2; /* it is asked for in so many words */
	bool has_tls;
	struct tls_options options; /* of `tls`; its texts are gone */
	struct tls *tls;            /* NULL without tls_server_config */
};

/* Who is told of refused client certificates. */
struct web_listener {
	void (*refused)(void *ctx, const char *why); /* may be NULL */
	void *ctx;
};

/* Reads the file and those that it names, relative to its folder. `files` is empty and gets what
 * was looked at, also when this fails, for web_files_look(). The result has one holder. NULL
 * with "FILE: line 3: ..." otherwise. No error quotes a key, a hash or a password. */
struct web_config *web_config_load(const char *path, const struct web_listener *listener,
				   struct web_files *files, struct err *err) NONNULL;

/* One holder more; returns it. */
struct web_config *web_config_hold(struct web_config *config) NONNULL;
/* Accepts NULL. */
void web_config_release(struct web_config *config);

/* The hash of a user, NULL when there is no such user. Looks at all of them either way. */
const char *web_config_hash(const struct web_config *config, const char *user) NONNULL;

#endif
