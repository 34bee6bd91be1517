/* SPDX-License-Identifier: MIT */
/* Connections that leak, and the defects of nginx that may be behind what is found. */
#include "unit.h"

#include "judged.h"

static struct ledger *ledger_of(struct judged *judged)
{
	return &judged->site.scrape.ledger;
}

/* ---- leaks ----------------------------------------------------------------------------------- */

static void half_closed(struct judged *judged)
{
	healthy_move(&judged->site, HELD_HALF_CLOSED, 1);
	judged_last(judged, 11, 60);
}

static void half_closed_many(struct judged *judged)
{
	healthy_move(&judged->site, HELD_HALF_CLOSED, 7);
	judged_last(judged, 11, 60);
}

static void half_closed_for_a_while(struct judged *judged)
{
	healthy_move(&judged->site, HELD_HALF_CLOSED, 7);
	judged_last(judged, 8, 60);
}

static void half_closed_now_and_then(struct judged *judged)
{
	for (unsigned i = 0; i < 30; i++) {
		healthy_move(&judged->site, HELD_HALF_CLOSED, i % 2 == 0 ? 7 : -7);
		judged_pass(judged, 60);
	}
}

static void half_closed_without_history(struct judged *judged)
{
	half_closed_many(judged);
	judged->no_history = true;
}

/* So many per hour, hours on end. */
static void leak(struct judged *judged, enum held_by line, unsigned hours)
{
	for (unsigned i = 0; i < 12 * hours; i++) {
		healthy_move(&judged->site, line, 1);
		ledger_of(judged)->total += 1;
		ledger_of(judged)->writing += 1;
		healthy_move(&judged->site, HELD_KEEPALIVE, 1);
		judged_pass(judged, 300);
	}
}

static void leak_for_a_day(struct judged *judged)
{
	judged->site.site.worker_connections = 1024;
	leak(judged, HELD_HALF_CLOSED, 9);
}

static void leak_of_unanswered(struct judged *judged)
{
	leak(judged, HELD_UNANSWERED, 27);
}

static void leak_of_phantoms(struct judged *judged)
{
	judged->site.site.worker_connections = 1024;
	leak(judged, HELD_PHANTOM, 9);
	ledger_of(judged)->worker_newest = judged->site.scrape.time - 60;
	ledger_of(judged)->worker_age_gap = 86400;
}

static void leak_with_files(struct judged *judged)
{
	ledger_of(judged)->fd_limit = 1024;
	leak(judged, HELD_HALF_CLOSED, 9);
}

static void leak_while_down(struct judged *judged)
{
	leak(judged, HELD_HALF_CLOSED, 9);
	judged->site.scrape.nginx_probe.up = false;
	err_set(&judged->site.scrape.nginx_probe.err, ERR_TIMEOUT, "no answer");
	ledger_of(judged)->has_lines = false;
}

static const struct judged_case leak_case[] = {
	{"half-closed",
	 half_closed,
	 "leaking_connections:info",
	 {"nginx keeps connections open that their clients have closed.",
	  "In the last 11 minutes there were never fewer than 1 half-closed connection",
	  "now there is 1.", "uwsgi_ignore_client_abort"},
	 NULL},
	{"half-closed, many",
	 half_closed_many,
	 "leaking_connections:warning known_defect:info",
	 {"never fewer than 7 half-closed connections"},
	 NULL},
	{"half-closed for a while", half_closed_for_a_while, "", {NULL}, NULL},
	{"half-closed now and then", half_closed_now_and_then, "", {NULL}, NULL},
	{"half-closed, without history", half_closed_without_history, "", {NULL}, NULL},
	{"a leak",
	 leak_for_a_day,
	 "leaking_connections:warning known_defect:info",
	 {"there are more and more connections that the client has closed and nginx has not",
	  "(11 per hour, compared hour by hour), and traffic does not explain it.",
	  "At this rate nginx is full in 13 days: worker_connections (1024 x 4 workers); sooner if",
	  "open socket"},
	 "at the latest"},
	{"a leak of what waits",
	 leak_of_unanswered,
	 "leaking_connections:warning known_defect:info",
	 {"wait inside nginx", "from 8 to 315 in 26 hours"},
	 "At this rate"},
	{"a leak of phantoms",
	 leak_of_phantoms,
	 "leaking_connections:warning phantom_counters:warning worker_crashed:warning "
	 "known_defect:info",
	 {"phantoms, which nginx counts and nobody has"},
	 "At this rate"},
	{"a leak and files",
	 leak_with_files,
	 "leaking_connections:warning known_defect:info",
	 {"full in 13 days at the latest: the limit of open files (1024 x 4 workers)."},
	 NULL},
	{"a leak, and nginx is down", leak_while_down, "nginx_down:critical", {NULL}, NULL},
};

/* ---- defects --------------------------------------------------------------------------------- */

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

static void version(struct judged *judged, const char *server)
{
	(void)snprintf(judged->site.scrape.nginx.server, sizeof(judged->site.scrape.nginx.server),
		       "%s", server);
	headers_that_stay(judged);
}

static void debian_12(struct judged *judged)
{
	version(judged, "nginx/1.22.1");
}

static void headers_and_a_leak(struct judged *judged)
{
	half_closed_many(judged);
	debian_12(judged);
}

static void old_mainline(struct judged *judged)
{
	version(judged, "nginx/1.9.11");
}

static void mended(struct judged *judged)
{
	version(judged, "nginx/1.23.4");
}

static void hidden(struct judged *judged)
{
	version(judged, "nginx");
}

static void angie(struct judged *judged)
{
	version(judged, "Angie/1.11.3");
}

static const struct judged_case defect_case[] = {
	{"Debian 12", debian_12, "slow_headers:warning known_defect:info", {NULL}, NULL},
	{"1.9.11", old_mainline, "slow_headers:warning known_defect:info", {NULL}, NULL},
	{"mended", mended, "slow_headers:warning", {NULL}, NULL},
	{"server_tokens off", hidden, "slow_headers:warning", {NULL}, NULL},
	{"Angie", angie, "slow_headers:warning", {NULL}, NULL},
};

/* The texts of the hint itself, which never comes first. */
static void check_hint(void (*spoil)(struct judged *judged), const char *const *part, size_t len)
{
	struct judged judged;
	const struct finding *finding;

	judged_init(&judged);
	spoil(&judged);
	assert_true(findings_make(&judged.findings, &judged.arena, &judged.site.scrape,
				  &judged.history));
	assert_true(judged.findings.len > 1);
	finding = (const struct finding *)judged.findings.item + judged.findings.len - 1;
	assert_int_equal(finding->kind, FINDING_KNOWN_DEFECT);
	for (size_t i = 0; i < len; i++) {
		if (strstr(finding->what, part[i]) == NULL &&
		    strstr(finding->evidence, part[i]) == NULL &&
		    strstr(finding->advice, part[i]) == NULL)
			fail_msg("no \"%s\" in:\n%s\n%s\n%s", part[i], finding->what,
				 finding->evidence, finding->advice);
	}
	judged_free(&judged);
}

static void test_hints(void **state)
{
	static const char *const debian[] = {
		"nginx 1.22.1 may be behind the line request; a hint only: distributions",
		"Possible: HTTP/2 with error_page 400 that leads to return 444: requests stay in ",
		" in reading without a timeout (fixed in 1.23.4).",
		"update nginx to 1.23.4 or later",
	};
	static const char *const old[] = {"(fixed in 1.23.4); HTTP/2 with", "(fixed in 1.17.9); ",
					  "(fixed in 1.9.12)."};
	static const char *const many[] = {"may be behind the line half_closed; ",
					   "(fixed in 1.25.4); ", "(fixed in 1.23.0)."};
	static const char *const waiting[] = {"may be behind the line unanswered; "};
	static const char *const two[] = {
		"may be behind the line half_closed and the line request; a hint"};

	(void)state;
	check_hint(debian_12, debian, ARRAY_LEN(debian));
	check_hint(old_mainline, old, ARRAY_LEN(old));
	check_hint(half_closed_many, many, ARRAY_LEN(many));
	check_hint(leak_of_unanswered, waiting, ARRAY_LEN(waiting));
	check_hint(headers_and_a_leak, two, ARRAY_LEN(two));
}

static void test_leaks(void **state)
{
	(void)state;
	judged_check(leak_case, ARRAY_LEN(leak_case));
}

static void test_defects(void **state)
{
	(void)state;
	judged_check(defect_case, ARRAY_LEN(defect_case));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_leaks),
		cmocka_unit_test(test_defects),
		cmocka_unit_test(test_hints),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
