/* SPDX-License-Identifier: MIT */
/* auth.c - a queue, a thread and what it has found out; see auth.h. */
#include "auth.h"

#include <errno.h>
#include <pthread.h>

#include "auth_bcrypt.h"
#include "clock.h"
#include "thread.h"

struct auth {
	struct auth_client client;
	pthread_t thread;
	pthread_mutex_t lock;   /* of what follows */
	pthread_cond_t changed; /* a job has come, one has ended, or all shall end */
	struct auth_cache cache;
	struct auth_job *first;
	struct auth_job **last; /* where the next one is hung on */
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
		struct auth_job *job = auth->first;

		if (job == NULL) {
			(void)pthread_cond_wait(&auth->changed, &auth->lock);
			continue;
		}
		auth->first = job->next;
		if (auth->first == NULL)
			auth->last = &auth->first;
		job->next = NULL;
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
	auth->last = &auth->first;
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

/* With the lock held. */
static bool has_room(const struct auth *auth, uint64_t asker)
{
	size_t all = 0;
	size_t of_asker = 0;

	for (const struct auth_job *i = auth->first; i != NULL; i = i->next) {
		all++;
		if (asker != 0 && i->asker == asker)
			of_asker++;
	}
	return all < AUTH_JOBS_MAX && of_asker < AUTH_JOBS_OF_ONE_MAX;
}

bool auth_submit(struct auth *auth, struct auth_job *job)
{
	bool ok;

	(void)pthread_mutex_lock(&auth->lock);
	ok = !auth->stopping && has_room(auth, job->asker);
	if (ok) {
		job->next = NULL;
		*auth->last = job;
		auth->last = &job->next;
		(void)pthread_cond_broadcast(&auth->changed);
	}
	(void)pthread_mutex_unlock(&auth->lock);
	return ok;
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
	waiting = auth->first;
	auth->first = NULL;
	auth->last = &auth->first;
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
