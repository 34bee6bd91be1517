/* SPDX-License-Identifier: MIT */
/* test_ledger_looks.c - several looks at a site on which connections come and go. */
#include "unit.h"

#include "ledger.h"
#include "nginx_conf.h"

struct reading {
	int64_t active;
	uint64_t handled, requests;
};

static void put(struct ledger_look *look, enum client_class class, uint64_t number)
{
	look->tally.group[0].count[class] = look->tally.count[class] = number;
}

/* Root's look: no worker has anything left to do. */
static struct ledger_look look_at(struct reading before, uint64_t clients, struct reading after)
{
	struct ledger_look look = {
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
		.tally.own_is_found = true,
		.time = 1000,
	};

	look.tally.groups = 1;
	look.tally.group[0].ways = NGINX_HTTP1;
	put(&look, CLIENT_UNANSWERED, clients);
	look.tally.count[TALLY_CLIENTS] = clients;
	return look;
}

static const struct ledger_input input = {
	.has_info = true,
	.listeners_complete = true,
	.masters = 1,
	.in_request = NOT_KNOWN,
	.ways_known = true,
	.nginx = {.is_known = true, .processes = 77, .master_pid = 5},
};
static const struct phantoms_memory nothing = {0};

static struct ledger ledger_of(const struct ledger_looks *looks)
{
	struct phantoms_memory memory = nothing;
	struct ledger ledger;

	ledger_clear(&ledger);
	ledger_find_phantoms(&memory, looks, &input);
	ledger_make(&ledger, looks, &input, &memory);
	return ledger;
}

static const struct reading quiet = {106, 1040, 5041}, quiet_after = {106, 1040, 5042};

/* Five phantoms. A thousand connections come and go: each look but one is off. */
static void one_quiet_look_is_enough(void **state)
{
	struct ledger_looks looks = {0};
	struct ledger_look look =
		look_at((struct reading){106, 1000, 5000}, 90, (struct reading){106, 1040, 5041});
	struct ledger ledger;

	(void)state;
	for (int i = 0; i < 4; i++) {
		ledger_add(&looks, &look);
		assert_false(ledger_is_settled(&looks, &input, &nothing));
	}
	ledger = ledger_of(&looks);
	assert_int_equal(ledger.confidence, CONFIDENCE_BOUNDED);
	assert_non_null(strstr(ledger.reason, "come and go"));
	ledger_add(&looks, &(struct ledger_look){.time = 0}); /* no request: skipped */
	assert_int_equal(looks.skipped, 1);
	look = look_at(quiet, 100, quiet_after);
	ledger_add(&looks, &look);
	assert_true(ledger_is_settled(&looks, &input, &nothing));
	ledger = ledger_of(&looks);
	assert_true(ledger.held[HELD_PHANTOM] == 5);
	assert_int_equal(ledger.confidence, CONFIDENCE_EXACT);
	assert_true(ledger.phantom_exact);
	assert_true(ledger.spread == 10);
	assert_int_equal(ledger.samples, 5);
}

/* The ledger is of the newest of the stillest looks, whole and not on average. */
static void the_newest_of_the_stillest(void **state)
{
	struct ledger_looks looks = {0};
	struct ledger_look look = look_at(quiet, 100, quiet_after);

	(void)state;
	ledger_add(&looks, &look);
	put(&look, CLIENT_UNANSWERED, 60);
	put(&look, CLIENT_SENDING, 40);
	ledger_add(&looks, &look);
	look = look_at((struct reading){106, 1040, 5041}, 99, (struct reading){106, 1041, 5043});
	ledger_add(&looks, &look);
	assert_true(ledger_of(&looks).held[HELD_SENDING] == 40);
	assert_int_equal(looks.best.tally.count[CLIENT_UNANSWERED], 60);
}

/* A request that has begun, ended or moved on is an event, and so are connections that close. */
static void what_is_an_event(void **state)
{
	struct ledger_look still = look_at(quiet, 100, quiet_after);
	struct ledger_gap gap;

	(void)state;
	for (int i = 0; i < 7; i++) {
		struct ledger_look look = still;
		bool ok;

		look.after.requests += i == 1;
		look.after.handled += i == 2 || i == 3;
		look.after.accepts += i == 2 || i == 3;
		look.after.active += i == 2 ? 1 : i == 4 ? -1 : 0;
		look.after.reading += i == 5;
		look.after.waiting += i == 6;
		ok = ledger_gap_of(&gap, &look);
		assert_true(ok && gap.events == (i == 3 ? 2 : i > 0));
		assert_true(gap.low == (i == 3 || i == 4 ? 4 : 5));
		assert_true(gap.high == (i == 2 || i == 3 ? 6 : 5));
	}
	/* Without keepalive our own connection is new each time: that is none. */
	still.after.handled++;
	still.after.accepts++;
	still.own_is_new = true;
	assert_true(ledger_gap_of(&gap, &still));
	assert_true(gap.events == 0 && gap.low == 5 && gap.high == 5);
	/* And where it came by another one's connection, that is one of the clients. */
	still = look_at(quiet, 101, quiet_after);
	still.tally.own_is_found = false;
	assert_true(ledger_gap_of(&gap, &still));
	assert_true(gap.low == 5 && gap.high == 5);
}

/* A connection of our own that was in use is not in the dump, and nginx may count it or not. */
static void own_connections_in_use(void **state)
{
	struct ledger_looks looks = {0};
	struct ledger_look look = look_at(quiet, 100, quiet_after);
	struct ledger_gap gap;

	(void)state;
	look.own_busy = 2;
	assert_true(ledger_gap_of(&gap, &look));
	assert_true(gap.low == 3 && gap.high == 5 && gap.events == 2);
	assert_true(ledger_add(&looks, &look));
	assert_false(ledger_is_settled(&looks, &input, &nothing));
	assert_int_equal(ledger_of(&looks).confidence, CONFIDENCE_BOUNDED);
	look.own_busy = 0;
	assert_true(ledger_add(&looks, &look));
	assert_true(ledger_is_settled(&looks, &input, &nothing));
	look.own_busy = 1;
	assert_false(ledger_add(&looks, &look));
	assert_int_equal(ledger_of(&looks).confidence, CONFIDENCE_EXACT);
}

/* A restart in between, or two masters that answer in turn. */
static void backwards_is_skipped(void **state)
{
	struct ledger_looks looks = {0};
	struct ledger_look look =
		look_at((struct reading){11, 50, 900}, 10, (struct reading){1, 3, 4});

	(void)state;
	ledger_add(&looks, &look);
	assert_int_equal(looks.len, 0);
	assert_false(ledger_is_settled(&looks, &input, &nothing));
	/* Each counter by itself. */
	look = look_at((struct reading){11, 50, 900}, 10, (struct reading){11, 51, 902});
	look.after.accepts = 49;
	ledger_add(&looks, &look);
	look.after.accepts = 51;
	look.after.requests = 900;
	ledger_add(&looks, &look);
	look.after.requests = 902;
	look.after.handled = 49;
	ledger_add(&looks, &look);
	assert_int_equal(looks.len, 0);
	assert_int_equal(looks.skipped, 4);
}

static void there_is_an_end(void **state)
{
	struct ledger_looks looks = {0};
	struct ledger_look look = look_at(quiet, 100, quiet_after);

	(void)state;
	for (size_t i = 0; i < LEDGER_LOOKS_MAX + 3; i++)
		ledger_add(&looks, &look);
	assert_int_equal(looks.len, LEDGER_LOOKS_MAX);
	assert_int_equal(looks.skipped, 3);
}

/* Whatever happened in between, whole connections come out and they add up. */
static void lines_add_up(void **state)
{
	struct ledger_looks looks = {0};
	struct ledger_look look =
		look_at((struct reading){31, 50, 900}, 30, (struct reading){34, 53, 951});
	struct ledger ledger;
	double added = 0;

	(void)state;
	look.after.reading = 3;
	put(&look, CLIENT_ANSWERED, 15);
	put(&look, CLIENT_UNANSWERED, 15);
	ledger_add(&looks, &look);
	ledger = ledger_of(&looks);
	for (size_t i = 0; i < HELD_MAX; i++) {
		assert_true(ledger.held[i] == round(ledger.held[i]));
		added += ledger.held[i];
	}
	assert_true(added == ledger.total && ledger.total >= 30 && ledger.total <= 33);
}

/* A client that has just reset is no phantom, and no other client either. */
static void what_is_not_proved_is_unexplained(void **state)
{
	struct ledger_looks looks = {0};
	struct ledger_look look = look_at(quiet, 100, quiet_after);
	struct ledger ledger;

	(void)state;
	look.unnoticed = NOT_KNOWN;
	ledger_add(&looks, &look);
	assert_false(ledger_is_settled(&looks, &input, &nothing));
	ledger = ledger_of(&looks);
	assert_true(ledger.held[HELD_PHANTOM] == 0 && ledger.held[HELD_UNEXPLAINED] == 5);
	assert_true(ledger.total == 105 && !ledger.phantom_exact);
	assert_non_null(strstr(ledger.reason, "5 of the connections that nginx counts have no"));
	look.unnoticed = 2;
	ledger_add(&looks, &look);
	ledger = ledger_of(&looks);
	assert_true(ledger.held[HELD_PHANTOM] == 3 && ledger.held[HELD_UNEXPLAINED] == 2);
}

/* A quiet moment is remembered through the busy ones that follow. */
static void what_was_proved_stays_so(void **state)
{
	struct phantoms_memory memory = nothing;
	struct ledger_looks looks = {0};
	struct ledger_look look = look_at(quiet, 100, quiet_after);
	struct ledger ledger;

	(void)state;
	ledger_add(&looks, &look);
	ledger_find_phantoms(&memory, &looks, &input);
	look = look_at((struct reading){106, 1040, 5050}, 95, (struct reading){106, 1060, 5090});
	looks = (struct ledger_looks){0};
	ledger_add(&looks, &look);
	ledger_clear(&ledger);
	ledger_find_phantoms(&memory, &looks, &input);
	ledger_make(&ledger, &looks, &input, &memory);
	assert_true(ledger.held[HELD_PHANTOM] == 5 && ledger.phantom_exact);
	assert_int_equal(ledger.confidence, CONFIDENCE_BOUNDED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_quiet_look_is_enough),
		cmocka_unit_test(the_newest_of_the_stillest),
		cmocka_unit_test(what_is_an_event),
		cmocka_unit_test(own_connections_in_use),
		cmocka_unit_test(backwards_is_skipped),
		cmocka_unit_test(there_is_an_end),
		cmocka_unit_test(lines_add_up),
		cmocka_unit_test(what_is_not_proved_is_unexplained),
		cmocka_unit_test(what_was_proved_stays_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
