/* SPDX-License-Identifier: MIT */
/* When the application is found to be in trouble, and when it is only busy. */
#include "unit.h"

#include "judged.h"

static struct ledger *ledger_of(struct judged *judged)
{
	return &judged->site.scrape.ledger;
}

static struct uwsgi_totals *totals_of(struct judged *judged)
{
	return &judged->site.scrape.totals;
}

/* ---- cores ----------------------------------------------------------------------------------- */

static void busy(struct judged *judged, double queued)
{
	totals_of(judged)->busy_cores = 8;
	totals_of(judged)->oldest_request = 12;
	judged->site.socket[0].queue = queued;
	healthy_move(&judged->site, HELD_APP_QUEUE, queued - 2);
}

static void all_busy(struct judged *judged)
{
	busy(judged, 0);
}

static void busy_and_a_few(struct judged *judged)
{
	busy(judged, 3);
}

static void busy_and_half_a_round(struct judged *judged)
{
	busy(judged, 6);
}

static void busy_and_a_round(struct judged *judged)
{
	busy(judged, 16);
}

static void busy_for_minutes(struct judged *judged)
{
	busy(judged, 1);
	judged_last(judged, 3, 60);
}

static void busy_and_cheap(struct judged *judged)
{
	busy(judged, 16);
	totals_of(judged)->cheap = 4;
	totals_of(judged)->workers += 4;
}

static void busy_with_slow_clients(struct judged *judged)
{
	busy(judged, 16);
	ledger_of(judged)->blocked_app = 1;
}

static void one_core(struct judged *judged)
{
	busy(judged, 1);
	totals_of(judged)->cores = totals_of(judged)->busy_cores = 1;
	totals_of(judged)->oldest_request = NOT_KNOWN;
	ledger_of(judged)->orphaned = 0;
}

static void far_queue(struct judged *judged)
{
	busy(judged, 0);
	ledger_of(judged)->sockets.len = 0;
	healthy_move(&judged->site, HELD_APP_QUEUE, 30);
}

/* Of one client over HTTP/2: the line has no more than its one connection. */
static void far_queue_of_streams(struct judged *judged)
{
	far_queue(judged);
	healthy_hold(&judged->site, HELD_APP_QUEUE, 1);
	healthy_request(&judged->site, REQUESTS_QUEUED, 30);
}

/* A guess alarms nobody. */
static void far_queue_perhaps(struct judged *judged)
{
	far_queue(judged);
	ledger_of(judged)->low[HELD_APP_QUEUE] = 0;
	ledger_of(judged)->requests_low[REQUESTS_QUEUED] = 0;
}

static void busy_for_some_who_left(struct judged *judged)
{
	busy_and_a_round(judged);
	ledger_of(judged)->hung_up = 3;
}

static void busy_for_one_who_left(struct judged *judged)
{
	busy_and_a_round(judged);
	ledger_of(judged)->hung_up = 1;
}

static const struct judged_case cores_case[] = {
	{"all busy",
	 all_busy,
	 "app_saturated:info",
	 {"No worker of the application is free just now.",
	  "8 of 8 cores are in a request, the oldest of them for 12 seconds.", "harakiri"},
	 "queue"},
	{"busy, a few for a moment",
	 busy_and_a_few,
	 "app_saturated:info",
	 {"3 requests are queued"},
	 NULL},
	{"busy, and half a round",
	 busy_and_half_a_round,
	 "app_saturated:info",
	 {"6 requests are queued"},
	 NULL},
	{"busy, and a round behind",
	 busy_and_a_round,
	 "app_saturated:warning",
	 {"at its limit", "16 requests are queued", "processes or threads"},
	 NULL},
	{"busy for minutes",
	 busy_for_minutes,
	 "app_saturated:warning",
	 {"1 request is queued"},
	 NULL},
	{"busy, some for nobody",
	 busy_for_some_who_left,
	 "app_saturated:warning",
	 {"8 of 8 cores are in a request, the oldest of them for 12 seconds; 3 of these are for "
	  "clients that have hung up (half_closed); 16 requests are queued."},
	 NULL},
	{"busy, one for nobody",
	 busy_for_one_who_left,
	 "app_saturated:warning",
	 {"1 of these is for a client that has hung up (half_closed)"},
	 NULL},
	{"the cheaper can start more", busy_and_cheap, "", {NULL}, NULL},
	{"busy with slow clients",
	 busy_with_slow_clients,
	 "app_saturated:warning",
	 {"1 answer waits for a slow client", "uwsgi_buffering on"},
	 NULL},
	{"one core",
	 one_core,
	 "app_saturated:info",
	 {"1 of 1 core is in a request; 1 request"},
	 NULL},
	{"an application on another host",
	 far_queue,
	 "app_saturated:warning",
	 {"30 requests are queued"},
	 NULL},
	{"the same over HTTP/2",
	 far_queue_of_streams,
	 "app_saturated:warning",
	 {"30 requests are queued"},
	 NULL},
	{"perhaps a queue", far_queue_perhaps, "app_saturated:info", {NULL}, "queued"},
};

/* ---- work for nobody ------------------------------------------------------------------------- */

static void orphaned(struct judged *judged, double number)
{
	ledger_of(judged)->orphaned = number;
}

static void orphaned_two(struct judged *judged)
{
	orphaned(judged, 2);
}

static void orphaned_one_of_two(struct judged *judged)
{
	orphaned(judged, 1);
	totals_of(judged)->cores = 2;
	totals_of(judged)->busy_cores = 1;
	judged->site.socket[0].queue = 0;
	healthy_move(&judged->site, HELD_APP_QUEUE, -2);
}

static void orphaned_one_of_one(struct judged *judged)
{
	one_core(judged);
	orphaned(judged, 1);
}

static void orphaned_much(struct judged *judged)
{
	busy(judged, 20);
	orphaned(judged, 8);
	ledger_of(judged)->abandoned = 12;
}

static void orphaned_in_peace(struct judged *judged)
{
	orphaned(judged, 4);
	judged->site.socket[0].queue = 0;
	healthy_move(&judged->site, HELD_APP_QUEUE, -2);
}

static void orphaned_few_of_many(struct judged *judged)
{
	orphaned(judged, 6);
	totals_of(judged)->cores = 64;
}

/* Seven cores are busy; of some of them the request has just begun. */
static void orphaned_with_young(struct judged *judged, size_t young)
{
	static struct uwsgi_core core[7];
	static struct uwsgi_worker worker;
	double now = judged->site.scrape.time + JUDGED_AFTER;

	for (size_t i = 0; i < ARRAY_LEN(core); i++)
		core[i] = (struct uwsgi_core){
			.in_request = 1, .request_start = (uint64_t)now - (i < young ? 1 : 30)};
	worker = (struct uwsgi_worker){
		.cores = {.item = core, .len = ARRAY_LEN(core), .cap = ARRAY_LEN(core)}};
	judged->site.uwsgi[0].stats.workers = (struct list){.item = &worker, .len = 1, .cap = 1};
	orphaned(judged, 4);
}

static void orphaned_for_a_moment(struct judged *judged)
{
	orphaned_with_young(judged, 6);
}

static void orphaned_among_young(struct judged *judged)
{
	orphaned_with_young(judged, 5);
}

static void orphaned_not_known(struct judged *judged)
{
	orphaned(judged, NOT_KNOWN);
}

static const struct judged_case orphan_case[] = {
	{"two of eight",
	 orphaned_two,
	 "orphaned_work:info",
	 {"2 busy workers have no client any more, of 8 cores.", "harakiri"},
	 NULL},
	{"one of two",
	 orphaned_one_of_two,
	 "orphaned_work:info",
	 {"1 busy worker has no client"},
	 NULL},
	{"one of one", orphaned_one_of_one, "app_saturated:info orphaned_work:info", {NULL}, NULL},
	{"all of them", orphaned_much, "app_saturated:warning orphaned_work:warning", {NULL}, NULL},
	{"half, and nobody waits", orphaned_in_peace, "orphaned_work:info", {NULL}, NULL},
	{"a few of many", orphaned_few_of_many, "", {NULL}, NULL},
	{"for a moment", orphaned_for_a_moment, "", {NULL}, NULL},
	{"two for longer",
	 orphaned_among_young,
	 "orphaned_work:info",
	 {"2 busy workers have no client any more, of 8 cores."},
	 NULL},
	{"not known", orphaned_not_known, "", {NULL}, NULL},
};

static void test_cores(void **state)
{
	(void)state;
	judged_check(cores_case, ARRAY_LEN(cores_case));
}

static void test_orphans(void **state)
{
	(void)state;
	judged_check(orphan_case, ARRAY_LEN(orphan_case));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cores),
		cmocka_unit_test(test_orphans),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
