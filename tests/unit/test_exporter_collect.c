/* SPDX-License-Identifier: MIT */
/* Collections: all sites side by side, ledgers by helpers, under one deadline. */
#include "unit.h"

#include <math.h>
#include <unistd.h>

#include "many_sites.h"
#include "observe.h"
#include "prometheus_exporter/collect.h"
#include "prometheus_exporter/crew.h"

enum { SHORT_MS = 1000, LONG_MS = 60000, HANG_SECONDS = 120 };

static void collect(struct exporter_collection *collection, const struct site *site, size_t len,
		    unsigned timeout_ms)
{
	struct err err = {0};

	assert_true(exporter_collection_init(collection, site, len, &err));
	assert_true(exporter_collection_run(collection, timeout_ms, &err));
	assert_int_equal(collection->len, len);
}

/* The collection's time is each target's; a site keeps a shorter one of its own. */
static void test_all_sites(void **state)
{
	struct exporter_collection collection;
	struct many many;
	const struct scrape *scrape;

	(void)state;
	many_start(&many, LONG_MS, true);
	many.site[MANY_HALF].timeout_ms = SHORT_MS / 2;
	collect(&collection, many.site, MANY_SITES, SHORT_MS);
	scrape = collection.scrape;
	assert_true(scrape[MANY_GOOD].nginx_probe.up && scrape[MANY_GOOD].uwsgi_site.up);
	assert_true(scrape[MANY_UWSGI].uwsgi_site.up);
	assert_int_equal(scrape[MANY_HUNG].nginx_probe.err.kind, ERR_TIMEOUT);
	assert_int_equal(scrape[MANY_HALF].uwsgi[0].probe.err.kind, ERR_TIMEOUT);
	assert_true(scrape[MANY_HUNG].seconds >= SHORT_MS / 1e3);
	assert_true(scrape[MANY_HALF].seconds >= SHORT_MS / 2e3);
	assert_true(scrape[MANY_HALF].seconds < scrape[MANY_HUNG].seconds);
	for (size_t i = 0; i < MANY_SITES; i++) {
		bool expected = i != MANY_REFUSED && i != MANY_GARBAGE && i != MANY_EMPTY;

		assert_ptr_equal(scrape[i].site, &collection.site[i]);
		assert_int_equal(scrape[i].ledger.asked, expected);
		assert_null(scrape[i].link);
		assert_null(strstr(scrape[i].ledger.reason, "no time was left"));
	}
	assert_true(many.site[MANY_GOOD].timeout_ms == LONG_MS);
	exporter_collection_free(&collection);
	many_stop(&many);
}

/* Only some want a ledger. */
static void test_some_ledgers(void **state)
{
	struct exporter_collection collection;
	struct many many;

	(void)state;
	many_start(&many, SHORT_MS, false);
	many.site[MANY_GOOD].want_ledger = true;
	collect(&collection, many.site, MANY_SITES, LONG_MS);
	for (size_t i = 0; i < MANY_SITES; i++)
		assert_int_equal(collection.scrape[i].ledger.asked, i == MANY_GOOD);
	exporter_collection_free(&collection);
	many_stop(&many);
}

/* More sites than there are helpers, and again and again: each has its ledger. */
static void test_more_than_helpers(void **state)
{
	enum { SITES = 20, TIMES = 5 };
	struct site site[SITES];
	struct many many;

	(void)state;
	many_start(&many, LONG_MS, true);
	for (size_t i = 0; i < SITES; i++)
		site[i] = many.site[i % 2 == 0 ? MANY_GOOD : MANY_UWSGI];
	for (size_t k = 0; k < TIMES; k++) {
		struct exporter_collection collection;

		collect(&collection, site, SITES, LONG_MS);
		for (size_t i = 0; i < SITES; i++) {
			assert_true(collection.scrape[i].uwsgi_site.up);
			assert_true(collection.scrape[i].ledger.asked);
			assert_true(collection.scrape[i].ledger.seconds > 0);
		}
		exporter_collection_free(&collection);
	}
	many_stop(&many);
}

/* ---- the crew -------------------------------------------------------------------------------- */

enum { CREW_SITES = 20 };

/* Scrapes whose targets have ended: of uWSGI servers, but for the last ones, whose nginx is down.
 */
struct fetched {
	struct site site[CREW_SITES];
	struct scrape scrape[CREW_SITES];
};

static struct fetched *fetched_new(const struct many *many, size_t down)
{
	struct fetched *fetched = calloc(1, sizeof(*fetched));
	struct err err = {0};

	assert_non_null(fetched);
	for (size_t i = 0; i < CREW_SITES; i++)
		fetched->site[i] = many->site[i + down < CREW_SITES ? MANY_UWSGI : MANY_REFUSED];
	assert_true(scrape_fetch_all(fetched->scrape, fetched->site, CREW_SITES, NULL, &err));
	return fetched;
}

static void fetched_free(struct fetched *fetched)
{
	for (size_t i = 0; i < CREW_SITES; i++)
		scrape_free(&fetched->scrape[i]);
	free(fetched);
}

static void begin_crew(struct crew *crew, struct fetched *fetched)
{
	struct err err = {0};

	assert_true(crew_init(crew, fetched->scrape, fetched->site, CREW_SITES, HUGE_VAL, &err));
	crew->gather_seconds = HUGE_VAL;
}

static void check_ledgers(const struct fetched *fetched, size_t len)
{
	for (size_t i = 0; i < len; i++)
		assert_true(fetched->scrape[i].ledger.asked &&
			    fetched->scrape[i].ledger.seconds > 0);
}

/* Those that can share a look have one together, when all are there. */
static void test_crew_gathers(void **state)
{
	struct fetched *fetched;
	struct crew crew;
	struct many many;
	struct err err = {0};

	(void)state;
	many_start(&many, LONG_MS, true);
	fetched = fetched_new(&many, 0);
	begin_crew(&crew, fetched);
	for (size_t i = 0; i < CREW_SITES; i++)
		crew_add(&crew, i);
	assert_int_equal(crew.helpers, 0);
	assert_true(crew_finish(&crew, &err));
	assert_int_equal(crew.observations, 1);
	check_ledgers(fetched, CREW_SITES);
	fetched_free(fetched);
	many_stop(&many);
}

/* Waits, in another thread's time, until the crew has taken all that was there. */
static void wait_taken(struct crew *crew)
{
	size_t left;

	do {
		(void)pthread_mutex_lock(&crew->lock);
		left = crew->ready_len;
		(void)pthread_mutex_unlock(&crew->lock);
	} while (left > 0);
}

/* When no other is likely to come soon, they are begun with; who comes later has another look. */
static void test_crew_does_not_wait(void **state)
{
	struct fetched *fetched;
	struct crew crew;
	struct many many;
	struct err err = {0};

	(void)state;
	many_start(&many, LONG_MS, true);
	fetched = fetched_new(&many, 0);
	begin_crew(&crew, fetched);
	for (size_t i = 0; i < CREW_SITES / 2; i++)
		crew_add(&crew, i);
	crew_start(&crew);
	wait_taken(&crew);
	for (size_t i = CREW_SITES / 2; i < CREW_SITES; i++)
		crew_add(&crew, i);
	assert_true(crew_finish(&crew, &err));
	assert_int_equal(crew.observations, 2);
	check_ledgers(fetched, CREW_SITES);
	fetched_free(fetched);

	/* A trickle that never ends is not waited for, either. */
	fetched = fetched_new(&many, 0);
	begin_crew(&crew, fetched);
	crew.gather_seconds = -1;
	for (size_t i = 0; i < CREW_SITES; i++) {
		crew_add(&crew, i);
		wait_taken(&crew);
	}
	assert_true(crew_finish(&crew, &err));
	assert_int_equal(crew.observations, CREW_SITES);
	check_ledgers(fetched, CREW_SITES);
	fetched_free(fetched);
	many_stop(&many);
}

/* Who cannot share waits for nobody. */
static void test_crew_alone(void **state)
{
	enum { DOWN = 3 };
	struct fetched *fetched;
	struct crew crew;
	struct many many;
	struct err err = {0};

	(void)state;
	many_start(&many, LONG_MS, true);
	fetched = fetched_new(&many, DOWN);
	begin_crew(&crew, fetched);
	crew_add(&crew, 0);
	for (size_t i = CREW_SITES - DOWN; i < CREW_SITES; i++)
		crew_add(&crew, i);
	do {
		(void)pthread_mutex_lock(&crew.lock);
	} while (crew.ready_len > 1 && pthread_mutex_unlock(&crew.lock) == 0);
	assert_ptr_equal(crew.ready[0], &fetched->scrape[0]);
	(void)pthread_mutex_unlock(&crew.lock);
	for (size_t i = 1; i < CREW_SITES - DOWN; i++)
		crew_add(&crew, i);
	assert_true(crew_finish(&crew, &err));
	assert_in_range(crew.observations, 2, 1 + DOWN);
	check_ledgers(fetched, CREW_SITES - DOWN);
	fetched_free(fetched);
	many_stop(&many);
}

static void test_one_site(void **state)
{
	struct exporter_collection collection;
	struct many many;

	(void)state;
	many_start(&many, LONG_MS, true);
	collect(&collection, &many.site[MANY_GOOD], 1, LONG_MS);
	assert_true(collection.scrape[0].nginx_probe.up);
	assert_true(collection.scrape[0].ledger.asked);
	exporter_collection_free(&collection);
	many_stop(&many);
}

static void test_no_site(void **state)
{
	struct exporter_collection collection = {.len = 0};
	struct site none;

	(void)state;
	exporter_collection_free(&collection);
	site_init(&none);
	collect(&collection, &none, 0, SHORT_MS);
	exporter_collection_free(&collection);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_sites),
		cmocka_unit_test(test_some_ledgers),
		cmocka_unit_test(test_more_than_helpers),
		cmocka_unit_test(test_one_site),
		cmocka_unit_test(test_no_site),
		cmocka_unit_test(test_crew_gathers),
		cmocka_unit_test(test_crew_does_not_wait),
		cmocka_unit_test(test_crew_alone),
	};

	(void)alarm(HANG_SECONDS);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
