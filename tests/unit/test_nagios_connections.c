/* SPDX-License-Identifier: MIT */
/* test_nagios_connections.c - check_connections: its options, its verdict, what it tells. No server
 * is asked. */
#include "unit.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include "given.h"
#include "ledger_scrape.h"
#include "nagios/encode.h"
#include "nagios/past.h"
#include "nagios/rates.h"
#include "nagios/verdict.h"

#define NGINX_ARG "p --nginx http://h/s"

/* ---- options --------------------------------------------------------------------------------- */

static const struct {
	const char *line;
	const char *error; /* NULL: taken */
} option_case[] = {
	{NGINX_ARG, NULL},
	{NGINX_ARG " --uwsgi h:1 --uwsgi unix:/x --ports 80,443 --upstream 127.0.0.1:9000 "
		   "--upstream unix:/y --worker-connections 1024",
	 NULL},
	{NGINX_ARG " -w 5 -c phantom=10 -w stalled_client=1 -w confidence=1: -c orphaned=0", NULL},
	{NGINX_ARG " -t 5:unknown -vvv --sample 1 --state-dir /x --counters --unreachable ok -4 "
		   "--vhost v -a u:p --cafile /c --insecure",
	 NULL},
	{"p", "no target: expected --nginx TARGET"},
	{"p --uwsgi h:1", "no target: expected --nginx TARGET"},
	{"p --nginx nonsense", "\"nonsense\""},
	{NGINX_ARG " --nginx http://h/t", "nginx"},
	{NGINX_ARG " --uwsgi h:99999", "h:99999"},
	{NGINX_ARG " --ports http", "port \"http\""},
	{NGINX_ARG " --ports 80,99999", "port \"99999\""},
	{NGINX_ARG " --upstream web", "upstream \"web\""},
	{NGINX_ARG " --worker-connections 0", "worker_connections \"0\""},
	{NGINX_ARG " -w active=5", "unknown metric \"active\": expected request, keepalive"},
	{NGINX_ARG " -w 1,2,3", "\"1,2,3\""},
};

static void options(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(option_case); i++) {
		struct given given;
		bool ok = given_parse(&given, &nagios_program_connections, option_case[i].line);

		if (ok != (option_case[i].error == NULL))
			fail_msg("case %zu: %s", i, given.err.text);
		if (!ok && strstr(given.err.text, option_case[i].error) == NULL)
			fail_msg("case %zu: %s", i, given.err.text);
		if (ok)
			assert_true(given.settings.site.want_ledger);
		given_free(&given);
	}
}

static void options_reach_the_site(void **state)
{
	struct given given;
	const struct site *site = &given.settings.site;

	(void)state;
	assert_true(given_parse(&given, &nagios_program_connections, option_case[1].line));
	assert_int_equal(site->uwsgi_len, 2);
	assert_int_equal(site->port_len, 2);
	assert_int_equal(site->port[1], 443);
	assert_int_equal(site->upstream_len, 2);
	assert_int_equal(site->worker_connections, 1024);
	given_free(&given);
	assert_true(given_parse(&given, &nagios_program_connections, NGINX_ARG " -w 7"));
	assert_string_equal(nagios_items_main(&given.settings.items)->metric->nagios.name,
			    "phantom");
	assert_true(nagios_items_have_thresholds(&given.settings.items));
	assert_true(nagios_items_main(&given.settings.items)->warning.set);
	given_free(&given);
	assert_true(given_parse(&given, &nagios_program_connections, NGINX_ARG));
	assert_false(nagios_items_have_thresholds(&given.settings.items));
	given_free(&given);
	/* The other checks do not ask the kernel. */
	assert_true(given_parse(&given, &nagios_program_nginx, "p"));
	assert_false(given.settings.site.want_ledger);
	given_free(&given);
}

/* ---- first line ------------------------------------------------------------------------------ */

/* A command line and a scrape that belong together. */
struct case_of {
	struct given given;
	struct ledger_scrape filled;
	struct buf out;
};

static struct nagios_items *items_of(struct case_of *c)
{
	nagios_items_fill(&c->given.settings.items, &c->filled.scrape);
	return &c->given.settings.items;
}

static void begin(struct case_of *c, const char *line)
{
	assert_true(given_parse(&c->given, &nagios_program_connections, line));
	ledger_scrape_init(&c->filled);
	buf_init(&c->out, 65536);
}

static void end(struct case_of *c)
{
	buf_free(&c->out);
	ledger_scrape_free(&c->filled);
	given_free(&c->given);
}

static const char *described(struct case_of *c)
{
	buf_clear(&c->out);
	nagios_program_connections.describe(items_of(c), &c->filled.scrape, &c->out);
	return buf_text(&c->out);
}

static void the_ledger_in_brief(void **state)
{
	struct case_of c;
	double *held = c.filled.scrape.ledger.held;

	(void)state;
	begin(&c, NGINX_ARG);
	assert_string_equal(described(&c), "46 connections: 30 keepalive, 16 phantom (exact)");
	held[HELD_SENDING] = 16;
	held[HELD_APP] = 99;
	held[HELD_UNEXPLAINED] = -3;
	assert_string_equal(described(&c), "46 connections: 99 app, 30 keepalive, 3 more (exact)");
	held[HELD_UNEXPLAINED] = held[HELD_APP] = 0;
	assert_string_equal(described(&c),
			    "46 connections: 30 keepalive, 16 sending, 16 phantom (exact)");
	memset(held, 0, sizeof(c.filled.scrape.ledger.held));
	c.filled.scrape.ledger.total = 0;
	assert_string_equal(described(&c), "0 connections (exact)");
	c.filled.scrape.ledger.total = held[HELD_LINGERING] = 1;
	ledger_scrape_doubt(&c.filled, CONFIDENCE_BOUNDED, "not all connections could be looked at");
	assert_string_equal(described(&c), "1 connection: 1 lingering (bounded)");
	ledger_scrape_doubt(&c.filled, CONFIDENCE_UNKNOWN, "nginx is elsewhere");
	assert_string_equal(described(&c),
			    "1 connection: 1 lingering (unknown: nginx is elsewhere)");
	ledger_scrape_down(&c.filled);
	assert_string_equal(described(&c), "no ledger");
	end(&c);
}

static void findings_judge(void **state)
{
	struct case_of c;

	(void)state;
	begin(&c, NGINX_ARG);
	assert_int_equal(nagios_verdict(&c.filled.scrape), NAGIOS_OK);
	assert_false(nagios_headline(&c.filled.scrape, &c.out));
	ledger_scrape_find(&c.filled, FINDING_KNOWN_DEFECT, SEVERITY_INFO, "Old.", "E", "A");
	assert_int_equal(nagios_verdict(&c.filled.scrape), NAGIOS_OK);
	assert_false(nagios_headline(&c.filled.scrape, &c.out));
	assert_int_equal(c.out.len, 0);
	/* Whether nginx is down is not judged by the finding. */
	ledger_scrape_find(&c.filled, FINDING_NGINX_DOWN, SEVERITY_CRITICAL, "Down", "E", "A");
	ledger_scrape_find(&c.filled, FINDING_UWSGI_DOWN, SEVERITY_CRITICAL, "Down", "E", "A");
	assert_int_equal(nagios_verdict(&c.filled.scrape), NAGIOS_OK);
	assert_false(nagios_headline(&c.filled.scrape, &c.out));
	ledger_scrape_find(&c.filled, FINDING_PHANTOM_COUNTERS, SEVERITY_WARNING, "16 phantoms.",
			   "E", "A");
	assert_int_equal(nagios_verdict(&c.filled.scrape), NAGIOS_WARNING);
	assert_true(nagios_headline(&c.filled.scrape, &c.out));
	assert_string_equal(buf_text(&c.out), "16 phantoms");
	ledger_scrape_find(&c.filled, FINDING_SLOW_CLIENTS, SEVERITY_WARNING, "Slow", "E", "A");
	ledger_scrape_find(&c.filled, FINDING_HARAKIRI, SEVERITY_CRITICAL, "Killed", "E", "A");
	assert_int_equal(nagios_verdict(&c.filled.scrape), NAGIOS_CRITICAL);
	buf_clear(&c.out);
	assert_true(nagios_headline(&c.filled.scrape, &c.out));
	assert_string_equal(buf_text(&c.out), "Killed; also phantom_counters, slow_clients");
	end(&c);
}

static void advice_follows(void **state)
{
	struct case_of c;

	(void)state;
	begin(&c, NGINX_ARG);
	ledger_scrape_find(&c.filled, FINDING_NGINX_DOWN, SEVERITY_CRITICAL, "W", "E", "Start it.");
	nagios_advice(&c.filled.scrape, FINDING_UWSGI_DOWN, &c.out);
	assert_string_equal(buf_text(&c.out), "");
	nagios_advice(&c.filled.scrape, FINDING_NGINX_DOWN, &c.out);
	assert_string_equal(buf_text(&c.out), ". Start it");
	end(&c);
}

static void what_is_not_known_is_said_why(void **state)
{
	struct case_of c;
	const struct nagios_missing missing = {
		.rate = "", .value = nagios_why_not_known, .ctx = &c.filled.scrape};

	(void)state;
	begin(&c, NGINX_ARG " -w 0 -w keepalive=10 -c sending=5 -w orphaned=0");
	ledger_scrape_doubt(&c.filled, CONFIDENCE_UNKNOWN, "nginx is elsewhere");
	c.filled.scrape.ledger.held[HELD_PHANTOM] = NOT_KNOWN;
	assert_int_equal(nagios_items_judge(items_of(&c), false), NAGIOS_WARNING);
	nagios_encode_offences(&c.given.settings.items, &missing, &c.out);
	assert_string_equal(buf_text(&c.out), "keepalive 30 above 10, "
					      "phantom not known: nginx is elsewhere, "
					      "orphaned not known: nginx is elsewhere, ");
	/* What bounds a line is not what keeps a number beside it unknown. */
	ledger_scrape_doubt(&c.filled, CONFIDENCE_BOUNDED, "HTTP/3");
	buf_clear(&c.out);
	nagios_encode_offences(&c.given.settings.items, &missing, &c.out);
	assert_string_equal(buf_text(&c.out), "keepalive 30 above 10, "
					      "phantom not known: HTTP/3, "
					      "orphaned not known: no uWSGI was named, ");
	c.filled.scrape.uwsgi_len = 1;
	buf_clear(&c.out);
	nagios_encode_offences(&c.given.settings.items, &missing, &c.out);
	assert_true(str_ends(buf_str(&c.out), STR(", orphaned not known, ")));
	c.filled.scrape.uwsgi_len = 0;
	ledger_scrape_down(&c.filled);
	assert_string_equal(
		nagios_why_not_known(&c.filled.scrape, nagios_items_main(&c.given.settings.items)),
		"nginx did not answer");
	end(&c);
}

/* A page at night is for what is sure. */
static void only_what_is_sure_is_judged(void **state)
{
	struct case_of c;
	struct ledger *ledger = &c.filled.scrape.ledger;

	(void)state;
	begin(&c, NGINX_ARG " -w app=4 -c app=8");
	ledger_scrape_hold(&c.filled, HELD_APP, 9);
	assert_int_equal(nagios_items_judge(items_of(&c), false), NAGIOS_CRITICAL);
	ledger->low[HELD_APP] = 5;
	assert_int_equal(nagios_items_judge(items_of(&c), false), NAGIOS_WARNING);
	ledger->low[HELD_APP] = 4;
	assert_int_equal(nagios_items_judge(items_of(&c), false), NAGIOS_OK);
	end(&c);
}

static void a_threshold_on_what_is_not_known_is_unknown(void **state)
{
	struct case_of c;

	(void)state;
	begin(&c, NGINX_ARG " -w 0");
	assert_int_equal(nagios_items_judge(items_of(&c), false), NAGIOS_WARNING);
	c.filled.scrape.ledger.held[HELD_PHANTOM] = NOT_KNOWN;
	assert_int_equal(nagios_items_judge(items_of(&c), false), NAGIOS_UNKNOWN);
	end(&c);
}

static void perfdata(void **state)
{
	struct case_of c;

	(void)state;
	begin(&c, NGINX_ARG " -w 5 -c phantom=10 -w unexplained=-5:5");
	ledger_scrape_hold(&c.filled, HELD_UNEXPLAINED, -7);
	ledger_scrape_hold(&c.filled, HELD_SENDING, NOT_KNOWN);
	c.filled.scrape.ledger.orphaned = 2;
	c.filled.scrape.ledger.oldest_request = 12.5;
	assert_int_equal(nagios_items_judge(items_of(&c), false), NAGIOS_CRITICAL);
	nagios_encode_perfdata(&c.given.settings.items, true, &c.out);
	assert_string_equal(
		buf_text(&c.out),
		"request=0;;;0 keepalive=30;;;0 unanswered=0;;;0 app_queue=0;;;0 app=0;;;0 "
		"stalled_client=0;;;0 vanished_client=0;;;0 half_closed=0;;;0 lingering=0;;;0 "
		"long_lived=0;;;0 phantom=16;5;10;0 unexplained=-7;-5:5; confidence=2;;;0 "
		"orphaned=2;;;0 oldest_request=12.5s;;;0 backlog_percent=12%;;;0;100");
	assert_in_range(c.out.len, 100, 500); /* NRPE version 2 carries 1024 */
	assert_int_equal(nagios_items_find(&c.given.settings.items, STR("unexplained"))->state,
			 NAGIOS_WARNING);
	end(&c);
}

/* ---- past ------------------------------------------------------------------------------------ */

static size_t files_in(const char *path)
{
	DIR *dir = opendir(path);
	size_t count = 0;

	assert_non_null(dir);
	for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir))
		count += entry->d_name[0] != '.' ? 1 : 0;
	(void)closedir(dir);
	return count;
}

/* Reads the history that the check has left. */
static void read_history(const struct given *given, struct history *history)
{
	struct state state;
	struct err err = {0};
	struct buf text;

	buf_init(&text, STATE_BYTES_MAX);
	assert_true(nagios_state_open(&given->settings, &state, &err));
	assert_true(state_read(&state, &text, &err));
	assert_true(history_parse(history, buf_str(&text), &err));
	state_close(&state);
	buf_free(&text);
}

static void remove_all(const char *dir, const char *own)
{
	DIR *stream = opendir(own);

	assert_non_null(stream);
	for (struct dirent *entry = readdir(stream); entry != NULL; entry = readdir(stream)) {
		char path[512];

		(void)snprintf(path, sizeof(path), "%s/%s", own, entry->d_name);
		(void)unlink(path);
	}
	(void)closedir(stream);
	assert_int_equal(rmdir(own), 0);
	assert_int_equal(rmdir(dir), 0);
}

static void each_run_adds_to_the_past(void **state)
{
	char dir[] = "/tmp/connledger-past-XXXXXX";
	char own[128];
	char line[128];
	struct history history;
	struct err past = {0};
	struct err err = {0};
	struct case_of c;

	(void)state;
	assert_non_null(mkdtemp(dir));
	(void)snprintf(own, sizeof(own), "%s/connledger-%lu", dir, (unsigned long)geteuid());
	(void)snprintf(line, sizeof(line), NGINX_ARG " --state-dir %s", dir);
	begin(&c, line);
	for (int run = 0; run < 3; run++) {
		c.filled.scrape.time += 300;
		assert_true(nagios_past_judge(&c.given.settings, &c.filled.scrape, &past, &err));
		assert_int_equal(past.kind, ERR_NONE);
		read_history(&c.given, &history);
		assert_true(history.time == c.filled.scrape.time);
	}
	assert_int_equal(files_in(own), 2); /* the state and its lock */
	end(&c);
	remove_all(dir, own);
}

static void without_a_past_the_present_is_judged(void **state)
{
	struct err past = {0};
	struct err err = {0};
	struct case_of c;

	(void)state;
	begin(&c, NGINX_ARG " --state-dir /nonexistent/state");
	assert_true(nagios_past_judge(&c.given.settings, &c.filled.scrape, &past, &err));
	assert_int_not_equal(past.kind, ERR_NONE);
	assert_non_null(strstr(past.text, "/nonexistent/state"));
	assert_int_equal(err.kind, ERR_NONE);
	end(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options),
		cmocka_unit_test(options_reach_the_site),
		cmocka_unit_test(the_ledger_in_brief),
		cmocka_unit_test(findings_judge),
		cmocka_unit_test(advice_follows),
		cmocka_unit_test(what_is_not_known_is_said_why),
		cmocka_unit_test(only_what_is_sure_is_judged),
		cmocka_unit_test(a_threshold_on_what_is_not_known_is_unknown),
		cmocka_unit_test(perfdata),
		cmocka_unit_test(each_run_adds_to_the_past),
		cmocka_unit_test(without_a_past_the_present_is_judged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
