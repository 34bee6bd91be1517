/* SPDX-License-Identifier: MIT */
/* test_flow.c - what a part of a network may carry: by hand, and random small networks against
 * every flow that they have. */
#include "unit.h"

#include "flow.h"

enum { NETWORKS = 5000, UNITS = 3 };

static void check(const struct flow *flow, unsigned mark, int least, int most)
{
	int64_t low, high;

	assert_true(flow_range(flow, mark, &low, &high));
	if (low != least || high != most)
		fail_msg("mark %u: %d to %d, not %d to %d", mark, (int)low, (int)high, least, most);
}

static void add(struct flow *flow, unsigned from, unsigned to, unsigned mark, int low, int high)
{
	flow_add(flow, (struct flow_arc){.from = (uint8_t)from,
					 .to = (uint8_t)to,
					 .mark = (uint8_t)mark,
					 .low = low,
					 .high = high});
}

/* Three connections of one class and two of another; four are in one state, of which the second
 * class may have any and the first, too: at least two of the first are. */
static void test_two_classes(void **state)
{
	struct flow flow = {.len = 0};

	(void)state;
	add(&flow, 0, 1, 0, 3, 3);
	add(&flow, 0, 2, 0, 2, 2);
	add(&flow, 1, 3, 1, 0, FLOW_UNITS_MAX);
	add(&flow, 1, 4, 2, 0, FLOW_UNITS_MAX);
	add(&flow, 2, 3, 3, 0, FLOW_UNITS_MAX);
	add(&flow, 2, 4, 4, 0, FLOW_UNITS_MAX);
	add(&flow, 3, 5, 5, 4, 4);
	add(&flow, 4, 5, 6, 0, FLOW_UNITS_MAX);
	add(&flow, 5, 0, 7, 0, FLOW_UNITS_MAX);
	check(&flow, 1, 2, 3);
	check(&flow, 2, 0, 1);
	check(&flow, 3, 1, 2);
	check(&flow, 6, 1, 1);
	check(&flow, 7, 5, 5);
	check(&flow, 9, 0, 0);
	flow.arc[7].low = 2;
	assert_false(flow_range(&flow, 1, &(int64_t){0}, &(int64_t){0}));
}

/* A large number of units takes no more steps than a small one. */
static void test_many_units(void **state)
{
	struct flow flow = {.len = 0};

	(void)state;
	add(&flow, 0, 1, 0, 900000, 900000);
	add(&flow, 1, 2, 1, 0, FLOW_UNITS_MAX);
	add(&flow, 1, 3, 2, 0, 800000);
	add(&flow, 2, 0, 0, 0, FLOW_UNITS_MAX);
	add(&flow, 3, 0, 0, 0, 700000);
	check(&flow, 1, 200000, 900000);
	check(&flow, 2, 0, 700000);
}

static unsigned next(uint64_t *seed, unsigned below)
{
	*seed = *seed * 6364136223846793005U + 1442695040888963407U;
	return (unsigned)(*seed >> 33) % below;
}

/* Walks through every flow that the arcs from `at` on can make of what is carried before them. */
struct found {
	int least, most; /* with the mark */
	int cheapest;
};

static void every(const struct flow *flow, size_t at, int *excess, int marked, int price,
		  struct found *found)
{
	const struct flow_arc *arc = &flow->arc[at];

	if (at == flow->len) {
		for (size_t i = 0; i < FLOW_NODES_MAX; i++) {
			if (excess[i] != 0)
				return;
		}
		found->least = marked < found->least ? marked : found->least;
		found->most = marked > found->most ? marked : found->most;
		found->cheapest = price < found->cheapest ? price : found->cheapest;
		return;
	}
	for (int units = arc->low; units <= arc->high; units++) {
		excess[arc->from] -= units;
		excess[arc->to] += units;
		every(flow, at + 1, excess, marked + (arc->mark == 1 ? units : 0),
		      price + arc->price * units, found);
		excess[arc->from] += units;
		excess[arc->to] -= units;
	}
}

static void fill(struct flow *flow, uint64_t *seed)
{
	unsigned nodes = 2 + next(seed, 4);
	unsigned arcs = 1 + next(seed, 7);

	flow->len = 0;
	for (unsigned k = 0; k < arcs; k++) {
		unsigned bound = next(seed, UNITS + 1);

		flow_add(flow, (struct flow_arc){.from = (uint8_t)next(seed, nodes),
						 .to = (uint8_t)next(seed, nodes),
						 .mark = (uint8_t)next(seed, 2),
						 .price = (uint8_t)next(seed, 4),
						 .low = (int32_t)next(seed, bound + 1),
						 .high = (int32_t)bound});
	}
}

/* What it carries is possible, and costs no more than any other. */
static void check_likely(const struct flow *flow, int cheapest)
{
	int32_t carried[FLOW_ARCS_MAX];
	int64_t excess[FLOW_NODES_MAX] = {0};
	int price = 0;

	assert_true(flow_likely(flow, carried));
	for (size_t i = 0; i < flow->len; i++) {
		assert_in_range(carried[i], flow->arc[i].low, flow->arc[i].high);
		excess[flow->arc[i].from] -= carried[i];
		excess[flow->arc[i].to] += carried[i];
		price += carried[i] * flow->arc[i].price;
	}
	for (size_t i = 0; i < FLOW_NODES_MAX; i++)
		assert_int_equal(excess[i], 0);
	assert_int_equal(price, cheapest);
}

static void test_random_networks(void **state)
{
	uint64_t seed = 12;
	size_t possible = 0;

	(void)state;
	for (size_t i = 0; i < NETWORKS; i++) {
		struct found found = {.least = 1000, .most = -1, .cheapest = 100000};
		int excess[FLOW_NODES_MAX] = {0};
		struct flow flow;
		int64_t low, high;

		fill(&flow, &seed);
		every(&flow, 0, excess, 0, 0, &found);
		assert_int_equal(flow_range(&flow, 1, &low, &high), found.most >= 0);
		if (found.most < 0)
			continue;
		possible++;
		if (low != found.least || high != found.most)
			fail_msg("network %zu: %d to %d, not %d to %d", i, (int)low, (int)high,
				 found.least, found.most);
		check_likely(&flow, found.cheapest);
	}
	assert_in_range(possible, NETWORKS / 10, NETWORKS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two_classes),
		cmocka_unit_test(test_many_units),
		cmocka_unit_test(test_random_networks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
