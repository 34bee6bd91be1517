/* SPDX-License-Identifier: MIT */
/* test_ledger_requests.c - what is said of requests at the applications, how surely, and why not.
 */
#include "unit.h"

#include "ledger_requests.h"
#include "nginx_conf.h"

/* Twenty requests of one client over HTTP/2 at a uWSGI on this host, that four workers have taken.
 */
struct fixture {
	struct ledger_look look;
	struct ledger_input input;
	struct ledger ledger;
};

static struct fixture fixture_of(void)
{
	struct fixture f = {
		.look = {.before = {.active = 2, .writing = 21, .requests = 500},
			 .tally = {.groups = 1,
				   .group = {{.ways = NGINX_HTTP2}},
				   .ways = NGINX_HTTP2,
				   .app_is_here = true,
				   .requests = {.queued_least = 16,
						.queued_most = 16,
						.active_least = 4,
						.active_http1 = 4,
						.active_most = 4,
						.asked = 20}}},
		.input = {.ways_known = true, .listeners_complete = true, .in_request = 4},
	};

	f.look.after = f.look.before;
	f.look.after.requests++;
	ledger_clear(&f.ledger);
	f.ledger.held[HELD_APP] = 1;
	return f;
}

static void says(struct fixture *f, enum request_at at, double low, double value, double high)
{
	ledger_make_requests(&f->ledger, &f->look, &f->input);
	if (f->ledger.requests_low[at] != low || f->ledger.requests[at] != value ||
	    f->ledger.requests_high[at] != high)
		fail_msg("%u: %g within %g to %g, not %g within %g to %g", (unsigned)at,
			 f->ledger.requests[at], f->ledger.requests_low[at],
			 f->ledger.requests_high[at], value, low, high);
}

static void because(const struct fixture *f, const char *why)
{
	if (strstr(f->ledger.requests_reason, why) == NULL)
		fail_msg("no \"%s\" in \"%s\"", why, f->ledger.requests_reason);
}

static void knows_nothing(struct fixture *f, const char *why)
{
	ledger_make_requests(&f->ledger, &f->look, &f->input);
	for (size_t i = 0; i < REQUESTS_MAX; i++)
		assert_true(isnan(f->ledger.requests[i]) && isnan(f->ledger.requests_low[i]) &&
			    isnan(f->ledger.requests_high[i]));
	because(f, why);
}

static void exact_whatever_carries_them(void **state)
{
	struct fixture f = fixture_of();

	(void)state;
	says(&f, REQUESTS_QUEUED, 16, 16, 16);
	says(&f, REQUESTS_ACTIVE, 4, 4, 4);
	assert_string_equal(f.ledger.requests_reason, "");
	/* Nor does it matter whether nginx's configuration can be read, or how busy uWSGI is. */
	f.input.ways_known = false;
	f.input.in_request = 19;
	says(&f, REQUESTS_QUEUED, 16, 16, 16);
	f.input.in_request = NOT_KNOWN;
	says(&f, REQUESTS_ACTIVE, 4, 4, 4);
	assert_string_equal(f.ledger.requests_reason, "");
}

static void not_while_they_come_and_go(void **state)
{
	struct fixture f = fixture_of();

	(void)state;
	f.look.after.requests += 1; /* one has begun, */
	f.look.after.writing += 1;  /* and gone on */
	says(&f, REQUESTS_QUEUED, 15, 16, 17);
	says(&f, REQUESTS_ACTIVE, 3, 4, 5);
	because(&f, "come and go");
	f.look.after.writing -= 2; /* as well as two others have ended */
	says(&f, REQUESTS_QUEUED, 13, 16, 19);
	says(&f, REQUESTS_ACTIVE, 1, 4, 7);
	f = fixture_of();
	f.look.after.requests += 9; /* their headers are not complete */
	f.look.after.reading += 9;
	says(&f, REQUESTS_QUEUED, 16, 16, 16);
}

static void never_more_than_nginx_has(void **state)
{
	struct fixture f = fixture_of();

	(void)state;
	f.look.before.writing = f.look.after.writing = 18; /* and our own */
	says(&f, REQUESTS_QUEUED, 13, 16, 16);
	says(&f, REQUESTS_ACTIVE, 1, 1, 4);
	because(&f, "more connections than nginx has requests");
	f.look.before.writing = f.look.after.writing = 3;
	says(&f, REQUESTS_QUEUED, 0, 2, 2);
	says(&f, REQUESTS_ACTIVE, 0, 0, 2);
	/* Unless one may be at several applications, or none that nginx counts. */
	f.input.has_subrequests = true;
	says(&f, REQUESTS_QUEUED, 16, 16, 16);
	f.input.has_subrequests = false;
	f.input.ways_known = false;
	says(&f, REQUESTS_QUEUED, 16, 16, 16);
	f.input.ways_known = true;
	f.look.tally.ways = NGINX_HTTP1 | NGINX_STREAM;
	says(&f, REQUESTS_QUEUED, 16, 16, 16);
	f.look.tally.ways = NGINX_HTTP1;
	f.input.listeners_complete = false; /* one of the others may carry sessions */
	says(&f, REQUESTS_QUEUED, 16, 16, 16);
	f.input.listeners_complete = true;
	says(&f, REQUESTS_QUEUED, 0, 2, 2);
	f.look.unlisted = 1; /* so the user says; but somebody has come in elsewhere */
	says(&f, REQUESTS_QUEUED, 16, 16, 16);
	f.look.unlisted = NOT_KNOWN;
	says(&f, REQUESTS_QUEUED, 16, 16, 16);
	assert_string_equal(f.ledger.requests_reason, "");
}

static void others_may_have_made_them(void **state)
{
	struct fixture f = fixture_of();

	(void)state;
	f.look.tally.apps_are_shared = true;
	says(&f, REQUESTS_QUEUED, 0, 16, 16);
	says(&f, REQUESTS_ACTIVE, 0, 4, 4);
	because(&f, "other programs");
}

static void far_away(void **state)
{
	struct fixture f = fixture_of();
	struct tally_requests *seen = &f.look.tally.requests;

	(void)state;
	f.look.tally.app_is_here = false;
	f.look.tally.app_is_away = true;
	*seen = (struct tally_requests){.queued_least = 1,
					.queued_most = 18,
					.active_least = 2,
					.active_http1 = 2,
					.active_most = 19,
					.asked = 20,
					.are_far = true,
					.is_uwsgi_far = true};
	says(&f, REQUESTS_QUEUED, 1, 16, 18);
	says(&f, REQUESTS_ACTIVE, 2, 4, 19);
	because(&f, "on another host");
	f.input.in_request = NOT_KNOWN;
	says(&f, REQUESTS_QUEUED, 1, 1, 18);
	says(&f, REQUESTS_ACTIVE, 2, 19, 19);
	/* By another address than its own, nobody sees any; but it is busy. */
	*seen = (struct tally_requests){.is_uwsgi_far = true};
	f.input.in_request = 3;
	says(&f, REQUESTS_ACTIVE, 0, 1, 3);
	because(&f, "on another host");
	f.input.in_request = 0;
	says(&f, REQUESTS_ACTIVE, 0, 0, 0);
}

static void idle_connections_are_none(void **state)
{
	struct fixture f = fixture_of();
	struct tally_requests *seen = &f.look.tally.requests;

	(void)state;
	*seen = (struct tally_requests){.active_least = 2,
					.active_http1 = 5,
					.active_most = 30,
					.asked = 5,
					.may_idle = true};
	f.look.before.writing = f.look.after.writing = 26;
	says(&f, REQUESTS_ACTIVE, 5, 5, 25);
	because(&f, "may be idle");
	/* As many as clients look to be waiting. */
	f.ledger.held[HELD_APP] = 9;
	says(&f, REQUESTS_ACTIVE, 5, 9, 25);
	f.ledger.held[HELD_APP] = 99;
	says(&f, REQUESTS_ACTIVE, 5, 25, 25);
	/* An idle one of gRPC looks as if it were asked. */
	f.input.has_subrequests = true;
	f.ledger.held[HELD_APP] = 0;
	says(&f, REQUESTS_ACTIVE, 2, 5, 30);
	f.input.has_subrequests = false;
	f.input.ways_known = false;
	says(&f, REQUESTS_ACTIVE, 2, 5, 30);
}

static void not_known(void **state)
{
	struct fixture f = fixture_of();
	struct nginx_status page = {.active = 9, .writing = 5};

	(void)state;
	f.input.apps_hidden = true;
	knows_nothing(&f, "did not tell where it listens");
	f = fixture_of();
	f.look.tally.requests.are_hidden = true;
	knows_nothing(&f, "cannot be seen");
	f = fixture_of();
	f.look.tally.app_is_here = false;
	knows_nothing(&f, "no application is named");
	f = fixture_of();
	ledger_make_requests(&f.ledger, &f.look, &f.input);
	ledger_make_blind(&f.ledger, &page, 4, 0, "netlink is refused");
	assert_true(isnan(f.ledger.requests[REQUESTS_ACTIVE]));
	because(&f, "could not be asked");
}

static void which_numbers_have_bounds(void **state)
{
	struct fixture f = fixture_of();
	struct ledger_bounds bounds;
	size_t lines = 0;

	(void)state;
	f.ledger.low[HELD_APP] = 2;
	f.ledger.high[HELD_APP] = 7;
	f.ledger.requests_low[REQUESTS_ACTIVE] = 3;
	f.ledger.requests_high[REQUESTS_ACTIVE] = 5;
	f.ledger.requests_reason = "of the requests";
	assert_true(ledger_bounds(&bounds, &f.ledger, offsetof(struct ledger, held[HELD_APP])));
	assert_true(bounds.low == 2 && bounds.high == 7 && bounds.reason == f.ledger.reason);
	assert_true(ledger_bounds(&bounds, &f.ledger,
				  offsetof(struct ledger, requests[REQUESTS_ACTIVE])));
	assert_true(bounds.low == 3 && bounds.high == 5);
	assert_string_equal(bounds.reason, "of the requests");
	for (size_t at = 0; at < sizeof(struct ledger); at += sizeof(double))
		lines += ledger_bounds(&bounds, &f.ledger, at);
	assert_int_equal(lines, HELD_MAX + REQUESTS_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exact_whatever_carries_them),
		cmocka_unit_test(not_while_they_come_and_go),
		cmocka_unit_test(never_more_than_nginx_has),
		cmocka_unit_test(others_may_have_made_them),
		cmocka_unit_test(far_away),
		cmocka_unit_test(idle_connections_are_none),
		cmocka_unit_test(not_known),
		cmocka_unit_test(which_numbers_have_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
