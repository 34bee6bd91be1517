/* SPDX-License-Identifier: MIT */
/* Whose connection lasts too long, or keeps too much memory alive, by a clock that the test turns.
 */
#include "unit.h"

#include <math.h>

#include "guard_scene.h"

static void test_deadlines(void **state)
{
	struct scene scene;
	struct guard *guard = &scene.guard;

	(void)state;
	begin(&scene);
	assert_true(isinf(guard_next(guard)));
	assert_null(guard_overdue(guard, 1e9));
	assert_null(enter(&scene, 0, 1, 100));
	assert_null(enter(&scene, 1, 1, 105));
	assert_true(guard_next(guard) == 110);
	assert_null(guard_overdue(guard, 109.9));
	assert_ptr_equal(guard_overdue(guard, 110), client(&scene, 0));
	assert_int_equal(client(&scene, 0)->cut_from, GUARD_ASKING);
	/* It is named once. */
	assert_null(guard_overdue(guard, 110));
	assert_true(guard_next(guard) == 115);
	/* One that waits is left alone, however long; one that reads has a minute. */
	move(&scene, 1, GUARD_WAITING, 106);
	assert_true(isinf(guard_next(guard)));
	assert_null(guard_overdue(guard, 1e9));
	assert_int_equal(guard_busy(guard), 1);
	move(&scene, 1, GUARD_TAKING, 200);
	assert_true(guard_next(guard) == 260);
	assert_int_equal(guard_busy(guard), 1);
	move(&scene, 1, GUARD_IDLE, 210);
	assert_true(guard_next(guard) == 240);
	assert_int_equal(guard_busy(guard), 0);
	assert_ptr_equal(guard_overdue(guard, 240), client(&scene, 1));
	assert_int_equal(client(&scene, 1)->cut_from, GUARD_IDLE);
	leave(&scene, 0);
	leave(&scene, 1);
	assert_int_equal(guard->list[GUARD_CUT].len, 0);
}

/* Whatever one that was named still does, it is never named again. */
static void test_named_stays_named(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene);
	assert_null(enter(&scene, 0, 1, 0));
	assert_ptr_equal(guard_overdue(&scene.guard, 10), client(&scene, 0));
	move(&scene, 0, GUARD_TAKING, 11);
	move(&scene, 0, GUARD_IDLE, 12);
	assert_null(guard_overdue(&scene.guard, 1e9));
	assert_int_equal(guard_busy(&scene.guard), 0);
	leave(&scene, 0);
}

/* All answers that are asked for in one go share a deadline; the time until they are there does not
 * count, and who takes them promptly or rests has all of it again. */
static void test_one_deadline(void **state)
{
	struct scene scene;
	struct guard *guard = &scene.guard;

	(void)state;
	begin(&scene);
	assert_null(enter(&scene, 0, 1, 0));
	for (size_t i = 0; i < 5; i++) {
		double now = 10 + 100 * (double)i;

		move(&scene, 0, GUARD_WAITING, now);
		move(&scene, 0, GUARD_TAKING, now + 90);
		assert_true(guard_next(guard) == now + 90 + 60 - 10 * (double)i);
		assert_null(guard_overdue(guard, now + 99));
		move(&scene, 0, GUARD_IDLE, now + 100);
	}
	move(&scene, 0, GUARD_TAKING, 510.5);
	assert_true(guard_next(guard) == 520.5);
	assert_null(guard_overdue(guard, 520.4));
	assert_ptr_equal(guard_overdue(guard, 520.5), client(&scene, 0));
	assert_int_equal(client(&scene, 0)->cut_from, GUARD_TAKING);
	leave(&scene, 0);

	assert_null(enter(&scene, 0, 1, 1000));
	for (size_t i = 0; i < 10000; i++) {
		move(&scene, 0, GUARD_TAKING, 1000 + 0.25 * (double)i);
		move(&scene, 0, GUARD_IDLE, 1000.0625 + 0.25 * (double)i);
	}
	move(&scene, 0, GUARD_TAKING, 5000);
	assert_true(guard_next(guard) == 5060);
	move(&scene, 0, GUARD_IDLE, 5050);
	move(&scene, 0, GUARD_TAKING, 5051);
	assert_true(guard_next(guard) == 5111);
}

/* One whose time is nearly over is in front of those who began before it. */
static void test_deadlines_in_order(void **state)
{
	struct scene scene;
	struct guard *guard = &scene.guard;

	(void)state;
	begin(&scene);
	for (size_t i = 0; i < 3; i++)
		assert_null(enter(&scene, i, 1, 0));
	move(&scene, 0, GUARD_TAKING, 1);
	move(&scene, 0, GUARD_IDLE, 51);
	move(&scene, 1, GUARD_TAKING, 20);
	move(&scene, 2, GUARD_TAKING, 30);
	move(&scene, 0, GUARD_TAKING, 51.5);
	assert_true(guard_next(guard) == 61.5);
	assert_ptr_equal(guard_overdue(guard, 61.5), client(&scene, 0));
	assert_ptr_equal(guard_overdue(guard, 80), client(&scene, 1));
	assert_ptr_equal(guard_overdue(guard, 90), client(&scene, 2));
	assert_int_equal(guard->list[GUARD_TAKING].len, 0);
}

static void give(struct scene *scene, size_t i, size_t answer, double now)
{
	scene->client[i].guard.answer = &scene->answer[answer];
	move(scene, i, GUARD_TAKING, now);
}

static void test_answers(void **state)
{
	struct scene scene;
	struct guard *guard = &scene.guard;

	(void)state;
	begin(&scene);
	for (size_t i = 0; i < SHARE; i++)
		assert_null(enter(&scene, i, 1, 0));
	/* The newest is spared, however long. */
	guard_hold(guard, &scene.answer[0], 10 * BYTES);
	give(&scene, 0, 0, 1);
	give(&scene, 1, 0, 2);
	assert_null(guard_overweight(guard));
	/* Then all readers of the oldest go. */
	guard_hold(guard, &scene.answer[1], BYTES);
	client(&scene, 2)->answer = &scene.answer[1];
	move(&scene, 2, GUARD_WAITING, 3);
	assert_ptr_equal(guard_overweight(guard), client(&scene, 0));
	assert_int_equal(client(&scene, 0)->cut_from, GUARD_TAKING);
	assert_ptr_equal(guard_overweight(guard), client(&scene, 1));
	assert_null(guard_overweight(guard));
	guard_hold(guard, &scene.answer[2], 1);
	assert_null(guard_overweight(guard)); /* just as much as is allowed */
	assert_int_equal(guard->bytes, BYTES + 1);
	guard_drop(guard, &scene.answer[0]);
	assert_int_equal(guard->bytes, BYTES + 1);
	guard_drop(guard, &scene.answer[2]);
	guard_drop(guard, &scene.answer[1]);
	assert_int_equal(guard->bytes, 0);
	assert_null(guard->oldest);
	assert_null(guard->newest);
}

/* Who has read an answer has nothing to do with it any more, though it may ask again. */
static void test_read_already(void **state)
{
	struct scene scene;
	struct guard *guard = &scene.guard;

	(void)state;
	begin(&scene);
	assert_null(enter(&scene, 0, 1, 0));
	guard_hold(guard, &scene.answer[0], 2 * BYTES);
	give(&scene, 0, 0, 1);
	move(&scene, 0, GUARD_IDLE, 2);
	move(&scene, 0, GUARD_WAITING, 3);
	guard_hold(guard, &scene.answer[1], 1);
	assert_null(guard_overweight(guard));
}

/* One that was given up may become the newest again. */
static void test_given_up_newest(void **state)
{
	struct scene scene;
	struct guard *guard = &scene.guard;

	(void)state;
	begin(&scene);
	assert_null(enter(&scene, 0, 1, 0));
	guard_hold(guard, &scene.answer[0], 2 * BYTES);
	give(&scene, 0, 0, 1);
	guard_hold(guard, &scene.answer[1], 1);
	assert_ptr_equal(guard_overweight(guard), client(&scene, 0));
	assert_null(guard_overweight(guard));
	guard_drop(guard, &scene.answer[1]);
	assert_null(guard_overweight(guard));
	assert_int_equal(guard->bytes, 0);
	guard_hold(guard, &scene.answer[1], 5);
	assert_null(guard_overweight(guard));
	assert_int_equal(guard->bytes, 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_deadlines),    cmocka_unit_test(test_named_stays_named),
		cmocka_unit_test(test_one_deadline), cmocka_unit_test(test_deadlines_in_order),
		cmocka_unit_test(test_answers),      cmocka_unit_test(test_given_up_newest),
		cmocka_unit_test(test_read_already),
	};

	return cmocka_run_group_tests_name("exporter_guard", tests, NULL, NULL);
}
