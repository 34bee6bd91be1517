/* SPDX-License-Identifier: MIT */
/*
 * tls.h - the server's side of TLS: a certificate, what is spoken, and which clients are let in.
 * Made once from texts and never changed; every connection takes the one that is newest. GnuTLS is
 * known in the tls*.c files only.
 */
#ifndef CONNLEDGER_EXPORTER_TLS_H
#define CONNLEDGER_EXPORTER_TLS_H

#include "err.h"
#include "str.h"

enum { TLS_SUITES_MAX = 32, TLS_CURVES_MAX = 8, TLS_PRIORITY_MAX = 1024 };

enum tls_version { TLS_1_0, TLS_1_1, TLS_1_2, TLS_1_3 };

/* What a client has to show, in Go's words. */
enum tls_client_auth {
	TLS_NO_CLIENT_CERT,
	TLS_REQUEST_CLIENT_CERT,     /* asked for, and nobody looks at it */
	TLS_REQUIRE_ANY_CLIENT_CERT, /* some certificate, whoever made it */
	TLS_VERIFY_CLIENT_CERT_IF_GIVEN,
	TLS_REQUIRE_AND_VERIFY_CLIENT_CERT,
};

struct tls_suite; /* of tls_names.h */

struct tls_options {
	struct str cert;      /* PEM: the certificate, then those above it */
	struct str key;       /* PEM */
	struct str client_ca; /* PEM; empty: whom the system trusts */
	enum tls_client_auth client_auth;
	const char *const *san; /* names of which a client's certificate must have one; borrowed */
	size_t san_len;         /* 0: whatever it is called */
	enum tls_version min_version;
	enum tls_version max_version;
	const struct tls_suite *suite[TLS_SUITES_MAX]; /* in the order of preference */
	size_t suite_len;                              /* 0: a good choice */
	const char *curve[TLS_CURVES_MAX];             /* GnuTLS' names, the same */
	size_t curve_len;
	bool server_order; /* ours counts, not the client's */
	/* Told why a client's certificate is refused; may be NULL. `ctx` is borrowed. */
	void (*refused)(void *ctx, const char *why);
	void *ctx;
};

struct tls;

/* Reads the certificate, the key and the rest. The texts are not needed afterwards, the list of
 * names is. NULL with ERR_USAGE and what is wrong with them. */
struct tls *tls_new(const struct tls_options *options, struct err *err) NONNULL;
/* Accepts NULL. */
void tls_free(struct tls *tls);

/* A callback for certificates (gnutls_certificate_retrieve_function2) that has none, for a server
 * whose sessions all go through tls_begin(). */
void *tls_no_certificate(void);

/* Prepares a new server session (gnutls_session_t) before its handshake. `tls` is borrowed until
 * the session has ended. A client that it refuses gets an alert and never comes to a request. */
bool tls_begin(const struct tls *tls, void *session) MUST_CHECK NONNULL;

#endif
