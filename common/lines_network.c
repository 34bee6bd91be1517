/* SPDX-License-Identifier: MIT */
/* lines_network.c - see lines_network.h. */
#include "lines_network.h"

#include "nginx_conf.h"

_Static_assert(FIRST_CLASS + TALLY_GROUPS_MAX * CLIENT_CLASS_MAX <= FLOW_NODES_MAX,
	       "all nodes fit");

enum {
	OWN = HELD_MAX + 2, /* in a rule: the line of the class itself */
	HTTP = NGINX_HTTP1 | NGINX_TLS | NGINX_HTTP2,
	FOREIGN_PRICE = 20,
	STALLED_PRICE = 2, /* who reads is more usual than who has stopped */
	UNKNOWN_PRICE = 4, /* a session of stream{}, where nobody says what a listener is for */
};

#define CLASS(name) (1U << (name))
#define CERTAIN                                                                                    \
	(CLASS(CLIENT_HALF_CLOSED) | CLASS(CLIENT_STALLED) | CLASS(CLIENT_VANISHED) |              \
	 CLASS(CLIENT_SENDING) | CLASS(CLIENT_UNREAD))
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
	{CERTAIN & ~CLASS(CLIENT_HALF_CLOSED), HTTP, STREAMING, OWN, 1},
	{CLASS(CLIENT_HALF_CLOSED), HTTP, STREAMING, OWN, 3},
	{CERTAIN & ~CLASS(CLIENT_HALF_CLOSED), HTTP, OTHER, OWN, 1},
	{CLASS(CLIENT_HALF_CLOSED), HTTP, OTHER, OWN, 3},
	{CERTAIN, HTTP, WAITING, OWN, 2},
	{CERTAIN, HTTP, READING, OWN, 4},
	{CLASS(CLIENT_HALF_CLOSED), HTTP, QUEUED, OWN, 2},
	{CLASS(CLIENT_HALF_CLOSED), HTTP, SERVICE, OWN, 3},
	{CERTAIN, HTTP, QUEUED, OWN, 4},
	{CERTAIN, HTTP, SERVICE, OWN, 4},
	{CERTAIN, NGINX_TLS | NGINX_HTTP2, ASIDE, OWN, 4},
	{CERTAIN, NGINX_STREAM, ASIDE, OWN, 0},
	{CERTAIN, NGINX_STREAM, SESSION, OWN, 1},

	{SILENT, HTTP, WAITING, HELD_KEEPALIVE, 0},
	{SILENT, HTTP, READING, HELD_REQUEST, 0},
	{SILENT, NGINX_STREAM, SESSION, HELD_APP, 0},
	{SILENT, NGINX_STREAM, ASIDE, HELD_LONG_LIVED, 1},

	{UNANSWERED, HTTP, READING, HELD_REQUEST, 0},
	{UNANSWERED, HTTP, QUEUED, HELD_APP_QUEUE, 1},
	{UNANSWERED, HTTP, SERVICE, HELD_APP, 0},
	{UNANSWERED, HTTP, STREAMING, HELD_APP, 3},
	{UNANSWERED, HTTP, OTHER, HELD_UNANSWERED, 2},
	/* A handshake that waits for nginx; one that has finished, and ended with the client's
	   words. */
	{UNANSWERED, NGINX_TLS, ASIDE, HELD_REQUEST, 1},
	{UNANSWERED, NGINX_TLS, WAITING, HELD_KEEPALIVE, 4},
	/* A proxy has said for whom it comes. */
	{UNANSWERED, NGINX_PROXY, WAITING, HELD_KEEPALIVE, 1},
	/* Frames of HTTP/2 are about the connection as often as about a request. */
	{UNANSWERED, NGINX_HTTP2, WAITING, HELD_KEEPALIVE, 1},
	{UNANSWERED, NGINX_HTTP2, ASIDE, HELD_REQUEST, 3},
	{UNANSWERED, NGINX_HTTP2, OTHER, HELD_LONG_LIVED, 3},
	{UNANSWERED, NGINX_STREAM, SESSION, HELD_APP, 0},
	{UNANSWERED, NGINX_STREAM, ASIDE, HELD_LONG_LIVED, 1},

	{ANSWERED, HTTP, WAITING, HELD_KEEPALIVE, 0},
	{ANSWERED, HTTP, STREAMING, HELD_APP, 0},
	{ANSWERED, HTTP, OTHER, HELD_LONG_LIVED, 1},
	/* The next request came together with the one before it. */
	{ANSWERED, HTTP, READING, HELD_REQUEST, 3},
	/* A handshake that waits for the client. */
	{ANSWERED, NGINX_TLS, ASIDE, HELD_REQUEST, 2},
	{ANSWERED, NGINX_HTTP2, QUEUED, HELD_APP_QUEUE, 2},
	{ANSWERED, NGINX_HTTP2, SERVICE, HELD_APP, 1},
	{ANSWERED, NGINX_HTTP2, ASIDE, HELD_REQUEST, 3},
	{ANSWERED, NGINX_HTTP2, OTHER, HELD_UNANSWERED, 3},
	{ANSWERED, NGINX_STREAM, SESSION, HELD_APP, 0},
	{ANSWERED, NGINX_STREAM, ASIDE, HELD_LONG_LIVED, 1},
};

/* Those that hold only where the question says so. */
static const struct rule pipelined[] = {
	{ANSWERED, HTTP, QUEUED, HELD_APP_QUEUE, 3},
	{ANSWERED, HTTP, SERVICE, HELD_APP, 3},
};
static const struct rule kept_aside = {ANSWERED, HTTP, ASIDE, HELD_KEEPALIVE, 2};

enum held_by lines_own(enum client_class class)
{
	static const enum held_by line[CLIENT_CLASS_MAX] = {
		[CLIENT_HALF_CLOSED] = HELD_HALF_CLOSED, [CLIENT_LINGERING] = HELD_LINGERING,
		[CLIENT_STALLED] = HELD_STALLED_CLIENT,  [CLIENT_VANISHED] = HELD_VANISHED_CLIENT,
		[CLIENT_SENDING] = HELD_SENDING,         [CLIENT_UNREAD] = HELD_SENDING,
		[CLIENT_SILENT] = HELD_KEEPALIVE,        [CLIENT_UNANSWERED] = HELD_UNANSWERED,
		[CLIENT_ANSWERED] = HELD_KEEPALIVE,      [CLIENT_AMBIGUOUS] = HELD_KEEPALIVE,
	};

	return line[class];
}

/* ---- bounds ---------------------------------------------------------------------------------- */

static void take_away(struct within *from, double low, double high)
{
	from->low = fmax(from->low - high, 0);
	from->high = fmax(from->high - low, 0);
}

/* A lingering client's line is known. It is in `writing`, and in `waiting` too by nginx's version;
 * over HTTP/2 in one of them, or none. */
static void take_lingering(struct lines_network *net, const struct tally_group *group,
			   unsigned ways)
{
	const struct lines_question *question = net->question;
	bool is_http1 = (ways & (NGINX_HTTP2 | NGINX_STREAM)) == 0;
	bool may_wait = question->lingering_waits || question->lingering_may_wait || !is_http1;
	double len = (double)group->count[CLIENT_LINGERING];

	if (net->active.high < len || (is_http1 && net->writing.high < len) ||
	    (is_http1 && question->lingering_waits && net->waiting.high < len))
		net->is_void = true;
	take_away(&net->active, len, len);
	take_away(&net->writing, is_http1 ? len : 0, len);
	take_away(&net->waiting, is_http1 && question->lingering_waits ? len : 0,
		  may_wait ? len : 0);
}

/* Over HTTP/2 nginx counts requests, of which one connection may have many. */
static void loosen_for_http2(struct lines_network *net)
{
	if (net->question->http2_may_count_twice)
		net->waiting.low =
			fmax(net->waiting.low - net->reading.high - net->writing.high, 0);
	net->reading.low = 0;
	net->writing.low = 0;
}

/* ---- network --------------------------------------------------------------------------------- */

static void add(struct lines_network *net, unsigned from, unsigned to, unsigned mark, double low,
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

static void add_within(struct lines_network *net, unsigned from, unsigned to, struct within within)
{
	add(net, from, to, LINES_UNMARKED, within.low,
	    within.high > within.low ? within.high : within.low);
}

static void add_way(struct lines_network *net, unsigned node, enum node state, unsigned line,
		    uint8_t price)
{
	add(net, node, state, line, 0, FLOW_UNITS_MAX);
	net->flow.arc[net->flow.len - 1].price = price;
}

static void add_rule(struct lines_network *net, const struct rule *rule, unsigned node,
		     enum client_class class, unsigned ways)
{
	const struct lines_question *question = net->question;
	unsigned classes = rule->classes;
	unsigned line = rule->line == OWN ? lines_own(class) : rule->line;
	uint8_t price = rule->price;

	if (!question->has_info && (classes & SILENT) != 0)
		classes |= CLASS(CLIENT_AMBIGUOUS);
	if ((classes & CLASS(class)) == 0 || (rule->ways & ways) == 0)
		return;
	if (rule->classes == SILENT && rule->ways != NGINX_STREAM &&
	    (rule->state == READING) != question->silent_is_reading)
		return;
	/* Without tcp_info nobody knows who spoke last. */
	if (!question->has_info && (line == HELD_UNANSWERED || line == HELD_LONG_LIVED))
		line = HELD_UNEXPLAINED;
	if (rule->ways == NGINX_STREAM && (ways & HTTP) != 0)
		price += UNKNOWN_PRICE;
	add_way(net, node, rule->state, line, price);
	if (class == CLIENT_UNREAD)
		add_way(net, node, rule->state, HELD_STALLED_CLIENT, price + STALLED_PRICE);
}

/* How many of a class are known to be in service, and as one request each. */
static double count_at_work(struct lines_network *net, const struct tally_group *group,
			    unsigned ways, enum client_class class, unsigned granted)
{
	double len = (double)group->served[class];

	if ((granted & LINES_APPS) == 0 || !net->question->trusts_served ||
	    net->question->may_be_foreign || (ways & (NGINX_HTTP2 | NGINX_STREAM)) != 0)
		return 0;
	if (class == CLIENT_HALF_CLOSED)
		net->at_work_closed += len;
	else
		net->at_work += len;
	return len;
}

static void add_at_work(struct lines_network *net)
{
	const struct {
		enum node node;
		unsigned line;
		double len;
	} part[] = {
		{AT_WORK, HELD_APP, net->at_work},
		{AT_WORK_CLOSED, HELD_HALF_CLOSED, net->at_work_closed},
	};

	for (size_t i = 0; i < ARRAY_LEN(part); i++) {
		add(net, SOURCE, part[i].node, LINES_UNMARKED, part[i].len, part[i].len);
		add_way(net, part[i].node, SERVICE, part[i].line, 0);
		add_way(net, part[i].node, STREAMING, part[i].line, 1);
	}
}

static void add_class(struct lines_network *net, unsigned node, enum client_class class,
		      unsigned ways, double len)
{
	add(net, SOURCE, node, LINES_UNMARKED, len, len);
	for (size_t i = 0; i < ARRAY_LEN(rules); i++)
		add_rule(net, &rules[i], node, class, ways);
	for (size_t i = 0; net->question->may_pipeline && i < ARRAY_LEN(pipelined); i++)
		add_rule(net, &pipelined[i], node, class, ways);
	if (net->question->may_keep_aside)
		add_rule(net, &kept_aside, node, class, ways);
	/* Without tcp_info all that is at the application looks as if its answer had begun. */
	if (class == CLIENT_HALF_CLOSED && (ways & HTTP) != 0)
		add(net, node, net->question->has_info ? SERVICE : STREAMING, lines_own(class), 0,
		    net->question->likely_closed);
	add_way(net, node, FOREIGN, LINES_FOREIGN, FOREIGN_PRICE);
}

static void add_groups(struct lines_network *net, unsigned granted)
{
	for (size_t i = 0; i < net->question->groups; i++) {
		const struct tally_group *group = &net->question->group[i];
		bool is_guessed = (granted & LINES_PLAIN) != 0 && group->ways == NGINX_ANY;
		unsigned ways = is_guessed ? NGINX_HTTP1 | NGINX_TLS : group->ways;

		take_lingering(net, group, ways);
		if (is_guessed)
			ways |= NGINX_STREAM;
		for (size_t class = 0; class < CLIENT_CLASS_MAX; class ++)
			net->clients += (double)group->count[class];
		for (unsigned class = 0; class < CLIENT_CLASS_MAX; class ++) {
			if (group->count[class] == 0 || class == CLIENT_LINGERING)
				continue;
			add_class(net, FIRST_CLASS + (unsigned)i * CLIENT_CLASS_MAX + class,
				  (enum client_class) class, ways,
				  (double)group->count[class] -
					  count_at_work(net, group, ways, class, granted));
			net->has_http2 = net->has_http2 || (ways & NGINX_HTTP2) != 0;
		}
	}
}

/* A dead worker's connections to applications are gone with it; a client that has just gone may
 * have one still. */
static void add_gone(struct lines_network *net, unsigned granted)
{
	static const enum node state[] = {OTHER,  WAITING, READING,  ASIDE,
					  QUEUED, SERVICE, STREAMING};
	enum { OF_THE_DEAD = 4, PRICE = 5 };
	const struct within *phantom = &net->question->phantom;
	double most = fmax(net->question->active.high - net->clients, 0);
	bool is_guessed = (granted & LINES_PLAIN) != 0;

	/* A phantom has taken its requests along, and what a listener that is not known carries is
	 * not known either. */
	if (most > 0 && !is_guessed && (net->question->may_multiplex || net->question->unlisted > 0))
		net->has_http2 = true;
	add(net, SOURCE, GONE, LINES_UNMARKED, phantom->low < most ? phantom->low : most, most);
	add(net, GONE, DEAD, HELD_PHANTOM, phantom->low < most ? phantom->low : most,
	    phantom->high < most ? phantom->high : most);
	net->flow.arc[net->flow.len - 1].price = 1;
	add(net, GONE, LOST, HELD_UNEXPLAINED, 0, most);
	for (size_t i = 0; i < ARRAY_LEN(state); i++) {
		if (i < OF_THE_DEAD)
			add_way(net, DEAD, state[i], LINES_UNMARKED, (uint8_t)(PRICE + i));
		add_way(net, LOST, state[i], LINES_UNMARKED, (uint8_t)(PRICE + i));
	}
}

static void add_counts(struct lines_network *net, bool trusts_apps)
{
	const struct lines_question *question = net->question;
	const struct {
		enum node from, to;
		struct within within;
	} app[] = {
		{QUEUED, APP, question->queued},
		{SERVICE, SERVED, question->in_service},
		{STREAMING, SERVED, question->streaming},
		{SERVED, APP, question->served},
		{APP, WRITING, question->app},
	};
	bool is_busy = net->reading.low + net->writing.low > 0;

	for (size_t i = 0; i < ARRAY_LEN(app); i++) {
		struct within within = app[i].within;

		if (!trusts_apps || net->has_http2)
			within.low = 0;
		add_within(net, app[i].from, app[i].to, within);
	}
	add(net, OTHER, WRITING, LINES_UNMARKED, 0, FLOW_UNITS_MAX);
	if (net->has_http2)
		loosen_for_http2(net);
	add_within(net, WRITING, BUSY, net->writing);
	add_within(net, READING, BUSY, net->reading);
	add(net, BUSY, COUNTED, LINES_UNMARKED, is_busy ? 1 : 0, FLOW_UNITS_MAX);
	add_within(net, WAITING, COUNTED, net->waiting);
	add(net, ASIDE, COUNTED, LINES_UNMARKED, 0, FLOW_UNITS_MAX);
	add(net, SESSION, COUNTED, LINES_UNMARKED, 0, question->app.high);
	add_within(net, COUNTED, SOURCE, net->active);
	add(net, FOREIGN, SOURCE, LINES_UNMARKED, 0,
	    question->may_be_foreign ? net->clients
				     : fmax(net->clients - question->active.low, 0));
}

void lines_network_make(struct lines_network *ret, const struct lines_question *question,
			unsigned granted)
{
	*ret = (struct lines_network){
		.question = question,
		.active = question->active,
		.reading = question->reading,
		.writing = question->writing,
		.waiting = (granted & LINES_STILL) != 0 ? question->still : question->waiting,
	};
	add_groups(ret, granted);
	add_at_work(ret);
	ret->is_void = ret->is_void && !question->may_be_foreign;
	add_gone(ret, granted);
	add_counts(ret, (granted & LINES_APPS) != 0);
}
