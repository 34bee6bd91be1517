/* SPDX-License-Identifier: MIT */
/* What a history keeps: increases, streaks, hours and days, restarts, and its text. Leaks have a
 * test of their own. */
#include "unit.h"

#include "healthy.h"
#include "history_window.h"

#define HOUR  3600.0
#define BEGIN 1699999200.0 /* 22 o'clock */

static struct healthy site;
static struct history history;

static int setup(void **state)
{
	(void)state;
	healthy_init(&site);
	site.scrape.time = BEGIN;
	history_init(&history);
	return 0;
}

/* Time goes by, and requests with it. */
static void pass(double seconds, uint64_t requests)
{
	site.scrape.time += seconds;
	site.scrape.nginx.accepts += requests / 2;
	site.scrape.nginx.requests += requests;
	site.scrape.totals.requests += requests;
}

static void take(double seconds)
{
	pass(seconds, 100);
	history_take(&history, &site.scrape);
}

static double increase_of(enum history_counter counter)
{
	double increase;
	double seconds;

	return history_increase(&history, counter, &increase, &seconds) ? increase : -1;
}

static double seconds_of(enum history_counter counter)
{
	double increase;
	double seconds;

	return history_increase(&history, counter, &increase, &seconds) ? seconds : -1;
}

/* ---- increases ------------------------------------------------------------------------------- */

/* Whatever the interval, an increase is told for five to ten minutes, or from one scrape to the
 * next. */
static void test_increase_spans(void **state)
{
	static const struct {
		double interval, least, most;
	} row[] = {{15, 285, 600},  {60, 285, 600},  {299, 299, 299},    {300, 300, 300},
		   {301, 301, 301}, {900, 900, 900}, {3600, 3600, 3600}, {2, 285, 572}};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		setup(state);
		assert_true(increase_of(HISTORY_REQUESTS) == -1);
		take(0);
		assert_true(increase_of(HISTORY_REQUESTS) == -1);
		for (unsigned k = 0; k < 1000; k++) {
			double seconds;

			take(row[i].interval);
			seconds = seconds_of(HISTORY_REQUESTS);
			if (k * row[i].interval > 600 &&
			    (seconds < row[i].least || seconds > row[i].most))
				fail_msg("every %g s: told over %g", row[i].interval, seconds);
			assert_true(increase_of(HISTORY_REQUESTS) ==
				    100 * seconds / row[i].interval);
		}
	}
}

/* One of two scrapers does not take the news from the other. */
static void test_two_scrapers_see_the_same(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 40; i++)
		take(30);
	site.scrape.totals.harakiri_count += 2;
	take(1);
	assert_true(increase_of(HISTORY_HARAKIRI) == 2);
	take(0.5);
	assert_true(increase_of(HISTORY_HARAKIRI) == 2);
	for (unsigned i = 0; i < 9; i++)
		take(30);
	assert_true(increase_of(HISTORY_HARAKIRI) == 2);
	for (unsigned i = 0; i < 15; i++)
		take(30);
	assert_true(increase_of(HISTORY_HARAKIRI) == 0);
}

static void test_what_is_stale_is_no_news(void **state)
{
	(void)state;
	take(0);
	take(300);
	site.scrape.nginx.dropped += 50;
	take(3 * HOUR);
	assert_true(increase_of(HISTORY_DROPPED) == -1);
	take(300);
	assert_true(increase_of(HISTORY_DROPPED) == 0);
}

/* accepts and handled are read apart: less than before is no restart, and what comes back no news.
 */
static void test_dropped_holds_its_largest(void **state)
{
	(void)state;
	take(0);
	site.scrape.nginx.dropped = 5;
	take(300);
	site.scrape.nginx.dropped = 3;
	take(300);
	assert_true(history.counter[HISTORY_DROPPED] == 5);
	assert_true(increase_of(HISTORY_DROPPED) == 0);
	site.scrape.nginx.dropped = 5;
	take(300);
	assert_true(increase_of(HISTORY_DROPPED) == 0);
}

static void test_a_down_is_not_known(void **state)
{
	(void)state;
	take(0);
	take(300);
	site.scrape.uwsgi_site.up = false;
	take(300);
	assert_true(increase_of(HISTORY_HARAKIRI) == -1);
	assert_true(increase_of(HISTORY_REQUESTS) == 100);
	site.scrape.uwsgi_site.up = true;
	site.scrape.nginx_probe.up = false;
	site.scrape.totals.harakiri_count++;
	take(300);
	assert_true(increase_of(HISTORY_HARAKIRI) == 1);
	assert_true(increase_of(HISTORY_REQUESTS) == -1);
}

/* ---- restarts -------------------------------------------------------------------------------- */

static void fill(void)
{
	setup(NULL);
	healthy_hold(&site, HELD_HALF_CLOSED, 2);
	site.scrape.ledger.old_workers = 1;
	for (unsigned i = 0; i < 30; i++)
		take(300);
	assert_int_equal(history.hour_len, 3);
	assert_int_equal(history.day_len, 1);
	assert_true(history_lasting(&history, HELD_HALF_CLOSED) == 29 * 300);
}

static void assert_is_new(bool is_new)
{
	assert_int_equal(history.hour_len, is_new ? 1 : 3);
	assert_int_equal(history.day_len, is_new ? 0 : 1);
	assert_int_equal(history_lasting(&history, HELD_HALF_CLOSED) == 0, is_new);
	assert_int_equal(increase_of(HISTORY_REQUESTS) == -1, is_new);
	assert_int_equal(history.draining_since == site.scrape.time, is_new);
	/* uWSGI's are its own. */
	assert_true(increase_of(HISTORY_APP_REQUESTS) >= 0);
}

static void test_nginx_restarts(void **state)
{
	(void)state;
	fill();
	take(60);
	assert_is_new(false);
	site.scrape.nginx.requests = 40;
	take(60);
	assert_is_new(true);

	fill();
	site.scrape.nginx.accepts = 0;
	take(60);
	assert_is_new(true);

	fill();
	site.scrape.ledger.master_started += 1; /* another reading of the same time */
	take(60);
	assert_is_new(false);
	site.scrape.ledger.master_started += 3600;
	take(60);
	assert_is_new(true);

	/* Who cannot see the processes does not know of another master. */
	fill();
	site.scrape.ledger.processes_known = false;
	site.scrape.ledger.master_started = 0;
	take(60);
	assert_int_equal(history.hour_len, 3);
}

static void test_two_masters_answer_in_turn(void **state)
{
	(void)state;
	fill();
	site.scrape.ledger.masters = 2;
	site.scrape.nginx.dropped = 900;
	take(60);
	assert_int_equal(history.hour_len, 0);
	take(60);
	assert_true(increase_of(HISTORY_DROPPED) == -1);
	site.scrape.ledger.masters = 1;
	take(60);
	take(60);
	assert_true(increase_of(HISTORY_DROPPED) == 0);
	assert_int_equal(history.hour_len, 1);
}

static void test_uwsgi_restarts(void **state)
{
	(void)state;
	fill();
	site.scrape.totals.harakiri_count = 0;
	site.scrape.totals.requests = 20;
	take(60);
	assert_int_equal(history.hour_len, 3);
	assert_true(increase_of(HISTORY_HARAKIRI) == -1);
	assert_true(increase_of(HISTORY_REQUESTS) > 0);
	take(60);
	assert_true(increase_of(HISTORY_HARAKIRI) == 0);
}

static void test_clock(void **state)
{
	(void)state;
	fill();
	pass(-30, 0);
	history_take(&history, &site.scrape);
	assert_int_equal(history.hour_len, 3);
	assert_true(history.time == site.scrape.time + 30);
	pass(-31, 0);
	history_take(&history, &site.scrape);
	assert_int_equal(history.hour_len, 1);
	assert_true(history.time == site.scrape.time);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_increase_spans, setup),
		cmocka_unit_test_setup(test_two_scrapers_see_the_same, setup),
		cmocka_unit_test_setup(test_what_is_stale_is_no_news, setup),
		cmocka_unit_test_setup(test_dropped_holds_its_largest, setup),
		cmocka_unit_test_setup(test_a_down_is_not_known, setup),
		cmocka_unit_test_setup(test_nginx_restarts, setup),
		cmocka_unit_test_setup(test_two_masters_answer_in_turn, setup),
		cmocka_unit_test_setup(test_uwsgi_restarts, setup),
		cmocka_unit_test_setup(test_clock, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
