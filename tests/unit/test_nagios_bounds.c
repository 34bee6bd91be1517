/* SPDX-License-Identifier: MIT */
/* test_nagios_bounds.c - what check_connections says of numbers that are known within bounds, and
 * of requests at the application. */
#include "unit.h"

#include "given.h"
#include "ledger_scrape.h"
#include "nagios/encode.h"
#include "nagios/story.h"
#include "nagios/verdict.h"

#define NGINX_ARG "p --nginx http://h/s"
#define APP_ARG   NGINX_ARG " --upstream 192.0.2.7:9000"

struct case_of {
	struct given given;
	struct ledger_scrape filled;
	struct buf out;
};

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

static void has(const struct buf *out, const char *part)
{
	if (strstr(buf_text(out), part) == NULL)
		fail_msg("no \"%s\" in:\n%s", part, buf_text(out));
}

static void lacks(const struct buf *out, const char *part)
{
	if (strstr(buf_text(out), part) != NULL)
		fail_msg("\"%s\" in:\n%s", part, buf_text(out));
}

static struct nagios_items *items_of(struct case_of *c)
{
	nagios_items_fill(&c->given.settings.items, &c->filled.scrape);
	return &c->given.settings.items;
}

static void tell(struct case_of *c)
{
	(void)items_of(c);
	buf_clear(&c->out);
	nagios_story(&c->given.settings, &c->filled.scrape, &c->out);
	assert_true(buf_ok(&c->out));
}

static void hold(struct case_of *c, enum held_by line, double low, double value, double high)
{
	ledger_scrape_hold(&c->filled, line, value);
	c->filled.scrape.ledger.low[line] = low;
	c->filled.scrape.ledger.high[line] = high;
}

static void ask(struct case_of *c, enum request_at at, double low, double value, double high)
{
	struct ledger *ledger = &c->filled.scrape.ledger;

	ledger->requests[at] = value;
	ledger->requests_low[at] = low;
	ledger->requests_high[at] = high;
	ledger->requests_reason = low < high ? "nobody counts them" : "";
}

static void bounds_are_told_where_they_differ(void **state)
{
	struct case_of c;

	(void)state;
	begin(&c, NGINX_ARG);
	ledger_scrape_doubt(&c.filled, CONFIDENCE_BOUNDED, "who knows");
	tell(&c);
	lacks(&c.out, " to ");
	lacks(&c.out, "may be held by");
	hold(&c, HELD_APP, 2, 4, 6);
	hold(&c, HELD_SENDING, 0, 0, 3);
	hold(&c, HELD_UNEXPLAINED, -2, 0, 1);
	tell(&c);
	has(&c.out, "\nkeepalive                 30  Idle clients");
	has(&c.out, "\napp                        4  (2 to 6) Requests that an application");
	has(&c.out, "\nmay be held by   sending (0 to 3), unexplained (-2 to 1)\n");
	has(&c.out, "\nnone held by     request, unanswered, app_queue, stalled_client,");
	lacks(&c.out, "\nsending ");
	end(&c);
}

static void requests_are_told(void **state)
{
	struct case_of c;

	(void)state;
	begin(&c, APP_ARG);
	ask(&c, REQUESTS_QUEUED, 16, 16, 16);
	ask(&c, REQUESTS_ACTIVE, 4, 4, 4);
	tell(&c);
	has(&c.out, "\nrequests_queued           16  Requests that no worker");
	has(&c.out, "\nrequests_active            4  Requests that the application");
	lacks(&c.out, "\nrequests  ");
	ask(&c, REQUESTS_QUEUED, 0, 0, 0);
	ask(&c, REQUESTS_ACTIVE, 0, 0, 5);
	tell(&c);
	lacks(&c.out, "\nrequests_queued");
	has(&c.out, "\nrequests_active            0  (0 to 5) Requests that the application");
	has(&c.out, "\nrequests         bounded: nobody counts them\n");
	end(&c);
}

/* Where there is no application there is nothing to miss. */
static void requests_that_are_not_known(void **state)
{
	struct case_of c;
	struct ledger *ledger = &c.filled.scrape.ledger;

	(void)state;
	begin(&c, NGINX_ARG);
	tell(&c);
	lacks(&c.out, "\nrequests");
	end(&c);
	begin(&c, APP_ARG);
	ledger->requests_reason = "an application cannot be seen from here";
	tell(&c);
	has(&c.out, "\nrequests         not known: an application cannot be seen from here\n");
	ledger_scrape_down(&c.filled);
	tell(&c);
	lacks(&c.out, "\nrequests");
	end(&c);
}

static void requests_are_judged_as_surely_as_lines(void **state)
{
	const struct nagios_missing missing = {.rate = "", .value = nagios_why_not_known};
	struct nagios_missing why = missing;
	struct case_of c;

	(void)state;
	begin(&c, APP_ARG " -w requests_queued=4 -c requests_active=8");
	why.ctx = &c.filled.scrape;
	ask(&c, REQUESTS_QUEUED, 4, 9, 9);
	ask(&c, REQUESTS_ACTIVE, 0, 9, 9);
	assert_int_equal(nagios_items_judge(items_of(&c), false), NAGIOS_OK);
	ask(&c, REQUESTS_QUEUED, 5, 9, 9);
	assert_int_equal(nagios_items_judge(items_of(&c), false), NAGIOS_WARNING);
	ask(&c, REQUESTS_ACTIVE, 9, 9, 9);
	assert_int_equal(nagios_items_judge(items_of(&c), false), NAGIOS_CRITICAL);
	ask(&c, REQUESTS_ACTIVE, NOT_KNOWN, NOT_KNOWN, NOT_KNOWN);
	ask(&c, REQUESTS_QUEUED, NOT_KNOWN, NOT_KNOWN, NOT_KNOWN);
	c.filled.scrape.ledger.requests_reason = "it hides";
	assert_int_equal(nagios_items_judge(items_of(&c), false), NAGIOS_UNKNOWN);
	nagios_encode_offences(&c.given.settings.items, &why, &c.out);
	assert_string_equal(buf_text(&c.out), "requests_queued not known: it hides, "
					      "requests_active not known: it hides, ");
	end(&c);
}

/* What is drawn already keeps its place. */
static void performance_data_have_requests_last(void **state)
{
	struct case_of c;

	(void)state;
	begin(&c, APP_ARG);
	ask(&c, REQUESTS_QUEUED, 16, 16, 16);
	ask(&c, REQUESTS_ACTIVE, 4, 4, 4);
	nagios_encode_perfdata(items_of(&c), false, &c.out);
	assert_true(str_starts(buf_str(&c.out), STR("request=0;;;0 keepalive=30;;;0 ")));
	assert_true(str_ends(buf_str(&c.out), STR("backlog_percent=12%;;;0;100 "
						  "requests_queued=16;;;0 requests_active=4;;;0")));
	end(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bounds_are_told_where_they_differ),
		cmocka_unit_test(requests_are_told),
		cmocka_unit_test(requests_that_are_not_known),
		cmocka_unit_test(requests_are_judged_as_surely_as_lines),
		cmocka_unit_test(performance_data_have_requests_last),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
