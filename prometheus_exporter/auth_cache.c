/* SPDX-License-Identifier: MIT */
/* auth_cache.c - see auth_cache.h. */
#include "auth_cache.h"

bool auth_cache_init(struct auth_cache *cache)
{
	*cache = (struct auth_cache){0};
	return secret_random(cache->key, sizeof(cache->key));
}

void auth_cache_wipe(struct auth_cache *cache)
{
	secret_wipe(cache, sizeof(*cache));
}

void auth_cache_clear(struct auth_cache *cache)
{
	secret_wipe(cache->entry, sizeof(cache->entry));
}

bool auth_cache_digest(const struct auth_cache *cache, unsigned char ret[SECRET_DIGEST_BYTES],
		       const struct auth_basic *basic, const char *hash)
{
	/* As long as a hash, since it takes as long. */
	static const char nobody[] = "************************************************************";
	const struct str text[] = {str_of(basic->user), str_of(hash != NULL ? hash : nobody),
				   str_of(basic->password)};

	return secret_digest(ret, cache->key, text, ARRAY_LEN(text));
}

static struct auth_entry *find(struct auth_cache *cache,
			       const unsigned char digest[SECRET_DIGEST_BYTES])
{
	struct auth_entry *found = NULL;

	for (size_t i = 0; i < AUTH_CACHE_LEN; i++) {
		struct auth_entry *entry = &cache->entry[i];

		if (secret_equal(entry->digest, digest, SECRET_DIGEST_BYTES) &&
		    entry->verdict != AUTH_UNKNOWN)
			found = entry;
	}
	return found;
}

enum auth_verdict auth_cache_get(struct auth_cache *cache,
				 const unsigned char digest[SECRET_DIGEST_BYTES])
{
	struct auth_entry *entry = find(cache, digest);

	if (entry == NULL)
		return AUTH_UNKNOWN;
	entry->used = ++cache->count;
	return entry->verdict;
}

/* Whom a new verdict may replace, lowest first. */
static unsigned rank(const struct auth_entry *entry)
{
	if (entry->verdict == AUTH_UNKNOWN)
		return 0;
	return entry->verdict == AUTH_WRONG ? 1 : 2;
}

static struct auth_entry *oldest(struct auth_cache *cache)
{
	struct auth_entry *place = cache->entry;

	for (size_t i = 1; i < AUTH_CACHE_LEN; i++) {
		struct auth_entry *entry = &cache->entry[i];

		if (rank(entry) < rank(place) ||
		    (rank(entry) == rank(place) && entry->used < place->used))
			place = entry;
	}
	return place;
}

void auth_cache_put(struct auth_cache *cache, const unsigned char digest[SECRET_DIGEST_BYTES],
		    enum auth_verdict verdict)
{
	struct auth_entry *place = find(cache, digest);

	if (place == NULL)
		place = oldest(cache);
	if (place->verdict == AUTH_RIGHT && verdict == AUTH_WRONG)
		return;
	(void)memcpy(place->digest, digest, SECRET_DIGEST_BYTES);
	place->verdict = verdict;
	place->used = ++cache->count;
}
