/* SPDX-License-Identifier: MIT */
/* test_lines.c - which lines are certain, and within which bounds the others are. */
#include "unit.h"

#include "flow.h"
#include "lines.h"
#include "nginx_conf.h"

static struct within just(double n)
{
	return (struct within){n, n};
}

/* With no clients in `group` yet. */
static struct lines_question quiet(struct tally_group *group, double active, double reading,
				   double writing, double waiting)
{
	*group = (struct tally_group){.ways = NGINX_HTTP1};
	return (struct lines_question){.groups = 1,
				       .group = group,
				       .active = just(active),
				       .reading = just(reading),
				       .writing = just(writing),
				       .waiting = just(waiting),
				       .still = just(waiting),
				       .has_info = true,
				       .lingering_waits = true};
}

static void check(const struct lines *lines, enum held_by line, double low, double high)
{
	const struct within *held = &lines->held[line];

	if (held->low != low || held->high != high)
		fail_msg("%s: %g to %g, not %g to %g", held_by_name(line), held->low, held->high,
			 low, high);
	assert_true(lines->likely[line] >= low && lines->likely[line] <= high);
}

static void find(struct lines *lines, const struct lines_question *question)
{
	double sum = 0;

	assert_true(lines_find(lines, question));
	for (unsigned line = 0; line < HELD_MAX; line++)
		sum += lines->likely[line];
	assert_true(sum >= question->active.low && sum <= question->active.high);
}

/* Idle, one slow header, two in the application, one in its queue. */
static void test_an_ordinary_site(void **state)
{
	struct tally_group group;
	struct lines_question question = quiet(&group, 9, 1, 3, 5);
	struct lines lines;

	(void)state;
	group.count[CLIENT_SILENT] = 2;
	group.count[CLIENT_ANSWERED] = 3;
	group.count[CLIENT_UNANSWERED] = 4;
	question.queued = just(1);
	question.in_service = just(2);
	question.served = just(2);
	question.app = just(3);
	find(&lines, &question);
	check(&lines, HELD_REQUEST, 1, 1);
	check(&lines, HELD_KEEPALIVE, 5, 5);
	check(&lines, HELD_APP_QUEUE, 1, 1);
	check(&lines, HELD_APP, 2, 2);
	check(&lines, HELD_UNANSWERED, 0, 0);
	check(&lines, HELD_PHANTOM, 0, 0);
	check(&lines, HELD_UNEXPLAINED, 0, 0);
}

/* A websocket and an idle client look the same: nginx says how many there are of each, unless
 * others that are certain may be among the waiting. */
static void test_who_is_idle(void **state)
{
	struct tally_group group;
	struct lines_question question = quiet(&group, 5, 0, 2, 3);
	struct lines lines;

	(void)state;
	group.count[CLIENT_ANSWERED] = 5;
	find(&lines, &question);
	check(&lines, HELD_KEEPALIVE, 3, 3);
	check(&lines, HELD_LONG_LIVED, 2, 2);
	group.count[CLIENT_ANSWERED] = 4;
	group.count[CLIENT_STALLED] = 1;
	find(&lines, &question);
	check(&lines, HELD_KEEPALIVE, 2, 3);
	check(&lines, HELD_LONG_LIVED, 1, 2);
	check(&lines, HELD_STALLED_CLIENT, 1, 1);
}

/* A websocket may have sent its next request together with the one before it: then the application
 * is at work for it, and nobody for one of the two that have asked; unless it is known for whom. */
static void test_whom_the_application_works_for(void **state)
{
	struct tally_group group;
	struct lines_question question = quiet(&group, 5, 0, 5, 0);
	struct lines lines;

	(void)state;
	group.count[CLIENT_ANSWERED] = 3;
	group.count[CLIENT_UNANSWERED] = 2;
	question.in_service = question.served = question.app = just(2);
	question.may_pipeline = question.trusts_served = true;
	find(&lines, &question);
	check(&lines, HELD_APP, 2, 2);
	check(&lines, HELD_UNANSWERED, 0, 2);
	check(&lines, HELD_LONG_LIVED, 1, 3);
	group.served[CLIENT_UNANSWERED] = 2;
	find(&lines, &question);
	check(&lines, HELD_APP, 2, 2);
	check(&lines, HELD_UNANSWERED, 0, 0);
	check(&lines, HELD_LONG_LIVED, 3, 3);
	question.trusts_served = false;
	find(&lines, &question);
	check(&lines, HELD_LONG_LIVED, 1, 3);
	question.trusts_served = true;
	/* Over HTTP/2 it may be a second request that it works for, beside one that queues. */
	group.ways |= NGINX_HTTP2;
	find(&lines, &question);
	check(&lines, HELD_LONG_LIVED, 0, 5);
}

/* ---- random sites ---------------------------------------------------------------------------- */

/* What may be on a listener of one kind: one row for each sort of connection that there is, by what
 * it really does. Lines are those of design and docs, not of lines.c. */
enum where {
	IN_READING,
	IN_WAITING,
	IN_NONE,
	IN_SESSION,
	IN_QUEUE,
	IN_SERVICE,
	IN_STREAM,
	IN_WRITING
};
static const struct sort {
	unsigned way;
	enum client_class class;
	enum where where;
	enum held_by line;
} sort[] = {
	{NGINX_HTTP1, CLIENT_SILENT, IN_WAITING, HELD_KEEPALIVE},
	{NGINX_HTTP1, CLIENT_UNANSWERED, IN_READING, HELD_REQUEST},
	{NGINX_HTTP1, CLIENT_UNANSWERED, IN_QUEUE, HELD_APP_QUEUE},
	{NGINX_HTTP1, CLIENT_UNANSWERED, IN_SERVICE, HELD_APP},
	{NGINX_HTTP1, CLIENT_UNANSWERED, IN_WRITING, HELD_UNANSWERED},
	{NGINX_HTTP1, CLIENT_ANSWERED, IN_WAITING, HELD_KEEPALIVE},
	{NGINX_HTTP1, CLIENT_ANSWERED, IN_STREAM, HELD_APP},
	{NGINX_HTTP1, CLIENT_ANSWERED, IN_WRITING, HELD_LONG_LIVED},
	{NGINX_HTTP1, CLIENT_ANSWERED, IN_READING, HELD_REQUEST},
	{NGINX_HTTP1, CLIENT_AMBIGUOUS, IN_WAITING, HELD_KEEPALIVE},
	{NGINX_HTTP1, CLIENT_AMBIGUOUS, IN_WRITING, HELD_UNANSWERED},
	{NGINX_HTTP1, CLIENT_AMBIGUOUS, IN_SERVICE, HELD_APP},
	{NGINX_HTTP1, CLIENT_SENDING, IN_WRITING, HELD_SENDING},
	{NGINX_HTTP1, CLIENT_SENDING, IN_WAITING, HELD_SENDING},
	{NGINX_HTTP1, CLIENT_UNREAD, IN_WRITING, HELD_SENDING},
	{NGINX_HTTP1, CLIENT_UNREAD, IN_WAITING, HELD_STALLED_CLIENT},
	{NGINX_HTTP1, CLIENT_UNREAD, IN_STREAM, HELD_STALLED_CLIENT},
	{NGINX_HTTP1, CLIENT_STALLED, IN_STREAM, HELD_STALLED_CLIENT},
	{NGINX_HTTP1, CLIENT_STALLED, IN_READING, HELD_STALLED_CLIENT},
	{NGINX_HTTP1, CLIENT_VANISHED, IN_WRITING, HELD_VANISHED_CLIENT},
	{NGINX_HTTP1, CLIENT_HALF_CLOSED, IN_QUEUE, HELD_HALF_CLOSED},
	{NGINX_HTTP1, CLIENT_HALF_CLOSED, IN_WRITING, HELD_HALF_CLOSED},
	{NGINX_HTTP1, CLIENT_HALF_CLOSED, IN_SERVICE, HELD_HALF_CLOSED},
	{NGINX_PROXY, CLIENT_UNANSWERED, IN_WAITING, HELD_KEEPALIVE},
	{NGINX_TLS, CLIENT_UNANSWERED, IN_NONE, HELD_REQUEST},
	{NGINX_TLS, CLIENT_ANSWERED, IN_NONE, HELD_REQUEST},
	{NGINX_TLS, CLIENT_UNANSWERED, IN_WAITING, HELD_KEEPALIVE},
	{NGINX_TLS, CLIENT_SENDING, IN_NONE, HELD_SENDING},
	{NGINX_HTTP2, CLIENT_UNANSWERED, IN_WAITING, HELD_KEEPALIVE},
	{NGINX_HTTP2, CLIENT_ANSWERED, IN_SERVICE, HELD_APP},
	{NGINX_HTTP2, CLIENT_ANSWERED, IN_QUEUE, HELD_APP_QUEUE},
	{NGINX_HTTP2, CLIENT_UNANSWERED, IN_WRITING, HELD_LONG_LIVED},
	{NGINX_HTTP2, CLIENT_ANSWERED, IN_WRITING, HELD_UNANSWERED},
	{NGINX_STREAM, CLIENT_SILENT, IN_NONE, HELD_LONG_LIVED},
	{NGINX_STREAM, CLIENT_UNANSWERED, IN_NONE, HELD_LONG_LIVED},
	{NGINX_STREAM, CLIENT_UNANSWERED, IN_SESSION, HELD_APP},
	{NGINX_STREAM, CLIENT_SILENT, IN_SESSION, HELD_APP},
	{NGINX_STREAM, CLIENT_STALLED, IN_SESSION, HELD_STALLED_CLIENT},
	{NGINX_STREAM, CLIENT_HALF_CLOSED, IN_NONE, HELD_HALF_CLOSED},
};

static unsigned next(uint64_t *seed, unsigned below)
{
	*seed = *seed * 6364136223846793005U + 1442695040888963407U;
	return (unsigned)(*seed >> 33) % below;
}

static void grow(struct within *within, double n)
{
	within->low += n;
	within->high += n;
}

/* Over HTTP/2 nginx counts each request of a connection. */
static void put(struct lines_question *question, struct tally_group *group, double *truth,
		uint64_t *seed)
{
	const struct sort *one = &sort[next(seed, ARRAY_LEN(sort))];
	double requests = one->way == NGINX_HTTP2 ? 1 + next(seed, 3) : 1;

	if ((group->ways & one->way) == 0)
		return;
	group->count[one->class]++;
	truth[one->line]++;
	if ((one->where == IN_SERVICE || one->where == IN_STREAM) && requests == 1 &&
	    one->class != CLIENT_STALLED && one->class != CLIENT_UNREAD)
		group->served[one->class] += next(seed, 2);
	grow(&question->active, 1);
	if (one->where == IN_READING)
		grow(&question->reading, requests);
	else if (one->where == IN_WAITING)
		grow(&question->waiting, 1);
	else if (one->where != IN_NONE && one->where != IN_SESSION)
		grow(&question->writing, requests);
	if (one->where == IN_SESSION)
		question->app.high++;
	if (one->where == IN_QUEUE)
		grow(&question->queued, requests);
	else if (one->where == IN_SERVICE)
		grow(&question->in_service, requests);
	else if (one->where == IN_STREAM)
		grow(&question->streaming, requests);
	if (one->where == IN_SERVICE || one->where == IN_STREAM)
		grow(&question->served, requests);
	if (one->where == IN_SERVICE || one->where == IN_STREAM || one->where == IN_QUEUE)
		grow(&question->app, requests);
}

/* A dead worker's, of which nothing else is left: over HTTP/2 the requests of each, too. */
static void put_phantoms(struct lines_question *question, double *truth, uint64_t *seed)
{
	struct within *state[] = {&question->writing, &question->reading, &question->waiting};

	truth[HELD_PHANTOM] = next(seed, 3) == 0 ? next(seed, 4) : 0;
	for (double i = 0; i < truth[HELD_PHANTOM]; i++) {
		size_t at = next(seed, ARRAY_LEN(state));

		grow(state[at], at == 0 && question->may_multiplex ? 1 + next(seed, 3) : 1);
	}
	grow(&question->active, truth[HELD_PHANTOM]);
	question->phantom = just(truth[HELD_PHANTOM]);
	if (next(seed, 4) == 0)
		question->phantom = (struct within){0, FLOW_UNITS_MAX};
}

/* One that is not known, with all who came in there. */
static void forget_a_listener(struct lines_question *question, uint64_t *seed)
{
	const struct tally_group *last = &question->group[question->groups - 1];

	if (next(seed, 4) != 0)
		return;
	for (size_t class = 0; class < CLIENT_CLASS_MAX; class ++)
		question->unlisted += (double)last->count[class];
	question->unlisted += next(seed, 2);
	question->groups--;
}

static void loosen(struct within *within, uint64_t *seed)
{
	double less = next(seed, 3);

	within->low = within->low > less ? within->low - less : 0;
	within->high += next(seed, 3);
}

static void check_truth(const struct lines_question *question, const double *truth, size_t site,
			size_t *exact)
{
	struct lines lines;
	bool is_exact = true;

	find(&lines, question);
	for (unsigned line = 0; line < HELD_MAX; line++) {
		const struct within *held = &lines.held[line];

		is_exact = is_exact && held->low == held->high;
		if (truth[line] < held->low || truth[line] > held->high)
			fail_msg("site %zu: %s is %g, not %g to %g", site, held_by_name(line),
				 truth[line], held->low, held->high);
		assert_in_range(lines.likely[line] - held->low, 0, held->high - held->low);
	}
	*exact += is_exact;
}

/* Whatever site there is, each line is within its bounds. */
static void test_random_sites(void **state)
{
	enum { SITES = 4000 };
	enum { PROXY1 = NGINX_HTTP1 | NGINX_PROXY, TLS1 = NGINX_HTTP1 | NGINX_TLS };
	static const unsigned ways[] = {NGINX_HTTP1, NGINX_HTTP1, PROXY1, TLS1,
					TLS1 | NGINX_HTTP2, NGINX_STREAM, NGINX_ANY};
	uint64_t seed = 5;
	size_t exact = 0;

	(void)state;
	for (size_t site = 0; site < SITES; site++) {
		struct lines_question question = {
			.has_info = true, .lingering_waits = true, .trusts_served = true};
		struct tally_group group[TALLY_GROUPS_MAX] = {{0}};
		double truth[HELD_MAX] = {0};
		unsigned clients = next(&seed, 12);

		question.group = group;
		question.groups = 1 + next(&seed, TALLY_GROUPS_MAX);
		for (size_t i = 0; i < question.groups; i++)
			group[i].ways = ways[next(&seed, ARRAY_LEN(ways))];
		for (unsigned i = 0; i < clients; i++)
			put(&question, &group[next(&seed, (unsigned)question.groups)], truth,
			    &seed);
		forget_a_listener(&question, &seed);
		for (size_t i = 0; i < question.groups; i++)
			question.may_multiplex =
				question.may_multiplex || (group[i].ways & NGINX_HTTP2) != 0;
		put_phantoms(&question, truth, &seed);
		question.still = question.waiting;
		if (next(&seed, 4) == 0) {
			loosen(&question.active, &seed);
			loosen(&question.reading, &seed);
			loosen(&question.writing, &seed);
			loosen(&question.waiting, &seed);
		}
		check_truth(&question, truth, site, &exact);
	}
	assert_in_range(exact, SITES / 10, SITES);
}

/* Some listener was forgotten: who came in there may be on any line. */
static void test_who_was_not_found(void **state)
{
	struct tally_group group;
	struct lines_question question = quiet(&group, 5, 0, 1, 4);
	struct lines lines;

	(void)state;
	group.count[CLIENT_ANSWERED] = 2;
	question.unlisted = 2;
	question.phantom = (struct within){0, 3};
	find(&lines, &question);
	check(&lines, HELD_STALLED_CLIENT, 0, 2);
	check(&lines, HELD_PHANTOM, 0, 3);
	check(&lines, HELD_UNEXPLAINED, 0, 3);
	assert_true(lines.held[HELD_KEEPALIVE].high >= 4);
}

/* Everything at once, and nobody says what the listener is for: the guess takes it for an ordinary
 * one. 7 idle, 2 silent, 3 slow headers, 2 half handshakes, 3 uploads, 4 websockets, 2 throttled, 2
 * stalled, 2 lingering, 1 half-closed, 1 streamed, 2 in the application, 4 in its queue. */
static void test_a_listener_of_which_nothing_is_known(void **state)
{
	struct tally_group group;
	struct lines_question question = quiet(&group, 35, 3, 21, 11);
	struct lines lines;

	(void)state;
	group.ways = NGINX_ANY;
	group.count[CLIENT_HALF_CLOSED] = 1;
	group.count[CLIENT_LINGERING] = 2;
	group.count[CLIENT_STALLED] = 2;
	group.count[CLIENT_SILENT] = 2;
	group.count[CLIENT_UNANSWERED] = 14;
	group.count[CLIENT_ANSWERED] = 14;
	question.queued = question.in_service = question.streaming = question.served =
		(struct within){0, 4};
	question.app = (struct within){0, 8};
	question.waiting.high = 13;
	question.likely_queued = 4;
	question.likely_streaming = 1;
	question.likely_app = 8;
	question.likely_closed = 1;
	find(&lines, &question);
	assert_float_equal(lines.likely[HELD_KEEPALIVE], 9, 0);
	assert_float_equal(lines.likely[HELD_REQUEST], 5, 0);
	assert_float_equal(lines.likely[HELD_UNANSWERED], 3, 0);
	assert_float_equal(lines.likely[HELD_LONG_LIVED], 6, 0);
	assert_float_equal(lines.likely[HELD_APP_QUEUE], 4, 0);
	assert_float_equal(lines.likely[HELD_APP], 3, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_ordinary_site),
		cmocka_unit_test(test_who_is_idle),
		cmocka_unit_test(test_whom_the_application_works_for),
		cmocka_unit_test(test_who_was_not_found),
		cmocka_unit_test(test_a_listener_of_which_nothing_is_known),
		cmocka_unit_test(test_random_sites),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
