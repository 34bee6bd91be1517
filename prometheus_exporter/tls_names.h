/* SPDX-License-Identifier: MIT */
/* tls_names.h - Go's names for what TLS is made of, and GnuTLS' for the same. Pure. */
#ifndef CONNLEDGER_EXPORTER_TLS_NAMES_H
#define CONNLEDGER_EXPORTER_TLS_NAMES_H

#include "buf.h"
#include "tls.h"

enum tls_exchange { TLS_ANY_EXCHANGE, TLS_ECDHE_ECDSA, TLS_ECDHE_RSA, TLS_RSA };

struct tls_suite {
	const char *name;
	enum tls_exchange exchange; /* TLS_ANY_EXCHANGE: a suite of TLS 1.3 */
	const char *cipher;         /* as GnuTLS calls it */
};

/* NULL when it is unknown, or known to be bad: RC4, 3DES, CBC with SHA-256. */
const struct tls_suite *tls_suite_find(const char *name);
/* GnuTLS' name of a curve, NULL when it is unknown. */
const char *tls_curve_find(const char *name);
/* "TLS10" to "TLS13". */
bool tls_version_find(const char *name, enum tls_version *ret) MUST_CHECK NONNULL;
bool tls_client_auth_find(const char *name, enum tls_client_auth *ret) MUST_CHECK NONNULL;

/* Adds GnuTLS' priority string for a certificate with an RSA key or one on an elliptic curve. False
 * with ERR_USAGE when no suite is left, or when GnuTLS, which picks key exchange and cipher each
 * for itself, would take a suite that is not among the named ones. */
bool tls_priority(struct buf *out, const struct tls_options *options, bool rsa,
		  struct err *err) MUST_CHECK NONNULL;

#endif
