/* SPDX-License-Identifier: MIT */
/* resolver.c - who is being looked up in this process, and who has been; see resolver.h. */
#include "resolver.h"

#include <pthread.h>

#include "clock.h"

enum { SLOTS = 256 };

/* The last good answer for a name. */
struct known {
	struct known *next; /* with the same hash */
	uint64_t kept;      /* the count of all that have been kept */
	size_t len;
	struct resolve_address address[RESOLVER_ADDRESSES_MAX];
	enum fetch_ip ip;
	char host[];
};

struct lookup {
	struct resolve *resolve; /* NULL: free */
	double began;            /* CLOCK_MONOTONIC seconds */
};

struct resolver {
	pthread_mutex_t lock;
	struct lookup lookup[RESOLVER_LOOKUPS_MAX];
	struct known *slot[SLOTS];
	size_t known;
	uint64_t kept;
};

/* All static functions that get a resolver have the lock. */

/* ---- what is known --------------------------------------------------------------------------- */

static struct known **find(struct resolver *resolver, const struct resolve *resolve)
{
	struct known **at = &resolver->slot[resolve_hash(resolve) % SLOTS];

	while (*at != NULL && !resolve_is_for(resolve, (*at)->host, (*at)->ip))
		at = &(*at)->next;
	return at;
}

static void forget(struct resolver *resolver, struct known **at)
{
	struct known *known = *at;

	*at = known->next;
	free(known);
	resolver->known--;
}

static void forget_oldest(struct resolver *resolver)
{
	struct known **oldest = NULL;

	for (size_t i = 0; i < SLOTS; i++) {
		for (struct known **at = &resolver->slot[i]; *at != NULL; at = &(*at)->next) {
			if (oldest == NULL || (*at)->kept < (*oldest)->kept)
				oldest = at;
		}
	}
	if (oldest != NULL)
		forget(resolver, oldest);
}

/* NULL when memory is out. */
static struct known *learn(struct resolver *resolver, const struct resolve *resolve)
{
	size_t size = strlen(resolve_host(resolve)) + 1;
	struct known *known = calloc(1, sizeof(*known) + size);
	struct known **slot;

	if (known == NULL)
		return NULL;
	if (resolver->known == RESOLVER_NAMES_MAX)
		forget_oldest(resolver);
	memcpy(known->host, resolve_host(resolve), size);
	known->ip = resolve_ip(resolve);
	slot = &resolver->slot[resolve_hash(resolve) % SLOTS];
	known->next = *slot;
	*slot = known;
	resolver->known++;
	return known;
}

/* Where memory is out, the answer is not kept; one without an address never is. */
static void keep(struct resolver *resolver, const struct resolve *resolve)
{
	struct resolve_address address[RESOLVER_ADDRESSES_MAX];
	struct err err = {0};
	size_t len = resolve_answer(resolve, 0, address, RESOLVER_ADDRESSES_MAX, &err);
	struct known *known = *find(resolver, resolve);

	if (len > 0 && known == NULL)
		known = learn(resolver, resolve);
	if (len == 0 || known == NULL)
		return;
	memcpy(known->address, address, len * sizeof(address[0]));
	known->len = len;
	known->kept = ++resolver->kept;
}

size_t resolver_known(struct resolver *resolver, const struct resolve *resolve, uint16_t port,
		      struct resolve_address *ret, size_t max)
{
	const struct known *known;
	size_t len = 0;

	(void)pthread_mutex_lock(&resolver->lock);
	known = *find(resolver, resolve);
	for (; known != NULL && len < known->len && len < max; len++) {
		ret[len] = known->address[len];
		resolve_set_port(&ret[len], port);
	}
	(void)pthread_mutex_unlock(&resolver->lock);
	return len;
}

/* ---- what is under way ----------------------------------------------------------------------- */

static void tidy(struct resolver *resolver)
{
	for (size_t i = 0; i < RESOLVER_LOOKUPS_MAX; i++) {
		struct resolve *resolve = resolver->lookup[i].resolve;

		if (resolve == NULL || !resolve_ready(resolve))
			continue;
		resolver->lookup[i].resolve = NULL;
		resolve_end(resolve);
		keep(resolver, resolve);
		resolve_free(resolve);
	}
}

void resolver_tidy(struct resolver *resolver)
{
	(void)pthread_mutex_lock(&resolver->lock);
	tidy(resolver);
	(void)pthread_mutex_unlock(&resolver->lock);
}

static bool is_same(const struct resolve *a, const struct resolve *b)
{
	return resolve_is_for(a, resolve_host(b), resolve_ip(b));
}

/* One under way for this name, a free place, or the one that began last. */
static struct lookup *place_for(struct resolver *resolver, const struct resolve *resolve)
{
	struct lookup *found = &resolver->lookup[0];

	for (size_t i = 0; i < RESOLVER_LOOKUPS_MAX; i++) {
		struct lookup *lookup = &resolver->lookup[i];

		if (lookup->resolve != NULL && is_same(lookup->resolve, resolve))
			return lookup;
		if (found->resolve != NULL &&
		    (lookup->resolve == NULL || lookup->began > found->began))
			found = lookup;
	}
	return found;
}

static enum resolver_turn begin(struct resolver *resolver, struct resolve **resolve,
				struct err *err)
{
	double now = clock_now(CLOCK_MONOTONIC);
	struct lookup *lookup = place_for(resolver, *resolve);

	if (lookup->resolve == NULL) {
		if (!resolve_begin(*resolve, err))
			return RESOLVER_FAILED;
		*lookup = (struct lookup){.resolve = resolve_share(*resolve), .began = now};
		return RESOLVER_BEGUN;
	}
	if (!is_same(lookup->resolve, *resolve))
		return now - lookup->began < RESOLVER_HANGS_MS / 1e3 ? RESOLVER_BUSY
								     : RESOLVER_HANG;
	resolve_free(*resolve);
	*resolve = resolve_share(lookup->resolve);
	return RESOLVER_BEGUN;
}

enum resolver_turn resolver_begin(struct resolver *resolver, struct resolve **resolve,
				  struct err *err)
{
	enum resolver_turn turn;

	(void)pthread_mutex_lock(&resolver->lock);
	tidy(resolver);
	turn = begin(resolver, resolve, err);
	(void)pthread_mutex_unlock(&resolver->lock);
	return turn;
}

/* ---- a resolver ------------------------------------------------------------------------------ */

struct resolver *resolver_new(void)
{
	struct resolver *resolver = calloc(1, sizeof(*resolver));

	if (resolver != NULL && pthread_mutex_init(&resolver->lock, NULL) != 0) {
		free(resolver);
		return NULL;
	}
	return resolver;
}

void resolver_free(struct resolver *resolver)
{
	if (resolver == NULL)
		return;
	for (size_t i = 0; i < RESOLVER_LOOKUPS_MAX; i++) {
		struct resolve *resolve = resolver->lookup[i].resolve;

		if (resolve != NULL) {
			resolve_end(resolve);
			resolve_free(resolve);
		}
	}
	for (size_t i = 0; i < SLOTS; i++) {
		while (resolver->slot[i] != NULL)
			forget(resolver, &resolver->slot[i]);
	}
	(void)pthread_mutex_destroy(&resolver->lock);
	free(resolver);
}

struct shared {
	pthread_mutex_t lock;
	struct resolver *resolver; /* NULL: not needed yet */
};

static struct shared *shared(void)
{
	static struct shared shared = {.lock = PTHREAD_MUTEX_INITIALIZER};

	return &shared;
}

struct resolver *resolver_of_process(void)
{
	struct resolver *resolver;

	(void)pthread_mutex_lock(&shared()->lock);
	if (shared()->resolver == NULL)
		shared()->resolver = resolver_new();
	resolver = shared()->resolver;
	(void)pthread_mutex_unlock(&shared()->lock);
	return resolver;
}

void resolver_of_process_free(void)
{
	(void)pthread_mutex_lock(&shared()->lock);
	resolver_free(shared()->resolver);
	shared()->resolver = NULL;
	(void)pthread_mutex_unlock(&shared()->lock);
}
