/* SPDX-License-Identifier: MIT */
/* collectd: threads that read sites side by side look at what they share together. */
#include "unit.h"

#include <math.h>
#include <unistd.h>

#include "collectd/desk.h"
#include "many_sites.h"

enum { THREADS = 12, TIMEOUT_MS = 60000, HANG_SECONDS = 120 };

struct reader {
	struct desk *desk;
	pthread_barrier_t *all_have_asked; /* NULL: nobody waits for others */
	struct site site;
	struct scrape scrape;
	pthread_t thread;
	bool ok;
};

static void *read_site(void *arg)
{
	struct reader *reader = arg;
	struct err err = {0};

	desk_enter(reader->desk);
	reader->ok = scrape_fetch_all(&reader->scrape, &reader->site, 1, NULL, &err);
	if (reader->all_have_asked != NULL)
		(void)pthread_barrier_wait(reader->all_have_asked);
	reader->ok = desk_observe(reader->desk, &reader->scrape, HUGE_VAL, &err) && reader->ok;
	return NULL;
}

static void start(struct reader *reader, struct desk *desk, const struct site *site,
		  pthread_barrier_t *barrier)
{
	*reader = (struct reader){.desk = desk, .site = *site, .all_have_asked = barrier};
	assert_int_equal(pthread_create(&reader->thread, NULL, read_site, reader), 0);
}

static void end(struct reader *reader)
{
	assert_int_equal(pthread_join(reader->thread, NULL), 0);
	assert_true(reader->ok);
	assert_int_equal(reader->scrape.ledger.asked, reader->site.want_ledger);
	assert_int_equal(reader->scrape.ledger.seconds > 0, reader->site.want_ledger);
	scrape_free(&reader->scrape);
}

static void check_left(struct desk *desk)
{
	assert_null(desk->seat);
	assert_null(desk->finding);
	assert_int_equal(desk->asking, 0);
	assert_int_equal(desk->looking, 0);
	desk_free(desk);
}

/* While one of them is asking, nobody looks; then one does for all. */
static void together(void **state)
{
	static struct reader reader[THREADS];
	pthread_barrier_t barrier;
	struct desk desk;
	struct many many;

	(void)state;
	many_start(&many, TIMEOUT_MS, true);
	assert_true(desk_init(&desk));
	desk.gather_seconds = TIMEOUT_MS;
	assert_int_equal(pthread_barrier_init(&barrier, NULL, THREADS), 0);
	for (size_t i = 0; i < THREADS; i++)
		start(&reader[i], &desk, &many.site[MANY_UWSGI], &barrier);
	for (size_t i = 0; i < THREADS; i++)
		end(&reader[i]);
	assert_int_equal(desk.observations, 1);
	(void)pthread_barrier_destroy(&barrier);
	check_left(&desk);
	many_stop(&many);
}

/* One whose target hangs is not waited for. */
static void not_for_ever(void **state)
{
	static struct reader reader[2];
	struct desk desk;
	struct many many;

	(void)state;
	many_start(&many, TIMEOUT_MS, true);
	assert_true(desk_init(&desk));
	desk_enter(&desk); /* and hangs */
	for (size_t i = 0; i < ARRAY_LEN(reader); i++)
		start(&reader[i], &desk, &many.site[MANY_UWSGI], NULL);
	for (size_t i = 0; i < ARRAY_LEN(reader); i++)
		end(&reader[i]);
	assert_in_range(desk.observations, 1, ARRAY_LEN(reader));
	desk_leave(&desk);
	check_left(&desk);
	many_stop(&many);
}

/* What has nothing to share waits for nobody at all; who wants no ledger is not there. */
static void alone(void **state)
{
	static struct reader reader[2];
	struct desk desk;
	struct many many;

	(void)state;
	many_start(&many, TIMEOUT_MS, true);
	assert_true(desk_init(&desk));
	desk.gather_seconds = TIMEOUT_MS;
	desk_enter(&desk);
	many.site[MANY_REFUSED].want_ledger = false;
	start(&reader[0], &desk, &many.site[MANY_REFUSED], NULL);
	end(&reader[0]);
	assert_int_equal(desk.observations, 0);
	many.site[MANY_REFUSED].want_ledger = true;
	start(&reader[1], &desk, &many.site[MANY_REFUSED], NULL);
	assert_int_equal(pthread_join(reader[1].thread, NULL), 0);
	assert_true(reader[1].ok);
	assert_int_equal(desk.observations, 1);
	scrape_free(&reader[1].scrape);
	desk_leave(&desk);
	check_left(&desk);
	many_stop(&many);
}

/* While somebody looks, the next one is not begun to ask, but for so long only. */
static void the_gate(void **state)
{
	static struct reader reader;
	struct desk desk;
	struct many many;

	(void)state;
	many_start(&many, TIMEOUT_MS, true);
	assert_true(desk_init(&desk));
	desk.looking = 1;
	desk.gate_seconds = 0.001;
	desk_enter(&desk);
	assert_int_equal(desk.asking, 1);
	desk_leave(&desk);
	desk.gate_seconds = TIMEOUT_MS;
	start(&reader, &desk, &many.site[MANY_UWSGI], NULL);
	for (unsigned i = 0; i < 100; i++) {
		(void)pthread_mutex_lock(&desk.lock);
		assert_int_equal(desk.asking, 0);
		(void)pthread_mutex_unlock(&desk.lock);
		(void)sched_yield();
	}
	(void)pthread_mutex_lock(&desk.lock);
	desk.looking = 0;
	(void)pthread_cond_broadcast(&desk.news);
	(void)pthread_mutex_unlock(&desk.lock);
	end(&reader);
	check_left(&desk);
	many_stop(&many);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(together),
		cmocka_unit_test(not_for_ever),
		cmocka_unit_test(alone),
		cmocka_unit_test(the_gate),
	};

	(void)alarm(HANG_SECONDS);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
