/* SPDX-License-Identifier: MIT */
/*
 * flow.h - what a part of a network may carry. Whole units flow along arcs, of which each carries
 * at least `low` and at most `high`; what comes to a node leaves it. Out of all flows that are
 * possible, the least and the most that the arcs of one mark carry together. Pure; no allocation.
 *
 * The ledger asks this: connections of a known number of classes (the kernel's) are in a known
 * number of states (nginx's), and which of both meet is not known.
 */
#ifndef CONNLEDGER_FLOW_H
#define CONNLEDGER_FLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "compiler.h"

enum {
	FLOW_NODES_MAX = 64,
	FLOW_ARCS_MAX = 512,
	FLOW_UNITS_MAX = 1000000000, /* as `high`: as many as there are */
};

struct flow_arc {
	uint8_t from, to; /* below FLOW_NODES_MAX */
	uint8_t mark;
	uint8_t price;     /* of a unit, for flow_likely() */
	int32_t low, high; /* 0 <= low <= high <= FLOW_UNITS_MAX */
};

/* A zeroed one is empty. */
struct flow {
	struct flow_arc arc[FLOW_ARCS_MAX];
	size_t len;
};

/* Adds an arc, of which there may be FLOW_ARCS_MAX; a `high` above FLOW_UNITS_MAX is that. */
void flow_add(struct flow *flow, struct flow_arc arc) NONNULL;

/* The least and the most that all arcs with `mark` carry together, each of which some flow has.
 * False when there is no flow at all: the bounds contradict each other. */
bool flow_range(const struct flow *flow, unsigned mark, int64_t *least,
		int64_t *most) MUST_CHECK NONNULL;

/* What each arc carries in a flow whose units cost least: the most likely one, if the price of a
 * unit says how unlikely it is. False when there is no flow. */
bool flow_likely(const struct flow *flow, int32_t carried[FLOW_ARCS_MAX]) MUST_CHECK NONNULL;

#endif
