/* SPDX-License-Identifier: MIT */
/*
 * fetch.h - reads many targets side by side, of one site or of a thousand: one poll() loop, one
 * deadline for each, a ceiling for each answer. What the bytes mean is not known here; they go to a
 * sink as they come.
 *
 * Two transports do the work behind `struct transport`: fetch_socket.c for plain HTTP and for raw
 * stats sockets, fetch_curl.c for HTTPS, which needs libcurl and loads it when it is first asked
 * for. A raw socket is never sent a byte, and is read to its end even when the sink has lost
 * interest (a uWSGI master would block on a reader that stops).
 */
#ifndef CONNLEDGER_FETCH_H
#define CONNLEDGER_FETCH_H

#include <sys/socket.h>

#include "err.h"
#include "fetch_ends.h"
#include "fetch_keep.h"
#include "target.h"

enum {
	FETCH_NGINX_BYTES_MAX = 16 * 1024,        /* a stub_status page is about 100 bytes */
	FETCH_UWSGI_BYTES_MAX = 64 * 1024 * 1024, /* 200 workers x 256 cores are about 20 MB */
	FETCH_TIMEOUT_MS = 5000,                  /* when the user names none */
	FETCH_TIMEOUT_MS_MAX = 10 * 60 * 1000,
	FETCH_SERVER_MAX = 96,
};

enum fetch_ip { FETCH_IP_ANY, FETCH_IP_V4, FETCH_IP_V6 };

/* How to ask an HTTP target. All pointers are borrowed for as long as the options are used, and may
 * be NULL: then the default in brackets holds. */
struct fetch_options {
	const char *username; /* basic authentication [the target's own] */
	const char *password;
	const char *vhost;       /* Host header, and the name TLS asks for [the target's host] */
	const char *ca_file;     /* PEM file of trusted authorities [the system's] */
	const char *client_cert; /* PEM files for TLS client authentication [none] */
	const char *client_key;
	bool insecure;      /* do not verify the server's certificate and name */
	bool insecure_name; /* verify the certificate, but not that it is for this host name */
	enum fetch_ip ip;   /* use addresses of this family only */
	/* Whether an address that the target's name has may be connected to: asked of the very
	 * address, before each connection. NULL: any may be. */
	bool (*may_reach)(const void *ctx, const struct sockaddr *addr);
	const void *may_reach_ctx;
};

struct fetch_job {
	/* in: set by the caller */
	const struct target *target;         /* borrowed */
	const struct fetch_options *options; /* borrowed; NULL for defaults */
	size_t bytes_max;                    /* ceiling of the answer's body */
	unsigned timeout_ms;                 /* from the start of fetch_run() to the last byte */
	struct fetch_keep *keep; /* plain HTTP: where the connection waits; NULL: it is closed */
	struct fetch_ends *ends; /* where to write the connection's ends; NULL: nobody asks */
	void (*sink)(void *ctx, const char *bytes, size_t len); /* takes the body as it comes */
	void *ctx;
	/* Called once, in the loop's thread, when the job has ended, all below is filled in, and
	 * `keep` and `ends` are: others go on meanwhile, so it must not block. NULL: nobody waits
	 */
	void (*ended)(void *owner, const struct fetch_job *job);
	void *owner;

	/* out: filled by fetch_run() */
	bool ok;                       /* the whole body went to the sink */
	struct err err;                /* why not; names the target */
	double seconds;                /* from the start to the end of this job */
	char server[FETCH_SERVER_MAX]; /* the HTTP Server header, printable ASCII; "" without one */
};

/* Who is told when it has become quiet: some jobs have ended and others have not, and none has
 * ended for `after_ms`. In the loop's thread, so it must not block; again only when another one has
 * ended.
 */
struct fetch_quiet {
	unsigned after_ms;
	void (*tell)(void *ctx);
	void *ctx;
};

/* Runs all jobs to their end. Each ends by itself: with its answer, its error or its own deadline,
 * so one that hangs costs the others nothing. Many are started a few at a time, some within a
 * millisecond of each other: a listen queue is no place for a thousand at once. Without jobs it
 * returns at once. False only when the loop itself cannot be set up (memory), with the reason in
 * `err`; no job has been started or ended then. Safe to call from several threads. */
bool fetch_run(struct fetch_job *job, size_t job_len, struct err *err) MUST_CHECK NONNULL;

/* The same. `quiet` may be NULL. */
bool fetch_run_watched(struct fetch_job *job, size_t job_len, const struct fetch_quiet *quiet,
		       struct err *err) MUST_CHECK NONNULL_ARGS(1, 4);

#endif
