/* SPDX-License-Identifier: MIT */
/* How long something has lasted, and what is or was lately the least. */
#include "unit.h"

#include "healthy.h"
#include "history.h"

static struct healthy site;
static struct history history;

static int setup(void **state)
{
	(void)state;
	healthy_init(&site);
	history_init(&history);
	return 0;
}

static void take(double seconds)
{
	site.scrape.time += seconds;
	site.scrape.nginx.accepts += 50;
	site.scrape.nginx.requests += 100;
	site.scrape.totals.requests += 100;
	history_take(&history, &site.scrape);
}

static void test_streaks(void **state)
{

	(void)state;
	take(0);
	assert_true(history_lasting(&history, HELD_HALF_CLOSED) == 0);
	healthy_hold(&site, HELD_HALF_CLOSED, 4);
	take(60);
	healthy_hold(&site, HELD_HALF_CLOSED, 2);
	take(60);
	healthy_hold(&site, HELD_HALF_CLOSED, 3);
	take(60);
	assert_true(history_lasting(&history, HELD_HALF_CLOSED) == 120);
	assert_true(history.streak_least[HELD_HALF_CLOSED] == 2);
	/* A hole that nobody has seen is no streak. */
	take(HISTORY_GAP_SECONDS + 1);
	assert_true(history_lasting(&history, HELD_HALF_CLOSED) == 0);
	assert_true(history.streak_least[HELD_HALF_CLOSED] == 3);
	take(HISTORY_GAP_SECONDS);
	assert_true(history_lasting(&history, HELD_HALF_CLOSED) == HISTORY_GAP_SECONDS);
	healthy_hold(&site, HELD_HALF_CLOSED, NOT_KNOWN);
	take(60);
	assert_true(history_lasting(&history, HELD_HALF_CLOSED) == 0);
	healthy_hold(&site, HELD_HALF_CLOSED, 1);
	site.scrape.ledger.confidence = CONFIDENCE_UNKNOWN;
	take(60);
	assert_true(history_lasting(&history, HELD_HALF_CLOSED) == 0);
	assert_true(history_lasting(&history, HELD_REQUEST) > 0);
	assert_true(history_lasting(&history, HISTORY_WRITING) > 0);
}

/* The least of the last minutes forgets what was before them. */
static void test_least(void **state)
{
	double least = 0;
	double seconds = 0;

	(void)state;
	take(0);
	assert_false(history_least(&history, HELD_REQUEST, &least, &seconds));
	for (unsigned i = 0; i < 40; i++)
		take(30);
	assert_true(history_least(&history, HELD_REQUEST, &least, &seconds));
	assert_true(least == 6 && seconds >= HISTORY_RECENT_SECONDS);
	healthy_hold(&site, HELD_REQUEST, 90);
	for (unsigned i = 0; i < 8; i++)
		take(30);
	assert_true(history_least(&history, HELD_REQUEST, &least, &seconds) && least == 6);
	for (unsigned i = 0; i < 13; i++)
		take(30);
	assert_true(history_least(&history, HELD_REQUEST, &least, &seconds) && least == 90);
	healthy_hold(&site, HELD_REQUEST, NOT_KNOWN);
	take(30);
	healthy_hold(&site, HELD_REQUEST, 90);
	take(30);
	assert_false(history_least(&history, HELD_REQUEST, &least, &seconds));
	for (unsigned i = 0; i < 21; i++)
		take(30);
	assert_true(history_least(&history, HELD_REQUEST, &least, &seconds) && least == 90);
}

static void test_draining(void **state)
{
	double since;

	(void)state;
	take(0);
	assert_true(history.draining_since == 0);
	site.scrape.ledger.old_workers = 2;
	take(300);
	since = site.scrape.time;
	site.scrape.ledger.old_workers = 1;
	take(300);
	assert_true(history.draining_since == since);
	site.scrape.ledger.processes_known = false;
	take(300);
	assert_true(history.draining_since == since);
	site.scrape.ledger.processes_known = true;
	site.scrape.ledger.old_workers = 0;
	take(300);
	assert_true(history.draining_since == 0);
}

static void test_queue(void **state)
{
	static const double length[] = {2, 5, 5, 9, 20};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(length); i++) {
		site.socket[0].queue = length[i];
		take(30);
		/* A second scraper right behind the first sees the same queue. */
		site.socket[0].queue += 1;
		take(1);
	}
	assert_true(history.queue == 20);
	assert_true(history.queue_rises == 3);
	assert_true(history.queue_from == 2);
	assert_true(history.queue_time - history.queue_since == 4 * 31);
	site.socket[0].queue = 19;
	take(30);
	assert_true(history.queue_rises == 0);
	/* uWSGI's own number serves where the kernel was not asked. */
	site.scrape.ledger.asked = false;
	take(30);
	assert_true(isnan(history.queue));
	site.own_socket[0] = (struct uwsgi_socket){.name = ":3031", .queue = 7, .max_queue = 100};
	site.uwsgi[0].stats.sockets.len = 1;
	take(30);
	assert_true(history.queue == 7);
}

static void test_saturated(void **state)
{
	double since;

	(void)state;
	take(0);
	site.scrape.totals.busy_cores = 8;
	take(60);
	since = site.scrape.time;
	take(60);
	assert_true(history.saturated_since == since);
	/* A worker that is put away can be started. */
	site.scrape.totals.cheap = 1;
	take(60);
	assert_true(history.saturated_since == 0);
	site.scrape.totals.cheap = 0;
	site.socket[0].queue = 0;
	healthy_hold(&site, HELD_APP_QUEUE, 0);
	take(60);
	assert_true(history.saturated_since == 0);
	/* nginx's side of an application on another host. */
	healthy_hold(&site, HELD_APP_QUEUE, 3);
	take(60);
	assert_true(history.saturated_since == site.scrape.time);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_streaks, setup),
		cmocka_unit_test_setup(test_least, setup),
		cmocka_unit_test_setup(test_draining, setup),
		cmocka_unit_test_setup(test_queue, setup),
		cmocka_unit_test_setup(test_saturated, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
