/* SPDX-License-Identifier: MIT */
/* site.h - what is watched together: one nginx and the uWSGI servers behind it. Any may be missing.
 */
#ifndef CONNLEDGER_SITE_H
#define CONNLEDGER_SITE_H

#include "err.h"
#include "fetch.h"
#include "target.h"

enum { SITE_UWSGI_MAX = 64, SITE_NAME_MAX = 64 };

struct site {
	char name[SITE_NAME_MAX]; /* "" for a site that was given no name */
	bool has_nginx;
	struct target nginx;
	struct target *uwsgi;
	size_t uwsgi_len;
	unsigned timeout_ms;           /* for each target; site_init() sets FETCH_TIMEOUT_MS */
	struct fetch_options options;  /* borrowed strings: see fetch.h */
	struct fetch_keep *nginx_keep; /* borrowed; NULL: a new connection for each scrape */
};

void site_init(struct site *site) NONNULL;
/* Sets the name: 1 to 63 printable characters. */
bool site_set_name(struct site *site, const char *name, struct err *err) MUST_CHECK NONNULL;
/* Sets the nginx target; a second one is an error. */
bool site_set_nginx(struct site *site, const char *text, struct err *err) MUST_CHECK NONNULL;
/* Adds a uWSGI target; the same one twice is an error. */
bool site_add_uwsgi(struct site *site, const char *text, struct err *err) MUST_CHECK NONNULL;
/* Frees what the site holds. Accepts a zeroed one. */
void site_free(struct site *site) NONNULL;

#endif
