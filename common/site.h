/* SPDX-License-Identifier: MIT */
/* site.h - what is watched together: one nginx and the uWSGI servers behind it. Any may be missing.
 */
#ifndef CONNLEDGER_SITE_H
#define CONNLEDGER_SITE_H

#include "err.h"
#include "fetch.h"
#include "ledger.h"
#include "target.h"

enum { SITE_UWSGI_MAX = 64, SITE_NAME_MAX = 64, SITE_PORTS_MAX = 64, SITE_UPSTREAMS_MAX = 64 };

struct site {
	char name[SITE_NAME_MAX]; /* "" for a site that was given no name */
	bool has_nginx;
	struct target nginx;
	struct target *uwsgi;
	size_t uwsgi_len;
	unsigned timeout_ms;           /* for each target; site_init() sets FETCH_TIMEOUT_MS */
	struct fetch_options options;  /* borrowed strings: see fetch.h */
	struct fetch_keep *nginx_keep; /* borrowed; NULL: a new connection for each scrape */
	struct fetch_own *own; /* borrowed: all connections of this process to status pages, where
				* it may have others than this site's; NULL: it has none */
	bool want_ledger;              /* the front end shows the ledger: ask the kernel too */
	uint16_t port[SITE_PORTS_MAX]; /* nginx's listen ports, as the user names them */
	size_t port_len;
	char **listen_path; /* the unix sockets that it listens at, the same */
	size_t listen_path_len;
	struct upstream
		*upstream; /* application servers that the user names; uWSGI's tell themselves */
	size_t upstream_len;
	struct phantoms_memory memory; /* of the last scrape, scrape->memory; zeroed: nothing */
	uint64_t worker_connections;   /* nginx's directive, as the user says; 0: not known */
};

void site_init(struct site *site) NONNULL;
/* Sets the name: 1 to 63 printable characters. */
bool site_set_name(struct site *site, const char *name, struct err *err) MUST_CHECK NONNULL;
/* Sets the nginx target; a second one is an error. */
bool site_set_nginx(struct site *site, const char *text, struct err *err) MUST_CHECK NONNULL;
/* Adds a uWSGI target; the same one twice is an error. */
bool site_add_uwsgi(struct site *site, const char *text, struct err *err) MUST_CHECK NONNULL;
/* Adds what nginx listens on, a port or a unix socket: "80", "unix:/run/nginx.sock". The same one
 * twice is taken once. */
bool site_add_port(struct site *site, const char *text, struct err *err) MUST_CHECK NONNULL;
/* The same for several, with commas or blanks between them, and for unix sockets: "80,443" or
 * "80 unix:/run/nginx.sock". */
bool site_add_ports(struct site *site, const char *text, struct err *err) MUST_CHECK NONNULL;
/* Adds an application server that nginx passes requests to: "127.0.0.1:9000", "[::1]:9000", ":9000"
 * (any address) or "unix:/run/php.sock". The same one twice is taken once. */
bool site_add_upstream(struct site *site, const char *text, struct err *err) MUST_CHECK NONNULL;
/* Sets worker_connections: 1 to 10000000. */
bool site_set_worker_connections(struct site *site, const char *text,
				 struct err *err) MUST_CHECK NONNULL;
/* Whether two sites ask for nginx's page in the same words and for as long: one answer is then good
 * for both. */
bool site_same_page(const struct site *a, const struct site *b) MUST_CHECK NONNULL;
/* A number that is the same for all sites of which that is true, and seldom for others. */
size_t site_page_hash(const struct site *site) NONNULL;
/* Frees what the site holds. Accepts a zeroed one. */
void site_free(struct site *site) NONNULL;

#endif
