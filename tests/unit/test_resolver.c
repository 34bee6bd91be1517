/* SPDX-License-Identifier: MIT */
/* test_resolver.c - all look-ups of a process: how many there are when a name server hangs, who has
 * to wait for it, and what is used meanwhile. */
#include "fake_names.h"

#include <dirent.h>
#include <unistd.h>

#include "clock.h"
#include "resolve_names.h"
#include "server.h"

static size_t entries(const char *folder)
{
	DIR *dir = opendir(folder);
	size_t len = 0;

	assert_non_null(dir);
	while (readdir(dir) != NULL)
		len++;
	(void)closedir(dir);
	return len;
}

static struct resolve_name *ask(struct resolve_names *names, const char *host)
{
	struct err err = {0};
	struct resolve_name *name = resolve_names_ask(names, host, FETCH_IP_ANY, &err);

	assert_non_null(name);
	return name;
}

static void ask_hung(struct resolve_names *names, struct resolve_name **name, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		char host[32];

		(void)snprintf(host, sizeof(host), "hung%zu.test", i);
		name[i] = ask(names, host);
	}
}

/* Waits as a loop does until the name is ready; at most so long. */
static void wait_for(struct resolve_names *names, const struct resolve_name *name, int ms)
{
	double end = clock_now(CLOCK_MONOTONIC) + ms / 1e3;

	while (!resolve_name_ready(name) && clock_now(CLOCK_MONOTONIC) < end) {
		struct pollfd fd[RESOLVER_LOOKUPS_MAX];
		size_t len = resolve_names_wait(names, fd, ARRAY_LEN(fd));
		int timeout_ms = resolve_names_timeout_ms(names);

		(void)poll(fd, len, timeout_ms < 0 || timeout_ms > ms ? ms : timeout_ms);
		resolve_names_step(names);
	}
	if (!resolve_name_ready(name))
		fail_msg("not ready within %d ms", ms);
}

static void check_two(const struct resolve_name *name, uint16_t port)
{
	struct resolve_address address[2] = {0};
	const struct sockaddr_in *v4 = (const void *)&address[1].addr;
	struct err err = {0};

	assert_int_equal(resolve_name_answer(name, port, address, 2, &err), 2);
	assert_int_equal(v4->sin_port, htons(port));
	assert_int_equal(v4->sin_addr.s_addr, htonl(INADDR_LOOPBACK));
}

/* A name is looked up once for all its targets, each with its own port, and once at a time for all
 * loops. */
static void test_shared(void **state)
{
	struct resolver *resolver = resolver_new();
	struct resolve_names names[2];
	struct resolve_name *one[2];

	(void)state;
	(void)pthread_mutex_lock(&hang);
	atomic_store(&is_dead, true);
	atomic_store(&asked, 0);
	for (size_t i = 0; i < 2; i++) {
		struct err err = {0};

		resolve_names_init(&names[i], resolver);
		one[i] = ask(&names[i], "two.test");
		assert_ptr_equal(ask(&names[i], "two.test"), one[i]);
		assert_ptr_not_equal(resolve_names_ask(&names[i], "two.test", FETCH_IP_V6, &err),
				     one[i]);
	}
	while (atomic_load(&hanging) < 2)
		(void)poll(NULL, 0, 1);
	atomic_store(&is_dead, false);
	release();
	for (size_t i = 0; i < 2; i++) {
		wait_for(&names[i], one[i], LONG_MS);
		resolve_names_free(&names[i]);
	}
	assert_int_equal(atomic_load(&asked), 2);
	resolver_free(resolver);
}

/* However many names hang in however many loops, one after the other: so many threads and
 * descriptors, and the others hear why they are not looked up. */
static void test_limit(void **state)
{
	enum { NAMES = 100, LOOPS = 3 };
	struct resolver *resolver = resolver_new();
	size_t threads = entries("/proc/self/task");
	size_t descriptors = entries("/proc/self/fd");
	struct resolve_name *name[NAMES];
	struct resolve_names names;
	struct resolve_address address;

	(void)state;
	(void)pthread_mutex_lock(&hang);
	for (size_t loop = 0; loop < LOOPS; loop++) {
		resolve_names_init(&names, resolver);
		ask_hung(&names, name, NAMES);
		assert_true(resolve_name_ready(ask(&names, "127.0.0.1")));
		assert_true(resolve_name_ready(ask(&names, "localhost")));
		wait_for(&names, name[NAMES - 1], RESOLVER_HANGS_MS + LONG_MS);
		for (size_t i = 0; i < NAMES; i++) {
			struct err err = {0};

			assert_int_equal(resolve_name_begun(name[i]), i < RESOLVER_LOOKUPS_MAX);
			assert_int_equal(resolve_name_ready(name[i]), i >= RESOLVER_LOOKUPS_MAX);
			if (i < RESOLVER_LOOKUPS_MAX)
				continue;
			assert_int_equal(resolve_name_answer(name[i], 1, &address, 1, &err), 0);
			assert_int_equal(err.kind, ERR_RESOLVE);
			assert_non_null(strstr(err.text, "8 look-ups of other names hang already"));
		}
		assert_int_equal(atomic_load(&hanging), RESOLVER_LOOKUPS_MAX);
		assert_in_range(entries("/proc/self/task"), threads,
				threads + RESOLVER_LOOKUPS_MAX);
		assert_in_range(entries("/proc/self/fd"), descriptors,
				descriptors + 2 * RESOLVER_LOOKUPS_MAX);
		resolve_names_free(&names);
	}
	release();
	/* There is room again. */
	resolve_names_init(&names, resolver);
	name[0] = ask(&names, "two.test");
	wait_for(&names, name[0], LONG_MS);
	check_two(name[0], 80);
	resolve_names_free(&names);
	resolver_tidy(resolver);
	assert_in_range(entries("/proc/self/fd"), 0, descriptors);
	resolver_free(resolver);
}

/* What is known is used while the name server hangs: whether the name's own lookup hangs, waits for
 * its turn behind others, or gets none. */
static void test_known(void **state)
{
	struct resolver *resolver = resolver_new();
	struct resolve_name *hung[RESOLVER_LOOKUPS_MAX + 1];
	struct resolve_names names;
	struct resolve_name *two;
	double began;

	(void)state;
	resolve_names_init(&names, resolver);
	two = ask(&names, "two.test");
	wait_for(&names, two, LONG_MS);
	resolve_names_free(&names);
	resolver_tidy(resolver);

	(void)pthread_mutex_lock(&hang);
	atomic_store(&is_dead, true);
	for (size_t others = 0; others <= ARRAY_LEN(hung); others += ARRAY_LEN(hung)) {
		began = clock_now(CLOCK_MONOTONIC);
		ask_hung(&names, hung, others);
		two = ask(&names, "two.test");
		assert_false(resolve_name_ready(two));
		wait_for(&names, two, LONG_MS);
		assert_true(clock_now(CLOCK_MONOTONIC) - began >= RESOLVE_PATIENCE_MS / 1e3);
		check_two(two, 81);
		assert_false(others > 0 && resolve_name_ready(hung[0]));
		resolve_names_free(&names);
	}
	/* Nobody has a turn once they hang. */
	ask_hung(&names, hung, ARRAY_LEN(hung));
	wait_for(&names, hung[ARRAY_LEN(hung) - 1], RESOLVER_HANGS_MS + LONG_MS);
	two = ask(&names, "two.test");
	wait_for(&names, two, LONG_MS);
	check_two(two, 82);
	resolve_names_free(&names);
	atomic_store(&is_dead, false);
	release();
	resolver_free(resolver);
}

/* A name that has none any more has none, whatever it had. */
static void test_no_longer(void **state)
{
	struct resolver *resolver = resolver_new();
	struct resolve_address address;
	struct resolve_names names;
	struct resolve_name *name;
	struct err err = {0};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		resolve_names_init(&names, resolver);
		atomic_store(&is_gone, i == 1);
		name = ask(&names, "two.test");
		wait_for(&names, name, LONG_MS);
		assert_int_equal(resolve_name_answer(name, 80, &address, 1, &err), 1 - i);
		resolve_names_free(&names);
	}
	assert_int_equal(err.kind, ERR_RESOLVE);
	atomic_store(&is_gone, false);
	resolver_free(resolver);
}

/* Whole fetches, over all transports, one after the other: what is known and what is an address is
 * asked in time, and the rest says why not. */
static void test_fetches(void **state)
{
	enum { TARGETS = 120, ROUNDS = 3, TIMEOUT_MS = RESOLVER_HANGS_MS + 1000 };
	static struct target target[TARGETS + 2];
	static struct fetch_job job[TARGETS + 2];
	static char text[TARGETS + 2][64];
	static const char *texts[TARGETS + 3];
	struct server server;
	size_t threads;
	const char *known[] = {text[TARGETS], text[TARGETS + 1], NULL};

	(void)state;
	server_start(&server, SERVER_V4, SERVER_SEND, "{}");
	for (size_t i = 0; i < TARGETS; i++) {
		static const char *const scheme[] = {"http", "https", "tcp"};

		(void)snprintf(text[i], sizeof(text[i]), "%s://hung%zu.test%s",
			       scheme[i % ARRAY_LEN(scheme)], i,
			       i % ARRAY_LEN(scheme) < 2 ? "/" : ":1");
		texts[i] = text[i];
	}
	(void)snprintf(text[TARGETS], sizeof(text[0]), "127.0.0.1:%u", (unsigned)server.port);
	(void)snprintf(text[TARGETS + 1], sizeof(text[0]), "two.test:%u", (unsigned)server.port);
	texts[TARGETS] = text[TARGETS];
	texts[TARGETS + 1] = text[TARGETS + 1];
	fetch_all(known, target, job, LONG_MS);
	assert_true(job[0].ok && job[1].ok);
	threads = entries("/proc/self/task");
	(void)pthread_mutex_lock(&hang);
	atomic_store(&is_dead, true);
	for (size_t round = 0; round < ROUNDS; round++) {
		fetch_all(texts, target, job, TIMEOUT_MS);
		for (size_t i = 0; i < TARGETS; i++) {
			if (strstr(job[i].err.text, "the host name was not resolved within 3 s") ==
				    NULL &&
			    strstr(job[i].err.text, "look-ups of other names hang already") == NULL)
				fail_msg("%s", job[i].err.text);
		}
		assert_true(job[TARGETS].ok);
		if (!job[TARGETS + 1].ok)
			fail_msg("%s", job[TARGETS + 1].err.text);
		assert_true(job[TARGETS + 1].seconds < TIMEOUT_MS / 1e3);
		assert_in_range(entries("/proc/self/task"), threads,
				threads + RESOLVER_LOOKUPS_MAX);
	}
	atomic_store(&is_dead, false);
	release();
	server_stop(&server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shared),  cmocka_unit_test(test_limit),
		cmocka_unit_test(test_known),   cmocka_unit_test(test_no_longer),
		cmocka_unit_test(test_fetches),
	};

	(void)alarm(HANG_SECONDS);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
