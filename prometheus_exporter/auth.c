/* SPDX-License-Identifier: MIT */
/* auth.c - a queue, a thread and what it has found out; see auth.h. */
#include "auth.h"

#include <errno.h>
#include <pthread.h>

#include "auth_bcrypt.h"
#include "auth_fails.h"
#include "clock.h"
#include "thread.h"

struct auth {
	struct auth_client client;
	pthread_t thread;
	pthread_mutex_t lock;   /* of what follows */
	pthread_cond_t changed; /* a job has come, one has ended, or all shall end */
	struct auth_cache cache;
	struct auth_fails fails;
	struct auth_job *newest; /* of those that wait */
	size_t waiting;
	bool busy;
	bool stopping;
};

/* ---- the thread ------------------------------------------------------------------------------ */

static enum auth_verdict look_up(struct auth *auth, const struct auth_job *job,
				 unsigned char digest[SECRET_DIGEST_BYTES])
{
	if (!auth_cache_digest(&auth->cache, digest, &job->basic, job->hash))
		return AUTH_UNKNOWN;
	return auth_cache_get(&auth->cache, digest);
}

/* ---- who waits; all with the lock held ------------------------------------------------------- */

/* Numbers for asker and user that nobody can choose. */
static bool identify(const struct auth *auth, struct auth_job *job)
{
	const struct str asker = {(const char *)&job->asker, sizeof(job->asker)};
	const struct str text[] = {asker, str_of(job->basic.user)};
	unsigned char digest[SECRET_DIGEST_BYTES];

	for (size_t i = 0; i < ARRAY_LEN(job->who); i++) {
		if (!secret_digest(digest, auth->cache.key, text, ARRAY_LEN(text) - i))
			return false;
		memcpy(&job->who[i], digest, sizeof(job->who[i]));
	}
	return true;
}

/* Whether `a`, the newer one, goes before `b`. */
static bool goes_before(const struct auth *auth, const struct auth_job *a, const struct auth_job *b,
			double now)
{
	for (size_t i = 0; i < ARRAY_LEN(a->who); i++) {
		unsigned of_a = auth_fails_count(&auth->fails, a->who[i], now);
		unsigned of_b = auth_fails_count(&auth->fails, b->who[i], now);

		if (of_a != of_b)
			return of_a < of_b;
	}
	return true;
}

/* Takes the first in the order out, or the last. NULL when nobody waits. */
static struct auth_job *take(struct auth *auth, bool first)
{
	double now = clock_now(CLOCK_MONOTONIC);
	struct auth_job **found = &auth->newest;
	struct auth_job *job = auth->newest;

	if (job == NULL)
		return NULL;
	for (struct auth_job **at = &job->next; *at != NULL; at = &(*at)->next) {
		if (goes_before(auth, *found, *at, now) != first)
			found = at;
	}
	job = *found;
	*found = job->next;
	job->next = NULL;
	auth->waiting--;
	return job;
}

static void put(struct auth *auth, struct auth_job *job)
{
	job->next = auth->newest;
	auth->newest = job;
	auth->waiting++;
}

/* ---- the thread's work ----------------------------------------------------------------------- */

/* With the lock held, and not while it computes. */
static void judge(struct auth *auth, struct auth_job *job)
{
	unsigned char digest[SECRET_DIGEST_BYTES] = {0};
	bool ok;

	/* Somebody may have asked the same just before. */
	job->verdict = look_up(auth, job, digest);
	if (job->verdict != AUTH_UNKNOWN)
		return;
	(void)pthread_mutex_unlock(&auth->lock);
	ok = auth_password_ok(job->hash, job->basic.password, job->cost);
	(void)pthread_mutex_lock(&auth->lock);
	job->verdict = ok ? AUTH_RIGHT : AUTH_WRONG;
	auth_cache_put(&auth->cache, digest, job->verdict);
	for (size_t i = 0; !ok && i < ARRAY_LEN(job->who); i++)
		auth_fails_add(&auth->fails, job->who[i], clock_now(CLOCK_MONOTONIC));
}

static void hand_back(const struct auth *auth, struct auth_job *job)
{
	auth_basic_wipe(&job->basic);
	auth->client.done(auth->client.ctx, job);
}

static void *serve(void *arg)
{
	struct auth *auth = arg;

	(void)pthread_mutex_lock(&auth->lock);
	while (!auth->stopping) {
		struct auth_job *job = take(auth, true);

		if (job == NULL) {
			(void)pthread_cond_wait(&auth->changed, &auth->lock);
			continue;
		}
		auth->busy = true;
		judge(auth, job);
		(void)pthread_mutex_unlock(&auth->lock);
		hand_back(auth, job);
		(void)pthread_mutex_lock(&auth->lock);
		auth->busy = false;
		(void)pthread_cond_broadcast(&auth->changed);
	}
	(void)pthread_mutex_unlock(&auth->lock);
	return NULL;
}

/* ---- for others ------------------------------------------------------------------------------ */

struct auth *auth_start(const struct auth_client *client, struct err *err)
{
	struct auth *auth = calloc(1, sizeof(*auth));

	if (auth == NULL) {
		err_set(err, ERR_MEMORY, "out of memory");
		return NULL;
	}
	auth->client = *client;
	if (auth_cache_init(&auth->cache) && pthread_mutex_init(&auth->lock, NULL) == 0 &&
	    exporter_cond_init(&auth->changed) && exporter_thread(&auth->thread, serve, auth))
		return auth;
	free(auth);
	err_set(err, ERR_SYSTEM, "cannot start the thread that checks passwords");
	return NULL;
}

enum auth_verdict auth_known(struct auth *auth, const struct auth_basic *basic, const char *hash)
{
	unsigned char digest[SECRET_DIGEST_BYTES];
	enum auth_verdict verdict;

	if (!auth_cache_digest(&auth->cache, digest, basic, hash))
		return AUTH_UNKNOWN;
	(void)pthread_mutex_lock(&auth->lock);
	verdict = auth_cache_get(&auth->cache, digest);
	(void)pthread_mutex_unlock(&auth->lock);
	return verdict;
}

struct auth_job *auth_submit(struct auth *auth, struct auth_job *job)
{
	struct auth_job *last = job;

	(void)pthread_mutex_lock(&auth->lock);
	if (!auth->stopping && identify(auth, job)) {
		put(auth, job);
		last = auth->waiting > AUTH_JOBS_MAX ? take(auth, false) : NULL;
		(void)pthread_cond_broadcast(&auth->changed);
	}
	(void)pthread_mutex_unlock(&auth->lock);
	if (last != NULL) {
		last->verdict = AUTH_UNKNOWN;
		auth_basic_wipe(&last->basic);
	}
	return last;
}

void auth_forget(struct auth *auth)
{
	(void)pthread_mutex_lock(&auth->lock);
	auth_cache_clear(&auth->cache);
	(void)pthread_mutex_unlock(&auth->lock);
}

bool auth_stop(struct auth *auth, double seconds)
{
	double until = clock_now(CLOCK_MONOTONIC) + seconds;
	const struct timespec time = {.tv_sec = (time_t)until,
				      .tv_nsec = (long)((until - (double)(time_t)until) * 1e9)};
	struct auth_job *waiting;
	bool ended;

	(void)pthread_mutex_lock(&auth->lock);
	auth->stopping = true;
	waiting = auth->newest;
	auth->newest = NULL;
	auth->waiting = 0;
	(void)pthread_cond_broadcast(&auth->changed);
	(void)pthread_mutex_unlock(&auth->lock);
	while (waiting != NULL) {
		struct auth_job *job = waiting;

		waiting = job->next;
		job->verdict = AUTH_UNKNOWN;
		hand_back(auth, job);
	}
	(void)pthread_mutex_lock(&auth->lock);
	while (auth->busy &&
	       pthread_cond_timedwait(&auth->changed, &auth->lock, &time) != ETIMEDOUT)
		continue;
	ended = !auth->busy;
	(void)pthread_mutex_unlock(&auth->lock);
	return ended;
}

void auth_free(struct auth *auth)
{
	(void)pthread_join(auth->thread, NULL);
	(void)pthread_cond_destroy(&auth->changed);
	(void)pthread_mutex_destroy(&auth->lock);
	auth_cache_wipe(&auth->cache);
	free(auth);
}
