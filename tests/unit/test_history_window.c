/* SPDX-License-Identifier: MIT */
/* Floors over hours and days, with holes in between. */
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

static void take(double seconds)
{
	site.scrape.time += seconds;
	site.scrape.nginx.accepts += 50;
	site.scrape.nginx.requests += 100;
	history_take(&history, &site.scrape);
}

static void test_hours(void **state)
{
	double *writing = &site.scrape.ledger.writing;
	const struct history_window *hour = history.hour;

	(void)state;
	*writing = 20;
	take(600); /* 10 minutes into the hour */
	*writing = 12;
	take(600);
	*writing = 15;
	for (unsigned i = 0; i < 3; i++)
		take(900); /* 5 minutes into the next hour */
	assert_int_equal(history.hour_len, 2);
	assert_true(hour[0].floor[HISTORY_WRITING] == 12);
	assert_true(hour[1].floor[HISTORY_WRITING] == 15);
	assert_true(hour[0].seconds == 3000 && hour[1].seconds == 300);
	assert_true(fabs(hour[0].requests - (300 + 100 * 2.0 / 3)) < 1e-9);
	assert_true(fabs(hour[1].requests - 100 / 3.0) < 1e-9);
	/* Nobody looked for an hour: it is not there, and what is before and after is not whole. */
	take(2 * HOUR);
	assert_int_equal(history.hour_len, 3);
	assert_true(hour[1].seconds == 300 && hour[2].seconds == 0);
	assert_true(hour[2].start - hour[1].start == 2 * HOUR);
	/* A line that one scrape did not know. */
	healthy_hold(&site, HELD_APP, NOT_KNOWN);
	take(300);
	healthy_hold(&site, HELD_APP, 1);
	take(300);
	assert_true(isnan(hour[2].floor[HELD_APP]));
	assert_true(hour[2].floor[HELD_SENDING] == 40);
	/* Whose requests they are is open, that the application has them is not. */
	site.scrape.ledger.low[HELD_APP] = 0;
	healthy_request(&site, REQUESTS_ACTIVE, 60);
	take(HOUR);
	assert_true(hour[3].floor[HELD_APP] == 60);
	site.scrape.ledger.high[HELD_APP] = 0;
	take(300);
	assert_true(hour[3].floor[HELD_APP] == 0);
}

static void test_days(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 24 * 12 * 30; i++) {
		site.scrape.ledger.writing = i % 288 == 100 ? 3 : 50;
		take(300);
	}
	assert_int_equal(history.hour_len, HISTORY_HOURS);
	assert_int_equal(history.day_len, HISTORY_DAYS);
	for (size_t i = 0; i + 1 < HISTORY_DAYS; i++) {
		assert_true(history.day[i].floor[HISTORY_WRITING] == 3);
		assert_true(fabs(history.day[i].seconds - HISTORY_DAY) < 1e-3);
		assert_true(fabs(history.day[i].requests - 28800) < 1e-3);
		assert_true(history.day[i + 1].start - history.day[i].start == HISTORY_DAY);
	}
	/* An hour of which too little was watched is no part of its day. */
	setup(state);
	for (unsigned i = 0; i < 4; i++)
		take(1500);
	assert_int_equal(history.hour_len, 2);
	assert_int_equal(history.day_len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_hours, setup),
		cmocka_unit_test_setup(test_days, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
