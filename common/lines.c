/* SPDX-License-Identifier: MIT */
/* lines.c - see lines.h: what flows through the network of lines_network.h. */
#include "lines.h"

#include "lines_network.h"

/* ---- results --------------------------------------------------------------------------------- */

static bool has_mark(const struct flow *flow, unsigned mark)
{
	for (size_t i = 0; i < flow->len; i++) {
		if (flow->arc[i].mark == mark)
			return true;
	}
	return false;
}

static bool range(const struct lines_network *net, unsigned mark, struct within *ret)
{
	int64_t least = 0, most = 0;
	bool ok = !has_mark(&net->flow, mark) || flow_range(&net->flow, mark, &least, &most);

	*ret = (struct within){(double)least, (double)most};
	return ok;
}

/* Those that are not this nginx's stay on the line where they look to be, and are taken off again
 * as unexplained. */
static void expect(struct flow *flow, enum node from, double number)
{
	for (size_t i = 0; i < flow->len; i++) {
		struct flow_arc *arc = &flow->arc[i];

		if (arc->from == from && number > arc->low)
			arc->low = number < arc->high ? (int32_t)number : arc->high;
	}
}

static void limit(struct flow *flow, enum node from, double number)
{
	for (size_t i = 0; number > 0 && i < flow->len; i++) {
		struct flow_arc *arc = &flow->arc[i];

		if (arc->from == from && number < arc->high)
			arc->high = number > arc->low ? (int32_t)number : arc->low;
	}
}

/* The likeliest of all that fits, as what `net` carries. */
static bool guess(const struct lines_network *net, int32_t carried[FLOW_ARCS_MAX])
{
	struct flow flow = net->flow;

	expect(&flow, QUEUED, net->question->likely_queued);
	expect(&flow, SERVICE, net->question->likely_in_service);
	expect(&flow, STREAMING, net->question->likely_streaming);
	expect(&flow, APP, net->question->likely_app);
	/* Over HTTP/2 one connection may be in both of nginx's states, but mostly is not. */
	if (net->has_http2) {
		limit(&flow, SERVED, net->question->likely_clients);
		expect(&flow, WRITING, net->question->writing.low > 0 ? 1 : 0);
		expect(&flow, READING, net->question->reading.low > 0 ? 1 : 0);
	}
	return flow_likely(&flow, carried) || flow_likely(&net->flow, carried);
}

/* How many the guess has on nobody's line: not nginx's, or only nginx's. */
static int64_t astray(const struct lines_network *net, const int32_t carried[FLOW_ARCS_MAX])
{
	int64_t len = 0;

	for (size_t i = 0; i < net->flow.len; i++) {
		unsigned mark = net->flow.arc[i].mark;

		if (mark == LINES_FOREIGN || mark == HELD_UNEXPLAINED || mark == HELD_PHANTOM)
			len += carried[i] - net->flow.arc[i].low;
	}
	return len;
}

static void put(const struct lines_network *net, const int32_t carried[FLOW_ARCS_MAX],
		struct lines *ret)
{
	for (size_t i = 0; i < net->flow.len; i++) {
		const struct flow_arc *arc = &net->flow.arc[i];

		if (arc->mark < HELD_MAX)
			ret->likely[arc->mark] += carried[i];
		if (arc->mark != LINES_FOREIGN)
			continue;
		ret->likely[lines_own((arc->from - FIRST_CLASS) % CLIENT_CLASS_MAX)] += carried[i];
		ret->likely[HELD_UNEXPLAINED] -= carried[i];
	}
}

/* The plainest site that explains all, or else nothing taken for granted. */
static bool find_likely(const struct lines_question *question, unsigned granted, struct lines *ret)
{
	static const unsigned more[] = {LINES_PLAIN | LINES_STILL, LINES_STILL, LINES_PLAIN, 0};
	struct lines_network net;
	int32_t carried[FLOW_ARCS_MAX];

	for (size_t i = 0; i < ARRAY_LEN(more); i++) {
		lines_network_make(&net, question, granted | more[i]);
		if (!guess(&net, carried) || (more[i] != 0 && astray(&net, carried) > 0))
			continue;
		put(&net, carried, ret);
		return true;
	}
	return false;
}

static bool solve(const struct lines_question *question, unsigned granted, struct lines *ret)
{
	struct within *rest = &ret->held[HELD_UNEXPLAINED];
	struct lines_network net;
	struct within foreign;
	double unlisted;

	*ret = (struct lines){.held = {{0, 0}}};
	lines_network_make(&net, question, granted);
	if (net.is_void || !find_likely(question, granted, ret) ||
	    !range(&net, LINES_FOREIGN, &foreign))
		return false;
	for (unsigned line = 0; line < HELD_MAX; line++) {
		if (!range(&net, line, &ret->held[line]))
			return false;
		if (line != HELD_PHANTOM && line != HELD_UNEXPLAINED)
			ret->held[line].high += foreign.high;
	}
	/* Who was not found may be on any line. */
	unlisted = rest->high < question->unlisted ? rest->high : question->unlisted;
	for (unsigned line = 0; line < HELD_PHANTOM; line++)
		ret->held[line].high += unlisted;
	if (unlisted > 0)
		rest->low = 0;
	*rest = (struct within){rest->low - foreign.high, rest->high - foreign.low};
	for (size_t i = 0; i < question->groups; i++) {
		double len = (double)question->group[i].count[CLIENT_LINGERING];

		ret->held[HELD_LINGERING].low += question->may_be_foreign ? 0 : len;
		ret->held[HELD_LINGERING].high += len;
		ret->likely[HELD_LINGERING] += len;
	}
	return true;
}

/* What is said of applications is doubted first. */
bool lines_find(struct lines *ret, const struct lines_question *question)
{
	if (solve(question, LINES_APPS, ret))
		return true;
	if (!solve(question, 0, ret))
		return false;
	ret->doubts_apps = true;
	return true;
}
