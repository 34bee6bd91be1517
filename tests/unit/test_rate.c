/* SPDX-License-Identifier: MIT */
/* test_rate.c - rates out of samples, and samples as text. */
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

static void test_round_trip(void **state)
{
	struct rate_sample in = sample_at(81234.123456789, 0, UINT64_MAX);
	struct rate_sample out;
	struct err err = {0};
	struct buf buf;

	(void)state;
	for (unsigned i = 0; i < RATE_COUNTERS_MAX; i++) {
		char key[16];

		(void)snprintf(key, sizeof(key), "end%u", i);
		rate_sample_add(&in, key, i);
	}
	buf_init(&buf, 64 * 1024);
	rate_sample_encode(&in, &buf);
	assert_true(buf_ok(&buf));
	assert_true(rate_sample_parse(&out, buf_str(&buf), &err));
	assert_true(out.seconds == in.seconds);
	assert_int_equal(out.counter_len, in.counter_len);
	for (size_t i = 0; i < in.counter_len; i++) {
		assert_string_equal(out.counter[i].key, in.counter[i].key);
		assert_true(out.counter[i].value == in.counter[i].value);
	}
	/* Cut anywhere, it is no longer whole. */
	for (size_t len = 0; len < buf.len; len++) {
		err_clear(&err);
		assert_false(rate_sample_parse(&out, (struct str){buf.ptr, len}, &err));
		assert_int_equal(err.kind, ERR_PARSE);
		assert_int_equal(out.counter_len, 0);
	}
	buf_free(&buf);
}

static const char *const damaged[] = {
	"",
	"connledger-rates 2\nseconds 1\nend\n",
	"connledger-rates 1\nend\n",
	"connledger-rates 1\nseconds -1\nend\n",
	"connledger-rates 1\nseconds -0\nend\n",
	"connledger-rates 1\nseconds nan\nend\n",
	"connledger-rates 1\nseconds inf\nend\n",
	"connledger-rates 1\nseconds 0x10\nend\n",
	"connledger-rates 1\nseconds 1\na 1\na 2\nend\n",
	"connledger-rates 1\nseconds 1\na -1\nend\n",
	"connledger-rates 1\nseconds 1\na 18446744073709551616\nend\n",
	"connledger-rates 1\nseconds 1\na\nend\n",
	"connledger-rates 1\nseconds 1\n 1\nend\n",
	"connledger-rates 1\nseconds 1\na b 1\nend\n",
	"connledger-rates 1\nseconds 1\n\x01 1\nend\n",
	"connledger-rates 1\nseconds 1\nend\nmore\n",
	"connledger-rates 1\r\nseconds 1\r\nend\r\n",
	"garbage",
};

static void test_damaged(void **state)
{
	struct rate_sample sample;
	struct err err = {0};

	(void)state;
	assert_true(rate_sample_parse(&sample, STR("connledger-rates 1\nseconds 1.5\na 7\nend\n"),
				      &err));
	assert_true(sample.seconds == 1.5);
	for (size_t i = 0; i < ARRAY_LEN(damaged); i++) {
		err_clear(&err);
		if (rate_sample_parse(&sample, str_of(damaged[i]), &err))
			fail_msg("case %zu was taken", i);
		assert_int_equal(err.kind, ERR_PARSE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_compare),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
