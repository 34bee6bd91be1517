/* SPDX-License-Identifier: MIT */
/*
 * config.h - what a <Site> block may hold. Knows no daemon: the plugin hands over the key and the
 * values of each line.
 *
 *     <Site "blog">
 *       Nginx "http://127.0.0.1/nginx_status"
 *       Uwsgi "unix:/run/uwsgi/blog.stats" "127.0.0.1:1717"
 *       Timeout 2.0
 *     </Site>
 */
#ifndef CONNLEDGER_COLLECTD_CONFIG_H
#define CONNLEDGER_COLLECTD_CONFIG_H

#include "site.h"

enum collectd_arg_kind { COLLECTD_STRING, COLLECTD_NUMBER, COLLECTD_BOOLEAN };

/* One value of a line. */
struct collectd_arg {
	enum collectd_arg_kind kind;
	const char *text; /* COLLECTD_STRING */
	double number;    /* COLLECTD_NUMBER */
	bool boolean;     /* COLLECTD_BOOLEAN */
};

struct collectd_site {
	struct site site;
	double interval; /* seconds; 0: the plugin's */
	double timeout;  /* seconds for a whole read; 0 until collectd_site_finish() */
	bool notify;     /* of targets and findings */
	bool per_worker; /* values of each uWSGI worker beside the sums */
	char *host;      /* what values are said to come from; NULL: this host */
	char *user;
	char *password;
	char *vhost; /* Host header and TLS name */
	char *ca_cert;
	char *client_cert;
	char *client_key;
};

/* A site called `name`. NULL with ERR_USAGE or ERR_MEMORY. */
struct collectd_site *collectd_site_new(const char *name, struct err *err) NONNULL;
/* Accepts NULL. */
void collectd_site_free(struct collectd_site *site);

/* Takes one line. False with ERR_USAGE and a text that names the key and what was expected. */
bool collectd_site_set(struct collectd_site *site, const char *key, const struct collectd_arg *arg,
		       size_t arg_len, struct err *err) MUST_CHECK;

/* Says that the block is complete: checks it as a whole, and chooses a timeout that leaves room in
 * `interval`, the plugin's, in seconds. site.timeout_ms is what the targets have of it: the rest is
 * for the ledger, or for what comes after the last byte. */
bool collectd_site_finish(struct collectd_site *site, double interval,
			  struct err *err) MUST_CHECK NONNULL;

/* Whether the timeout is as long as the interval: reads of a target that hangs would then pile up.
 */
bool collectd_site_is_slow(const struct collectd_site *site) NONNULL;

#endif
