/* SPDX-License-Identifier: MIT */
/* Who has to make room for those who come. */
#include "unit.h"

#include "guard_scene.h"

/* The longest idle one first; then who has asked or read for long, the slowest first; never who
 * waits, and never who has just come. */
static void test_room(void **state)
{
	struct scene scene;
	struct guard *guard = &scene.guard;

	(void)state;
	begin(&scene);
	assert_true(guard_has_room(guard, 0));
	for (size_t i = 0; i < CLIENTS; i++)
		assert_null(enter(&scene, i, (unsigned char)(i + 1), (double)i));
	move(&scene, 0, GUARD_WAITING, 10);
	move(&scene, 1, GUARD_TAKING, 11);
	move(&scene, 4, GUARD_IDLE, 12);
	move(&scene, 2, GUARD_IDLE, 13);
	assert_ptr_equal(enter(&scene, 6, 99, 14), client(&scene, 4));
	assert_ptr_equal(enter(&scene, 7, 98, 15), client(&scene, 2));
	/* One that reads has taken more than those who do not even ask, the older of whom goes. */
	scene.client[1].bytes = 10;
	assert_ptr_equal(enter(&scene, 8, 97, 16), client(&scene, 3));
	/* Those who have been named should leave first. */
	leave(&scene, 4);
	assert_false(guard_has_room(guard, 16));
	leave(&scene, 2);
	assert_false(guard_has_room(guard, 16));
	leave(&scene, 3);
	assert_true(guard_has_room(guard, 16));
	assert_ptr_equal(enter(&scene, 4, 96, 17), client(&scene, 5));
	assert_false(guard_has_room(guard, 17));
	for (size_t i = 4; i < MANY; i++) {
		if (i != 5)
			move(&scene, i, GUARD_WAITING, 18);
	}
	leave(&scene, 5);
	assert_true(guard_has_room(guard, 19));
	assert_ptr_equal(enter(&scene, 5, 95, 19), client(&scene, 1));
	leave(&scene, 1);
	/* All others wait: nobody can make room for one more until the last one has had its time.
	 */
	assert_false(guard_has_room(guard, 19.0625));
	assert_null(guard_relieve(guard, 19.0625));
	assert_true(guard_has_room(guard, 19.5));
	assert_ptr_equal(guard_relieve(guard, 19.5), client(&scene, 5));
}

/* Of those who read, the one that takes the fewest bytes a second makes room; who has read for less
 * than a second is not judged. */
static void test_slowest_makes_room(void **state)
{
	static const uint64_t bytes[CLIENTS] = {5000, 300, 4000, 200, 3000, 0};
	static const size_t order[] = {3, 1, 4, 2, 0};
	struct scene scene;

	(void)state;
	begin(&scene);
	for (size_t i = 0; i < CLIENTS; i++) {
		assert_null(enter(&scene, i, (unsigned char)(i + 1), 0));
		scene.client[i].bytes = 1000; /* what it has taken before does not count */
		move(&scene, i, GUARD_TAKING, i == 5 ? 9.5 : 0);
		scene.client[i].bytes += bytes[i];
	}
	for (size_t i = 0; i < ARRAY_LEN(order); i++)
		assert_ptr_equal(guard_relieve(&scene.guard, 10), client(&scene, order[i]));
	assert_ptr_equal(guard_relieve(&scene.guard, 10), client(&scene, 5));
	assert_null(guard_relieve(&scene.guard, 10));
}

/* Only the oldest are looked at. */
static void test_looks_at_few(void **state)
{
	enum { LEN = GUARD_LOOK + 2 };
	static struct client crowd[LEN];
	struct guard guard;

	(void)state;
	guard_init(&guard, &guard_scene_limits);
	for (size_t i = 0; i < LEN; i++) {
		crowd[i] = (struct client){0};
		guard_enter(&guard, &crowd[i].guard, (double)i);
		guard_move(&guard, &crowd[i].guard, GUARD_TAKING, (double)i);
		crowd[i].bytes = LEN - i;
	}
	assert_ptr_equal(guard_relieve(&guard, 1000), &crowd[GUARD_LOOK - 1]);
	assert_ptr_equal(guard_relieve(&guard, 1000), &crowd[GUARD_LOOK]);
	assert_int_equal(guard.list[GUARD_CUT].len, 2);
}

/* When fewer may be there than are, all who are too many have to go. */
static void test_less_room(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene);
	for (size_t i = 0; i < CLIENTS; i++)
		assert_null(enter(&scene, i, (unsigned char)(i + 1), (double)i));
	assert_null(guard_surplus(&scene.guard, 9));
	scene.guard.limits.clients = 3;
	for (size_t i = 0; i < 3; i++)
		assert_ptr_equal(guard_surplus(&scene.guard, 9), client(&scene, i));
	assert_null(guard_surplus(&scene.guard, 9));
	assert_false(guard_has_room(&scene.guard, 9));
	for (size_t i = 0; i < 3; i++)
		leave(&scene, i);
	assert_true(guard_has_room(&scene.guard, 9));
	assert_ptr_equal(enter(&scene, CLIENTS, 99, 9), client(&scene, 3));
}

/* An address has its share, and makes room among its own. */
static void test_share(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene);
	assert_null(enter(&scene, 0, 9, 0));
	for (size_t i = 1; i <= SHARE; i++)
		assert_null(enter(&scene, i, 1, (double)i));
	move(&scene, 0, GUARD_IDLE, 6);
	move(&scene, 3, GUARD_IDLE, 7);
	assert_ptr_equal(enter(&scene, 5, 1, 8), client(&scene, 3));
	assert_ptr_equal(enter(&scene, 6, 1, 9), client(&scene, 1));
	/* Those without an address share nothing but the room. */
	assert_null(enter(&scene, 7, 0, 10));
	assert_ptr_equal(enter(&scene, 8, 0, 11), client(&scene, 0));
}

/* The last one of an address whose others all wait is let in, as long as there is room. */
static void test_share_that_waits(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene);
	for (size_t i = 0; i < SHARE; i++) {
		assert_null(enter(&scene, i, 1, 0));
		move(&scene, i, GUARD_WAITING, 0);
	}
	assert_null(enter(&scene, 4, 1, 1));
	assert_null(enter(&scene, 5, 2, 1));
	assert_ptr_equal(enter(&scene, 6, 3, 2), client(&scene, 4));
}

static void test_no_address(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene);
	for (size_t i = 0; i < CLIENTS; i++)
		assert_null(enter(&scene, i, 0, (double)i));
	assert_ptr_equal(enter(&scene, CLIENTS, 0, 10), client(&scene, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_room),         cmocka_unit_test(test_slowest_makes_room),
		cmocka_unit_test(test_looks_at_few), cmocka_unit_test(test_less_room),
		cmocka_unit_test(test_share),        cmocka_unit_test(test_share_that_waits),
		cmocka_unit_test(test_no_address),
	};

	return cmocka_run_group_tests_name("exporter_guard_room", tests, NULL, NULL);
}
