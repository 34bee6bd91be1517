/* SPDX-License-Identifier: MIT */
/* When nginx and what stands in front of it are found to be in trouble. The application's findings,
 * and sites that only look as if, have tests of their own. */
#include "unit.h"

#include "judged.h"

static struct ledger *ledger_of(struct judged *judged)
{
	return &judged->site.scrape.ledger;
}

/* ---- down ------------------------------------------------------------------------------------ */

static void nginx_down(struct judged *judged, enum err_kind kind, const char *text)
{
	struct probe *probe = &judged->site.scrape.nginx_probe;

	probe->up = false;
	err_set(&probe->err, kind, "http://127.0.0.1/status: %s", text);
	ledger_of(judged)->has_lines = false;
	ledger_of(judged)->listeners.len = 0;
}

static void refused(struct judged *judged)
{
	nginx_down(judged, ERR_REFUSED, "Connection refused");
}

static void timed_out(struct judged *judged)
{
	nginx_down(judged, ERR_TIMEOUT, "no answer in 5 s");
	ledger_of(judged)->listeners.len = 2;
	judged->site.listener[1].queue = 40;
}

/* On the first look of all. */
static void cut(struct judged *judged)
{
	nginx_down(judged, ERR_RESET, "Connection reset by peer");
	ledger_of(judged)->listeners.len = 2;
	judged->site.listener[0].queue = 1;
	judged->no_history = true;
}

static void cut_without_a_question(struct judged *judged)
{
	cut(judged);
	ledger_of(judged)->has_no_room = true;
}

static void cut_that_was_well(struct judged *judged)
{
	cut(judged);
	judged->no_history = false;
}

static void cut_in_the_middle(struct judged *judged)
{
	nginx_down(judged, ERR_TRUNCATED, "the connection was closed after 23 bytes");
}

static void not_found_page(struct judged *judged)
{
	nginx_down(judged, ERR_HTTP_STATUS, "HTTP 404");
}

static void no_rights(struct judged *judged)
{
	nginx_down(judged, ERR_ACCESS, "Permission denied");
}

static void uwsgi_down(struct judged *judged)
{
	struct scrape *scrape = &judged->site.scrape;

	scrape->uwsgi[0].probe.up = false;
	err_set(&scrape->uwsgi[0].probe.err, ERR_REFUSED, "127.0.0.1:1717: Connection refused");
	scrape->uwsgi_site.up = false;
	scrape->totals =
		(struct uwsgi_totals){.busy_percent = NOT_KNOWN, .oldest_request = NOT_KNOWN};
}

static void one_of_three_down(struct judged *judged)
{
	uwsgi_down(judged);
	judged->site.scrape.uwsgi_len = 3;
	judged->site.uwsgi[1].probe = (struct probe){.asked = true, .up = true};
	judged->site.uwsgi[2].probe = (struct probe){.asked = true, .up = true};
}

static void all_three_down(struct judged *judged)
{
	one_of_three_down(judged);
	for (size_t i = 1; i < 3; i++) {
		judged->site.uwsgi[i].probe = judged->site.uwsgi[0].probe;
		judged->site.uwsgi[i].probe.err = (struct err){ERR_TIMEOUT, "no answer"};
	}
}

static const struct judged_case down_case[] = {
	{"refused",
	 refused,
	 "nginx_down:critical",
	 {"it is down", "http://127.0.0.1/status: Connection refused.", "start nginx", "nginx -t"},
	 "accept queue"},
	{"timed out",
	 timed_out,
	 "nginx_down:critical",
	 {"no answer in 5 s. The accept queue of *:443 holds 40 connections and has room for 511.",
	  "worker_rlimit_nofile"},
	 NULL},
	{"cut, and nothing had been asked",
	 cut_without_a_question,
	 "nginx_down:critical worker_connections_exhausted:critical",
	 {"no room for another one", "Most likely worker_connections is used up",
	  "The accept queue of *:80 holds 1 connection and has room for 511."},
	 "return 444"},
	{"cut, and was well before",
	 cut_that_was_well,
	 "nginx_down:critical worker_connections_exhausted:critical",
	 {"no room for another one"},
	 "return 444"},
	{"cut",
	 cut,
	 "nginx_down:critical",
	 {"Whoever listens at the address of nginx cuts the connection", "return 444",
	  "proxy_protocol"},
	 "Most likely"},
	{"cut in the middle of the page",
	 cut_in_the_middle,
	 "nginx_down:critical",
	 {"answers, but not with the status page", "The answer broke off"},
	 "worker_connections"},
	{"not the page",
	 not_found_page,
	 "nginx_down:critical",
	 {"answers, but not with the status page", "HTTP 404", "stub_status"},
	 NULL},
	{"no rights", no_rights, "nginx_down:critical", {"Permission denied", "its mode"}, NULL},
	{"uwsgi",
	 uwsgi_down,
	 "uwsgi_down:critical",
	 {"The stats server of uWSGI gives no numbers",
	  "Error: 127.0.0.1:1717: Connection refused.", "the option stats"},
	 NULL},
	{"one of three",
	 one_of_three_down,
	 "uwsgi_down:critical",
	 {"1 of 3 uWSGI stats servers gives no numbers"},
	 "and more"},
	{"three",
	 all_three_down,
	 "uwsgi_down:critical",
	 {"3 of 3 uWSGI stats servers give no numbers", "refused; no answer; and more."},
	 NULL},
};

/* ---- no room --------------------------------------------------------------------------------- */

static void nearly_full(struct judged *judged)
{
	judged->site.site.worker_connections = 128; /* 4 x 128 = 512; 412 + 1 + 9 = 422 used */
}

static void nearly_full_of_phantoms(struct judged *judged)
{
	nearly_full(judged);
	healthy_move(&judged->site, HELD_PHANTOM, 100);
}

/* Over HTTP/2 nobody knows whose they are; each takes a connection all the same. */
static void full_of_requests(struct judged *judged)
{
	judged->site.site.worker_connections = 128;
	ledger_of(judged)->low[HELD_APP] = ledger_of(judged)->low[HELD_APP_QUEUE] = 0;
	ledger_of(judged)->total = 301;
	healthy_request(&judged->site, REQUESTS_QUEUED, 0);
	healthy_request(&judged->site, REQUESTS_ACTIVE, 110);
}

static void perhaps_full_of_requests(struct judged *judged)
{
	full_of_requests(judged);
	ledger_of(judged)->requests_low[REQUESTS_ACTIVE] = 100;
}

static void full_and_dropping(struct judged *judged)
{
	nearly_full(judged);
	judged->site.scrape.nginx.dropped += 30;
}

static void files_nearly_full(struct judged *judged)
{
	ledger_of(judged)->fd_limit = 128;
}

static void dropping(struct judged *judged)
{
	judged->site.scrape.nginx.dropped += 37;
}

static void dropped_long_ago(struct judged *judged)
{
	judged->site.scrape.nginx.dropped += 5000;
	judged_last(judged, 15, 60);
}

static void dropped_some_time(struct judged *judged)
{
	dropped_long_ago(judged);
	judged->no_history = true;
}

static void dropped_few(struct judged *judged)
{
	judged->site.scrape.nginx.dropped = 900; /* of a million */
	judged->no_history = true;
}

static void counters_apart(struct judged *judged)
{
	judged->site.scrape.nginx.dropped += 4;
}

static void accept_queue(struct judged *judged, double queue, double limit)
{
	judged->site.listener[1].queue = queue;
	judged->site.listener[1].limit = limit;
}

static void accept_queue_full(struct judged *judged)
{
	accept_queue(judged, 9, 8);
}

static void accept_queue_half(struct judged *judged)
{
	accept_queue(judged, 256, 511);
}

static void accept_queue_some(struct judged *judged)
{
	accept_queue(judged, 7, 8);
}

static void accept_queue_without_limit(struct judged *judged)
{
	accept_queue(judged, 400, NOT_KNOWN);
}

static const struct judged_case room_case[] = {
	{"nearly full",
	 nearly_full,
	 "worker_connections_exhausted:warning",
	 {"used up 82 % of the connections", "room for 512: worker_connections (128 x 4 workers)",
	  "clients hold 412", "about 9 more"},
	 NULL},
	{"phantoms take no room",
	 nearly_full_of_phantoms,
	 "phantom_counters:warning known_defect:info",
	 {NULL},
	 NULL},
	{"full of requests",
	 full_of_requests,
	 "worker_connections_exhausted:warning",
	 {"clients hold 301, and requests that are passed on about 110 more"},
	 NULL},
	{"perhaps full of requests", perhaps_full_of_requests, "", {NULL}, NULL},
	{"full and dropping",
	 full_and_dropping,
	 "worker_connections_exhausted:critical connections_dropped:critical",
	 {NULL},
	 NULL},
	{"files nearly full",
	 files_nearly_full,
	 "worker_connections_exhausted:warning",
	 {"82 % of the open files", "limit of open files (128 x 4 workers)",
	  "worker_rlimit_nofile"},
	 NULL},
	{"dropping",
	 dropping,
	 "connections_dropped:critical",
	 {"it closed 37 of ", "minutes", "worker_connections is too small"},
	 NULL},
	{"dropped long ago", dropped_long_ago, "", {NULL}, NULL},
	{"dropped some time",
	 dropped_some_time,
	 "connections_dropped:info",
	 {"5002 of 1008", "since it was started"},
	 NULL},
	{"dropped few of many", dropped_few, "", {NULL}, NULL},
	{"two counters read apart", counters_apart, "", {NULL}, NULL},
	{"accept queue full",
	 accept_queue_full,
	 "accept_queue_full:critical",
	 {"accept queue of *:443 is full", "9 connections wait", "room for 8.", "backlog="},
	 NULL},
	{"accept queue half full",
	 accept_queue_half,
	 "accept_queue_full:warning",
	 {"more than half full", "256 connections wait"},
	 NULL},
	{"a few in a small one", accept_queue_some, "", {NULL}, NULL},
	{"a queue without a known limit", accept_queue_without_limit, "", {NULL}, NULL},
};

/* ---- names ----------------------------------------------------------------------------------- */

/* docs/FINDINGS.md has a section for each, which others link to by its name. */
static void test_names(void **state)
{
	char line[400];
	unsigned found[FINDING_KIND_MAX] = {0};
	FILE *file = fopen("docs/FINDINGS.md", "r");

	(void)state;
	assert_non_null(file);
	while (fgets(line, sizeof(line), file) != NULL) {
		for (unsigned kind = 0; kind < FINDING_KIND_MAX; kind++) {
			char heading[80];

			(void)snprintf(heading, sizeof(heading), "### %s\n", finding_name(kind));
			found[kind] += strcmp(line, heading) == 0;
		}
	}
	(void)fclose(file);
	for (unsigned kind = 0; kind < FINDING_KIND_MAX; kind++) {
		if (found[kind] != 1)
			fail_msg("%s: %u sections", finding_name(kind), found[kind]);
	}
	assert_string_equal(finding_name(FINDING_KIND_MAX), "unknown");
	assert_string_equal(finding_name(FINDING_PHANTOM_COUNTERS), "phantom_counters");
	assert_string_equal(severity_name(SEVERITY_CRITICAL), "critical");
}

/* Without memory for the texts there are no findings, and no crash. */
static void test_memory_is_out(void **state)
{
	struct judged judged;
	size_t ceiling = 0;

	(void)state;
	judged_init(&judged);
	uwsgi_down(&judged);
	for (bool ok = false; !ok; ceiling += 512) {
		arena_free(&judged.arena);
		arena_init(&judged.arena, ceiling);
		ok = findings_make(&judged.findings, &judged.arena, &judged.site.scrape,
				   &judged.history);
		assert_int_equal(judged.findings.len, ok ? 1 : 0);
		assert_true(ceiling < 64 * 1024);
	}
	assert_true(ceiling > 512);
	judged_free(&judged);
}

static void test_down(void **state)
{
	(void)state;
	judged_check(down_case, ARRAY_LEN(down_case));
}

static void test_room(void **state)
{
	(void)state;
	judged_check(room_case, ARRAY_LEN(room_case));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_memory_is_out),
		cmocka_unit_test(test_down),
		cmocka_unit_test(test_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
