/* SPDX-License-Identifier: MIT */
/*
 * nginx_ways.h - what the listeners of a running nginx carry, out of its configuration. The files
 * say what nginx will do after the next reload, so they are believed only if nothing of them has
 * changed since nginx read them.
 */
#ifndef CONNLEDGER_NGINX_WAYS_H
#define CONNLEDGER_NGINX_WAYS_H

#include "listeners.h"
#include "nginx_conf.h"

struct nginx_ways {
	bool is_known;        /* otherwise anything may be */
	bool has_subrequests; /* as in struct nginx_conf */
	bool ignores_aborts;
	bool renames_clients;
};

/* Sets `ways` of each listener of `host`. Where the configuration cannot be relied on, they and
 * `ret` are left as they are, zeroed, and `err` says why: its files may not be read, are not
 * understood, are newer than nginx's processes, or those of another mount namespace. False only
 * then. */
bool nginx_ways_find(struct nginx_ways *ret, struct nginx_host *host, const char *proc,
		     struct err *err) MUST_CHECK NONNULL;

/* The configuration file `path` and all that it includes, with NGINX_LISTEN_MAX places at
 * conf->listen. `changed` becomes when something of it last changed (Unix seconds). False, without
 * a word of what stands in a file, when it cannot be read whole or is not understood. */
bool nginx_conf_read_listens(const char *path, struct nginx_conf *conf, double *changed,
			     struct err *err) MUST_CHECK NONNULL;

#endif
