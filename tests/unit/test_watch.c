/* SPDX-License-Identifier: MIT */
/* When something about a target is news. */
#include "unit.h"

#include "watch.h"

static struct probe probe_of(enum err_kind kind)
{
	struct probe probe = {.asked = true, .up = kind == ERR_NONE};

	probe.err.kind = kind;
	return probe;
}

static void test_edges(void **state)
{
	static const struct {
		enum err_kind kind;
		enum watch_event event;
	} step[] = {
		{ERR_NONE, WATCH_SAME},    {ERR_NONE, WATCH_SAME},      {ERR_REFUSED, WATCH_DOWN},
		{ERR_REFUSED, WATCH_SAME}, {ERR_TIMEOUT, WATCH_REASON}, {ERR_TIMEOUT, WATCH_SAME},
		{ERR_NONE, WATCH_UP},      {ERR_NONE, WATCH_SAME},      {ERR_TIMEOUT, WATCH_DOWN},
	};
	struct watch watch = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(step); i++) {
		struct probe probe = probe_of(step[i].kind);

		assert_int_equal(watch_probe(&watch, &probe), step[i].event);
	}
}

static void test_down_at_first(void **state)
{
	struct watch watch = {0};
	struct probe probe = probe_of(ERR_REFUSED);

	(void)state;
	assert_int_equal(watch_probe(&watch, &probe), WATCH_DOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_edges),
		cmocka_unit_test(test_down_at_first),
	};

	return cmocka_run_group_tests_name("watch", tests, NULL, NULL);
}
