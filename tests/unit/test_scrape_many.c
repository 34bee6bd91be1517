/* SPDX-License-Identifier: MIT */
/* The two halves of a scrape: many sites in one loop, one ledger at a time. */
#include "unit.h"

#include <unistd.h>

#include "clock.h"
#include "many_sites.h"
#include "observe.h"
#include "scrape.h"

enum { TIMEOUT_MS = 1500, HANG_SECONDS = 120 };

/* Which sites have been told of, and which of all scrapes were up when each was. */
struct told {
	const struct scrape *scrape;
	size_t len;
	size_t at[MANY_SITES];
	bool good_was_up[MANY_SITES];
	bool half_was_up[MANY_SITES];
};

static void note(void *ctx, size_t at)
{
	struct told *told = ctx;

	assert_true(told->len < MANY_SITES);
	told->good_was_up[told->len] = told->scrape[MANY_GOOD].nginx_probe.up;
	told->half_was_up[told->len] = told->scrape[MANY_HALF].nginx_probe.up;
	told->at[told->len++] = at;
}

static size_t place_of(const struct told *told, size_t at)
{
	size_t i = 0;

	while (i < told->len && told->at[i] != at)
		i++;
	assert_true(i < told->len);
	return i;
}

static void check_probes(const struct scrape *scrape)
{
	static const struct {
		enum many_site at;
		enum err_kind nginx; /* ERR_NONE: up */
	} expected[] = {
		{MANY_GOOD, ERR_NONE},       {MANY_HUNG, ERR_TIMEOUT},  {MANY_HALF, ERR_NONE},
		{MANY_REFUSED, ERR_REFUSED}, {MANY_GARBAGE, ERR_PARSE},
	};

	for (size_t i = 0; i < ARRAY_LEN(expected); i++) {
		const struct probe *probe = &scrape[expected[i].at].nginx_probe;

		assert_true(probe->asked);
		assert_int_equal(probe->err.kind, expected[i].nginx);
		assert_int_equal(probe->up, expected[i].nginx == ERR_NONE);
	}
	assert_int_equal(scrape[MANY_GOOD].nginx.requests, 9);
	assert_string_equal(scrape[MANY_GOOD].nginx.server, "nginx/1.22.1");
	assert_int_equal(scrape[MANY_GOOD].totals.requests, 5);
	assert_int_equal(scrape[MANY_UWSGI].totals.requests, 5);
	assert_true(scrape[MANY_UWSGI].uwsgi[0].probe.up);
	assert_false(scrape[MANY_UWSGI].nginx_probe.asked);
	assert_int_equal(scrape[MANY_HALF].uwsgi[0].probe.err.kind, ERR_TIMEOUT);
	assert_false(scrape[MANY_HALF].uwsgi_site.up);
	assert_false(scrape[MANY_EMPTY].nginx_probe.asked);
}

/* Each site is told of once: those without targets first, those with a hung one last and when their
 * time is over, the others as soon as they have answered. */
static void test_one_loop(void **state)
{
	struct many many;
	struct scrape scrape[MANY_SITES];
	struct told told = {.scrape = scrape};
	const struct scrape_watch watch = {.fetched = note, .ctx = &told};
	struct err err = {0};

	(void)state;
	many_start(&many, TIMEOUT_MS, false);
	assert_true(scrape_fetch_all(scrape, many.site, MANY_SITES, &watch, &err));
	check_probes(scrape);
	assert_int_equal(told.len, MANY_SITES);
	assert_int_equal(told.at[0], MANY_EMPTY);
	assert_false(told.good_was_up[0]);
	assert_true(place_of(&told, MANY_HUNG) >= MANY_SITES - 2);
	assert_true(place_of(&told, MANY_HALF) >= MANY_SITES - 2);
	assert_true(told.good_was_up[place_of(&told, MANY_GOOD)]);
	/* A site is told of when all of it has ended. */
	assert_false(told.half_was_up[place_of(&told, MANY_GARBAGE)]);
	assert_true(told.half_was_up[place_of(&told, MANY_HALF)]);
	assert_true(scrape[MANY_HUNG].seconds >= TIMEOUT_MS / 1e3);
	assert_true(scrape[MANY_GOOD].seconds < TIMEOUT_MS / 1e3);
	for (size_t i = 0; i < MANY_SITES; i++) {
		assert_ptr_equal(scrape[i].site, &many.site[i]);
		assert_true(scrape[i].time == scrape[0].time);
		assert_null(scrape[i].link);
	}
	for (size_t i = 0; i < MANY_SITES; i++)
		scrape_free(&scrape[i]);
	many_stop(&many);
}

/* With nobody to be told, and without any site. */
static void test_nobody(void **state)
{
	struct site site;
	struct scrape scrape;
	struct err err = {0};

	(void)state;
	site_init(&site);
	assert_true(scrape_fetch_all(&scrape, &site, 1, NULL, &err));
	assert_false(scrape.nginx_probe.asked);
	scrape_free(&scrape);
	assert_true(scrape_fetch_all(&scrape, &site, 0, NULL, &err));
	site_free(&site);
}

/* When a deadline is just over, what one hung target has left is enough for one round. */
static void test_deadlines(void **state)
{
	static const struct {
		double ago_ms; /* when the deadline was */
		bool is_late;
	} c[] = {{-60000, false}, {1, false}, {OBSERVE_LATE_MS + 1, true}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(c); i++) {
		double deadline = clock_now(CLOCK_MONOTONIC) - c[i].ago_ms / 1e3;
		struct many many;
		struct scrape scrape;
		struct err err = {0};
		const char *reason = scrape.ledger.reason;

		many_start(&many, TIMEOUT_MS, true);
		assert_true(scrape_fetch_all(&scrape, &many.site[MANY_GOOD], 1, NULL, &err));
		assert_non_null(scrape.link);
		if (!c[i].is_late)
			deadline = clock_now(CLOCK_MONOTONIC) - c[i].ago_ms / 1e3;
		assert_true(scrape_observe(&scrape, deadline, &err));
		assert_null(scrape.link);
		assert_true(scrape.ledger.asked);
		assert_true(scrape.ledger.has_lines);
		assert_int_equal(strstr(reason, "no time was left") != NULL, c[i].is_late);
		if (c[i].is_late)
			assert_int_equal(scrape.ledger.confidence, CONFIDENCE_UNKNOWN);
		scrape_free(&scrape);
		many_stop(&many);
	}
}

/* A site that wants none, has none; one that failed altogether has nothing to say of time. */
static void test_no_ledger(void **state)
{
	struct many many;
	struct scrape scrape;
	struct err err = {0};

	(void)state;
	many_start(&many, TIMEOUT_MS, false);
	assert_true(scrape_run(&scrape, &many.site[MANY_GOOD], &err));
	assert_false(scrape.ledger.asked);
	scrape_free(&scrape);
	many.site[MANY_REFUSED].want_ledger = true;
	assert_true(scrape_fetch_all(&scrape, &many.site[MANY_REFUSED], 1, NULL, &err));
	assert_true(scrape_observe(&scrape, 0, &err));
	assert_false(scrape.ledger.asked);
	scrape_free(&scrape);
	many_stop(&many);
}

/* Not a byte is no stats server's answer either. */
static void test_empty_answer(void **state)
{
	struct server server;
	struct site site;
	struct scrape scrape;
	struct err err = {0};
	char text[64];

	(void)state;
	server_start(&server, SERVER_V4, SERVER_ANSWER,
		     "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	site_init(&site);
	(void)snprintf(text, sizeof(text), "http://127.0.0.1:%u/", (unsigned)server.port);
	assert_true(site_add_uwsgi(&site, text, &err));
	assert_true(scrape_run(&scrape, &site, &err));
	assert_false(scrape.uwsgi[0].probe.up);
	assert_int_equal(scrape.uwsgi[0].probe.err.kind, ERR_PARSE);
	scrape_free(&scrape);
	site_free(&site);
	server_stop(&server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_loop),     cmocka_unit_test(test_nobody),
		cmocka_unit_test(test_deadlines),    cmocka_unit_test(test_no_ledger),
		cmocka_unit_test(test_empty_answer),
	};

	(void)alarm(HANG_SECONDS);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
