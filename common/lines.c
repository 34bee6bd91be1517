/* SPDX-License-Identifier: MIT */
/*
 * lines.c - see lines.h. The network: from the source each class of each group gives its
 * connections to the states that it may have, states are added up as nginx counts them, and all
 * that nginx counts as active returns to the source. Arcs between classes and states are marked
 * with the line on which such a connection is.
 */
#include "lines.h"

#include "flow.h"

/* Nodes of the network. Groups have one for each class from FIRST_CLASS on. */
enum node {
	SOURCE,
	READING,
	WAITING,
	ASIDE,     /* only active: a TLS handshake, a session of stream{} ... */
	QUEUED,    /* writing, and in the application's queue */
	SERVICE,   /* ... and in work there */
	STREAMING, /* ... and its answer has begun */
	OTHER,     /* ... and none of these */
	WRITING,
	BUSY,    /* reading or writing */
	COUNTED, /* active */
	FOREIGN, /* not active: not this nginx's */
	GONE,    /* only nginx has them */
	FIRST_CLASS,
};
_Static_assert(FIRST_CLASS + LINES_GROUPS_MAX * CLIENT_CLASS_MAX <= FLOW_NODES_MAX,
	       "all nodes fit");

/* Marks of arcs that are no line. */
enum { UNMARKED = HELD_MAX, MARK_FOREIGN };

enum {
	OWN = HELD_MAX + 2, /* in a rule: the line of the class itself */
	HTTP = LINES_HTTP1 | LINES_TLS | LINES_HTTP2,
	FOREIGN_PRICE = 20,
};

#define CLASS(name) (1U << (name))
#define CERTAIN                                                                                    \
	(CLASS(CLIENT_HALF_CLOSED) | CLASS(CLIENT_STALLED) | CLASS(CLIENT_VANISHED) |              \
	 CLASS(CLIENT_SENDING))
#define SILENT     CLASS(CLIENT_SILENT)
#define UNANSWERED (CLASS(CLIENT_UNANSWERED) | CLASS(CLIENT_AMBIGUOUS))
#define ANSWERED   (CLASS(CLIENT_ANSWERED) | CLASS(CLIENT_AMBIGUOUS))

/* Where a connection of these classes, on a listener that may carry one of these, may be, and on
 * which line it is then. The price says how unlikely that is. */
static const struct rule {
	unsigned classes;
	unsigned ways;
	enum node state;
	unsigned line;
	uint8_t price;
} rules[] = {
	/* What the kernel says is enough; what nginx calls it only matters to the others. */
	{CERTAIN, HTTP, STREAMING, OWN, 0},
	{CERTAIN, HTTP, OTHER, OWN, 1},
	{CERTAIN, HTTP, WAITING, OWN, 2},
	{CERTAIN, HTTP, READING, OWN, 4},
	{CLASS(CLIENT_HALF_CLOSED), HTTP, QUEUED, OWN, 0},
	{CLASS(CLIENT_HALF_CLOSED), HTTP, SERVICE, OWN, 0},
	{CERTAIN, HTTP, QUEUED, OWN, 4},
	{CERTAIN, HTTP, SERVICE, OWN, 4},
	{CERTAIN, LINES_TLS | LINES_HTTP2, ASIDE, OWN, 4},
	{CERTAIN, LINES_STREAM, ASIDE, OWN, 0},

	{SILENT, HTTP, WAITING, HELD_KEEPALIVE, 0},
	{SILENT, HTTP, READING, HELD_REQUEST, 0},
	{SILENT, LINES_STREAM, ASIDE, HELD_LONG_LIVED, 0},

	{UNANSWERED, HTTP, READING, HELD_REQUEST, 0},
	{UNANSWERED, HTTP, QUEUED, HELD_APP_QUEUE, 0},
	{UNANSWERED, HTTP, SERVICE, HELD_APP, 0},
	{UNANSWERED, HTTP, STREAMING, HELD_APP, 1},
	{UNANSWERED, HTTP, OTHER, HELD_UNANSWERED, 1},
	/* A handshake that waits for nginx; one that has finished, and ended with the client's words. */
	{UNANSWERED, LINES_TLS, ASIDE, HELD_REQUEST, 1},
	{UNANSWERED, LINES_TLS, WAITING, HELD_KEEPALIVE, 4},
	/* Frames of HTTP/2 are about the connection as often as about a request. */
	{UNANSWERED, LINES_HTTP2, WAITING, HELD_KEEPALIVE, 1},
	{UNANSWERED, LINES_HTTP2, ASIDE, HELD_REQUEST, 3},
	{UNANSWERED, LINES_HTTP2, OTHER, HELD_LONG_LIVED, 3},
	{UNANSWERED, LINES_STREAM, ASIDE, HELD_LONG_LIVED, 0},

	{ANSWERED, HTTP, WAITING, HELD_KEEPALIVE, 0},
	{ANSWERED, HTTP, STREAMING, HELD_APP, 0},
	{ANSWERED, HTTP, OTHER, HELD_LONG_LIVED, 1},
	/* The next request came together with the one before it. */
	{ANSWERED, HTTP, READING, HELD_REQUEST, 3},
	/* A handshake that waits for the client. */
	{ANSWERED, LINES_TLS, ASIDE, HELD_REQUEST, 2},
	{ANSWERED, LINES_HTTP2, QUEUED, HELD_APP_QUEUE, 1},
	{ANSWERED, LINES_HTTP2, SERVICE, HELD_APP, 1},
	{ANSWERED, LINES_HTTP2, ASIDE, HELD_REQUEST, 3},
	{ANSWERED, LINES_HTTP2, OTHER, HELD_UNANSWERED, 3},
	{ANSWERED, LINES_STREAM, ASIDE, HELD_LONG_LIVED, 0},
};

/* Those that hold only where the question says so. */
static const struct rule pipelined[] = {
	{ANSWERED, HTTP, QUEUED, HELD_APP_QUEUE, 3},
	{ANSWERED, HTTP, SERVICE, HELD_APP, 3},
};
static const struct rule kept_aside = {ANSWERED, HTTP, ASIDE, HELD_KEEPALIVE, 2};

static const unsigned own_line[CLIENT_CLASS_MAX] = {
	[CLIENT_HALF_CLOSED] = HELD_HALF_CLOSED, [CLIENT_LINGERING] = HELD_LINGERING,
	[CLIENT_STALLED] = HELD_STALLED_CLIENT,  [CLIENT_VANISHED] = HELD_VANISHED_CLIENT,
	[CLIENT_SENDING] = HELD_SENDING,         [CLIENT_SILENT] = HELD_KEEPALIVE,
	[CLIENT_UNANSWERED] = HELD_UNANSWERED,   [CLIENT_ANSWERED] = HELD_KEEPALIVE,
	[CLIENT_AMBIGUOUS] = HELD_KEEPALIVE,
};

struct network {
	const struct lines_question *question;
	struct flow flow;
	struct within active, reading, writing, waiting; /* less those that linger */
	bool has_http2;                                  /* a connection that may multiplex */
	double clients;                                  /* that the kernel has */
};

/* ---- bounds ---------------------------------------------------------------------------------- */

static double at_least_0(double a)
{
	return a > 0 ? a : 0;
}

static void take_away(struct within *from, double low, double high)
{
	from->low = at_least_0(from->low - high);
	from->high = at_least_0(from->high - low);
}

/* A lingering client's line is known. It is in `writing`, and in `waiting` too by nginx's version;
 * over HTTP/2 in one of them, or none. */
static void take_lingering(struct network *net, const struct lines_group *group)
{
	const struct lines_question *question = net->question;
	bool is_http1 = (group->ways & (LINES_HTTP2 | LINES_STREAM)) == 0;
	bool may_wait = question->lingering_waits || question->lingering_may_wait || !is_http1;
	double len = group->count[CLIENT_LINGERING];

	take_away(&net->active, len, len);
	take_away(&net->writing, is_http1 ? len : 0, len);
	take_away(&net->waiting, is_http1 && question->lingering_waits ? len : 0,
		  may_wait ? len : 0);
}

/* Over HTTP/2 nginx counts requests, of which one connection may have many. */
static void loosen_for_http2(struct network *net)
{
	if (net->question->http2_may_count_twice)
		net->waiting.low =
			at_least_0(net->waiting.low - net->reading.high - net->writing.high);
	net->reading.low = 0;
	net->writing.low = 0;
}

/* ---- network --------------------------------------------------------------------------------- */

static void add(struct network *net, unsigned from, unsigned to, unsigned mark, double low,
		double high)
{
	flow_add(&net->flow,
		 (struct flow_arc){
			 .from = (uint8_t)from,
			 .to = (uint8_t)to,
			 .mark = (uint8_t)mark,
			 .low = (int32_t)low,
			 .high = (int32_t)(high < FLOW_UNITS_MAX ? high : FLOW_UNITS_MAX)});
}

static void add_within(struct network *net, unsigned from, unsigned to, struct within within)
{
	add(net, from, to, UNMARKED, within.low,
	    within.high > within.low ? within.high : within.low);
}

static void add_way(struct network *net, unsigned node, enum node state, unsigned line,
		    uint8_t price)
{
	add(net, node, state, line, 0, FLOW_UNITS_MAX);
	net->flow.arc[net->flow.len - 1].price = price;
}

static void add_rule(struct network *net, const struct rule *rule, unsigned node,
		     enum client_class class, unsigned ways)
{
	const struct lines_question *question = net->question;
	unsigned classes = rule->classes;

	if (!question->has_info && (classes & SILENT) != 0)
		classes |= CLASS(CLIENT_AMBIGUOUS);
	if ((classes & CLASS(class)) == 0 || (rule->ways & ways) == 0)
		return;
	if (rule->classes == SILENT && rule->state != ASIDE &&
	    (rule->state == READING) != question->silent_is_reading)
		return;
	add_way(net, node, rule->state, rule->line == OWN ? own_line[class] : rule->line,
		rule->price);
}

static void add_class(struct network *net, unsigned node, enum client_class class, unsigned ways,
		      double len)
{
	add(net, SOURCE, node, UNMARKED, len, len);
	for (size_t i = 0; i < ARRAY_LEN(rules); i++)
		add_rule(net, &rules[i], node, class, ways);
	for (size_t i = 0; net->question->may_pipeline && i < ARRAY_LEN(pipelined); i++)
		add_rule(net, &pipelined[i], node, class, ways);
	if (net->question->may_keep_aside)
		add_rule(net, &kept_aside, node, class, ways);
	add_way(net, node, FOREIGN, MARK_FOREIGN, FOREIGN_PRICE);
}

static void add_groups(struct network *net)
{
	for (size_t i = 0; i < net->question->groups; i++) {
		const struct lines_group *group = &net->question->group[i];

		take_lingering(net, group);
		for (size_t class = 0; class < CLIENT_CLASS_MAX; class ++)
			net->clients += group->count[class];
		for (unsigned class = 0; class < CLIENT_CLASS_MAX; class ++) {
			if (group->count[class] <= 0 || class == CLIENT_LINGERING)
				continue;
			add_class(net, FIRST_CLASS + (unsigned)i * CLIENT_CLASS_MAX + class,
				  (enum client_class) class, group->ways, group->count[class]);
			net->has_http2 = net->has_http2 || (group->ways & LINES_HTTP2) != 0;
		}
	}
}

/* They may be anything, the more so since some of them may have gone a moment ago. */
static void add_gone(struct network *net)
{
	static const enum node state[] = {OTHER,  WAITING, READING,  ASIDE,
					  QUEUED, SERVICE, STREAMING};
	double low = net->question->phantom.low;
	double high = at_least_0(net->question->active.high - net->clients);

	add(net, SOURCE, GONE, UNMARKED, low < high ? low : high, high);
	for (size_t i = 0; i < ARRAY_LEN(state); i++)
		add_way(net, GONE, state[i], HELD_PHANTOM, (uint8_t)(5 + i));
}

static void add_counts(struct network *net, bool trusts_apps)
{
	const struct lines_question *question = net->question;
	struct within app[] = {question->queued, question->in_service, question->streaming};
	bool is_busy = net->reading.low + net->writing.low > 0;

	for (unsigned i = 0; i < ARRAY_LEN(app); i++) {
		if (!trusts_apps || net->has_http2)
			app[i].low = 0;
		add_within(net, QUEUED + i, WRITING, app[i]);
	}
	add(net, OTHER, WRITING, UNMARKED, 0, FLOW_UNITS_MAX);
	if (net->has_http2)
		loosen_for_http2(net);
	add_within(net, WRITING, BUSY, net->writing);
	add_within(net, READING, BUSY, net->reading);
	add(net, BUSY, COUNTED, UNMARKED, is_busy ? 1 : 0, FLOW_UNITS_MAX);
	add_within(net, WAITING, COUNTED, net->waiting);
	add(net, ASIDE, COUNTED, UNMARKED, 0, FLOW_UNITS_MAX);
	add_within(net, COUNTED, SOURCE, net->active);
	add(net, FOREIGN, SOURCE, UNMARKED, 0, at_least_0(net->clients - question->active.low));
}

/* ---- results --------------------------------------------------------------------------------- */

static bool has_mark(const struct flow *flow, unsigned mark)
{
	for (size_t i = 0; i < flow->len; i++) {
		if (flow->arc[i].mark == mark)
			return true;
	}
	return false;
}

static bool range(const struct network *net, unsigned mark, struct within *ret)
{
	int64_t least = 0, most = 0;
	bool ok = !has_mark(&net->flow, mark) || flow_range(&net->flow, mark, &least, &most);

	*ret = (struct within){(double)least, (double)most};
	return ok;
}

/* Those that are not this nginx's stay on the line where they look to be, and are taken off again
 * as unexplained. */
static bool find_likely(const struct network *net, struct lines *ret)
{
	int32_t carried[FLOW_ARCS_MAX];

	if (!flow_likely(&net->flow, carried))
		return false;
	for (size_t i = 0; i < net->flow.len; i++) {
		const struct flow_arc *arc = &net->flow.arc[i];

		if (arc->mark < HELD_MAX)
			ret->likely[arc->mark] += carried[i];
		if (arc->mark != MARK_FOREIGN)
			continue;
		ret->likely[own_line[(arc->from - FIRST_CLASS) % CLIENT_CLASS_MAX]] += carried[i];
		ret->likely[HELD_UNEXPLAINED] -= carried[i];
	}
	return true;
}

/* Of the connections that only nginx has, those that are proved to stay are phantoms; the others
 * may have gone a moment ago. */
static void split_gone(const struct lines_question *question, struct lines *ret)
{
	struct within gone = ret->held[HELD_PHANTOM];
	struct within *phantom = &ret->held[HELD_PHANTOM];
	struct within *rest = &ret->held[HELD_UNEXPLAINED];
	double likely = ret->likely[HELD_PHANTOM];

	if (question->phantom.high < phantom->high)
		phantom->high = question->phantom.high;
	phantom->low =
		question->phantom.low < phantom->high ? question->phantom.low : phantom->high;
	rest->low += at_least_0(gone.low - phantom->high);
	rest->high += gone.high - phantom->low;
	ret->likely[HELD_PHANTOM] = likely < phantom->low ? likely : phantom->low;
	ret->likely[HELD_UNEXPLAINED] += likely - ret->likely[HELD_PHANTOM];
}

static bool solve(struct network *net, struct lines *ret)
{
	struct within foreign;

	*ret = (struct lines){.held = {{0, 0}}};
	if (!find_likely(net, ret) || !range(net, MARK_FOREIGN, &foreign))
		return false;
	for (unsigned line = 0; line < HELD_MAX; line++) {
		if (!range(net, line, &ret->held[line]))
			return false;
		if (line != HELD_PHANTOM)
			ret->held[line].high += foreign.high;
	}
	ret->held[HELD_UNEXPLAINED] = (struct within){-foreign.high, -foreign.low};
	split_gone(net->question, ret);
	for (size_t i = 0; i < net->question->groups; i++) {
		double len = net->question->group[i].count[CLIENT_LINGERING];

		ret->held[HELD_LINGERING].low += len;
		ret->held[HELD_LINGERING].high += len;
		ret->likely[HELD_LINGERING] += len;
	}
	return true;
}

bool lines_find(struct lines *ret, const struct lines_question *question)
{
	/* What is said of applications is doubted first. */
	for (int trusts_apps = 1; trusts_apps >= 0; trusts_apps--) {
		struct network net = {.question = question,
				      .active = question->active,
				      .reading = question->reading,
				      .writing = question->writing,
				      .waiting = question->waiting};

		add_groups(&net);
		add_gone(&net);
		add_counts(&net, trusts_apps != 0);
		if (solve(&net, ret))
			return true;
	}
	return false;
}
