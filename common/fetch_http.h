/* SPDX-License-Identifier: MIT */
/*
 * fetch_http.h - HTTP as far as it is text: a target's URL and Host header, and what to tell a
 * person about an answer that is no status page. It may know neither libcurl nor a socket.
 */
#ifndef CONNLEDGER_FETCH_HTTP_H
#define CONNLEDGER_FETCH_HTTP_H

#include "transport.h"

enum {
	FETCH_HTTP_VHOST_MAX = 260,
	FETCH_HTTP_HOST_MAX = FETCH_HTTP_VHOST_MAX + 16,
	FETCH_HTTP_URL_MAX = 2 * TARGET_TEXT_MAX,
};

/* Whether the job's virtual host is a name or an address, or one of these with a port, and nothing
 * else. Fails the job if not; a job without one is good. */
bool fetch_http_check_vhost(struct fetch_run_job *run) MUST_CHECK NONNULL;

/* Whether the files of its certificates can be read, and are files: a library that opens them
 * itself would wait for a pipe. Fails the job if not. */
bool fetch_http_check_files(struct fetch_run_job *run) MUST_CHECK NONNULL;

/* The value of the Host header that asks for the target's page, by the name `vhost` (one that is
 * valid) if that is not NULL. Without the port if it is HTTP's own. */
void fetch_http_host(const struct target *target, const char *vhost, char ret[FETCH_HTTP_HOST_MAX]);

/* The URL that asks for the page of an HTTPS target, likewise. Without user name and password. */
void fetch_http_url(const struct target *target, const char *vhost, char ret[FETCH_HTTP_URL_MAX]);

/* "::HOST:PORT", the target's own address for whatever host a URL names. Only with a host. */
void fetch_http_connect_to(const struct target *target, char ret[FETCH_HTTP_URL_MAX]) NONNULL;

/* Fails the job because of its status code. `location` is the Location header, or NULL. */
void fetch_http_fail_status(struct fetch_run_job *run, long status, const char *location);

/* Fails the job because what answered does not speak HTTP. */
void fetch_http_fail_foreign(struct fetch_run_job *run) NONNULL;

/* Fails the job because the connection was cut before the first byte of an answer. `error` is what
 * the HTTP or TLS library says, "" for nothing. */
void fetch_http_fail_cut(struct fetch_run_job *run, const char *error) NONNULL;

/* Fails the job because its answer ended too early. */
void fetch_http_fail_truncated(struct fetch_run_job *run) NONNULL;

/* Fails the job because TLS did not come about. */
void fetch_http_fail_tls(struct fetch_run_job *run, const char *error) NONNULL;

#endif
