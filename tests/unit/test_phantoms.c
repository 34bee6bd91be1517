/* SPDX-License-Identifier: MIT */
/* test_phantoms.c - what looks prove about phantoms, what is remembered, and what never is said. */
#include "unit.h"

#include "model.h"
#include "phantoms.h"

static const struct phantoms_nginx nginx = {.is_known = true, .processes = 77, .master_pid = 5};

/* A look at which nothing opened or closed, by a reader without privileges. */
static struct phantoms_look still(double time, double gap)
{
	return (struct phantoms_look){.time = time,
				      .handled = 100 + time,
				      .low = gap,
				      .high = gap,
				      .unnoticed = NOT_KNOWN};
}

static void take(struct phantoms_memory *memory, struct phantoms_look look, double low, double high)
{
	phantoms_take(memory, &nginx, &look);
	if (memory->low != low || !(memory->high == high || (isnan(high) && isnan(memory->high))))
		fail_msg("at %g s: %g to %g, not %g to %g", look.time, memory->low, memory->high,
			 low, high);
}

/* A gap of 0 proves that there are none. */
static void none(void **state)
{
	struct phantoms_memory memory = {0};
	struct phantoms_look busy = still(2, 0);

	(void)state;
	take(&memory, still(1, 0), 0, 0);
	busy.low = -10;
	busy.high = 12;
	take(&memory, busy, 0, 0);
	/* Foreign connections, more than phantoms. */
	take(&memory, still(3, -4), 0, 0);
}

/* Root sees that every worker has dealt with all that came before. */
static void proved_at_once(void **state)
{
	struct phantoms_memory memory = {0};
	struct phantoms_look look = still(1, 7);

	(void)state;
	look.unnoticed = 0;
	take(&memory, look, 7, 7);
	look = still(2, 9);
	look.unnoticed = 2; /* clients that are gone, of whom nginx takes no notice */
	take(&memory, look, 7, 9);
}

/* Connections on a listener that nobody has named are none, now or later. */
static void unlisted_ones_are_none(void **state)
{
	struct phantoms_memory memory = {0};
	struct phantoms_look look = still(1, 7);

	(void)state;
	look.unnoticed = 0;
	look.unlisted = 5;
	take(&memory, look, 2, 7);
	look = still(2, 9);
	look.unnoticed = 0;
	look.unlisted = NOT_KNOWN;
	take(&memory, look, 2, 9);
	memory = (struct phantoms_memory){0};
	for (look = still(1, 5); look.time < 3 * PHANTOMS_LATE; look.time += 15) {
		look.unlisted = look.time < 2 * PHANTOMS_LATE ? 5 : 0;
		take(&memory, look, 0, 5);
		if (look.time > 2.5 * PHANTOMS_LATE)
			break;
	}
}

/* Everybody else: a gap may be a client that has just gone. */
static void a_moment_is_no_proof(void **state)
{
	struct phantoms_memory memory = {0};
	double now = 1;

	(void)state;
	take(&memory, still(now, 1), 0, 1);
	for (; now < PHANTOMS_LATE; now += 15)
		take(&memory, still(now, 1), 0, 1);
	take(&memory, still(now, 0), 0, 0);
	/* Now and again, for a week. */
	for (double end = now + 7 * 86400; now < end; now += 900) {
		bool is_moment = fmod(now, 4500) < 900;

		take(&memory, still(now, is_moment ? 3 : 0), 0, is_moment ? 3 : 0);
	}
}

static void what_lasts_is_believed(void **state)
{
	struct phantoms_memory memory = {0};
	double now = 1;

	(void)state;
	for (; now < 1 + PHANTOMS_LATE; now += 15)
		take(&memory, still(now, 4 + (fmod(now, 2) > 1)), 0, 4 + (fmod(now, 2) > 1));
	take(&memory, still(now, 4), 4, 4);
	take(&memory, still(now + 15, 5), 4, 5);
}

/* Whom nginx has not noticed going is none, however long it lasts. */
static void unnoticed_ones_are_none(void **state)
{
	struct phantoms_memory memory = {0};

	(void)state;
	for (struct phantoms_look look = still(1, 9); look.time < 3 * PHANTOMS_LATE;
	     look.time += 15) {
		look.unnoticed = 2;
		take(&memory, look, 7, 9);
	}
}

/* nginx may not care that clients go: without root that looks like phantoms for as long as it lasts.
 */
static void who_does_not_care_proves_nothing(void **state)
{
	struct phantoms_memory memory = {0};
	struct phantoms_look look = still(1, 7);

	(void)state;
	for (; look.time < 3 * PHANTOMS_LATE; look.time += 15) {
		look.is_deaf = true;
		take(&memory, look, 0, 7);
	}
	look.unnoticed = 3;
	take(&memory, look, 4, 7);
}

/* A worker has ended: that is why. */
static void a_cause_is_believed_soon(void **state)
{
	struct phantoms_memory memory = {0};
	struct phantoms_nginx other = nginx;
	struct phantoms_look look = still(100, 0);

	(void)state;
	take(&memory, look, 0, 0);
	other.processes = 78;
	for (look = still(110, 6); look.time < 120; look.time += 2.5) {
		phantoms_take(&memory, &other, &look);
		assert_true(memory.low == 0 && memory.high == 6);
	}
	phantoms_take(&memory, &other, &look);
	assert_true(memory.low == 6 && memory.high == 6);
	/* Another one ends: these stay, and others may come. */
	other.processes = 79;
	look.low = 0;
	look.high = 40;
	phantoms_take(&memory, &other, &look);
	assert_true(memory.low == 6 && memory.high == 40);
	/* A worker that is younger than the others has had one before it. */
	memory = (struct phantoms_memory){0};
	other.is_respawned = true;
	for (look = still(1, 2); look.time <= 11; look.time += 2)
		phantoms_take(&memory, &other, &look);
	assert_true(memory.low == 2 && memory.high == 2);
}

static void another_start_is_another_matter(void **state)
{
	struct phantoms_memory memory = {0};
	struct phantoms_nginx other = nginx;
	struct phantoms_look look = still(1, 7);

	(void)state;
	look.unnoticed = 0;
	take(&memory, look, 7, 7);
	other.master_pid = 6;
	look = still(2, 7);
	phantoms_take(&memory, &other, &look);
	assert_true(memory.low == 0 && memory.high == 7 && memory.master_pid == 6);
	/* The same process ids, as in a container: its counters began anew. */
	look.unnoticed = 0;
	phantoms_take(&memory, &other, &look);
	assert_true(memory.low == 7);
	look = still(3, 7);
	look.handled = 1;
	phantoms_take(&memory, &other, &look);
	assert_true(memory.low == 0 && memory.high == 7);
}

/* While a worker stands still nothing is learned by waiting. */
static void held_workers_prove_nothing(void **state)
{
	struct phantoms_memory memory = {0};
	struct phantoms_look look = still(0, 3);

	(void)state;
	look.is_held = true;
	for (look.time = 1; look.time < 4 * PHANTOMS_LATE; look.time += 15)
		take(&memory, look, 0, 3);
	take(&memory, still(look.time, 0), 0, 0);
}

/* The moment before a connection is counted: two looks do not meet it twice. */
static void early_ones(void **state)
{
	struct phantoms_memory memory = {0};
	struct phantoms_look look = still(1, 0);

	(void)state;
	look.early = NOT_KNOWN;
	take(&memory, look, 0, NOT_KNOWN);
	look.time += PHANTOMS_APART / 2;
	take(&memory, look, 0, NOT_KNOWN);
	look.time += PHANTOMS_APART;
	take(&memory, look, 0, 0);
	look = still(2, 2);
	look.early = 3;
	take(&memory, look, 0, 5);
}

/* What was believed and cannot be is given up, in either direction. */
static void the_newer_is_right(void **state)
{
	struct phantoms_memory memory = {0};
	struct phantoms_look look = still(1, 7);

	(void)state;
	look.unnoticed = 0;
	take(&memory, look, 7, 7);
	take(&memory, still(2, 5), 0, 5);
	look = still(3, 9);
	look.unnoticed = 0;
	take(&memory, look, 9, 9);
}

/* Nobody tells which nginx it is: only what this scrape sees counts. */
static void processes_unknown(void **state)
{
	static const struct phantoms_nginx unknown = {.is_known = false};
	struct phantoms_memory memory = {0};
	struct phantoms_look look = still(1, 2);

	(void)state;
	look.early = NOT_KNOWN;
	phantoms_take(&memory, &unknown, &look);
	assert_true(memory.low == 0 && isnan(memory.high) && memory.processes == 0);
	look.time += 2 * PHANTOMS_APART;
	phantoms_take(&memory, &unknown, &look);
	assert_true(memory.low == 0 && memory.high == 2);
	phantoms_take(&memory, &nginx, &look);
	assert_true(memory.processes == 77 && isnan(memory.high));
}

static double next(uint64_t *seed, unsigned below)
{
	*seed = *seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (double)((*seed >> 33) % below);
}

/* A site whose workers die now and again, and whose clients reset and are noticed a moment later.
 */
struct random_site {
	uint64_t seed;
	bool is_root; /* it sees how many are unnoticed, or somewhat more */
	double phantoms;
	struct phantoms_nginx nginx;
};

static struct phantoms_look look_at(struct random_site *site, double now)
{
	double unnoticed = next(&site->seed, 30) == 0 ? 1 + next(&site->seed, 3) : 0;
	unsigned events = next(&site->seed, 3) == 0 ? 1 + (unsigned)next(&site->seed, 9) : 0;
	struct phantoms_look look = still(now, site->phantoms + unnoticed);

	look.low -= next(&site->seed, events + 1);
	look.high += next(&site->seed, events + 1);
	if (site->is_root && next(&site->seed, 4) > 0)
		look.unnoticed = unnoticed + next(&site->seed, 2);
	return look;
}

/* A gap that is not known is looked at twice. */
static void scrape(struct random_site *site, struct phantoms_memory *memory, double now)
{
	for (int i = 0; i < 2; i++) {
		struct phantoms_look look = look_at(site, now + i * PHANTOMS_APART);

		phantoms_take(memory, &site->nginx, &look);
		if (!(memory->low <= site->phantoms && memory->high >= site->phantoms))
			fail_msg("at %g s: %g, not %g to %g", now, site->phantoms, memory->low,
				 memory->high);
		if (look.low == memory->low)
			return;
	}
}

static void random_sites(void **state)
{
	enum { SITES = 300, SCRAPES = 400 };
	size_t exact = 0;

	(void)state;
	for (uint64_t i = 0; i < SITES; i++) {
		struct random_site site = {.seed = i, .is_root = i % 2 == 0, .nginx = nginx};
		struct phantoms_memory memory = {0};
		double every = 1 + next(&site.seed, 120);

		for (size_t k = 0; k < SCRAPES; k++) {
			if (next(&site.seed, 50) == 0) {
				site.nginx.processes++;
				site.phantoms += next(&site.seed, 5);
			}
			scrape(&site, &memory, 1000 + (double)k * every);
			exact += memory.low == memory.high;
		}
	}
	assert_in_range(exact, SITES * SCRAPES / 2, SITES * SCRAPES);
}

/* Of what two sites remember of one nginx. */
static void the_better_of_two(void **state)
{
	static const struct phantoms_memory known[] = {
		/* Each knows more than all that follow. */
		{.processes = 77, .master_pid = 5, .handled = 1, .low = 4, .high = 4},
		{.processes = 77, .master_pid = 5, .handled = 1, .low = 0, .high = 4},
		{.processes = 77, .master_pid = 5, .handled = 1, .low = 0, .high = NOT_KNOWN},
		{.processes = 76, .master_pid = 5, .handled = 1, .low = 2, .high = 2},
		{.processes = 77, .master_pid = 6, .handled = 1, .low = 9, .high = 9},
	};
	static const struct phantoms_memory nothing = {0};
	const struct phantoms_nginx unknown = {.is_known = false};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		struct phantoms_memory same = known[i];

		for (size_t k = i + 1; k < ARRAY_LEN(known); k++) {
			assert_ptr_equal(phantoms_better(&known[i], &known[k], &nginx), &known[i]);
			assert_ptr_equal(phantoms_better(&known[k], &known[i], &nginx), &known[i]);
			assert_ptr_equal(phantoms_better(&known[k], &known[i], &unknown),
					 &known[k]);
		}
		assert_ptr_equal(phantoms_better(&known[i], &same, &nginx), &known[i]);
		assert_ptr_equal(phantoms_better(&same, &known[i], &nginx), &same);
	}
	assert_ptr_equal(phantoms_better(&nothing, &known[2], &nginx), &known[2]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_better_of_two),
		cmocka_unit_test(none),
		cmocka_unit_test(proved_at_once),
		cmocka_unit_test(unlisted_ones_are_none),
		cmocka_unit_test(a_moment_is_no_proof),
		cmocka_unit_test(what_lasts_is_believed),
		cmocka_unit_test(unnoticed_ones_are_none),
		cmocka_unit_test(who_does_not_care_proves_nothing),
		cmocka_unit_test(a_cause_is_believed_soon),
		cmocka_unit_test(another_start_is_another_matter),
		cmocka_unit_test(held_workers_prove_nothing),
		cmocka_unit_test(early_ones),
		cmocka_unit_test(the_newer_is_right),
		cmocka_unit_test(processes_unknown),
		cmocka_unit_test(random_sites),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
