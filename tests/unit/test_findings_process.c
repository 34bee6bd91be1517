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
}

static void bounded(struct judged *judged, enum held_by line, double number)
{
	healthy_move(&judged->site, line, number);
	ledger_of(judged)->confidence = CONFIDENCE_BOUNDED;
	ledger_of(judged)->phantom_exact = false;
	(void)snprintf(ledger_of(judged)->reason, LEDGER_REASON_MAX, "for a reason");
}

static void at_least_some(struct judged *judged)
{
	bounded(judged, HELD_PHANTOM, 12);
}

/* Clients that have just gone, or phantoms that are not proved yet. */
static void not_proved(struct judged *judged)
{
	bounded(judged, HELD_UNEXPLAINED, 60);
}

static void multiplexed(struct judged *judged)
{
	bounded(judged, HELD_PHANTOM, 12);
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

static void blocked(struct judged *judged)
{
	ledger_of(judged)->blocked_workers = 1;
	ledger_of(judged)->unread_clients = 31;
}

static void all_blocked(struct judged *judged)
{
	ledger_of(judged)->blocked_workers = 4;
	ledger_of(judged)->unread_clients = 1;
}

static const struct judged_case process_case[] = {
	{"blocked",
	 blocked,
	 "worker_blocked:warning",
	 {"1 worker of nginx does not run its event loop: all of its clients wait.",
	  "31 clients have sent bytes that have not been read for at least a second; of 4 workers "
	  "one is stopped",
	  "aio threads"},
	 NULL},
	{"all blocked",
	 all_blocked,
	 "worker_blocked:warning",
	 {"4 workers of nginx do not run their event loop: all of their clients wait.",
	  "1 client has sent bytes", "of 4 workers 4 are stopped"},
	 NULL},
	{"phantoms",
	 phantoms,
	 "phantom_counters:warning known_defect:info",
	 {"nginx counts 12 connections that do not exist (phantoms).",
	  "Of 412 connections that nginx counts 12 have no socket", "full restart",
	  "exited on signal"},
	 "confidence"},
	{"one",
	 phantom_alone,
	 "phantom_counters:warning known_defect:info",
	 {"nginx counts 1 connection that does not exist (a phantom).", "1 has no socket"},
	 NULL},
	{"at least",
	 at_least_some,
	 "phantom_counters:warning known_defect:info",
	 {"counts at least 12", "(confidence bounded: for a reason)"},
	 NULL},
	{"not proved", not_proved, "", {NULL}, NULL},
	{"HTTP/2 does not blur them",
	 multiplexed,
	 "phantom_counters:warning known_defect:info",
	 {"counts 12 connections"},
	 "at least"},
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
