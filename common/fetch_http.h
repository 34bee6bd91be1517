/* SPDX-License-Identifier: MIT */
/*
 * fetch_http.h - HTTP as far as it is text: a target's URL, and what to tell a person about an
 * answer that is no status page. It may know neither libcurl nor a socket.
 */
#ifndef CONNLEDGER_FETCH_HTTP_H
#define CONNLEDGER_FETCH_HTTP_H

#include "transport.h"

enum { FETCH_HTTP_VHOST_MAX = 260, FETCH_HTTP_URL_MAX = 2 * TARGET_TEXT_MAX };

/* Whether `vhost` is a host name, an address or one of these with a port, and nothing else. */
bool fetch_http_is_vhost(const char *vhost) NONNULL;

/* The URL that asks for the target's page, by the name `vhost` (one that is valid) if that is not
 * NULL. Without user name and password. */
void fetch_http_url(const struct target *target, const char *vhost, char ret[FETCH_HTTP_URL_MAX]);

/* "::HOST:PORT", the target's own address for whatever host a URL names. Only with a host. */
void fetch_http_connect_to(const struct target *target, char ret[FETCH_HTTP_URL_MAX]) NONNULL;

/* Fails the job because of its status code. `location` is the Location header, or NULL.
 */
void fetch_http_fail_status(struct fetch_run_job *run, long status, const char *location);

/* Fails the job because what answered does not speak HTTP. */
void fetch_http_fail_foreign(struct fetch_run_job *run) NONNULL;

/* Fails the job because a unix socket took the connection, but no request: nobody can tell from
 * outside which of three reasons it had. */
void fetch_http_fail_unasked(struct fetch_run_job *run) NONNULL;

/* Fails the job because the connection was cut before the first byte of an answer. `error` is what
 * the HTTP or TLS library says, "" for nothing. */
void fetch_http_fail_cut(struct fetch_run_job *run, const char *error) NONNULL;

/* Fails the job because its body ended too early. */
void fetch_http_fail_truncated(struct fetch_run_job *run) NONNULL;

/* Fails the job because TLS did not come about. */
void fetch_http_fail_tls(struct fetch_run_job *run, const char *error) NONNULL;

/* Copies the value of the header `line` ("Server: nginx/1.22.1\r\n") if it is the Server header;
 * other bytes than printable ASCII become '?'. */
void fetch_http_take_server(struct fetch_job *job, struct str line) NONNULL;

#endif
