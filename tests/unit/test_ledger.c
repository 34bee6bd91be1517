/* SPDX-License-Identifier: MIT */
/* test_ledger.c - every situation's ledger, line by line; several looks; what is not exact. */
#include "unit.h"

#include <stdio.h>

#include "nginx_conf.h"
#include "situation.h"

/* ---- situations ------------------------------------------------------------------------------ */

static struct ledger_look look_of(const struct situation *situation)
{
	struct situation_room *room = situation_room_new(situation);
	struct ledger_look look = {
		.before = {.active = situation->active,
			   .reading = situation->reading,
			   .writing = situation->writing,
			   .waiting = situation->waiting,
			   .accepts = 100,
			   .handled = 100,
			   .requests = 500},
	};

	look.after = look.before;
	look.after.requests++;
	tally_make(&look.tally, &room->sockets, &room->question);
	look.tally.own_is_found = true;
	free(room);
	return look;
}

static struct ledger_input input_of(const struct situation *situation)
{
	const char *server = situation->server == NULL ? "nginx/1.22.1" : situation->server;

	return (struct ledger_input){
		.version = nginx_version_of(server),
		.has_info = !situation->no_info,
		.listeners_complete = !situation->not_complete,
		.incomplete = "only one port is known",
		.has_udp = situation->has_udp,
		.masters = situation->masters == 0 ? 1 : situation->masters,
		.in_request = NOT_KNOWN,
		.ways_known = true,
	};
}

static const struct phantoms_memory nothing = {0};

/* As observe_conclude() does it, when nothing is remembered. */
static void make(struct ledger *ledger, const struct ledger_looks *looks,
		 const struct ledger_input *input)
{
	struct phantoms_memory memory = nothing;

	ledger_find_phantoms(&memory, looks, input);
	if (!input->listeners_complete || input->has_udp || input->masters > 1)
		memory.low = 0;
	ledger_make(ledger, looks, input, &memory);
}

static double expected(const struct situation *situation, enum held_by line)
{
	for (size_t i = 0; i < EXPECT_MAX; i++) {
		if (situation->expect[i].n != 0 && situation->expect[i].line == line)
			return situation->expect[i].n;
	}
	return 0;
}

static void must_be(const struct situation *situation, const char *what, double is, double must)
{
	/* -1 stands for not known; unexplained alone can be below 0. */
	if (must == -1 ? isnan(is) || is == -1 : is == must)
		return;
	fail_msg("%s: %s is %g, not %g", situation->name, what, is, must);
}

static void check_lines(const struct situation *situation, const struct ledger *ledger)
{
	double sum = 0;

	for (size_t i = 0; i < HELD_MAX; i++) {
		must_be(situation, held_by_name((enum held_by)i), ledger->held[i],
			expected(situation, (enum held_by)i));
		sum += isnan(ledger->held[i]) ? 0 : ledger->held[i];
	}
	must_be(situation, "the sum", sum, ledger->total);
	must_be(situation, "active less our own", ledger->total, (double)situation->active - 1);
}

static void each_situation(void **state)
{
	(void)state;
	for (size_t i = 0; i < situation_all_len; i++) {
		const struct situation *situation = &situation_all[i];
		struct ledger_look look = look_of(situation);
		struct ledger_input input = input_of(situation);
		struct ledger_looks looks = {0};
		struct ledger ledger;

		ledger_clear(&ledger);
		ledger_add(&looks, &look);
		assert_true(ledger_is_settled(&looks, &input, &nothing));
		make(&ledger, &looks, &input);
		check_lines(situation, &ledger);
		must_be(situation, "orphaned", ledger.orphaned,
			situation->app_is_here ? situation->orphaned : -1);
		must_be(situation, "abandoned", ledger.abandoned,
			situation->app_is_here ? situation->abandoned : -1);
		if (ledger.confidence != situation->confidence)
			fail_msg("%s: %s, because \"%s\"", situation->name,
				 confidence_name[ledger.confidence], ledger.reason);
		assert_true((ledger.confidence == CONFIDENCE_EXACT) == (ledger.reason[0] == '\0'));
	}
}

/* Ten looks at the same tell the same as one. */
static void ten_of_them_are_the_same(void **state)
{
	(void)state;
	for (size_t i = 0; i < situation_all_len; i++) {
		const struct situation *situation = &situation_all[i];
		struct ledger_look look = look_of(situation);
		struct ledger_input input = input_of(situation);
		struct ledger_looks looks = {0};
		struct ledger ledger;

		ledger_clear(&ledger);
		for (int k = 0; k < 10; k++)
			ledger_add(&looks, &look);
		make(&ledger, &looks, &input);
		check_lines(situation, &ledger);
		assert_true(ledger.has_lines && ledger.samples == 10 && ledger.spread == 0);
	}
}

static const struct situation *situation_of(const char *name)
{
	for (size_t i = 0; i < situation_all_len; i++) {
		if (strcmp(situation_all[i].name, name) == 0)
			return &situation_all[i];
	}
	fail_msg("no situation \"%s\"", name);
	return NULL;
}

/* uWSGI on another host: what it says is all there is about its end. */
static void the_application_is_away(void **state)
{
	struct situation situation = {
		.active = 6, .writing = 6, .group = {{5, CLIENT_HAS_ASKED}, {5, NGINX_WAITS}}};
	struct ledger_look look = look_of(&situation);
	struct ledger_input input = input_of(&situation);
	struct ledger_looks looks = {0};
	struct ledger ledger;

	(void)state;
	ledger_clear(&ledger);
	ledger_add(&looks, &look);
	input.in_request = 2;
	make(&ledger, &looks, &input);
	assert_true(ledger.held[HELD_APP] == 2 && ledger.held[HELD_APP_QUEUE] == 3);
	assert_true(isnan(ledger.orphaned));
	assert_true(ledger.blocked_app == 0);
	input.in_request = 9;
	make(&ledger, &looks, &input);
	assert_true(ledger.held[HELD_APP] == 5 && ledger.held[HELD_APP_QUEUE] == 0);
	input.in_request = NOT_KNOWN;
	make(&ledger, &looks, &input);
	assert_true(ledger.held[HELD_APP] == 5 && ledger.held[HELD_APP_QUEUE] == 0);
}

static double orphaned_of(uint64_t joined, uint64_t missing, uint64_t waiting, uint64_t streaming,
			  bool is_away, double unnoticed)
{
	const struct situation *situation = situation_of("slow app: three requests sleep in uWSGI");
	struct ledger_look look = look_of(situation);
	struct ledger_input input = input_of(situation);
	struct ledger_looks looks = {0};
	struct ledger ledger;

	look.tally.count[TALLY_JOINED] = joined;
	look.tally.count[TALLY_MISSING] = missing;
	look.tally.count[TALLY_WAITING] = waiting;
	look.tally.count[TALLY_STREAMING] = streaming;
	look.tally.requests.active_least = waiting + streaming;
	look.tally.count[TALLY_IN_SERVICE] = 4;
	look.tally.count[TALLY_ORPHANED] = 1;
	look.tally.app_is_away = is_away;
	look.unnoticed = unnoticed;
	ledger_clear(&ledger);
	ledger_add(&looks, &look);
	make(&ledger, &looks, &input);
	return ledger.orphaned;
}

static void test_hung_up(void **state)
{
	const struct situation *situation = situation_of("slow app: three requests sleep in uWSGI");
	struct ledger_look look = look_of(situation);
	struct ledger_input input = input_of(situation);
	struct ledger_looks looks = {0};
	struct ledger ledger;

	(void)state;
	look.tally.count[TALLY_JOINED_CLOSED] = 2;
	ledger_clear(&ledger);
	assert_true(isnan(ledger.hung_up));
	ledger_add(&looks, &look);
	make(&ledger, &looks, &input);
	assert_true(ledger.hung_up == 2);
}

/* A client that nginx does not have is believed only where it cannot be another nginx's. */
static void missing_clients_are_orphans_of_ours_only(void **state)
{
	(void)state;
	assert_true(orphaned_of(2, 2, 3, 1, false, 2) == 2);
	assert_true(orphaned_of(0, 2, 3, 1, false, 2) == 1); /* realip: no address fits */
	assert_true(orphaned_of(2, 2, 3, 0, false, 2) ==
		    1); /* another host's nginx is served too */
	assert_true(orphaned_of(2, 2, 3, 1, true, 2) == 1);
	assert_true(orphaned_of(2, 0, 3, 1, false, 2) == 1);
	/* realip, and a direct client whose address fits: nginx has no client that is gone */
	assert_true(orphaned_of(2, 4, 3, 1, false, 0) == 1);
	assert_true(orphaned_of(2, 4, 3, 1, false, 3) == 3);
	assert_true(orphaned_of(2, 4, 3, 1, false, NOT_KNOWN) == 1);
}

static void at_most(void **state)
{
	const struct situation *situation =
		situation_of("not all listeners known: nothing is a phantom");
	struct ledger_look look = look_of(situation);
	struct ledger_input input = input_of(situation);
	struct ledger_looks looks = {0};
	struct ledger ledger;

	(void)state;
	ledger_clear(&ledger);
	ledger_add(&looks, &look);
	make(&ledger, &looks, &input);
	assert_false(ledger.phantom_exact);
	assert_string_equal(ledger.reason,
			    "not all connections could be looked at: only one port is known");
	input.listeners_complete = true;
	make(&ledger, &looks, &input);
	assert_true(ledger.phantom_exact);
}

static unsigned next(uint64_t *seed, unsigned below)
{
	*seed = *seed * 6364136223846793005U + 1442695040888963407U;
	return (unsigned)(*seed >> 33) % below;
}

/* Numbers that were never true together, by whatever fault: what is exact fits all of them. */
static void nonsense_is_never_exact(void **state)
{
	enum { LOOKS = 20000 };
	const struct ledger_input input = {.has_info = true,
					   .listeners_complete = true,
					   .masters = 1,
					   .in_request = NOT_KNOWN,
					   .ways_known = true};
	uint64_t seed = 3;
	size_t exact = 0;

	(void)state;
	for (size_t i = 0; i < LOOKS; i++) {
		struct nginx_status page = {.active = 1 + next(&seed, 5),
					    .accepts = 100,
					    .handled = 100,
					    .requests = 100,
					    .reading = next(&seed, 4),
					    .writing = 1 + next(&seed, 4),
					    .waiting = next(&seed, 4)};
		struct ledger_look look = {.before = page, .after = page};
		struct tally_group *group = &look.tally.group[0];
		struct ledger_looks looks = {0};
		struct ledger ledger;
		double clients = 0;

		look.after.requests++;
		look.tally.own_is_found = true;
		look.tally.groups = 1;
		group->ways = NGINX_HTTP1;
		for (size_t class = 0; class < CLIENT_CLASS_MAX; class ++) {
			group->count[class] = next(&seed, 4) == 0 ? next(&seed, 3) : 0;
			look.tally.count[class] = group->count[class];
			clients += (double)group->count[class];
		}
		look.tally.count[TALLY_CLIENTS] = (uint64_t)clients;
		look.tally.count[TALLY_WAITING] = next(&seed, 3);
		ledger_clear(&ledger);
		ledger_add(&looks, &look);
		make(&ledger, &looks, &input);
		if (ledger.confidence != CONFIDENCE_EXACT)
			continue;
		exact++;
		if (ledger.total != (double)page.active - 1 ||
		    ledger.total != clients + ledger.held[HELD_PHANTOM] ||
		    (double)(page.reading + page.writing - 1) > ledger.total ||
		    ledger.held[HELD_APP] + ledger.held[HELD_APP_QUEUE] > (double)page.writing - 1)
			fail_msg("look %zu: total %g of %g, %g clients", i, ledger.total,
				 (double)page.active - 1, clients);
	}
	assert_in_range(exact, 10, LOOKS / 2);
}

/* ---- without the kernel ---------------------------------------------------------------------- */

static void blind(void **state)
{
	struct nginx_status status = {.active = 41, .reading = 2, .writing = 21, .waiting = 18};
	struct ledger ledger;

	(void)state;
	ledger_clear(&ledger);
	ledger_make_blind(&ledger, &status, 4, 7, "nginx is on another host");
	assert_int_equal(ledger.confidence, CONFIDENCE_UNKNOWN);
	assert_string_equal(ledger.reason, "nginx is on another host");
	assert_true(ledger.total == 40);
	assert_true(ledger.held[HELD_REQUEST] == 2);
	assert_true(ledger.held[HELD_KEEPALIVE] == 18);
	assert_true(ledger.held[HELD_APP] == 4);
	assert_true(ledger.held[HELD_APP_QUEUE] == 7);
	assert_true(ledger.held[HELD_UNEXPLAINED] == 9);
	assert_true(isnan(ledger.held[HELD_PHANTOM]));
	assert_true(isnan(ledger.held[HELD_STALLED_CLIENT]));
	assert_true(isnan(ledger.orphaned));
	assert_true(ledger.has_lines);

	/* More at work than nginx has: another site's. */
	ledger_make_blind(&ledger, &status, 50, NOT_KNOWN, "nginx is on another host");
	assert_true(ledger.held[HELD_APP] == 20);
	assert_true(isnan(ledger.held[HELD_APP_QUEUE]));
	assert_true(ledger.held[HELD_UNEXPLAINED] == 0);

	/* A longer queue than there are requests left. */
	ledger_make_blind(&ledger, &status, 18, 7, "nginx is on another host");
	assert_true(ledger.held[HELD_APP_QUEUE] == 2);
	assert_true(ledger.held[HELD_UNEXPLAINED] == 0);

	/* Counters that crashed workers have driven below zero. */
	status = (struct nginx_status){.active = -3, .reading = -2, .writing = -1, .waiting = -1};
	ledger_make_blind(&ledger, &status, 1, NOT_KNOWN, "nginx is on another host");
	assert_true(ledger.total == 0);
	for (size_t i = 0; i < HELD_MAX; i++)
		assert_true(isnan(ledger.held[i]) || ledger.held[i] == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hung_up),
		cmocka_unit_test(each_situation),
		cmocka_unit_test(ten_of_them_are_the_same),
		cmocka_unit_test(the_application_is_away),
		cmocka_unit_test(missing_clients_are_orphans_of_ours_only),
		cmocka_unit_test(at_most),
		cmocka_unit_test(nonsense_is_never_exact),
		cmocka_unit_test(blind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
