/* SPDX-License-Identifier: MIT */
/* The course of a site: a ring of samples. */
#include "unit.h"

#include "healthy.h"
#include "prometheus_exporter/course.h"

static void take(struct course *course, struct healthy *healthy, double time, double app)
{
	healthy->scrape.time = time;
	healthy->scrape.ledger.held[HELD_APP] = app;
	course_take(course, &healthy->scrape);
}

static double newest_app(const struct course *course)
{
	return (double)course_at(course, course->len - 1)->line[HELD_APP];
}

static void test_lines(void **state)
{
	(void)state;
	assert_int_equal(course_lines(), HELD_MAX);
	for (size_t i = 0; i < course_lines(); i++)
		assert_string_equal(course_line(i)->prom.word, held_by_name((enum held_by)i));
}

static void test_steps(void **state)
{
	struct course course = {0};
	struct healthy healthy;

	(void)state;
	healthy_init(&healthy);
	healthy.scrape.ledger.held[HELD_PHANTOM] = NOT_KNOWN;
	take(&course, &healthy, 1000, 1);
	assert_int_equal(course.len, 1);
	assert_true(course_at(&course, 0)->time == 1000);
	assert_true(isnan(course_at(&course, 0)->line[HELD_PHANTOM]));
	take(&course, &healthy, 1004.9, 2); /* too early */
	take(&course, &healthy, 990, 3);    /* of a collection that began before */
	assert_int_equal(course.len, 1);
	assert_true(newest_app(&course) == 1);
	take(&course, &healthy, 1005, 4);
	assert_int_equal(course.len, 2);
	assert_true(newest_app(&course) == 4);
	take(&course, &healthy, 1005 - COURSE_BACK_SECONDS - 1, 5); /* the clock was set back */
	assert_int_equal(course.len, 1);
	assert_true(newest_app(&course) == 5);
	course_free(&course);
	assert_null(course.sample);
}

static void test_nothing_to_take(void **state)
{
	struct course course = {0};
	struct course copy;
	struct healthy healthy;

	(void)state;
	healthy_init(&healthy);
	healthy.scrape.ledger.has_lines = false;
	take(&course, &healthy, 1000, 1);
	healthy.scrape.ledger.has_lines = true;
	healthy.scrape.ledger.asked = false;
	take(&course, &healthy, 2000, 1);
	assert_null(course.sample);
	course_copy(&copy, &course);
	assert_int_equal(copy.len, 0);
	course_free(&copy);
	course_free(&course);
}

/* Samples as far as the ring goes round, and their copies, are in their order. */
static void test_ring(void **state)
{
	static const size_t taken[] = {
		1, 2, COURSE_LEN - 1, COURSE_LEN, COURSE_LEN + 1, 3 * COURSE_LEN + 7};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(taken); i++) {
		struct course course = {0};
		struct course copy;
		struct healthy healthy;
		size_t len = taken[i] < COURSE_LEN ? taken[i] : COURSE_LEN;

		healthy_init(&healthy);
		for (size_t k = 0; k < taken[i]; k++)
			take(&course, &healthy, 1000 + 10.0 * (double)k, (double)k);
		course_copy(&copy, &course);
		assert_int_equal(course.len, len);
		assert_int_equal(copy.len, len);
		for (size_t k = 0; k < len; k++) {
			double number = (double)(taken[i] - len + k);

			assert_true((double)course_at(&course, k)->line[HELD_APP] == number);
			assert_true((double)course_at(&copy, k)->line[HELD_APP] == number);
			assert_true(course_at(&copy, k)->time == 1000 + 10 * number);
		}
		course_free(&copy);
		course_free(&course);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_steps),
		cmocka_unit_test(test_nothing_to_take),
		cmocka_unit_test(test_ring),
	};

	return cmocka_run_group_tests_name("exporter_course", tests, NULL, NULL);
}
