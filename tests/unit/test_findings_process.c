/* SPDX-License-Identifier: MIT */
/* Phantoms, and what nginx's processes tell. */
#include "unit.h"

#include "judged.h"

static struct ledger *ledger_of(struct judged *judged)
{
	return &judged->site.scrape.ledger;
}

static void phantoms(struct judged *judged)
{
	healthy_move(&judged->site, HELD_PHANTOM, 12);
}

static void phantom_alone(struct judged *judged)
{
	healthy_move(&judged->site, HELD_PHANTOM, 1);
	ledger_of(judged)->spread = 0;
}

static void phantom_in_a_rush(struct judged *judged)
{
	healthy_move(&judged->site, HELD_PHANTOM, 1);
}

static void phantom_in_a_rush_alone(struct judged *judged)
{
	phantom_in_a_rush(judged);
	judged->no_history = true;
}

static void phantom_by_and_large_alone(struct judged *judged)
{
	phantom_in_a_rush_alone(judged);
	ledger_of(judged)->phantom_exact = false;
}

static void phantom_that_stays(struct judged *judged)
{
	phantom_in_a_rush(judged);
	judged_last(judged, 12, 60);
}

static void bounded(struct judged *judged, double number)
{
	healthy_move(&judged->site, HELD_PHANTOM, number);
	ledger_of(judged)->confidence = CONFIDENCE_BOUNDED;
	ledger_of(judged)->phantom_exact = false;
	(void)snprintf(ledger_of(judged)->reason, LEDGER_REASON_MAX, "for a reason");
}

static void at_most_some(struct judged *judged)
{
	bounded(judged, 12);
	ledger_of(judged)->phantom_at_most = true;
}

static void at_most_many(struct judged *judged)
{
	bounded(judged, 60);
	ledger_of(judged)->phantom_at_most = true;
}

static void about_some(struct judged *judged)
{
	bounded(judged, 12);
	ledger_of(judged)->spread = 30;
}

static void multiplexed(struct judged *judged)
{
	bounded(judged, 12);
	ledger_of(judged)->multiplexed = true;
	ledger_of(judged)->phantom_exact = true;
}

static void crashed(struct judged *judged)
{
	ledger_of(judged)->worker_newest = judged->site.scrape.time - 7200;
	ledger_of(judged)->worker_age_gap = 864000;
}

static void crashed_long_ago(struct judged *judged)
{
	ledger_of(judged)->worker_age_gap = 864000;
}

static void crashed_with_phantoms(struct judged *judged)
{
	crashed_long_ago(judged);
	phantoms(judged);
}

static void two_masters(struct judged *judged)
{
	ledger_of(judged)->masters = 2;
	ledger_of(judged)->workers = 8;
	ledger_of(judged)->worker_newest = judged->site.scrape.time - 60;
	ledger_of(judged)->worker_age_gap = 5000;
}

static void draining(struct judged *judged)
{
	ledger_of(judged)->old_workers = 1;
	judged_last(judged, 5, 60);
}

static void draining_for_hours(struct judged *judged)
{
	ledger_of(judged)->old_workers = 4;
	judged_last(judged, 200, 60);
}

static void draining_alone(struct judged *judged)
{
	draining(judged);
	judged->no_history = true;
}

static const struct judged_case process_case[] = {
	{"phantoms",
	 phantoms,
	 "phantom_counters:warning known_defect:info",
	 {"nginx counts 12 connections that do not exist (phantoms).",
	  "Of 412 connections that nginx counts 12 have no socket", "full restart",
	  "exited on signal"},
	 "confidence"},
	{"one, quiet",
	 phantom_alone,
	 "phantom_counters:warning known_defect:info",
	 {"nginx counts 1 connection that does not exist (a phantom).", "1 has no socket"},
	 NULL},
	{"one, in a rush", phantom_in_a_rush, "", {NULL}, NULL},
	{"one, in a rush, without history",
	 phantom_in_a_rush_alone,
	 "phantom_counters:warning known_defect:info",
	 {NULL},
	 NULL},
	{"about one", phantom_by_and_large_alone, "", {NULL}, NULL},
	{"one, that stays",
	 phantom_that_stays,
	 "phantom_counters:warning known_defect:info",
	 {NULL},
	 NULL},
	{"at most some",
	 at_most_some,
	 "phantom_counters:info",
	 {"at most 12 of them", "12 were not found (for a reason)", "Name all ports"},
	 "restart"},
	{"at most many",
	 at_most_many,
	 "phantom_counters:info",
	 {"at most 60 of them"},
	 NULL},
	{"about", about_some, "phantom_counters:info", {"counts about 12"}, NULL},
	{"HTTP/2 does not blur them",
	 multiplexed,
	 "phantom_counters:warning known_defect:info",
	 {"counts 12 connections"},
	 "about"},
	{"crashed",
	 crashed,
	 "worker_crashed:info",
	 {"started at 2023-11-04 20:25:20 UTC", "the newest at 2023-11-14 20:25:20 UTC",
	  "exited on signal", "dmesg"},
	 NULL},
	{"crashed long ago", crashed_long_ago, "", {NULL}, NULL},
	{"crashed, with phantoms",
	 crashed_with_phantoms,
	 "phantom_counters:warning worker_crashed:warning",
	 {NULL},
	 NULL},
	{"two masters",
	 two_masters,
	 "two_masters:warning",
	 {"Two nginx masters", "2 masters with 8 workers", "kill -QUIT", "nginx.pid.oldbin"},
	 NULL},
	{"draining",
	 draining,
	 "old_workers_draining:info",
	 {"1 worker of nginx from before a reload still serves its old connections.",
	  "ps shows 1 such process (worker", "at least 5 minutes", "worker_shutdown_timeout"},
	 NULL},
	{"draining for hours",
	 draining_for_hours,
	 "old_workers_draining:warning known_defect:info",
	 {"4 workers of nginx from before a reload still serve", "at least 3 hours"},
	 NULL},
	{"draining, without history",
	 draining_alone,
	 "old_workers_draining:info",
	 {"shutting down)."},
	 NULL},
};

static void test_processes(void **state)
{
	(void)state;
	judged_check(process_case, ARRAY_LEN(process_case));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_processes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
