/* SPDX-License-Identifier: MIT */
/*
 * auth_cache.h - which passwords were right and which were wrong, so that a scraper's costs its
 * bcrypt once. Holds no password: only digests under a key that lives as long as the process. Wrong
 * ones never drive right ones out. For one thread at a time.
 */
#ifndef CONNLEDGER_EXPORTER_AUTH_CACHE_H
#define CONNLEDGER_EXPORTER_AUTH_CACHE_H

#include "auth_basic.h"
#include "tls_secret.h"

enum { AUTH_CACHE_LEN = 100 };

enum auth_verdict { AUTH_UNKNOWN, AUTH_RIGHT, AUTH_WRONG };

struct auth_entry {
	unsigned char digest[SECRET_DIGEST_BYTES];
	enum auth_verdict verdict; /* AUTH_UNKNOWN: free */
	uint64_t used;             /* count of the last use */
};

struct auth_cache {
	unsigned char key[SECRET_KEY_BYTES];
	struct auth_entry entry[AUTH_CACHE_LEN];
	uint64_t count;
};

/* Empty, with a new key. False when the system has no chance left. */
bool auth_cache_init(struct auth_cache *cache) MUST_CHECK NONNULL;
void auth_cache_wipe(struct auth_cache *cache) NONNULL;

/* Forgets all. */
void auth_cache_clear(struct auth_cache *cache) NONNULL;

/* The digest under which a verdict is kept; `hash` is the user's, NULL for nobody's. */
bool auth_cache_digest(const struct auth_cache *cache, unsigned char ret[SECRET_DIGEST_BYTES],
		       const struct auth_basic *basic, const char *hash) MUST_CHECK
	NONNULL_ARGS(1, 2, 3);

/* The verdict, AUTH_UNKNOWN when there is none. Takes the same time wherever it stands. */
enum auth_verdict auth_cache_get(struct auth_cache *cache,
				 const unsigned char digest[SECRET_DIGEST_BYTES]) NONNULL;

/* Keeps a verdict in the place of the one that was used longest ago: of the wrong ones, while there
 * are any, and of the right ones only for a right one. */
void auth_cache_put(struct auth_cache *cache, const unsigned char digest[SECRET_DIGEST_BYTES],
		    enum auth_verdict verdict) NONNULL;

#endif
