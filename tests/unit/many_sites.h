/* SPDX-License-Identifier: MIT */
/* many_sites.h - sites that behave well, badly or not at all, each with servers of its own. */
#ifndef CONNLEDGER_TESTS_MANY_SITES_H
#define CONNLEDGER_TESTS_MANY_SITES_H

#include "server.h"
#include "site.h"

enum many_site {
	MANY_GOOD,    /* nginx and uWSGI answer */
	MANY_HUNG,    /* nginx never does */
	MANY_HALF,    /* nginx answers, uWSGI never does */
	MANY_REFUSED, /* nobody listens */
	MANY_GARBAGE, /* nginx answers with a page that is no status page */
	MANY_EMPTY,   /* no targets */
	MANY_UWSGI,   /* uWSGI alone, good */
	MANY_SITES,
};

enum { MANY_SERVERS = 7 };

struct many {
	struct site site[MANY_SITES];
	struct server server[MANY_SERVERS];
	size_t server_len;
};

/* Starts the servers; each target has `timeout_ms`. */
void many_start(struct many *many, unsigned timeout_ms, bool want_ledger) NONNULL;
void many_stop(struct many *many) NONNULL;

#endif
