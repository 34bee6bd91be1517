/* SPDX-License-Identifier: MIT */
/*
 * nginx_conf.h - what matters of nginx's configuration: how many connections there is room for
 * (worker_processes, and worker_connections in the events block), and on demand what its listeners
 * carry. Everything else is passed over by nginx's own rules of words, quotes and braces. Pure:
 * text in, struct out; whoever calls reads the files.
 */
#ifndef CONNLEDGER_NGINX_CONF_H
#define CONNLEDGER_NGINX_CONF_H

#include "err.h"
#include "str.h"

enum {
	NGINX_WORKER_CONNECTIONS = 512, /* what nginx takes without the directive */
	NGINX_CONF_NUMBER_MAX = 100 * 1000 * 1000,
	NGINX_LISTEN_MAX = 1024,
	NGINX_LISTEN_PATH_MAX = 108,
};

/* In which block a directive stands. */
enum nginx_place {
	NGINX_MAIN,
	NGINX_EVENTS,
	NGINX_HTTP,
	NGINX_SERVER, /* of http */
	NGINX_INNER,  /* any other block of http: a location, an upstream, a map */
	NGINX_OTHER,  /* stream, mail and the like, and all in them */
	NGINX_SKIPPED,
};

/* What connections to a listener may carry. */
enum {
	NGINX_HTTP1 = 1 << 0,
	NGINX_TLS = 1 << 1,
	NGINX_HTTP2 = 1 << 2,
	NGINX_STREAM = 1 << 3, /* stream, mail: sessions without requests */
	NGINX_PROXY = 1 << 4,  /* with HTTP: the PROXY protocol, so that who has spoken has not
				* asked for anything yet */
	NGINX_ANY = NGINX_HTTP1 | NGINX_TLS | NGINX_HTTP2 | NGINX_STREAM | NGINX_PROXY,
};

/* One listen directive. Its address is left out: who listens at another address of the same port
 * may carry that, too, as far as this says. */
struct nginx_listen {
	unsigned ways;                        /* NGINX_HTTP1 ... */
	uint16_t first, last;                 /* ports; 0: a unix socket */
	char path[NGINX_LISTEN_PATH_MAX + 1]; /* "" for ports */
};

struct nginx_conf {
	bool wants_listens; /* the caller's: also look into http, stream and mail */
	bool has_events;
	uint64_t worker_connections; /* 0: not given */
	uint64_t worker_processes;   /* 0: not given, or "auto" */
	bool processes_auto;

	struct nginx_listen *listen; /* the caller's, NGINX_LISTEN_MAX; NULL unless it wants them */
	size_t listen_len;
	bool has_subrequests; /* one request may have several connections to applications, or have
			       * one when its client is answered */
	bool ignores_aborts;  /* requests may go on when their client is gone */
	bool renames_clients; /* the address that an application is told need not be that of the
			       * connection */
	bool http2, ssl;      /* in the http block, for all servers */
	size_t server_listen; /* where the directives of the server begin that is being read ... */
	bool server_http2, server_ssl; /* ... and what it says of all of them */

	/* Called for an include in a block that is not passed over, `place`. It has the text of the
	 * files read by nginx_conf_parse(). `pattern` may hold wildcards. */
	bool (*include)(void *ctx, struct nginx_conf *conf, struct str pattern,
			enum nginx_place place, struct err *err);
	void *ctx;
};

/* Adds what `text`, a whole file that is included at `place`, says. What is the caller's is set,
 * the rest of `conf` zeroed before the first file. False with ERR_PARSE and the number of the line
 * where nginx would refuse the text, or what the callback says. The text itself is never quoted: it
 * may hold secrets. */
bool nginx_conf_parse(struct nginx_conf *conf, struct str text, enum nginx_place place,
		      struct err *err) MUST_CHECK NONNULL;

/* What connections to `port`, or to the unix socket `path` when it is 0, may carry: NGINX_ANY when
 * no directive names it. */
unsigned nginx_conf_ways(const struct nginx_conf *conf, uint16_t port, const char *path) NONNULL;

#endif
