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

/* What the newest sample was before the next one came. */
static void test_newest(void **state)
{
	struct course course;
	struct healthy healthy;

	(void)state;
	course_init(&course, 1);
	assert_int_equal(course.step_seconds, 5);
	healthy_init(&healthy);
	healthy.scrape.ledger.held[HELD_PHANTOM] = NOT_KNOWN;
	take(&course, &healthy, 1000, 1);
	assert_int_equal(course.len, 1);
	assert_true(course_at(&course, 0)->time == 1000);
	assert_true(isnan(course_at(&course, 0)->line[HELD_PHANTOM]));
	take(&course, &healthy, 1002, 2); /* there has to be a first step */
	assert_int_equal(course.len, 2);
	assert_true(newest_app(&course) == 2);
	take(&course, &healthy, 1004.9, 3); /* takes the place of one that was too early */
	assert_int_equal(course.len, 2);
	assert_true(newest_app(&course) == 3);
	take(&course, &healthy, 1004.9, 4);
	take(&course, &healthy, 990, 5); /* of a collection that began before */
	assert_int_equal(course.len, 2);
	assert_true(newest_app(&course) == 3);
	take(&course, &healthy, 1005, 6);
	assert_int_equal(course.len, 2);
	take(&course, &healthy, 1006, 7); /* a step lies behind */
	assert_int_equal(course.len, 3);
	assert_true(course_at(&course, 0)->time == 1000 && course_at(&course, 1)->time == 1005);
	assert_true(newest_app(&course) == 7);
	take(&course, &healthy, 1006 - COURSE_BACK_SECONDS - 1, 8); /* the clock was set back */
	assert_int_equal(course.len, 1);
	assert_true(newest_app(&course) == 8);
	course_free(&course);
	assert_null(course.sample);
	take(&course, &healthy, 2000, 9);
	assert_int_equal(course.len, 1);
	course_free(&course);
}

/* However many sites there are, a course covers its time, and all of them have their room. */
static void test_room(void **state)
{
	static const size_t sites[] = {0, 1, 50, 100, 101, 150, 333, 1000, 1399, 1500, 100000};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sites); i++) {
		size_t few = sites[i] == 0 ? 1 : sites[i];
		struct course course;
		struct healthy healthy;
		double time = 1000;

		course_init(&course, sites[i]);
		assert_null(course.sample);
		if (few <= 1399)
			assert_true(few * course.cap * sizeof(struct course_sample) <=
				    COURSE_BYTES_MAX);
		else
			assert_int_equal(course.cap, COURSE_SAMPLES_MIN);
		assert_int_equal(few <= 100, course.cap == COURSE_SAMPLES_MAX);
		assert_int_equal(few <= 100, course.step_seconds == 5);
		healthy_init(&healthy);
		for (size_t k = 0; k < 5000; k++)
			take(&course, &healthy, time += 1, 1);
		assert_int_equal(course.len, course.cap);
		assert_true(time - course_at(&course, 0)->time >=
			    COURSE_SECONDS - (double)course.step_seconds);
		assert_true(time - course_at(&course, 0)->time < COURSE_SECONDS + 75);
		course_free(&course);
	}
}

/* A course of a second each: taken over at a longer step, and by one that has more room. */
static void test_inherit(void **state)
{
	static const size_t sites[][2] = {{1, 1}, {1, 1000}, {1000, 1}, {1000, 300}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sites); i++) {
		struct course from, course;
		struct healthy healthy;
		double step, span;

		course_init(&from, sites[i][0]);
		course_init(&course, sites[i][1]);
		healthy_init(&healthy);
		for (size_t k = 0; k < 3000; k++)
			take(&from, &healthy, 1000 + (double)k, (double)k);
		span = 3999 - course_at(&from, 0)->time;
		step = fmax(from.step_seconds, course.step_seconds);
		course_inherit(&course, &from);
		assert_null(from.sample);
		assert_int_equal(from.len, 0);
		assert_true(course.len > 1 && course.len <= course.cap);
		assert_true(newest_app(&course) == 2999);
		assert_true(3999 - course_at(&course, 0)->time > span - step);
		for (size_t k = 2; k < course.len; k++) {
			double apart =
				course_at(&course, k - 1)->time - course_at(&course, k - 2)->time;

			assert_true(apart >= course.step_seconds && apart < 2 * step);
		}
		course_inherit(&course, &from);
		assert_true(newest_app(&course) == 2999);
		course_free(&course);
	}
}

static void test_nothing_to_take(void **state)
{
	struct course course;
	struct course copy;
	struct healthy healthy;

	(void)state;
	course_init(&course, 1);
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
	static const size_t taken[] = {1,
				       2,
				       COURSE_SAMPLES_MAX - 1,
				       COURSE_SAMPLES_MAX,
				       COURSE_SAMPLES_MAX + 1,
				       3 * COURSE_SAMPLES_MAX + 7};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(taken); i++) {
		struct course course;
		struct course copy;
		struct healthy healthy;
		size_t len = taken[i] < COURSE_SAMPLES_MAX ? taken[i] : COURSE_SAMPLES_MAX;

		course_init(&course, 1);
		healthy_init(&healthy);
		for (size_t k = 0; k < taken[i]; k++)
			take(&course, &healthy, 1000 + 10.0 * (double)k, (double)k);
		course_copy(&copy, &course);
		assert_int_equal(course.len, len);
		assert_int_equal(copy.len, len);
		assert_int_equal(copy.step_seconds, 5);
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
		cmocka_unit_test(test_newest),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_inherit),
		cmocka_unit_test(test_nothing_to_take),
		cmocka_unit_test(test_ring),
	};

	return cmocka_run_group_tests_name("exporter_course", tests, NULL, NULL);
}
