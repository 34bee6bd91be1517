/* SPDX-License-Identifier: MIT */
/* Passwords: what is remembered of them, and the thread that checks them. */
#include "unit.h"

#include <pthread.h>

#include "buf.h"
#include "clock.h"
#include "prometheus_exporter/auth.h"
#include "prometheus_exporter/auth_bcrypt.h"
#include "prometheus_exporter/auth_fails.h"
#include "web_folder.h"

static void basic_of(struct auth_basic *basic, const char *user, const char *password)
{
	(void)snprintf(basic->bytes, sizeof(basic->bytes), "%s%c%s", user, '\0', password);
	basic->user = basic->bytes;
	basic->password = basic->bytes + strlen(user) + 1;
}

static void number_digest(const struct auth_cache *cache, unsigned char digest[SECRET_DIGEST_BYTES],
			  unsigned number)
{
	struct auth_basic basic;
	char password[16];

	(void)snprintf(password, sizeof(password), "%u", number);
	basic_of(&basic, "alice", password);
	assert_true(auth_cache_digest(cache, digest, &basic, WEB_HASH_SECRET));
}

static enum auth_verdict get(struct auth_cache *cache, unsigned number)
{
	unsigned char digest[SECRET_DIGEST_BYTES];

	number_digest(cache, digest, number);
	return auth_cache_get(cache, digest);
}

static void put(struct auth_cache *cache, unsigned number, enum auth_verdict verdict)
{
	unsigned char digest[SECRET_DIGEST_BYTES];

	number_digest(cache, digest, number);
	auth_cache_put(cache, digest, verdict);
}

/* However the texts are cut, another list of them is another digest; and so is another process. */
static void test_digest(void **state)
{
	static const struct {
		const char *user;
		const char *hash;
		const char *password;
	} given[] = {
		{"ab", "c", "d"},  {"a", "bc", "d"}, {"a", "b", "cd"}, {"abcd", "", ""},
		{"ab", NULL, "d"}, {"", "", "abcd"}, {"ab", "c", "D"}, {"aB", "c", "d"},
	};
	unsigned char digest[ARRAY_LEN(given)][SECRET_DIGEST_BYTES];
	unsigned char other[SECRET_DIGEST_BYTES];
	struct auth_cache cache;
	struct auth_basic basic;

	(void)state;
	assert_true(auth_cache_init(&cache));
	for (size_t i = 0; i < ARRAY_LEN(given); i++) {
		basic_of(&basic, given[i].user, given[i].password);
		assert_true(auth_cache_digest(&cache, digest[i], &basic, given[i].hash));
		for (size_t k = 0; k < i; k++)
			assert_memory_not_equal(digest[i], digest[k], SECRET_DIGEST_BYTES);
	}
	assert_true(auth_cache_digest(&cache, other, &basic, "c"));
	assert_memory_equal(other, digest[ARRAY_LEN(given) - 1], SECRET_DIGEST_BYTES);
	assert_true(auth_cache_init(&cache));
	assert_true(auth_cache_digest(&cache, other, &basic, "c"));
	assert_memory_not_equal(other, digest[ARRAY_LEN(given) - 1], SECRET_DIGEST_BYTES);
	auth_cache_wipe(&cache);
}

static void test_cache(void **state)
{
	struct auth_cache cache;

	(void)state;
	assert_true(auth_cache_init(&cache));
	assert_int_equal(get(&cache, 0), AUTH_UNKNOWN);
	put(&cache, 0, AUTH_RIGHT);
	put(&cache, 1, AUTH_WRONG);
	assert_int_equal(get(&cache, 0), AUTH_RIGHT);
	assert_int_equal(get(&cache, 1), AUTH_WRONG);
	/* A thousand guesses leave the right one, and the last of themselves. */
	for (unsigned i = 2; i < 1000; i++)
		put(&cache, i, AUTH_WRONG);
	assert_int_equal(get(&cache, 0), AUTH_RIGHT);
	assert_int_equal(get(&cache, 1), AUTH_UNKNOWN);
	assert_int_equal(get(&cache, 1000 - AUTH_CACHE_LEN), AUTH_UNKNOWN);
	assert_int_equal(get(&cache, 1000 - AUTH_CACHE_LEN + 1), AUTH_WRONG);
	/* Right ones take the place of wrong ones, then of the right one that was used longest ago.
	 */
	for (unsigned i = 2000; i < 2000 + AUTH_CACHE_LEN - 1; i++)
		put(&cache, i, AUTH_RIGHT);
	assert_int_equal(get(&cache, 999), AUTH_UNKNOWN);
	assert_int_equal(get(&cache, 0), AUTH_RIGHT);
	put(&cache, 5000, AUTH_WRONG);
	assert_int_equal(get(&cache, 5000), AUTH_UNKNOWN);
	put(&cache, 5001, AUTH_RIGHT);
	assert_int_equal(get(&cache, 0), AUTH_RIGHT);
	assert_int_equal(get(&cache, 2000), AUTH_UNKNOWN);
	assert_int_equal(get(&cache, 2001), AUTH_RIGHT);
	auth_cache_clear(&cache);
	assert_int_equal(get(&cache, 0), AUTH_UNKNOWN);
	auth_cache_wipe(&cache);
}

/* ---- the thread ------------------------------------------------------------------------------ */

struct desk {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool closed; /* verdicts are not taken yet */
	size_t done;
	const struct auth_job *job[AUTH_JOBS_MAX + 8]; /* in the order of their verdicts */
};

static void on_done(void *ctx, struct auth_job *job)
{
	struct desk *desk = ctx;

	assert_int_equal(job->basic.bytes[0], 0);
	(void)pthread_mutex_lock(&desk->lock);
	while (desk->closed && job->verdict != AUTH_UNKNOWN)
		(void)pthread_cond_wait(&desk->changed, &desk->lock);
	assert_in_range(desk->done, 0, ARRAY_LEN(desk->job) - 1);
	desk->job[desk->done++] = job;
	(void)pthread_cond_broadcast(&desk->changed);
	(void)pthread_mutex_unlock(&desk->lock);
}

static void desk_open(struct desk *desk, bool open)
{
	(void)pthread_mutex_lock(&desk->lock);
	desk->closed = !open;
	(void)pthread_cond_broadcast(&desk->changed);
	(void)pthread_mutex_unlock(&desk->lock);
}

static void desk_wait(struct desk *desk, size_t done)
{
	(void)pthread_mutex_lock(&desk->lock);
	while (desk->done < done)
		(void)pthread_cond_wait(&desk->changed, &desk->lock);
	(void)pthread_mutex_unlock(&desk->lock);
}

static void job_of(struct auth_job *job, const char *user, const char *password, const char *hash,
		   uint64_t asker)
{
	*job = (struct auth_job){.hash = hash, .cost = 4, .asker = asker};
	basic_of(&job->basic, user, password);
}

static void test_thread(void **state)
{
	struct desk desk = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
	const struct auth_client client = {.done = on_done, .ctx = &desk};
	struct auth_basic basic;
	struct auth_job job[3];
	struct auth *auth;
	struct err err = {0};

	(void)state;
	auth = auth_start(&client, &err);
	assert_non_null(auth);
	basic_of(&basic, "alice", "secret");
	assert_int_equal(auth_known(auth, &basic, WEB_HASH_SECRET), AUTH_UNKNOWN);
	job_of(&job[0], "alice", "secret", WEB_HASH_SECRET, 1);
	job_of(&job[1], "alice", "Secret", WEB_HASH_SECRET, 2);
	job_of(&job[2], "bob", "secret", NULL, 3);
	for (size_t i = 0; i < ARRAY_LEN(job); i++)
		assert_null(auth_submit(auth, &job[i]));
	desk_wait(&desk, ARRAY_LEN(job));
	assert_int_equal(job[0].verdict, AUTH_RIGHT);
	assert_int_equal(job[1].verdict, AUTH_WRONG);
	assert_int_equal(job[2].verdict, AUTH_WRONG);
	assert_int_equal(auth_known(auth, &basic, WEB_HASH_SECRET), AUTH_RIGHT);
	assert_int_equal(auth_known(auth, &basic, WEB_HASH_GEHEIM), AUTH_UNKNOWN);
	basic_of(&basic, "bob", "secret");
	assert_int_equal(auth_known(auth, &basic, NULL), AUTH_WRONG);
	auth_forget(auth);
	assert_int_equal(auth_known(auth, &basic, NULL), AUTH_UNKNOWN);
	assert_true(auth_stop(auth, 10));
	auth_free(auth);
}

/* Starts the thread, has asker 7 give two wrong passwords for "alice" and asker 8 one, and then
 * holds the thread up with `first`. */
static struct auth *start_held(struct desk *desk, const struct auth_client *client,
			       struct auth_job *first)
{
	struct err err = {0};
	struct auth *auth = auth_start(client, &err);
	struct auth_job job[3];
	struct auth_basic basic;

	assert_non_null(auth);
	for (size_t i = 0; i < ARRAY_LEN(job); i++) {
		job_of(&job[i], "alice", i == 0 ? "a" : "b", i < 2 ? WEB_HASH_SECRET : NULL,
		       i < 2 ? 7 : 8);
		assert_null(auth_submit(auth, &job[i]));
		desk_wait(desk, i + 1);
		assert_int_equal(job[i].verdict, AUTH_WRONG);
	}
	desk->done = 0;
	desk_open(desk, false);
	job_of(first, "alice", "secret", WEB_HASH_SECRET, 1);
	assert_null(auth_submit(auth, first));
	/* Until the thread has taken it: the cache tells, before it is handed back. */
	do {
		basic_of(&basic, "alice", "secret");
	} while (auth_known(auth, &basic, WEB_HASH_SECRET) != AUTH_RIGHT);
	return auth;
}

/* Newcomers first, then those who failed under another name, then by how often; of equals the last
 * one. */
static void test_order(void **state)
{
	static const struct {
		const char *user;
		uint64_t asker;
		size_t place;
	} given[] = {
		{"alice", 7, 8}, {"alice", 8, 7}, {"bob", 7, 6},   {"bob", 8, 5},
		{"alice", 9, 4}, {"carol", 9, 3}, {"alice", 0, 2}, {"alice", 10, 1},
	};
	struct desk desk = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
	const struct auth_client client = {.done = on_done, .ctx = &desk};
	struct auth_job job[ARRAY_LEN(given)];
	struct auth_job first;
	struct auth *auth = start_held(&desk, &client, &first);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(job); i++) {
		/* All different, so that none is known from the one before. */
		char password[2] = {(char)('p' + (int)i), '\0'};

		job_of(&job[i], given[i].user, password, WEB_HASH_SECRET, given[i].asker);
		assert_null(auth_submit(auth, &job[i]));
	}
	desk_open(&desk, true);
	desk_wait(&desk, 1 + ARRAY_LEN(job));
	assert_ptr_equal(desk.job[0], &first);
	for (size_t i = 0; i < ARRAY_LEN(job); i++) {
		assert_int_equal(job[i].verdict, AUTH_WRONG);
		if (desk.job[given[i].place] != &job[i])
			fail_msg("%s of %u is not number %zu", given[i].user,
				 (unsigned)given[i].asker, given[i].place);
	}
	assert_true(auth_stop(auth, 10));
	auth_free(auth);
}

/* While the thread is held up: AUTH_JOBS_MAX wait, and who comes then takes the place of the last
 * in the order, if that is somebody else; the end hands back whoever waits. */
static void test_room(void **state)
{
	struct desk desk = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
	const struct auth_client client = {.done = on_done, .ctx = &desk};
	struct auth_job job[AUTH_JOBS_MAX + 3];
	struct auth_job first;
	struct auth *auth = start_held(&desk, &client, &first);
	size_t len = 0;

	(void)state;
	for (; len < AUTH_JOBS_MAX; len++) {
		job_of(&job[len], "alice", "x", WEB_HASH_SECRET, len < 2 ? 7 : 100 + len);
		assert_null(auth_submit(auth, &job[len]));
	}
	assert_int_equal(desk.done, 0);
	/* A newcomer drives out one who has failed, the older of two; so does another one. */
	for (size_t i = 0; i < 2; i++, len++) {
		job_of(&job[len], "alice", "x", WEB_HASH_SECRET, 8 + i);
		assert_ptr_equal(auth_submit(auth, &job[len]), &job[i]);
		assert_int_equal(job[i].verdict, AUTH_UNKNOWN);
		assert_int_equal(job[i].basic.bytes[0], 0);
	}
	/* Who has failed drives nobody out. */
	job_of(&job[len], "alice", "x", WEB_HASH_SECRET, 7);
	assert_ptr_equal(auth_submit(auth, &job[len]), &job[len]);
	assert_int_equal(job[len].basic.bytes[0], 0);
	assert_int_equal(desk.done, 0);
	assert_false(auth_stop(auth, 0.01));
	assert_int_equal(desk.done, AUTH_JOBS_MAX);
	for (size_t i = 0; i < AUTH_JOBS_MAX + 2; i++)
		assert_int_equal(job[i].verdict, AUTH_UNKNOWN);
	desk_open(&desk, true);
	assert_true(auth_stop(auth, 10));
	auth_free(auth);
	assert_int_equal(desk.done, AUTH_JOBS_MAX + 1);
	assert_int_equal(first.verdict, AUTH_RIGHT);
}

static void test_fails(void **state)
{
	struct auth_fails *fails = calloc(1, sizeof(*fails));
	const uint64_t who = 5;

	(void)state;
	assert_non_null(fails);
	assert_int_equal(auth_fails_count(fails, 0, 100), 0);
	for (unsigned i = 1; i < 5; i++) {
		auth_fails_add(fails, who, 100 + i);
		assert_int_equal(auth_fails_count(fails, who, 100 + i), i);
	}
	assert_int_equal(auth_fails_count(fails, who + AUTH_FAILS_PLACES, 104), 0);
	assert_int_equal(auth_fails_count(fails, who, 103 + AUTH_FAILS_SECONDS), 4);
	assert_int_equal(auth_fails_count(fails, who, 104 + AUTH_FAILS_SECONDS), 0);
	/* Those who share a place with it are too few, then one too many. */
	for (unsigned i = 1; i < AUTH_FAILS_OF_PLACE; i++)
		auth_fails_add(fails, who + i * AUTH_FAILS_PLACES, 104 + i);
	assert_int_equal(auth_fails_count(fails, who, 110), 4);
	auth_fails_add(fails, who, 110);
	auth_fails_add(fails, who + 100 * AUTH_FAILS_PLACES, 111);
	assert_int_equal(auth_fails_count(fails, who, 112), 5);
	assert_int_equal(auth_fails_count(fails, who + AUTH_FAILS_PLACES, 112), 0);
	assert_int_equal(auth_fails_count(fails, who + 100 * AUTH_FAILS_PLACES, 112), 1);
	/* What is forgotten begins at one. */
	auth_fails_add(fails, who, 111 + AUTH_FAILS_SECONDS);
	assert_int_equal(auth_fails_count(fails, who, 112 + AUTH_FAILS_SECONDS), 1);
	free(fails);
}

/* Somebody whose verdict is not taken keeps the thread: that is said, not waited for. */
static void test_stop_late(void **state)
{
	struct desk desk = {.lock = PTHREAD_MUTEX_INITIALIZER,
			    .changed = PTHREAD_COND_INITIALIZER,
			    .closed = true};
	const struct auth_client client = {.done = on_done, .ctx = &desk};
	struct auth_job job;
	struct auth_basic basic;
	struct auth *auth;
	struct err err = {0};

	(void)state;
	auth = auth_start(&client, &err);
	assert_non_null(auth);
	job_of(&job, "alice", "secret", WEB_HASH_SECRET, 1);
	assert_null(auth_submit(auth, &job));
	basic_of(&basic, "alice", "secret");
	while (auth_known(auth, &basic, WEB_HASH_SECRET) != AUTH_RIGHT) {
	}
	assert_false(auth_stop(auth, 0.01));
	assert_ptr_equal(auth_submit(auth, &job), &job);
	desk_open(&desk, true);
	assert_true(auth_stop(auth, 10));
	auth_free(auth);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_digest),    cmocka_unit_test(test_cache),
		cmocka_unit_test(test_thread),    cmocka_unit_test(test_order),
		cmocka_unit_test(test_room),      cmocka_unit_test(test_fails),
		cmocka_unit_test(test_stop_late),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
