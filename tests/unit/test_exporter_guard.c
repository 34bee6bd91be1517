/* SPDX-License-Identifier: MIT */
/* Whose connection must end, by a clock that the test turns. */
#include "unit.h"

#include <math.h>

#include "prometheus_exporter/guard.h"

enum { CLIENTS = 6, SHARE = 4, BYTES = 100, MANY = CLIENTS + 3 };

static const struct guard_limits limits = {
	.seconds = {[GUARD_ASKING] = 10,
		    [GUARD_WAITING] = (double)INFINITY,
		    [GUARD_TAKING] = 60,
		    [GUARD_IDLE] = 30},
	.clients = CLIENTS,
	.clients_of_address = SHARE,
	.bytes = BYTES,
};

struct scene {
	struct guard guard;
	struct guard_client client[MANY];
	struct guard_answer answer[3];
};

static void begin(struct scene *scene)
{
	*scene = (struct scene){0};
	guard_init(&scene->guard, &limits);
}

/* Client i comes from an address that ends in `address`; 0: it has none. */
static struct guard_client *enter(struct scene *scene, size_t i, unsigned char address, double now)
{
	scene->client[i] = (struct guard_client){.has_address = address != 0};
	scene->client[i].address[GUARD_ADDRESS_LEN - 1] = address;
	return guard_enter(&scene->guard, &scene->client[i], now);
}

static void move(struct scene *scene, size_t i, enum guard_phase phase, double now)
{
	guard_move(&scene->guard, &scene->client[i], phase, now);
}

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
	assert_ptr_equal(guard_overdue(guard, 110), &scene.client[0]);
	assert_int_equal(scene.client[0].cut_from, GUARD_ASKING);
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
	assert_ptr_equal(guard_overdue(guard, 240), &scene.client[1]);
	assert_int_equal(scene.client[1].cut_from, GUARD_IDLE);
	guard_leave(guard, &scene.client[0]);
	guard_leave(guard, &scene.client[1]);
	assert_int_equal(guard->list[GUARD_CUT].len, 0);
}

/* Whatever one that was named still does, it is never named again. */
static void test_named_stays_named(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene);
	assert_null(enter(&scene, 0, 1, 0));
	assert_ptr_equal(guard_overdue(&scene.guard, 10), &scene.client[0]);
	move(&scene, 0, GUARD_TAKING, 11);
	move(&scene, 0, GUARD_IDLE, 12);
	assert_null(guard_overdue(&scene.guard, 1e9));
	assert_int_equal(guard_busy(&scene.guard), 0);
	guard_leave(&scene.guard, &scene.client[0]);
}

/* The longest idle one first, then who has not asked, then who reads; never who waits. */
static void test_room(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene);
	for (size_t i = 0; i < CLIENTS; i++)
		assert_null(enter(&scene, i, (unsigned char)(i + 1), (double)i));
	move(&scene, 0, GUARD_WAITING, 10);
	move(&scene, 1, GUARD_TAKING, 11);
	move(&scene, 4, GUARD_IDLE, 12);
	move(&scene, 2, GUARD_IDLE, 13);
	assert_ptr_equal(enter(&scene, 6, 99, 14), &scene.client[4]);
	assert_ptr_equal(enter(&scene, 7, 98, 15), &scene.client[2]);
	assert_ptr_equal(enter(&scene, 8, 97, 16), &scene.client[3]);
	guard_leave(&scene.guard, &scene.client[4]);
	assert_ptr_equal(enter(&scene, 4, 96, 17), &scene.client[5]);
	for (size_t i = 4; i < MANY; i++) {
		if (i != 5)
			move(&scene, i, GUARD_WAITING, 18);
	}
	guard_leave(&scene.guard, &scene.client[5]);
	assert_ptr_equal(enter(&scene, 5, 95, 19), &scene.client[5]);
	guard_leave(&scene.guard, &scene.client[5]);
	guard_leave(&scene.guard, &scene.client[4]);
	assert_null(enter(&scene, 4, 94, 20));
	/* One who waits for an answer and one who comes: the reader is in nobody's way. */
	move(&scene, 4, GUARD_WAITING, 21);
	assert_ptr_equal(enter(&scene, 5, 93, 22), &scene.client[5]);
	assert_int_equal(scene.client[1].phase, GUARD_TAKING);
}

static void test_reader_makes_room(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene);
	for (size_t i = 0; i < SHARE; i++) {
		assert_null(enter(&scene, i, 1, (double)i));
		move(&scene, i, GUARD_TAKING, (double)i);
	}
	/* The newcomer has not asked yet, so it is in front of those who read. */
	assert_ptr_equal(enter(&scene, 4, 1, 9), &scene.client[4]);
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
	assert_ptr_equal(enter(&scene, 5, 1, 8), &scene.client[3]);
	assert_ptr_equal(enter(&scene, 6, 1, 9), &scene.client[1]);
	/* Those without an address share nothing but the room. */
	assert_null(enter(&scene, 7, 0, 10));
	assert_ptr_equal(enter(&scene, 8, 0, 11), &scene.client[0]);
}

static void test_no_address(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene);
	for (size_t i = 0; i < CLIENTS; i++)
		assert_null(enter(&scene, i, 0, (double)i));
	assert_ptr_equal(enter(&scene, CLIENTS, 0, 10), &scene.client[0]);
}

static void give(struct scene *scene, size_t client, size_t answer, double now)
{
	scene->client[client].answer = &scene->answer[answer];
	move(scene, client, GUARD_TAKING, now);
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
	scene.client[2].answer = &scene.answer[1];
	move(&scene, 2, GUARD_WAITING, 3);
	assert_ptr_equal(guard_overweight(guard), &scene.client[0]);
	assert_int_equal(scene.client[0].cut_from, GUARD_TAKING);
	assert_ptr_equal(guard_overweight(guard), &scene.client[1]);
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
	assert_ptr_equal(guard_overweight(guard), &scene.client[0]);
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
		cmocka_unit_test(test_deadlines),
		cmocka_unit_test(test_named_stays_named),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_reader_makes_room),
		cmocka_unit_test(test_share),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_given_up_newest),
		cmocka_unit_test(test_no_address),
		cmocka_unit_test(test_read_already),
	};

	return cmocka_run_group_tests_name("exporter_guard", tests, NULL, NULL);
}
