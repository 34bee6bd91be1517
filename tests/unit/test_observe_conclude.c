/* SPDX-License-Identifier: MIT */
/* test_observe_conclude.c - the ledger out of what was seen and what is remembered of phantoms. */
#include "unit.h"

#include "nginx_conf.h"
#include "observe.h"

/* A look at 5 clients, and nginx counts 9: no proof of phantoms by itself. */
static void look_at_phantoms(struct ledger_basis *basis)
{
	struct ledger_look look = {
		.before = {.active = 10, .writing = 1, .waiting = 9, .accepts = 20, .handled = 20},
		.tally = {.own_is_found = true, .groups = 1},
		.unnoticed = NOT_KNOWN,
		.early = 0,
	};

	look.tally.group[0].ways = NGINX_HTTP1;
	look.tally.group[0].count[CLIENT_ANSWERED] = look.tally.count[CLIENT_ANSWERED] = 5;
	look.tally.count[TALLY_CLIENTS] = 5;
	look.after = look.before;
	look.after.requests++;
	*basis = (struct ledger_basis){
		.is_there = true,
		.input = {.nginx = {.is_known = true, .processes = 77, .master_pid = 5},
			  .has_info = true,
			  .listeners_complete = true,
			  .masters = 1,
			  .ways_known = true,
			  .version = {.known = true, .major = 1, .minor = 22}},
	};
	assert_true(ledger_add(&basis->looks, &look));
}

/* What one site has found out, all sites of that nginx know; what is known already is not made
 * again. */
static void concludes_with_what_is_known(void **state)
{
	static const struct phantoms_memory nothing = {0};
	const struct phantoms_memory found = {.processes = 77,
					      .master_pid = 5,
					      .handled = 20,
					      .low = 4,
					      .high = 4,
					      .seen = NOT_KNOWN,
					      .least = NOT_KNOWN,
					      .least_before = NOT_KNOWN};
	struct scrape scrape = {.site = NULL};
	const double *phantom = &scrape.ledger.held[HELD_PHANTOM];

	(void)state;
	ledger_clear(&scrape.ledger);
	observe_conclude(&scrape, &found); /* without a basis */
	assert_true(isnan(*phantom));
	look_at_phantoms(&scrape.basis);
	observe_conclude(&scrape, &nothing);
	assert_int_equal(scrape.ledger.confidence, CONFIDENCE_BOUNDED);
	assert_true(scrape.ledger.low[HELD_PHANTOM] == 0);
	scrape.ledger.held[HELD_PHANTOM] = 99;
	observe_conclude(&scrape, &nothing);
	assert_true(*phantom == 99);
	observe_conclude(&scrape, &found);
	assert_true(*phantom == 4 && scrape.memory.low == 4);
	assert_int_equal(scrape.ledger.confidence, CONFIDENCE_EXACT);

	look_at_phantoms(&scrape.basis);
	scrape.basis.known = found;
	observe_conclude(&scrape, &nothing);
	assert_true(*phantom == 4 && scrape.memory.low == 4 && scrape.memory.high == 4);
	assert_int_equal(scrape.ledger.confidence, CONFIDENCE_EXACT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(concludes_with_what_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
