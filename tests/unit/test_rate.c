/* SPDX-License-Identifier: MIT */
/* test_rate.c - rates out of samples, which samples are kept, and samples as text. */
#include "unit.h"

#include "buf.h"
#include "rate.h"

static struct rate_sample sample_at(double seconds, uint64_t accepts, uint64_t requests)
{
	struct rate_sample sample = {.seconds = seconds};

	rate_sample_add(&sample, "accepts", accepts);
	rate_sample_add(&sample, "requests", requests);
	return sample;
}

static const struct compare_case {
	double before, now, seconds_min;
	uint64_t accepts_before, accepts_now;
	enum rate_state state;
} compare_case[] = {
	{100, 110, 1, 5, 15, RATE_KNOWN},      {100, 110, 1, 5, 5, RATE_KNOWN},
	{0, 110, 1, 5, 15, RATE_FIRST},        {100, 0, 1, 5, 15, RATE_FIRST},
	{100, 100.5, 1, 5, 15, RATE_TOO_SOON}, {100, 100.5, 0.1, 5, 15, RATE_KNOWN},
	{100, 100, 0, 5, 15, RATE_TOO_SOON},   {100, 3700, 1, 5, 15, RATE_KNOWN},
	{100, 3701, 1, 5, 15, RATE_TOO_OLD},   {100, 110, 1, 5, 4, RATE_RESET},
	{100, 90, 1, 5, 15, RATE_RESET},       {100, 100.5, 1, 5, 4, RATE_RESET},
};

static void test_compare(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(compare_case); i++) {
		const struct compare_case *c = &compare_case[i];
		struct rate_sample before = sample_at(c->before, c->accepts_before, 1000);
		struct rate_sample now = sample_at(c->now, c->accepts_now, 1500);
		double rate = -1;
		bool known = rate_of(&before, &now, c->seconds_min, "requests", &rate);

		if (rate_compare(&before, &now, c->seconds_min) != c->state)
			fail_msg("case %zu: %s", i,
				 rate_state_text(rate_compare(&before, &now, c->seconds_min)));
		assert_int_equal(known, c->state == RATE_KNOWN);
		assert_true(known ? rate == 500 / (c->now - c->before) : rate == -1);
	}
}

/* A run that asked before the other one had its answer may have older counters, whenever it is at
 * the state: that is no restart. */
static void test_side_by_side(void **state)
{
	static const struct {
		double asked, now;
		uint64_t accepts;
		enum rate_state state;
	} c[] = {
		{99, 101.5, 4, RATE_TOO_SOON}, {99, 101.5, 15, RATE_TOO_SOON},
		{99, 99.5, 4, RATE_TOO_SOON},  {100, 101.5, 4, RATE_RESET},
		{100, 101.5, 15, RATE_KNOWN},  {-30, 101.5, 4, RATE_RESET},
		{0, 101.5, 4, RATE_RESET},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(c); i++) {
		struct rate_sample before = sample_at(100, 5, 1000);
		struct rate_sample now = sample_at(c[i].now, c[i].accepts, 1500);

		now.asked = c[i].asked;
		if (rate_compare(&before, &now, 1) != c[i].state)
			fail_msg("case %zu: %s", i,
				 rate_state_text(rate_compare(&before, &now, 1)));
	}
}

static void test_keys(void **state)
{
	struct rate_sample before = sample_at(100, 1, 1);
	struct rate_sample now = sample_at(110, UINT64_MAX, 1);
	char key[RATE_KEY_MAX + 1];
	double rate = 0;

	(void)state;
	rate_sample_add(&now, "new", 7);
	assert_false(rate_of(&before, &now, 1, "new", &rate));
	assert_false(rate_of(&before, &now, 1, "nothing", &rate));
	assert_true(rate_of(&before, &now, 1, "accepts", &rate));
	assert_true(rate > 1.8e18 && rate < 1.9e18);

	memset(key, 'k', sizeof(key));
	key[RATE_KEY_MAX] = '\0';
	rate_sample_add(&now, key, 1);
	rate_sample_add(&now, "", 1);
	rate_sample_add(&now, "two words", 1);
	rate_sample_add(&now, "new", 8);
	assert_int_equal(now.counter_len, 3);
	key[RATE_KEY_MAX - 1] = '\0';
	rate_sample_add(&now, key, 1);
	assert_int_equal(now.counter_len, 4);
	for (unsigned i = 0; i < 2 * RATE_COUNTERS_MAX; i++) {
		(void)snprintf(key, sizeof(key), "key%u", i);
		rate_sample_add(&now, key, i);
	}
	assert_int_equal(now.counter_len, RATE_COUNTERS_MAX);
}

/* Which samples are left when one is added at `now`. */
static const struct keep_case {
	double older, last, now;
	uint64_t accepts_last, accepts_now;
	double kept; /* seconds of the older one; 0: none */
} keep_case[] = {
	{0, 0, 100, 5, 15, 0},      {0, 100, 160, 5, 15, 100},   {40, 100, 160, 5, 15, 100},
	{40, 100, 160, 5, 4, 0},    {40, 100, 90, 5, 15, 0},     {40, 100, 3701, 5, 15, 0},
	{40, 100, 100.5, 5, 15, 0}, {40, 100, 3700, 5, 15, 100},
};

static void test_keep(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(keep_case); i++) {
		const struct keep_case *c = &keep_case[i];
		struct rate_sample now = sample_at(c->now, c->accepts_now, 1500);
		struct rate_past past = {.last = sample_at(c->last, c->accepts_last, 1000),
					 .older = sample_at(c->older, 1, 900)};

		rate_past_add(&past, &now);
		assert_memory_equal(&past.last, &now, sizeof(now));
		if (past.older.seconds < c->kept || past.older.seconds > c->kept)
			fail_msg("case %zu: %f", i, past.older.seconds);
		assert_int_equal(past.older.counter_len, c->kept > 0 ? 2 : 0);
		assert_true(c->kept <= 0 || past.older.counter[0].value == c->accepts_last);
	}
}

static void round_trip(const struct rate_past *in)
{
	struct rate_past out;
	struct err err = {0};
	struct buf buf;

	buf_init(&buf, 64 * 1024);
	rate_past_encode(in, &buf);
	assert_true(buf_ok(&buf));
	assert_true(rate_past_parse(&out, buf_str(&buf), &err));
	assert_memory_equal(&out, in, sizeof(out));
	/* Cut anywhere, it is no longer whole. */
	for (size_t len = 0; len < buf.len; len++) {
		err_clear(&err);
		assert_false(rate_past_parse(&out, (struct str){buf.ptr, len}, &err));
		assert_int_equal(err.kind, ERR_PARSE);
		assert_int_equal(out.last.counter_len + out.older.counter_len, 0);
	}
	buf_free(&buf);
}

static void test_round_trip(void **state)
{
	struct rate_past past = {.last = sample_at(81234.123456789, 0, UINT64_MAX)};

	(void)state;
	rate_sample_add(&past.last, "older", 1);
	for (unsigned i = 0; i < RATE_COUNTERS_MAX; i++) {
		char key[16];

		(void)snprintf(key, sizeof(key), "end%u", i);
		rate_sample_add(&past.last, key, i);
	}
	round_trip(&past);
	past.older = past.last;
	past.older.seconds = 81174.5;
	past.older.counter[0].value = 7;
	round_trip(&past);
}

static const char *const damaged[] = {
	"",
	"connledger-rates 1\nseconds 1\nend\n",
	"connledger-rates 3\nseconds 1\nend\n",
	"connledger-rates 2\nend\n",
	"connledger-rates 2\nseconds -1\nend\n",
	"connledger-rates 2\nseconds -0\nend\n",
	"connledger-rates 2\nseconds nan\nend\n",
	"connledger-rates 2\nseconds inf\nend\n",
	"connledger-rates 2\nseconds 0x10\nend\n",
	"connledger-rates 2\nseconds 1\na 1\na 2\nend\n",
	"connledger-rates 2\nseconds 1\na -1\nend\n",
	"connledger-rates 2\nseconds 1\na 18446744073709551616\nend\n",
	"connledger-rates 2\nseconds 1\na\nend\n",
	"connledger-rates 2\nseconds 1\n 1\nend\n",
	"connledger-rates 2\nseconds 1\na b 1\nend\n",
	"connledger-rates 2\nseconds 1\n\x01 1\nend\n",
	"connledger-rates 2\nseconds 1\nend\nmore\n",
	"connledger-rates 2\nseconds 1\na 1\nolder\nend\n",
	"connledger-rates 2\nseconds 1\nolder\nseconds 0\nend\n",
	"connledger-rates 2\nseconds 1\nolder\nseconds 1\nend\n",
	"connledger-rates 2\nseconds 1\nolder\nseconds 2\nend\n",
	"connledger-rates 2\nseconds 3\nolder\nseconds 2\nolder\nseconds 1\nend\n",
	"connledger-rates 2\nseconds 3\nolder\nseconds 2\na 1\na 1\nend\n",
	"connledger-rates 2\nseconds 3\nelder\nseconds 2\nend\n",
	"connledger-rates 2\r\nseconds 1\r\nend\r\n",
	"garbage",
};

static void test_damaged(void **state)
{
	struct rate_past past;
	struct err err = {0};

	(void)state;
	assert_true(
		rate_past_parse(&past, STR("connledger-rates 2\nseconds 1.5\na 7\nend\n"), &err));
	assert_true(past.last.seconds == 1.5 && past.older.seconds == 0);
	for (size_t i = 0; i < ARRAY_LEN(damaged); i++) {
		err_clear(&err);
		if (rate_past_parse(&past, str_of(damaged[i]), &err))
			fail_msg("case %zu was taken", i);
		assert_int_equal(err.kind, ERR_PARSE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_compare),    cmocka_unit_test(test_side_by_side),
		cmocka_unit_test(test_keys),       cmocka_unit_test(test_keep),
		cmocka_unit_test(test_round_trip), cmocka_unit_test(test_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
