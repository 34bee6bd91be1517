/* SPDX-License-Identifier: MIT */
/* test_ledger_sum.c - what several samples tell, where connections come and go in between. */
#include "unit.h"

#include "ledger.h"

struct reading {
	int64_t active;
	uint64_t handled, requests;
};

static struct ledger_sample sample_at(struct reading before, uint64_t clients, struct reading after)
{
	struct ledger_sample sample = {
		.before = {.active = before.active,
			   .writing = before.active,
			   .accepts = before.handled,
			   .handled = before.handled,
			   .requests = before.requests},
		.after = {.active = after.active,
			  .writing = after.active,
			  .accepts = after.handled,
			  .handled = after.handled,
			  .requests = after.requests},
	};

	sample.tally.count[CLIENT_UNANSWERED] = clients;
	sample.tally.count[TALLY_CLIENTS] = clients;
	return sample;
}

static const struct ledger_input plain_input = {
	.has_info = true, .listeners_complete = true, .masters = 1, .in_request = 0};

static struct ledger ledger_of(const struct ledger_sum *sum)
{
	struct ledger ledger;

	ledger_clear(&ledger);
	ledger_make(&ledger, sum, &plain_input);
	return ledger;
}

/* Five phantoms. A thousand connections come and go: each sample but one is off. */
static void one_quiet_sample_is_enough(void **state)
{
	struct ledger_sum sum = {0};
	struct ledger ledger;

	(void)state;
	for (int i = 0; i < 4; i++) {
		struct ledger_sample sample = sample_at((struct reading){106, 1000, 5000}, 90,
							(struct reading){106, 1040, 5041});

		ledger_add(&sum, &sample);
	}
	ledger_add(&sum, &(struct ledger_sample){0}); /* no request: skipped */
	assert_int_equal(sum.skipped, 1);
	for (int i = 0; i < 2; i++) {
		struct ledger_sample sample = sample_at((struct reading){106, 1040, 5041}, 100,
							(struct reading){106, 1040, 5051});

		assert_false(ledger_is_settled(&sum, NULL));
		ledger_add(&sum, &sample);
	}
	assert_true(ledger_is_settled(&sum, NULL));
	ledger = ledger_of(&sum);
	assert_true(ledger.held[HELD_PHANTOM] == 5);
	assert_int_equal(ledger.confidence, CONFIDENCE_EXACT);
	assert_true(ledger.phantom_exact);
	assert_true(ledger.spread == 10);
	assert_true(sum.least_gap == 5 && sum.largest_gap == 15);
	assert_int_equal(ledger.samples, 6);
}

/* Never quiet: each sample gives bounds, and all together narrower ones. The ledger says that it is
 * not exact until they meet. */
static void busy_samples_have_bounds(void **state)
{
	/* Five phantoms; what opened before the dump is in it, what closed before it is not. */
	static const struct {
		uint64_t opened_before, opened_after, closed_before, closed_after;
		double low, high; /* after this sample */
	} sample[] = {
		{10, 10, 10, 10, -15, 25}, {0, 3, 2, 2, 3, 10}, {9, 0, 0, 1, 3, 5},
		{4, 4, 0, 0, 3, 5},        {0, 0, 4, 0, 5, 5},
	};
	struct ledger_sum sum = {0};
	struct ledger ledger;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sample); i++) {
		uint64_t opened = sample[i].opened_before + sample[i].opened_after;
		int64_t closed = (int64_t)(sample[i].closed_before + sample[i].closed_after);
		struct ledger_sample one = sample_at(
			(struct reading){106, 1000, 5000},
			100 + sample[i].opened_before - sample[i].closed_before,
			(struct reading){106 + (int64_t)opened - closed, 1000 + opened, 5050});

		assert_false(ledger_is_settled(&sum, NULL));
		ledger_add(&sum, &one);
		assert_true(sum.low == sample[i].low && sum.high == sample[i].high);
		ledger = ledger_of(&sum);
		assert_true(ledger.phantom_exact == (i == 4));
		assert_int_equal(ledger.confidence, i == 4 ? CONFIDENCE_EXACT : CONFIDENCE_BOUNDED);
		assert_true(i == 4 || strstr(ledger.reason, "too fast") != NULL);
	}
	assert_true(ledger_is_settled(&sum, NULL));
	assert_true(ledger.held[HELD_PHANTOM] == 5);
}

/* Within the bounds the mean is told, in which a sample with few events counts more. */
static void between_bounds_few_events_count_more(void **state)
{
	struct ledger_sum sum = {0};
	struct ledger_sample few = sample_at((struct reading){106, 1000, 5000}, 100,
					     (struct reading){106, 1001, 5050});
	struct ledger_sample many =
		sample_at((struct reading){106, 1001, 5050}, 90, (struct reading){106, 1011, 5090});
	double low, high, gap;

	(void)state;
	ledger_add(&sum, &few);
	ledger_add(&sum, &many);
	gap = ledger_gap(&sum, NULL, &low, &high);
	assert_true(low == 5 && high == 6);
	assert_true(fabs(gap - (5.0 / 2 + 15.0 / 20) / (1.0 / 2 + 1.0 / 20)) < 1e-9);
	assert_true(sum.least_gap == 5 && sum.largest_gap == 15);
}

/* A worker has a socket before it counts it: such a sample shows too few, and the others are right.
 */
static void too_few_is_corrected(void **state)
{
	struct ledger_sum sum = {0};
	double low, high;

	(void)state;
	for (uint64_t i = 0; i < 3; i++) {
		struct ledger_sample sample =
			sample_at((struct reading){106, 1000, 5000}, i == 1 ? 100 : 101,
				  (struct reading){106, 1000, 5050});

		ledger_add(&sum, &sample);
	}
	assert_true(ledger_gap(&sum, NULL, &low, &high) == 5);
	assert_true(low == 5 && high == 5);
}

/* A busy site whose connections stay is exact at once, yet its lines want a mean. */
static void requests_move_but_connections_stay(void **state)
{
	struct ledger_sum sum = {0};
	size_t added = 0;

	(void)state;
	while (!ledger_is_settled(&sum, NULL)) {
		struct ledger_sample sample =
			sample_at((struct reading){11, 50, 900}, 10, (struct reading){11, 50, 950});

		ledger_add(&sum, &sample);
		assert_true(++added <= 5);
	}
	assert_int_equal(added, 5);
	assert_true(ledger_of(&sum).held[HELD_PHANTOM] == 0);
}

/* Without keepalive our own connection is new each time: that is no event. */
static void our_own_connections_are_no_events(void **state)
{
	struct ledger_sum sum = {0};
	struct ledger_sample sample =
		sample_at((struct reading){11, 50, 900}, 10, (struct reading){11, 51, 901});

	(void)state;
	sample.own_is_new = true;
	ledger_add(&sum, &sample);
	assert_true(ledger_is_settled(&sum, NULL));
	assert_int_equal(sum.quiet, 1);
}

/* Those that close are events as those that open are. */
static void closing_is_an_event(void **state)
{
	struct ledger_sum sum = {0};
	struct ledger_sample sample =
		sample_at((struct reading){15, 50, 900}, 12, (struct reading){11, 50, 901});

	(void)state;
	ledger_add(&sum, &sample);
	assert_false(ledger_is_settled(&sum, NULL));
	assert_int_equal(sum.quiet, 0);
	assert_true(sum.weight == 0.25);
	/* Two open and six close: eight. */
	sample = sample_at((struct reading){15, 50, 900}, 12, (struct reading){11, 52, 901});
	ledger_add(&sum, &sample);
	assert_true(sum.weight == 0.25 + 0.125);
}

/* A restart in between, or two masters that answer in turn. */
static void backwards_is_skipped(void **state)
{
	struct ledger_sum sum = {0};
	struct ledger_sample sample =
		sample_at((struct reading){11, 50, 900}, 10, (struct reading){1, 3, 4});

	(void)state;
	ledger_add(&sum, &sample);
	assert_int_equal(sum.samples, 0);
	assert_int_equal(sum.skipped, 1);
	assert_false(ledger_is_settled(&sum, NULL));
	/* Each counter by itself. */
	sample = sample_at((struct reading){11, 50, 900}, 10, (struct reading){11, 51, 902});
	sample.after.accepts = 49;
	ledger_add(&sum, &sample);
	sample.after.accepts = 51;
	sample.after.requests = 900;
	ledger_add(&sum, &sample);
	sample.after.requests = 902;
	sample.after.handled = 49;
	ledger_add(&sum, &sample);
	assert_int_equal(sum.samples, 0);
	assert_int_equal(sum.skipped, 4);
}

/* Whatever the mean, whole connections come out and they add up. */
static void means_are_rounded_and_add_up(void **state)
{
	struct ledger_sum sum = {0};
	struct ledger ledger;
	double added = 0;

	(void)state;
	for (uint64_t i = 0; i < 3; i++) {
		struct ledger_sample sample =
			sample_at((struct reading){31, 50, 900}, 30, (struct reading){31, 50, 950});

		sample.tally.count[CLIENT_UNANSWERED] = 10U + (i > 0);
		sample.tally.count[CLIENT_SENDING] = 10U - (i > 0) + (i > 1);
		sample.tally.count[CLIENT_STALLED] = 10U - (i > 1);
		ledger_add(&sum, &sample);
	}
	ledger = ledger_of(&sum);
	for (size_t i = 0; i < HELD_MAX; i++) {
		assert_true(ledger.held[i] == round(ledger.held[i]));
		added += ledger.held[i];
	}
	assert_true(added == 30 && ledger.total == 30);
}

/* ---- memory ---------------------------------------------------------------------------------- */

static const struct ledger with_processes = {.processes_known = true, .process_mark = 77};

/* A sample in which ten connections open and ten close, with so many phantoms as it seems. */
static void add_busy(struct ledger_sum *sum, uint64_t phantoms)
{
	struct ledger_sample sample =
		sample_at((struct reading){101 + (int64_t)phantoms, 50, 900}, 100,
			  (struct reading){101 + (int64_t)phantoms, 60, 950});

	ledger_add(sum, &sample);
}

static struct ledger_memory memory_of(double low, double high)
{
	return (struct ledger_memory){.processes = 77, .low = low, .high = high};
}

static void memory_is_of_the_same_processes(void **state)
{
	struct ledger_memory memory = memory_of(5, 5);
	struct ledger other = with_processes;

	(void)state;
	assert_ptr_equal(ledger_memory_of(&memory, &with_processes), &memory);
	other.processes_known = false;
	assert_null(ledger_memory_of(&memory, &other));
	other = with_processes;
	other.process_mark = 78;
	assert_null(ledger_memory_of(&memory, &other));
	memory = (struct ledger_memory){0};
	other = (struct ledger){.processes_known = true};
	assert_null(ledger_memory_of(&memory, &other));
}

/* A quiet moment is remembered through the busy ones that follow. */
static void what_was_exact_stays_so(void **state)
{
	struct ledger_memory memory = memory_of(5, 5);
	struct ledger_sum sum = {0};
	double low, high;
	size_t added = 0;

	(void)state;
	while (!ledger_is_settled(&sum, &memory)) {
		add_busy(&sum, 7);
		assert_true(++added <= 5);
	}
	assert_true(ledger_gap(&sum, &memory, &low, &high) == 5 && low == 5 && high == 5);
	memory = ledger_remember(&memory, &sum, &with_processes);
	assert_true(memory.low == 5 && memory.high == 5);
	assert_ptr_equal(ledger_memory_of(&memory, &with_processes), &memory);
	/* Nobody knows whose phantoms these are. */
	memory = ledger_remember(&memory, &sum, &(struct ledger){.process_mark = 77});
	assert_true(memory.processes == 0);
}

static const struct {
	double low, high; /* remembered; the samples say from -3 to 17 */
	double is_low, is_high;
} remembering[] = {
	{5, 5, 5, 5},     {-3, 17, -3, 17}, {-9, 40, -3, 17}, {-9, 0, -3, 0},
	{10, 40, 10, 17}, {-9, -3, -3, -3}, {17, 19, 17, 17}, {18, 18, 18, 18},
	{19, 30, 19, 19}, {20, 30, -3, 17}, /* more than a few workers in the moment before they
					       count */
	{-9, -4, -3, 17},                   /* the samples never show too much */
};

static void memory_narrows_down(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(remembering); i++) {
		struct ledger_memory memory = memory_of(remembering[i].low, remembering[i].high);
		struct ledger_sum sum = {0};
		double low, high, gap;

		add_busy(&sum, 7);
		gap = ledger_gap(&sum, &memory, &low, &high);
		if (low != remembering[i].is_low || high != remembering[i].is_high)
			fail_msg("case %zu: %g to %g", i, low, high);
		assert_true(gap >= low && gap <= high);
		memory = ledger_remember(&memory, &sum, &with_processes);
		assert_true(memory.low == low && memory.high == high);
	}
}

static void a_quiet_moment_replaces_what_was_wrong(void **state)
{
	struct ledger_memory memory = memory_of(5, 5);
	struct ledger_sum sum = {0};
	struct ledger_sample sample =
		sample_at((struct reading){108, 50, 900}, 100, (struct reading){108, 50, 901});
	double low, high;

	(void)state;
	add_busy(&sum, 5);
	ledger_add(&sum, &sample);
	assert_true(ledger_gap(&sum, &memory, &low, &high) == 7 && low == 7 && high == 7);
	memory = ledger_remember(&memory, &sum, &with_processes);
	assert_true(memory.low == 7 && memory.high == 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_quiet_sample_is_enough),
		cmocka_unit_test(busy_samples_have_bounds),
		cmocka_unit_test(between_bounds_few_events_count_more),
		cmocka_unit_test(too_few_is_corrected),
		cmocka_unit_test(requests_move_but_connections_stay),
		cmocka_unit_test(our_own_connections_are_no_events),
		cmocka_unit_test(closing_is_an_event),
		cmocka_unit_test(backwards_is_skipped),
		cmocka_unit_test(means_are_rounded_and_add_up),
		cmocka_unit_test(memory_is_of_the_same_processes),
		cmocka_unit_test(what_was_exact_stays_so),
		cmocka_unit_test(memory_narrows_down),
		cmocka_unit_test(a_quiet_moment_replaces_what_was_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
