/* SPDX-License-Identifier: MIT */
/* collectd: when the log has a line about a target that is down, and when it has none. */
#include "unit.h"

#include "collectd/outage.h"

enum { MINUTE = 60, HOUR = 3600 };

struct step {
	double now;
	enum err_kind why; /* ERR_NONE: it is up */
	enum outage_line line;
};

static void run(const struct step *step, size_t len)
{
	struct outage outage = {.said = 0};

	for (size_t i = 0; i < len; i++) {
		struct probe probe = {.asked = true, .up = step[i].why == ERR_NONE};
		enum outage_line line;

		probe.err.kind = step[i].why;
		line = outage_take(&outage, &probe, step[i].now);
		if (line != step[i].line)
			fail_msg("step %zu: line %d instead of %d", i, line, step[i].line);
	}
}

static void test_change(void **state)
{
	static const struct step step[] = {
		{1000, ERR_NONE, OUTAGE_NONE},     {1010, ERR_NONE, OUTAGE_NONE},
		{1020, ERR_REFUSED, OUTAGE_BEGAN}, {1030, ERR_REFUSED, OUTAGE_NONE},
		{1040, ERR_NONE, OUTAGE_OVER},     {1050, ERR_NONE, OUTAGE_NONE},
		{1060, ERR_TIMEOUT, OUTAGE_BEGAN}, {1070, ERR_NONE, OUTAGE_OVER},
	};

	(void)state;
	run(step, ARRAY_LEN(step));
}

static void test_down_at_the_start(void **state)
{
	static const struct step step[] = {
		{1000, ERR_REFUSED, OUTAGE_BEGAN},
		{1010, ERR_REFUSED, OUTAGE_NONE},
		{1020, ERR_NONE, OUTAGE_OVER},
	};

	(void)state;
	run(step, ARRAY_LEN(step));
}

/* Each hour from the last line on, however often it is asked. */
static void test_still(void **state)
{
	static const struct step step[] = {
		{1000, ERR_REFUSED, OUTAGE_BEGAN},
		{1000 + HOUR - 1, ERR_REFUSED, OUTAGE_NONE},
		{1000 + HOUR, ERR_REFUSED, OUTAGE_STILL},
		{1001 + HOUR, ERR_REFUSED, OUTAGE_NONE},
		{1000 + 2 * HOUR - 1, ERR_REFUSED, OUTAGE_NONE},
		{1500 + 2 * HOUR, ERR_REFUSED, OUTAGE_STILL},
		{1000 + 3 * HOUR, ERR_REFUSED, OUTAGE_NONE},
		{1500 + 3 * HOUR, ERR_REFUSED, OUTAGE_STILL},
		{1501 + 3 * HOUR, ERR_NONE, OUTAGE_OVER},
		{1502 + 9 * HOUR, ERR_NONE, OUTAGE_NONE},
	};

	(void)state;
	run(step, ARRAY_LEN(step));
}

/* A reason that changes at each read is told once a minute; what was told last is no news. */
static void test_reasons(void **state)
{
	static const struct step step[] = {
		{1000, ERR_REFUSED, OUTAGE_BEGAN},
		{1010, ERR_TIMEOUT, OUTAGE_NONE},
		{1020, ERR_REFUSED, OUTAGE_NONE},
		{1000 + MINUTE, ERR_REFUSED, OUTAGE_NONE},
		{1010 + MINUTE, ERR_TIMEOUT, OUTAGE_REASON},
		{1020 + MINUTE, ERR_REFUSED, OUTAGE_NONE},
		{1030 + MINUTE, ERR_TIMEOUT, OUTAGE_NONE},
		{1010 + 2 * MINUTE, ERR_REFUSED, OUTAGE_REASON},
		{1020 + 2 * MINUTE, ERR_REFUSED, OUTAGE_NONE},
		{1010 + 2 * MINUTE + HOUR, ERR_REFUSED, OUTAGE_STILL},
	};

	(void)state;
	run(step, ARRAY_LEN(step));
}

/* A clock that is set back does not silence it for as long as it was set back. */
static void test_clock(void **state)
{
	static const struct step step[] = {
		{90 * HOUR, ERR_REFUSED, OUTAGE_BEGAN},    {10 * HOUR, ERR_REFUSED, OUTAGE_NONE},
		{11 * HOUR - 1, ERR_REFUSED, OUTAGE_NONE}, {11 * HOUR, ERR_REFUSED, OUTAGE_STILL},
		{12 * HOUR, ERR_NONE, OUTAGE_OVER},
	};

	(void)state;
	run(step, ARRAY_LEN(step));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_change), cmocka_unit_test(test_down_at_the_start),
		cmocka_unit_test(test_still),  cmocka_unit_test(test_reasons),
		cmocka_unit_test(test_clock),
	};

	return cmocka_run_group_tests_name("collectd outage", tests, NULL, NULL);
}
