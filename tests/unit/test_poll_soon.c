/* SPDX-License-Identifier: MIT */
/* How long something is waited for wide awake, and asleep: the system's part is played here. */
#define _GNU_SOURCE    /* sched_getaffinity() */
#undef _FORTIFY_SOURCE /* its poll() is inline */
#include "unit.h"

#include <errno.h>
#include <math.h>
#include <sched.h>
#include <string.h>
#include <time.h>

#include "common/poll_soon.h"
#include "compiler.h"

enum { NEVER = 1000, YIELD_US = 100 };

static struct {
	int ready_at;   /* polls until something is ready */
	int result;     /* what poll() says then */
	int processors; /* that this thread may run on; 0: nobody knows */
	int polls;      /* awake */
	int sleeps;
	int slept_ms; /* what the last of them would have waited */
	int yields;   /* each takes YIELD_US */
} world;

int poll(struct pollfd *fd, nfds_t len, int timeout_ms)
{
	(void)fd;
	(void)len;
	if (timeout_ms == 0) {
		world.polls++;
	} else {
		world.sleeps++;
		world.slept_ms = timeout_ms;
	}
	return world.polls + world.sleeps >= world.ready_at ? world.result : 0;
}

int sched_yield(void)
{
	world.yields++;
	return 0;
}

int sched_getaffinity(pid_t pid, size_t size, cpu_set_t *set)
{
	assert_int_equal(pid, 0);
	assert_int_equal(size, sizeof(*set));
	CPU_ZERO(set);
	for (size_t i = 0; i < (size_t)world.processors; i++)
		CPU_SET(i + 3, set);
	if (world.processors > 0)
		return 0;
	CPU_SET(0, set);
	errno = EINVAL;
	return -1;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
	(void)clock;
	*now = (struct timespec){.tv_nsec = world.yields * YIELD_US * 1000L};
	return 0;
}

static const struct {
	const char *name;
	int ready_at;
	int processors;
	int timeout_ms;
	double us; /* to wait awake */
	int result;
	double us_left;
	int polls;
	int yields;
	int sleeps;
	int slept_ms;
} cases[] = {
	{"ready at once", 1, 2, 1000, 200, 1, 200, 1, 0, 0, 0},
	{"ready after a while", 2, 2, 1000, 200, 1, 100, 2, 1, 0, 0},
	{"ready at last", 3, 2, 1000, 300, 1, 100, 3, 2, 0, 0},
	{"ready while it sleeps", 3, 2, 1000, 200, 1, 0, 2, 2, 1, 1000},
	{"never", NEVER, 2, 1000, 200, 0, 0, 2, 2, 1, 1000},
	{"never, and no end", NEVER, 2, -1, 200, 0, 0, 2, 2, 1, -1},
	{"no time, ready", 1, 2, 0, 200, 1, 200, 1, 0, 0, 0},
	{"no time, not ready", NEVER, 2, 0, 200, 0, 200, 1, 0, 0, 0},
	{"nothing to spend, ready", 1, 2, 50, 0, 1, 0, 0, 0, 1, 50},
	{"nothing to spend, never", NEVER, 2, 50, 0, 0, 0, 0, 0, 1, 50},
	{"nothing to spend, no end", 1, 2, -1, 0, 1, 0, 0, 0, 1, -1},
	{"less time than may be spent", NEVER, 2, 1, 5000, 0, 4000, 11, 10, 0, 0},
	{"awake for a part of the time", NEVER, 2, 10, 3000, 0, 0, 30, 30, 1, 7},
	{"one processor, ready", 1, 1, 1000, 200, 1, 200, 1, 0, 0, 0},
	{"one processor, not ready", 2, 1, 1000, 200, 1, 0, 1, 0, 1, 1000},
	{"nobody knows how many", 2, 0, 1000, 200, 1, 100, 2, 1, 0, 0},
};

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct pollfd fd = {.fd = -1, .events = POLLIN};
		double seconds = cases[i].us / 1e6;

		print_message("%s\n", cases[i].name);
		memset(&world, 0, sizeof(world));
		world.ready_at = cases[i].ready_at;
		world.processors = cases[i].processors;
		world.result = 1;
		assert_int_equal(poll_soon(&fd, 1, cases[i].timeout_ms, &seconds), cases[i].result);
		assert_true(fabs(seconds * 1e6 - cases[i].us_left) < 0.001);
		assert_int_equal(world.polls, cases[i].polls);
		assert_int_equal(world.yields, cases[i].yields);
		assert_int_equal(world.sleeps, cases[i].sleeps);
		assert_int_equal(world.slept_ms, cases[i].slept_ms);
	}
}

/* What is left of one call is for the next. */
static void test_again(void **state)
{
	struct pollfd fd = {.fd = -1, .events = POLLIN};
	double seconds = 350e-6;

	(void)state;
	memset(&world, 0, sizeof(world));
	world.processors = 2;
	world.result = 1;
	world.ready_at = 3;
	assert_int_equal(poll_soon(&fd, 1, 1000, &seconds), 1);
	assert_int_equal(world.yields, 2);
	world.ready_at = NEVER;
	assert_int_equal(poll_soon(&fd, 1, 1000, &seconds), 0);
	assert_int_equal(world.yields, 4);
	assert_int_equal(world.sleeps, 1);
	assert_int_equal(poll_soon(&fd, 1, 1000, &seconds), 0);
	assert_int_equal(world.yields, 4);
	assert_int_equal(world.sleeps, 2);
	assert_true(seconds == 0);
}

static void test_failure(void **state)
{
	struct pollfd fd = {.fd = -1, .events = POLLIN};
	double seconds = 200e-6;

	(void)state;
	memset(&world, 0, sizeof(world));
	world.processors = 2;
	world.result = -1;
	world.ready_at = 2;
	assert_int_equal(poll_soon(&fd, 1, 1000, &seconds), -1);
	assert_int_equal(world.sleeps, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_again),
		cmocka_unit_test(test_failure),
	};

	return cmocka_run_group_tests_name("poll_soon", tests, NULL, NULL);
}
