/* SPDX-License-Identifier: MIT */
/*
 * flow.c - see flow.h. All three questions are for a cheapest flow: for the least, a unit costs 1
 * on the arcs that are counted and nothing on the others; for the most, it earns 1 there. The
 * cheapest is found by successive shortest paths: each arc begins with what is cheapest for it
 * alone, and what is then too much at one node is sent to where it is too little, along the
 * cheapest path. At no time is there a cycle along which units could be moved at a profit, so that
 * the last flow is the cheapest of all.
 */
#include "flow.h"

#include <assert.h>

enum { FAR = 1000000 };

struct search {
	const struct flow *flow;
	int32_t price[FLOW_ARCS_MAX]; /* of a unit; below 0: it earns */
	int32_t carried[FLOW_ARCS_MAX];
	int64_t excess[FLOW_NODES_MAX]; /* units that come in and do not leave */
	int32_t distance[FLOW_NODES_MAX];
	uint16_t via[FLOW_NODES_MAX]; /* the arc by which the distance is had ... */
	bool is_back[FLOW_NODES_MAX]; /* ... against its direction */
};

void flow_add(struct flow *flow, struct flow_arc arc)
{
	assert(flow->len < FLOW_ARCS_MAX && arc.from < FLOW_NODES_MAX && arc.to < FLOW_NODES_MAX);
	assert(arc.low >= 0 && arc.low <= arc.high && arc.high <= FLOW_UNITS_MAX);
	flow->arc[flow->len++] = arc;
}

static void begin(struct search *s)
{
	for (size_t i = 0; i < s->flow->len; i++) {
		const struct flow_arc *arc = &s->flow->arc[i];

		s->carried[i] = s->price[i] < 0 ? arc->high : arc->low;
		s->excess[arc->from] -= s->carried[i];
		s->excess[arc->to] += s->carried[i];
	}
}

static bool shorten(struct search *s, size_t from, size_t to, int32_t price, size_t arc,
		    bool is_back)
{
	if (s->distance[from] == FAR || s->distance[from] + price >= s->distance[to])
		return false;
	s->distance[to] = s->distance[from] + price;
	s->via[to] = (uint16_t)arc;
	s->is_back[to] = is_back;
	return true;
}

/* From all nodes with too much at once (Bellman and Ford). */
static void measure(struct search *s)
{
	bool changed = true;

	for (size_t i = 0; i < FLOW_NODES_MAX; i++) {
		s->distance[i] = s->excess[i] > 0 ? 0 : FAR;
		s->via[i] = FLOW_ARCS_MAX;
	}
	while (changed) {
		changed = false;
		for (size_t i = 0; i < s->flow->len; i++) {
			const struct flow_arc *arc = &s->flow->arc[i];
			int32_t price = s->price[i];

			if (s->carried[i] < arc->high)
				changed |= shorten(s, arc->from, arc->to, price, i, false);
			if (s->carried[i] > arc->low)
				changed |= shorten(s, arc->to, arc->from, -price, i, true);
		}
	}
}

static size_t before(const struct search *s, size_t node)
{
	const struct flow_arc *arc = &s->flow->arc[s->via[node]];

	return s->is_back[node] ? arc->to : arc->from;
}

/* Sends what the path to `end` can take. */
static void send(struct search *s, size_t end)
{
	int64_t units = -s->excess[end];
	size_t start = end;

	for (; s->via[start] < FLOW_ARCS_MAX; start = before(s, start)) {
		const struct flow_arc *arc = &s->flow->arc[s->via[start]];
		int32_t carried = s->carried[s->via[start]];
		int32_t room = s->is_back[start] ? carried - arc->low : arc->high - carried;

		units = room < units ? room : units;
	}
	units = s->excess[start] < units ? s->excess[start] : units;
	for (size_t node = end; node != start; node = before(s, node))
		s->carried[s->via[node]] += (int32_t)(s->is_back[node] ? -units : units);
	s->excess[start] -= units;
	s->excess[end] += units;
}

/* False when there is no flow. */
static bool find_cheapest(struct search *s)
{
	begin(s);
	for (;;) {
		size_t end = FLOW_NODES_MAX;
		bool is_left = false;

		measure(s);
		for (size_t i = 0; i < FLOW_NODES_MAX; i++) {
			is_left = is_left || s->excess[i] < 0;
			if (s->excess[i] < 0 && s->distance[i] < FAR &&
			    (end == FLOW_NODES_MAX || s->distance[i] < s->distance[end]))
				end = i;
		}
		if (!is_left)
			return true;
		if (end == FLOW_NODES_MAX)
			return false;
		send(s, end);
	}
}

/* A unit on an arc with the mark has this price, others have none. */
static bool sum_marked(const struct flow *flow, unsigned mark, int32_t price, int64_t *ret)
{
	struct search s = {.flow = flow};
	int64_t sum = 0;

	for (size_t i = 0; i < flow->len; i++)
		s.price[i] = flow->arc[i].mark == mark ? price : 0;
	if (!find_cheapest(&s))
		return false;
	for (size_t i = 0; i < flow->len; i++)
		sum += flow->arc[i].mark == mark ? s.carried[i] : 0;
	*ret = sum;
	return true;
}

bool flow_range(const struct flow *flow, unsigned mark, int64_t *least, int64_t *most)
{
	return sum_marked(flow, mark, 1, least) && sum_marked(flow, mark, -1, most);
}

bool flow_likely(const struct flow *flow, int32_t carried[FLOW_ARCS_MAX])
{
	struct search s = {.flow = flow};

	for (size_t i = 0; i < flow->len; i++)
		s.price[i] = flow->arc[i].price;
	if (!find_cheapest(&s))
		return false;
	memcpy(carried, s.carried, sizeof(s.carried));
	return true;
}
