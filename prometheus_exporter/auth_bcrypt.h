/* SPDX-License-Identifier: MIT */
/* auth_bcrypt.h - passwords against their bcrypt hashes, by libcrypt. Slow, as is meant. */
#ifndef CONNLEDGER_EXPORTER_AUTH_BCRYPT_H
#define CONNLEDGER_EXPORTER_AUTH_BCRYPT_H

#include "str.h"

enum { AUTH_COST_MIN = 4, AUTH_COST_MAX = 31 };

/* Whether `hash` is one of bcrypt ("$2a$", "$2b$", "$2y$"); then its cost, the binary logarithm of
 * how often it goes round. Pure. */
bool auth_hash_cost(const char *hash, unsigned *cost) MUST_CHECK NONNULL;

/* Whether `password` belongs to `hash`; NULL, for a user whom nobody knows, it never does. Whatever
 * the hash is, it takes as long as one of `cost` does, which must not be less than its own. False
 * when memory is out, too. */
bool auth_password_ok(const char *hash, const char *password, unsigned cost) MUST_CHECK
	NONNULL_ARGS(2);

#endif
