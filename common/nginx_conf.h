/* SPDX-License-Identifier: MIT */
/*
 * nginx_conf.h - the few directives of nginx's configuration that say how many connections there is
 * room for: worker_processes, and worker_connections in the events block. Everything else is passed
 * over by nginx's own rules of words, quotes and braces. Pure: text in, struct out; whoever calls
 * reads the files.
 */
#ifndef CONNLEDGER_NGINX_CONF_H
#define CONNLEDGER_NGINX_CONF_H

#include "err.h"
#include "str.h"

enum {
	NGINX_WORKER_CONNECTIONS = 512, /* what nginx takes without the directive */
	NGINX_CONF_NUMBER_MAX = 100 * 1000 * 1000,
};

struct nginx_conf {
	bool has_events;
	uint64_t worker_connections; /* 0: not given */
	uint64_t worker_processes;   /* 0: not given, or "auto" */
	bool processes_auto;
	/* Called for an include outside of blocks that are passed over; `in_events`: inside of the
	 * events block. It has the text of the files read by nginx_conf_parse(). `pattern` may hold
	 * wildcards. */
	bool (*include)(void *ctx, struct nginx_conf *conf, struct str pattern, bool in_events,
			struct err *err);
	void *ctx;
};

/* Adds what `text`, a whole file, says. The callback is set, the rest of `conf` zeroed before the
 * first file. False with ERR_PARSE and the number of the line where nginx would refuse the text, or
 * what the callback says. The text itself is never quoted: it may hold secrets. */
bool nginx_conf_parse(struct nginx_conf *conf, struct str text, bool in_events,
		      struct err *err) MUST_CHECK NONNULL;

#endif
