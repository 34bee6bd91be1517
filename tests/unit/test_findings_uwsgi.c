/* SPDX-License-Identifier: MIT */
/* When uWSGI's counters tell of trouble: killed, respawned, failed. */
#include "unit.h"

#include "judged.h"

static struct uwsgi_totals *totals_of(struct judged *judged)
{
	return &judged->site.scrape.totals;
}

static void harakiri_once(struct judged *judged)
{
	totals_of(judged)->harakiri_count++;
}

static void harakiri_often(struct judged *judged)
{
	totals_of(judged)->harakiri_count += 5;
}

static void harakiri_long_ago(struct judged *judged)
{
	harakiri_often(judged);
	judged_last(judged, 12, 60);
}

static void harakiri_unwatched(struct judged *judged)
{
	harakiri_often(judged);
	judged->no_history = true;
}

static void respawned(struct judged *judged, uint64_t times)
{
	totals_of(judged)->respawn_count += times;
}

static void respawned_by_max_requests(struct judged *judged)
{
	respawned(judged, 9);
}

static void respawned_often(struct judged *judged)
{
	respawned(judged, 20);
}

static void respawned_all_the_time(struct judged *judged)
{
	respawned(judged, 60);
}

static void respawned_in_hours(struct judged *judged)
{
	judged_last(judged, 4, 3600);
	respawned(judged, 30);
	judged_pass(judged, 3600);
}

static void respawned_by_the_cheaper(struct judged *judged)
{
	respawned(judged, 20);
	totals_of(judged)->cheap = 3;
	totals_of(judged)->workers = 11;
}

static void failing(struct judged *judged, uint64_t times)
{
	totals_of(judged)->exceptions += times;
}

static void failing_seldom(struct judged *judged)
{
	failing(judged, 20); /* of some 8000 */
}

static void failing_often(struct judged *judged)
{
	failing(judged, 200);
}

static void failing_much(struct judged *judged)
{
	failing(judged, 2000);
}

static const struct judged_case counter_case[] = {
	{"harakiri once",
	 harakiri_once,
	 "harakiri:info",
	 {"1 worker was killed by harakiri in the last ", " minutes.", "uwsgi_read_timeout"},
	 NULL},
	{"harakiri often", harakiri_often, "harakiri:warning", {"5 workers were killed"}, NULL},
	{"harakiri long ago", harakiri_long_ago, "", {NULL}, NULL},
	{"harakiri, without history", harakiri_unwatched, "", {NULL}, NULL},
	{"max-requests", respawned_by_max_requests, "", {NULL}, NULL},
	{"respawned often",
	 respawned_often,
	 "worker_respawns:info",
	 {"20 starts in the last ", "with 8 workers running.", "max-requests"},
	 NULL},
	{"respawned all the time", respawned_all_the_time, "worker_respawns:warning", {NULL}, NULL},
	{"thirty in an hour", respawned_in_hours, "", {NULL}, NULL},
	{"the cheaper", respawned_by_the_cheaper, "", {NULL}, NULL},
	{"failing seldom", failing_seldom, "", {NULL}, NULL},
	{"failing often",
	 failing_often,
	 "exceptions:info",
	 {"200 exceptions in ", " requests in the last ", "tracebacks"},
	 NULL},
	{"failing much", failing_much, "exceptions:warning", {NULL}, NULL},
};

static void test_counters(void **state)
{
	(void)state;
	judged_check(counter_case, ARRAY_LEN(counter_case));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
