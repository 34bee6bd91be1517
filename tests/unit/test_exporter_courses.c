/* SPDX-License-Identifier: MIT */
/* The courses of many sites: their room, through a reload, and those that a view has. */
#include "unit.h"

#include <stdio.h>

#include "healthy.h"
#include "prometheus_exporter/memory.h"

enum { MANY = 200, NAME_MAX = 16 };

/* Sites that are called by their numbers, from `first` on. */
struct world {
	char name[MANY][NAME_MAX];
	struct site site[MANY];
	struct exporter_config config;
	struct exporter_log log;
	struct exporter_memory memory;
};

static void start(struct world *world, size_t first, size_t len)
{
	struct err err = {0};

	*world = (struct world){0};
	for (size_t i = 0; i < len; i++) {
		(void)snprintf(world->name[i], NAME_MAX, "http://%zu/", first + i);
		world->site[i].has_nginx = true;
		world->site[i].nginx.name = world->name[i];
	}
	world->config.site = (struct list){.item = world->site, .len = len, .cap = len};
	assert_true(exporter_memory_init(&world->memory, &world->log, &world->config, true, &err));
}

static void take(struct world *world, size_t site, double time)
{
	struct healthy healthy;

	healthy_init(&healthy);
	healthy.scrape.time = time;
	course_take(&world->memory.course[site], &healthy.scrape);
}

/* The more sites there are, the fewer samples has the course of each: it is taken over as it fits.
 */
static void test_reload(void **state)
{
	struct world many, one, again;

	(void)state;
	start(&many, 0, MANY);
	start(&one, 7, 1);
	start(&again, 0, MANY);
	assert_true(many.memory.course[7].step_seconds > 5);
	assert_int_equal(one.memory.course[0].step_seconds, 5);
	for (size_t i = 0; i < 10; i++)
		take(&many, 7, 1000 + 20 * (double)i);
	exporter_memory_inherit(&one.memory, &one.config, &many.memory, &many.config);
	assert_int_equal(many.memory.course[7].len, 0);
	assert_int_equal(one.memory.course[0].len, 10);
	assert_int_equal(one.memory.course[0].step_seconds, 5);
	assert_int_equal(one.memory.course[0].cap, COURSE_SAMPLES_MAX);
	for (size_t i = 1; i <= 20; i++)
		take(&one, 0, 1180 + 5 * (double)i);
	assert_int_equal(one.memory.course[0].len, 30);
	exporter_memory_inherit(&again.memory, &again.config, &one.memory, &one.config);
	assert_true(again.memory.course[7].step_seconds > 5);
	assert_true(again.memory.course[7].len > 10 && again.memory.course[7].len < 30);
	assert_int_equal(again.memory.course[6].len + again.memory.course[8].len, 0);
	exporter_memory_free(&many.memory);
	exporter_memory_free(&one.memory);
	exporter_memory_free(&again.memory);
}

/* A view has the courses of those sites only that it names. */
static void test_view(void **state)
{
	static const size_t site[] = {2, 0};
	struct world world;
	struct course *course;

	(void)state;
	start(&world, 0, 3);
	for (size_t i = 0; i < 3; i++)
		take(&world, i, 1000 + (double)i);
	course = exporter_memory_courses(&world.memory, site, ARRAY_LEN(site));
	assert_non_null(course);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(course[i].len, i == 1 ? 0 : 1);
	assert_true(course_at(&course[2], 0)->time == 1002);
	exporter_courses_free(course, 3);
	assert_int_equal(world.memory.course[2].len, 1);
	exporter_memory_free(&world.memory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reload),
		cmocka_unit_test(test_view),
	};

	return cmocka_run_group_tests_name("exporter_courses", tests, NULL, NULL);
}
