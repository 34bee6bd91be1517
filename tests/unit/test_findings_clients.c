/* SPDX-License-Identifier: MIT */
/* Clients that hold connections, connections that leak, defects that may be behind it, and sites
 * with which all is well. */
#include "unit.h"

#include "judged.h"

static struct ledger *ledger_of(struct judged *judged)
{
	return &judged->site.scrape.ledger;
}

/* ---- slow clients ---------------------------------------------------------------------------- */

static void stalled(struct judged *judged)
{
	healthy_move(&judged->site, HELD_STALLED_CLIENT, 50);
	healthy_move(&judged->site, HELD_VANISHED_CLIENT, 4);
}

static void stalled_many(struct judged *judged)
{
	healthy_move(&judged->site, HELD_STALLED_CLIENT, 150);
}

static void stalled_few_of_few(struct judged *judged)
{
	healthy_move(&judged->site, HELD_STALLED_CLIENT, 2);
	healthy_move(&judged->site, HELD_KEEPALIVE, -330);
	ledger_of(judged)->total = 10;
}

static void stalled_some_of_many(struct judged *judged)
{
	healthy_move(&judged->site, HELD_STALLED_CLIENT, 30);
}

static void blocking(struct judged *judged)
{
	ledger_of(judged)->blocked_app = 3;
}

static void blocking_without_clients(struct judged *judged)
{
	blocking(judged);
	healthy_move(&judged->site, HELD_STALLED_CLIENT, -6);
	healthy_move(&judged->site, HELD_VANISHED_CLIENT, -1);
	healthy_move(&judged->site, HELD_SENDING, -40);
}

static void blocking_one(struct judged *judged)
{
	ledger_of(judged)->blocked_app = 1;
}

static void blocking_of_another_server(struct judged *judged)
{
	ledger_of(judged)->blocked_app = 6;
	judged->site.scrape.uwsgi_len = 0;
	judged->site.scrape.uwsgi_site.up = false;
}

static void only_stalled(struct judged *judged)
{
	stalled(judged);
	healthy_hold(&judged->site, HELD_VANISHED_CLIENT, 0);
}

static void only_vanished(struct judged *judged)
{
	healthy_hold(&judged->site, HELD_STALLED_CLIENT, 0);
	healthy_move(&judged->site, HELD_VANISHED_CLIENT, 60);
}

static void headers(struct judged *judged)
{
	healthy_move(&judged->site, HELD_REQUEST, 200);
	ledger_of(judged)->writing = 70;
}

static void headers_that_stay(struct judged *judged)
{
	headers(judged);
	judged_last(judged, 10, 60);
}

static void headers_few(struct judged *judged)
{
	healthy_move(&judged->site, HELD_REQUEST, 90);
}

static void headers_on_a_small_site(struct judged *judged)
{
	healthy_move(&judged->site, HELD_REQUEST, 14);
	ledger_of(judged)->total = 30;
}

static const struct judged_case client_case[] = {
	{"stalled",
	 stalled,
	 "slow_clients:info",
	 {"56 clients have stopped reading (zero window) and 5 no longer acknowledge anything, of "
	  "412 "
	  "connections.",
	  "send_timeout", "reset_timedout_connection on", "video players"},
	 NULL},
	{"stalled, none of them gone",
	 only_stalled,
	 "slow_clients:info",
	 {"56 clients have stopped reading (zero window), of 412 connections."},
	 "acknowledge"},
	{"gone, none of them stalled",
	 only_vanished,
	 "slow_clients:info",
	 {" clients no longer acknowledge anything, of 412 connections."},
	 "zero window"},
	{"stalled, many", stalled_many, "slow_clients:warning", {NULL}, NULL},
	{"a few of few", stalled_few_of_few, "", {NULL}, NULL},
	{"some of many", stalled_some_of_many, "", {NULL}, NULL},
	{"they hold workers",
	 blocking,
	 "slow_clients:warning",
	 {"hold workers", "for them 3 answers wait in the application", "uwsgi_buffering on",
	  "uwsgi_max_temp_file_size"},
	 NULL},
	{"nginx is late to read", blocking_without_clients, "", {NULL}, NULL},
	{"one worker", blocking_one, "", {NULL}, NULL},
	{"some of another server", blocking_of_another_server, "", {NULL}, NULL},
	{"headers",
	 headers,
	 "slow_headers:info",
	 {"slowloris", "206 of 412 connections wait for the rest of a request header.",
	  "client_header_timeout", "limit_conn"},
	 NULL},
	{"headers that stay",
	 headers_that_stay,
	 "slow_headers:warning known_defect:info",
	 {"never fewer than 206 in the last 7 minutes."},
	 NULL},
	{"headers, a few", headers_few, "", {NULL}, NULL},
	{"headers, small site", headers_on_a_small_site, "", {NULL}, NULL},
};

/* ---- all is well ----------------------------------------------------------------------------- */

static void without_history(struct judged *judged)
{
	judged->no_history = true;
}

static void without_ledger(struct judged *judged)
{
	*ledger_of(judged) = (struct ledger){.asked = false};
}

static void from_afar(struct judged *judged)
{
	struct ledger *ledger = ledger_of(judged);

	ledger_make_blind(ledger, &judged->site.scrape.nginx, 7, NOT_KNOWN, "nginx is elsewhere");
	ledger->processes_known = false;
	ledger->listeners.len = ledger->sockets.len = 0;
}

static void nginx_only(struct judged *judged)
{
	judged->site.scrape.uwsgi_len = 0;
	judged->site.scrape.uwsgi_site.up = false;
	judged->site.scrape.totals = (struct uwsgi_totals){.queue_percent = NOT_KNOWN};
	ledger_of(judged)->sockets.len = 0;
	ledger_of(judged)->orphaned = NOT_KNOWN;
	ledger_of(judged)->blocked_app = NOT_KNOWN;
}

static void uwsgi_only(struct judged *judged)
{
	judged->site.scrape.nginx_probe = (struct probe){.asked = false};
	judged->site.scrape.nginx = (struct nginx_status){0};
	ledger_of(judged)->has_lines = false;
	ledger_of(judged)->listeners.len = 0;
	ledger_of(judged)->processes_known = false;
}

static void quiet(struct judged *judged)
{
	memset(ledger_of(judged)->held, 0, sizeof(ledger_of(judged)->held));
	ledger_of(judged)->total = 0;
	ledger_of(judged)->orphaned = 0;
	judged->site.socket[0].queue = 0;
	judged->site.scrape.totals.busy_cores = 0;
}

static const struct judged_case well_case[] = {
	{"busy and well", NULL, "", {NULL}, NULL},
	{"without history", without_history, "", {NULL}, NULL},
	{"without ledger", without_ledger, "", {NULL}, NULL},
	{"from afar", from_afar, "", {NULL}, NULL},
	{"nginx only", nginx_only, "", {NULL}, NULL},
	{"uWSGI only", uwsgi_only, "", {NULL}, NULL},
	{"quiet", quiet, "", {NULL}, NULL},
};

static void test_clients(void **state)
{
	(void)state;
	judged_check(client_case, ARRAY_LEN(client_case));
}

static void test_well(void **state)
{
	(void)state;
	judged_check(well_case, ARRAY_LEN(well_case));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clients),
		cmocka_unit_test(test_well),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
