/* SPDX-License-Identifier: MIT */
/* tls_secret.h - what secrets need, by GnuTLS: chance, a keyed digest, no traces. */
#ifndef CONNLEDGER_EXPORTER_TLS_SECRET_H
#define CONNLEDGER_EXPORTER_TLS_SECRET_H

#include "str.h"

enum { SECRET_KEY_BYTES = 32, SECRET_DIGEST_BYTES = 32 };

/* Fills `bytes` with what nobody can guess. False when the system has none. */
bool secret_random(void *bytes, size_t len) MUST_CHECK NONNULL;

/* HMAC-SHA-256 of the texts, each with its length before it: no two lists of texts are the same
 * bytes. False when memory is out. */
bool secret_digest(unsigned char ret[SECRET_DIGEST_BYTES],
		   const unsigned char key[SECRET_KEY_BYTES], const struct str *text,
		   size_t text_len) MUST_CHECK NONNULL;

/* Whether both hold the same bytes, in a time that does not depend on them. */
bool secret_equal(const void *a, const void *b, size_t len) MUST_CHECK NONNULL;

/* Overwrites with zeros, also what nobody will read again. */
void secret_wipe(void *bytes, size_t len) NONNULL;

#endif
