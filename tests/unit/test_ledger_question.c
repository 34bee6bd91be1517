/* SPDX-License-Identifier: MIT */
/* test_ledger_question.c - what nginx's numbers were in the moment of the dump, whatever happened
 * before and after it. */
#include "unit.h"

#include "ledger_question.h"
#include "nginx_conf.h"

enum { CLIENTS_MAX = 40 };

/* What a connection is doing. One that lingers is waiting as well (nginx 1.19.7 and later). */
enum doing { GONE, WAITING, ASIDE, READING, WRITING, LINGERING };

struct world {
	uint64_t seed;
	bool is_tls;
	enum doing client[CLIENTS_MAX];
	struct nginx_status page;
	size_t own;    /* the first ones are the reader's own */
	size_t still;  /* and the first of these do nothing by themselves */
	size_t recent; /* TLS handshakes of others that began or ended since the page was read */
};

static unsigned next(uint64_t *seed, unsigned below)
{
	*seed = *seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (unsigned)(*seed >> 33) % below;
}

static void count(struct nginx_status *page, enum doing doing, int64_t n)
{
	page->active += doing != GONE ? n : 0;
	page->reading += doing == READING ? n : 0;
	page->writing += doing == WRITING || doing == LINGERING ? n : 0;
	page->waiting += doing == WAITING || doing == LINGERING ? n : 0;
}

static void become(struct world *world, enum doing *client, enum doing doing)
{
	count(&world->page, *client, -1);
	count(&world->page, doing, 1);
	world->page.handled += *client == GONE;
	world->page.requests += doing == READING;
	if (client >= world->client + world->own)
		world->recent += doing == ASIDE || (*client == ASIDE && doing == WAITING);
	*client = doing;
}

/* What one client does next. */
static void move(struct world *world)
{
	static const enum doing ways[][3] = {
		[GONE] = {WAITING, WAITING, WAITING},   [WAITING] = {ASIDE, READING, GONE},
		[ASIDE] = {WAITING, WAITING, GONE},     [READING] = {WRITING, WRITING, GONE},
		[WRITING] = {WAITING, LINGERING, GONE}, [LINGERING] = {GONE, GONE, GONE},
	};
	size_t at = world->still + next(&world->seed, (unsigned)(CLIENTS_MAX - world->still));
	enum doing *client = &world->client[at];
	enum doing doing = ways[*client][next(&world->seed, 3)];

	become(world, client, doing == ASIDE && !world->is_tls ? READING : doing);
}

static void move_some(struct world *world, unsigned most)
{
	for (unsigned n = next(&world->seed, most + 1); n > 0; n--)
		move(world);
}

/* nginx's answer, in which our own connection and request are. */
static struct nginx_status read_page(struct world *world)
{
	struct nginx_status page = world->page;

	world->page.requests++;
	page.requests++;
	page.active++;
	page.writing++;
	page.accepts = page.handled;
	return page;
}

static void within(const char *what, struct within within, int64_t truth, uint64_t world)
{
	if (truth < within.low || truth > within.high)
		fail_msg("world %lu: %ld %s, not %g to %g", (unsigned long)world, (long)truth, what,
			 within.low, within.high);
}

static void numbers_are_within_their_bounds(void **state)
{
	static const struct ledger_input input = {
		.has_info = true,
		.ways_known = true,
		.version = {.known = true, .major = 1, .minor = 22}};
	static const struct phantoms_memory none = {0};
	size_t exact = 0;

	(void)state;
	for (uint64_t i = 0; i < 20000; i++) {
		unsigned events = i % 4 == 0 ? 0 : 1 + (unsigned)(i % 7);
		struct world world = {.seed = i, .is_tls = i % 8 < 4};
		struct ledger_look look = {.tally.own_is_found = true};
		struct lines_question question;
		struct nginx_status truth;

		move_some(&world, 200);
		look.before = read_page(&world);
		world.recent = 0;
		move_some(&world, events);
		truth = world.page;
		look.tally.count[TALLY_RECENT] = world.recent;
		look.tally.groups = 1;
		look.tally.group[0].ways = NGINX_HTTP1 | (world.is_tls ? NGINX_TLS : 0);
		for (size_t k = 0; k < CLIENTS_MAX; k++)
			look.tally.count[CLIENT_LINGERING] += world.client[k] == LINGERING;
		move_some(&world, events);
		look.after = read_page(&world);
		ledger_question(&question, &look, &input, &none);
		within("active", question.active, truth.active, i);
		within("reading", question.reading, truth.reading, i);
		within("writing", question.writing, truth.writing, i);
		within("waiting", question.waiting, truth.waiting, i);
		exact += question.active.low == question.active.high &&
			 question.reading.low == question.reading.high &&
			 question.writing.low == question.writing.high &&
			 question.waiting.low == question.waiting.high;
	}
	assert_in_range(exact, 2500, 20000); /* all of those that stand still, without TLS */
}

/* The reader has connections besides: some were idle all the time, though nginx may not have got so
 * far as to count them as waiting, others were in use. They are not among the sockets. */
enum { OWN_IDLE_MAX = 3, OWN_MAX = 6 };

static void set_idle(struct world *world, bool is_settled)
{
	static const enum doing late[] = {WAITING, ASIDE, WRITING};

	for (size_t i = 0; i < world->still; i++)
		become(world, &world->client[i],
		       is_settled ? WAITING : late[next(&world->seed, ARRAY_LEN(late))]);
}

/* What nginx counts less the reader's own, of which those in use are told. */
static struct nginx_status others(const struct world *world, uint64_t *busy)
{
	struct nginx_status page = world->page;

	*busy = 0;
	for (size_t i = 0; i < world->own; i++) {
		count(&page, world->client[i], -1);
		*busy += i >= world->still && world->client[i] != GONE;
	}
	return page;
}

static void take_off(struct nginx_status *page, size_t idle)
{
	page->active -= (int64_t)idle;
	page->waiting -= (int64_t)idle;
}

static void own_connections_are_no_clients(void **state)
{
	static const struct ledger_input input = {
		.has_info = true,
		.ways_known = true,
		.version = {.known = true, .major = 1, .minor = 22}};
	static const struct phantoms_memory none = {0};
	size_t exact = 0;

	(void)state;
	for (uint64_t i = 0; i < 20000; i++) {
		unsigned events = i % 2 == 0 ? 0 : 1 + (unsigned)(i % 7);
		bool is_settled = i % 3 != 0;
		struct world world = {.seed = i, .own = OWN_MAX};
		struct ledger_look look = {.tally.own_is_found = true};
		struct lines_question question;
		struct nginx_status truth;

		move_some(&world, 200);
		world.still = next(&world.seed, OWN_IDLE_MAX + 1);
		set_idle(&world, is_settled);
		look.before = read_page(&world);
		move_some(&world, events);
		truth = others(&world, &look.own_busy);
		look.tally.groups = 1;
		look.tally.group[0].ways = NGINX_HTTP1;
		for (size_t k = world.own; k < CLIENTS_MAX; k++)
			look.tally.count[CLIENT_LINGERING] += world.client[k] == LINGERING;
		move_some(&world, events);
		if (i % 5 == 0)
			set_idle(&world, true);
		look.after = read_page(&world);
		take_off(&look.before, world.still);
		take_off(&look.after, world.still);
		look.own_idle = is_settled ? 0 : world.still;
		ledger_question(&question, &look, &input, &none);
		within("active", question.active, truth.active, i);
		within("reading", question.reading, truth.reading, i);
		within("writing", question.writing, truth.writing, i);
		within("waiting", question.waiting, truth.waiting, i);
		exact += look.own_busy == 0 && look.own_idle == 0 && world.still > 0 &&
			 question.active.low == question.active.high &&
			 question.reading.low == question.reading.high &&
			 question.writing.low == question.writing.high &&
			 question.waiting.low == question.waiting.high;
	}
	assert_in_range(exact, 100, 20000);
}

/* Who only nginx knows may have come over HTTP/2, if that is to be had. */
static void who_may_multiplex(void **state)
{
	static const struct ledger_input input = {.masters = 1, .in_request = NOT_KNOWN};
	static const struct phantoms_memory none = {.high = 0};
	struct ledger_look look = {.tally.ways = NGINX_HTTP1 | NGINX_TLS};
	struct lines_question question;

	(void)state;
	ledger_question(&question, &look, &input, &none);
	assert_false(question.may_multiplex);
	look.tally.ways |= NGINX_HTTP2;
	ledger_question(&question, &look, &input, &none);
	assert_true(question.may_multiplex);
}

/* Each connection to an application is for one client that nginx counts as writing, unless a session
 * may have it. */
static void whom_applications_are_for(void **state)
{
	static const struct phantoms_memory none = {.high = 0};
	struct ledger_input input = {.ways_known = true,
				     .listeners_complete = true,
				     .masters = 1,
				     .in_request = NOT_KNOWN};
	struct ledger_look look = {.tally = {.ways = NGINX_HTTP1, .count = {[TALLY_WAITING] = 2}}};
	struct lines_question question;

	(void)state;
	ledger_question(&question, &look, &input, &none);
	assert_true(question.app.low == 2 && question.app.high == 2);
	look.unlisted = 1;
	ledger_question(&question, &look, &input, &none);
	assert_true(question.app.low == 0 && question.app.high == 2);
	look.unlisted = 0;
	look.tally.ways |= NGINX_STREAM;
	ledger_question(&question, &look, &input, &none);
	assert_true(question.app.low == 0);
	look.tally.ways = NGINX_HTTP1;
	input.listeners_complete = false;
	ledger_question(&question, &look, &input, &none);
	assert_true(question.app.low == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_within_their_bounds),
		cmocka_unit_test(own_connections_are_no_clients),
		cmocka_unit_test(who_may_multiplex),
		cmocka_unit_test(whom_applications_are_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
