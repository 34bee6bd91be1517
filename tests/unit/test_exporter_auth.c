/* SPDX-License-Identifier: MIT */
/* Passwords: the header, bcrypt, what is remembered of them, and the thread that checks them. */
#include "unit.h"

#include <math.h>
#include <pthread.h>

#include "buf.h"
#include "clock.h"
#include "prometheus_exporter/auth.h"
#include "prometheus_exporter/auth_bcrypt.h"
#include "web_folder.h"

static void test_basic(void **state)
{
	static const struct {
		const char *value;
		const char *user; /* NULL: refused */
		const char *password;
	} given[] = {
		{"Basic YWxpY2U6c2VjcmV0", "alice", "secret"},
		{"basic YWxpY2U6c2VjcmV0", "alice", "secret"},
		{"BASIC   YWxpY2U6c2VjcmV0", "alice", "secret"},
		{"Basic YTpiOmM=", "a", "b:c"},
		{"Basic YTo=", "a", ""},
		{"Basic OmI=", "", "b"},
		{"Basic Og==", "", ""},
		{"Basic w6Q6w7Y=", "\xc3\xa4", "\xc3\xb6"},
		{"Basic YT+/Og==", "a?\xbf", ""},
		{"", NULL, NULL},
		{"Basic", NULL, NULL},
		{"Basic ", NULL, NULL},
		{"BasicYTo=", NULL, NULL},
		{"Bearer YTpi", NULL, NULL},
		{"Basix YTpi", NULL, NULL},
		{"Basic YTpi ", NULL, NULL},
		{"Basic\tYTpi", NULL, NULL},
		{"Basic YWxpY2U=", NULL, NULL},  /* no colon */
		{"Basic YTo", NULL, NULL},       /* no padding */
		{"Basic YTp=", NULL, NULL},      /* bits left over */
		{"Basic Oh==", NULL, NULL},      /* bits left over */
		{"Basic O===", NULL, NULL},      /* too much padding */
		{"Basic YT=i", NULL, NULL},      /* padding in the middle */
		{"Basic YTp-", NULL, NULL},      /* the alphabet of URLs */
		{"Basic YT pi", NULL, NULL},     /* a blank inside */
		{"Basic YToAYg==", NULL, NULL},  /* a zero byte, where crypt() would stop */
		{"Basic YQo6Yg==", NULL, NULL},  /* a newline */
		{"Basic YTp/", NULL, NULL},      /* DEL */
		{"Basic YTpi,YTpi", NULL, NULL}, /* two of them */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(given); i++) {
		struct auth_basic basic;
		struct auth_basic copy;
		bool ok = auth_basic_parse(&basic, str_of(given[i].value));

		if (ok != (given[i].user != NULL))
			fail_msg("\"%s\"", given[i].value);
		if (!ok)
			continue;
		auth_basic_copy(&copy, &basic);
		auth_basic_wipe(&basic);
		assert_null(basic.user);
		assert_int_equal(basic.bytes[0], 0);
		assert_string_equal(copy.user, given[i].user);
		assert_string_equal(copy.password, given[i].password);
		assert_ptr_equal(copy.user, copy.bytes);
	}
}

/* "Basic " and `len` letters that mean a colon and `len` / 4 * 3 - 1 other characters. */
static bool parse_long(size_t len, struct auth_basic *basic)
{
	struct buf text;
	bool ok;

	buf_init(&text, 10000);
	buf_add_text(&text, "Basic Olpa");
	while (text.len < strlen("Basic ") + len)
		buf_add_text(&text, "Wlpa");
	ok = auth_basic_parse(basic, buf_str(&text));
	buf_free(&text);
	return ok;
}

static void test_basic_long(void **state)
{
	struct auth_basic basic;

	(void)state;
	assert_true(parse_long(680, &basic)); /* 510 bytes */
	assert_int_equal(strlen(basic.password), 509);
	assert_false(parse_long(684, &basic)); /* 513 */
	assert_false(parse_long(8000, &basic));
}

static void test_hash(void **state)
{
	static const struct {
		const char *hash;
		unsigned cost; /* 0: none of bcrypt */
	} given[] = {
		{WEB_HASH_SECRET, 4},
		{"$2y$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi", 10},
		{"$2a$31$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi", 31},
		{"$2y$03$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi", 0},
		{"$2y$32$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi", 0},
		{"$2y$1x$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi", 0},
		{"$2x$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi", 0},
		{"$2y$10.QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi", 0},
		{"$2y$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeS", 0},
		{"$2y$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSii", 0},
		{"$2y$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ:VcEd00UAV/LDeSi", 0},
		{"$1$abc$def", 0},
		{"secret", 0},
		{"", 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(given); i++) {
		unsigned cost = 0;
		bool ok = auth_hash_cost(given[i].hash, &cost);

		if (ok != (given[i].cost != 0) || cost != given[i].cost)
			fail_msg("\"%s\"", given[i].hash);
	}
}

static void test_password(void **state)
{
	(void)state;
	assert_true(auth_password_ok(WEB_HASH_SECRET, "secret", 4));
	assert_true(auth_password_ok(WEB_HASH_SECRET, "secret", 6));
	assert_true(auth_password_ok(WEB_HASH_GEHEIM, "geheim", 5));
	assert_false(auth_password_ok(WEB_HASH_SECRET, "secreT", 4));
	assert_false(auth_password_ok(WEB_HASH_SECRET, "", 4));
	assert_false(auth_password_ok(WEB_HASH_SECRET, "geheim", 5));
	assert_false(auth_password_ok(NULL, "secret", 4));
	assert_false(auth_password_ok("secret", "secret", 4));
}

/* Processor time of this thread alone: the shortest of three. */
static double work_of(const char *hash, unsigned cost)
{
	double best = (double)INFINITY;

	for (unsigned i = 0; i < 3; i++) {
		double begin = clock_now(CLOCK_THREAD_CPUTIME_ID);
		double work;

		assert_false(auth_password_ok(hash, "wrong", cost));
		work = clock_now(CLOCK_THREAD_CPUTIME_ID) - begin;
		best = work < best ? work : best;
	}
	return best;
}

/* Six more of cost are 64 times the work, for a cheap hash and for a user whom nobody knows. */
static void test_work(void **state)
{
	double cheap = work_of(WEB_HASH_SECRET, 4);

	(void)state;
	assert_true(work_of(WEB_HASH_SECRET, 10) > 16 * cheap);
	assert_true(work_of(NULL, 10) > 16 * cheap);
	assert_true(work_of(NULL, 4) < 4 * cheap);
}

/* ---- what is remembered ---------------------------------------------------------------------- */

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
};

static void on_done(void *ctx, struct auth_job *job)
{
	struct desk *desk = ctx;

	assert_int_equal(job->basic.bytes[0], 0);
	(void)pthread_mutex_lock(&desk->lock);
	while (desk->closed && job->verdict != AUTH_UNKNOWN)
		(void)pthread_cond_wait(&desk->changed, &desk->lock);
	desk->done++;
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
		assert_true(auth_submit(auth, &job[i]));
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

/* While the thread is held up: one asker gets AUTH_JOBS_OF_ONE_MAX places, all AUTH_JOBS_MAX; the
 * end hands back whoever waits. */
static void test_room(void **state)
{
	struct desk desk = {.lock = PTHREAD_MUTEX_INITIALIZER,
			    .changed = PTHREAD_COND_INITIALIZER,
			    .closed = true};
	const struct auth_client client = {.done = on_done, .ctx = &desk};
	struct auth_job job[AUTH_JOBS_MAX + 2];
	struct auth_job first;
	struct auth *auth;
	struct err err = {0};
	size_t len = 0;

	(void)state;
	auth = auth_start(&client, &err);
	assert_non_null(auth);
	job_of(&first, "alice", "secret", WEB_HASH_SECRET, 1);
	assert_true(auth_submit(auth, &first));
	/* Until the thread has taken it: the cache tells, before it is handed back. */
	for (struct auth_basic basic;;) {
		basic_of(&basic, "alice", "secret");
		if (auth_known(auth, &basic, WEB_HASH_SECRET) == AUTH_RIGHT)
			break;
	}
	for (; len < AUTH_JOBS_OF_ONE_MAX; len++) {
		job_of(&job[len], "alice", "x", WEB_HASH_SECRET, 7);
		assert_true(auth_submit(auth, &job[len]));
	}
	job_of(&job[len], "alice", "x", WEB_HASH_SECRET, 7);
	assert_false(auth_submit(auth, &job[len]));
	for (; len < AUTH_JOBS_MAX; len++) {
		job_of(&job[len], "alice", "x", WEB_HASH_SECRET, len % 2 == 0 ? 0 : 100 + len);
		assert_true(auth_submit(auth, &job[len]));
	}
	job_of(&job[len], "alice", "x", WEB_HASH_SECRET, 8);
	assert_false(auth_submit(auth, &job[len]));
	assert_string_equal(job[len].basic.password, "x");
	assert_false(auth_stop(auth, 0.01));
	assert_int_equal(desk.done, AUTH_JOBS_MAX);
	for (size_t i = 0; i < AUTH_JOBS_MAX; i++)
		assert_int_equal(job[i].verdict, AUTH_UNKNOWN);
	desk_open(&desk, true);
	assert_true(auth_stop(auth, 10));
	auth_free(auth);
	assert_int_equal(desk.done, AUTH_JOBS_MAX + 1);
	assert_int_equal(first.verdict, AUTH_RIGHT);
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
	assert_true(auth_submit(auth, &job));
	basic_of(&basic, "alice", "secret");
	while (auth_known(auth, &basic, WEB_HASH_SECRET) != AUTH_RIGHT) {
	}
	assert_false(auth_stop(auth, 0.01));
	assert_false(auth_submit(auth, &job));
	desk_open(&desk, true);
	assert_true(auth_stop(auth, 10));
	auth_free(auth);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_basic), cmocka_unit_test(test_basic_long),
		cmocka_unit_test(test_hash),  cmocka_unit_test(test_password),
		cmocka_unit_test(test_work),  cmocka_unit_test(test_digest),
		cmocka_unit_test(test_cache), cmocka_unit_test(test_thread),
		cmocka_unit_test(test_room),  cmocka_unit_test(test_stop_late),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
