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

/* Never quiet: the mean counts, a sample with few events more than one with many, and the ledger
 * says that it is not exact until there are samples enough. */
static void busy_samples_are_weighed(void **state)
{
	struct ledger_sum sum = {0};
	struct ledger ledger;
	size_t added = 0;

	(void)state;
	while (!ledger_is_settled(&sum, NULL)) {
		/* 5 phantoms; 1 open and 1 close, and in every fourth sample 20 of each */
		bool is_far = added % 4 == 3;
		uint64_t events = is_far ? 20 : 1;
		uint64_t clients = is_far ? 130 : added % 4 == 1 ? 99 : 100;
		struct ledger_sample sample =
			sample_at((struct reading){106, 1000, 5000}, clients,
				  (struct reading){106, 1000 + events, 5001 + events});

		ledger_add(&sum, &sample);
		if (++added == 1) {
			ledger = ledger_of(&sum);
			assert_int_equal(ledger.confidence, CONFIDENCE_BOUNDED);
			assert_non_null(strstr(ledger.reason, "too fast"));
			assert_false(ledger.phantom_exact);
		}
		assert_true(added < 100);
	}
	ledger = ledger_of(&sum);
	assert_true(added > 5);
	assert_true(ledger.held[HELD_PHANTOM] == 5);
	assert_true(ledger.phantom_exact);
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

static struct ledger_memory exact_memory(double gap)
{
	return (struct ledger_memory){.processes = 77, .is_exact = true, .gap = gap};
}

static void memory_is_of_the_same_processes(void **state)
{
	struct ledger_memory memory = exact_memory(5);
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
	struct ledger_memory memory = exact_memory(5);
	struct ledger_sum sum = {0};
	double blur;
	size_t added = 0;

	(void)state;
	while (!ledger_is_settled(&sum, &memory)) {
		add_busy(&sum, 7);
		assert_true(++added <= 5);
	}
	assert_true(ledger_gap(&sum, &memory, &blur) == 5 && blur == 0);
	memory = ledger_remember(&memory, &sum, &with_processes);
	assert_true(memory.is_exact && memory.gap == 5);
	assert_ptr_equal(ledger_memory_of(&memory, &with_processes), &memory);
	/* Nobody knows whose phantoms these are. */
	memory = ledger_remember(&memory, &sum, &(struct ledger){.process_mark = 77});
	assert_true(memory.processes == 0);
}

/* 5 samples of weight 1/20 are off by one: 5 phantoms can look like 8, but not like 30. */
static void what_cannot_be_is_forgotten(void **state)
{
	struct ledger_memory memory = exact_memory(5);
	struct ledger_sum sum = {0};
	double blur;

	(void)state;
	for (int i = 0; i < 5; i++)
		add_busy(&sum, 30);
	assert_true(ledger_gap(&sum, &memory, &blur) == 30);
	assert_true(blur > 0.9 && blur < 1.1);
	assert_false(ledger_is_settled(&sum, &memory));
	memory = ledger_remember(&memory, &sum, &with_processes);
	assert_false(memory.is_exact);
	assert_true(memory.weight == sum.weight && memory.weighted_gap == sum.weighted_gap);
}

static void a_quiet_moment_replaces_all(void **state)
{
	struct ledger_memory memory = exact_memory(5);
	struct ledger_sum sum = {0};
	struct ledger_sample sample =
		sample_at((struct reading){108, 50, 900}, 100, (struct reading){108, 50, 901});
	double blur;

	(void)state;
	add_busy(&sum, 5);
	ledger_add(&sum, &sample);
	assert_true(ledger_gap(&sum, &memory, &blur) == 7 && blur == 0);
	memory = ledger_remember(&memory, &sum, &with_processes);
	assert_true(memory.is_exact && memory.gap == 7);
}

/* Many busy scrapes are worth one quiet one. */
static void busy_moments_add_up(void **state)
{
	struct ledger_memory memory = {0};
	double blur = 1;
	double before = 10;
	size_t scrapes = 0;

	(void)state;
	while (blur > 0.2) {
		struct ledger_sum sum = {0};
		const struct ledger_memory *past = ledger_memory_of(&memory, &with_processes);

		for (uint64_t i = 0; i < 5; i++)
			add_busy(&sum, 3 + i);
		assert_true(ledger_gap(&sum, past, &blur) > 4.999);
		assert_true(ledger_gap(&sum, past, &blur) < 5.001);
		assert_true(blur < before);
		before = blur;
		memory = ledger_remember(past, &sum, &with_processes);
		assert_false(memory.is_exact);
		assert_true(++scrapes < 100);
	}
	/* Each has a weight of 5/20: blur is 1/sqrt(scrapes). */
	assert_int_equal(scrapes, 25);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_quiet_sample_is_enough),
		cmocka_unit_test(busy_samples_are_weighed),
		cmocka_unit_test(requests_move_but_connections_stay),
		cmocka_unit_test(our_own_connections_are_no_events),
		cmocka_unit_test(closing_is_an_event),
		cmocka_unit_test(backwards_is_skipped),
		cmocka_unit_test(means_are_rounded_and_add_up),
		cmocka_unit_test(memory_is_of_the_same_processes),
		cmocka_unit_test(what_was_exact_stays_so),
		cmocka_unit_test(what_cannot_be_is_forgotten),
		cmocka_unit_test(a_quiet_moment_replaces_all),
		cmocka_unit_test(busy_moments_add_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
