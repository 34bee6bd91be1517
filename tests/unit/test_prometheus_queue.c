/* SPDX-License-Identifier: MIT */
/* Who shares a collection, whose time is over, and how it ends. */
#include "queue_desk.h"

enum { PATIENCE_SECONDS = 3 };

static void test_answer(void **state)
{
	struct server server;
	struct desk desk;

	(void)state;
	server_start(&server, SERVER_V4, SERVER_ANSWER, desk_page);
	desk_open(&desk, &server, "60s");
	for (size_t i = 0; i < DESK_JOBS; i++) {
		desk_ask(&desk, i, 0);
		desk_hear(&desk, i + 1);
	}
	assert_int_equal(desk.heard.ok, DESK_JOBS);
	assert_int_equal(desk.heard.batches, DESK_JOBS);
	assert_true(desk.heard.up);
	desk_close(&desk);
	server_stop(&server);
}

/* While every thread waits for a target that hangs, those who come share the next collection. */
static void test_shared(void **state)
{
	struct server server;
	struct desk desk;
	size_t first = QUEUE_THREADS;

	(void)state;
	server_start(&server, SERVER_V4, SERVER_HANG, "");
	desk_open(&desk, &server, "60s");
	for (size_t i = 0; i < first; i++) {
		desk_ask(&desk, i, 0);
		server_wait_connections(&server, i + 1);
	}
	for (size_t i = first; i < DESK_JOBS; i++)
		desk_ask(&desk, i, 0);
	server_stop(&server); /* which ends all collections */
	desk_hear(&desk, DESK_JOBS);
	assert_int_equal(desk.heard.ok, DESK_JOBS);
	assert_false(desk.heard.up);
	assert_int_equal(desk.heard.batches, first + 1);
	desk_close(&desk);
}

/* A scraper that waits so long has its answer, "down", before that. */
static void test_patience(void **state)
{
	struct server server;
	struct desk desk;
	double start;

	(void)state;
	server_start(&server, SERVER_V4, SERVER_HANG, "");
	desk_open(&desk, &server, "120s");
	start = clock_now(CLOCK_MONOTONIC);
	desk_ask(&desk, 0, PATIENCE_SECONDS);
	desk_hear(&desk, 1);
	assert_int_equal(desk.heard.ok, 1);
	assert_false(desk.heard.up);
	assert_true(clock_now(CLOCK_MONOTONIC) - start < DESK_WAIT_SECONDS);
	/* One whose time is over already gets no collection at all. */
	desk.job[1] =
		(struct exporter_job){.arrived = clock_now(CLOCK_MONOTONIC) - 10, .patience = 5};
	assert_true(exporter_queue_submit(desk.queue, &desk.job[1]));
	desk_hear(&desk, 2);
	assert_int_equal(desk.heard.busy, 1);
	desk_close(&desk);
	server_stop(&server);
}

/* Whoever waits for less time does not share with those who wait for more. */
static void test_groups(void **state)
{
	struct server server;
	struct desk desk;

	(void)state;
	server_start(&server, SERVER_V4, SERVER_HANG, "");
	desk_open(&desk, &server, "1s");
	for (size_t i = 0; i < QUEUE_THREADS; i++)
		desk_ask(&desk, i, 0.2 + 0.1 * (double)i);
	desk_hear(&desk, QUEUE_THREADS);
	assert_int_equal(desk.heard.batches, QUEUE_THREADS);
	desk_close(&desk);
	server_stop(&server);
}

/* Nor do those who want the page with those who want the metrics. */
static void test_forms(void **state)
{
	struct server server;
	struct desk desk;

	(void)state;
	server_start(&server, SERVER_V4, SERVER_ANSWER, desk_page);
	desk_open(&desk, &server, "60s");
	desk.job[0] = (struct exporter_job){.question.form = EXPORTER_PAGE,
					    .arrived = clock_now(CLOCK_MONOTONIC)};
	assert_true(exporter_queue_submit(desk.queue, &desk.job[0]));
	desk_hear(&desk, 1);
	assert_true(desk.heard.is_page && !desk.heard.up);
	desk_ask(&desk, 1, 0);
	desk_hear(&desk, 2);
	assert_true(desk.heard.up && !desk.heard.is_page);
	desk_close(&desk);
	server_stop(&server);
	server_start(&server, SERVER_V4, SERVER_HANG, "");
	desk_open(&desk, &server, "1s");
	for (size_t i = 0; i < DESK_JOBS; i++) {
		desk.job[i] = (struct exporter_job){.question.form = i % 2 == 0 ? EXPORTER_TEXT
										: EXPORTER_PAGE,
						    .arrived = clock_now(CLOCK_MONOTONIC)};
		assert_true(exporter_queue_submit(desk.queue, &desk.job[i]));
	}
	desk_hear(&desk, DESK_JOBS);
	assert_int_equal(desk.heard.ok, DESK_JOBS);
	assert_in_range(desk.heard.batches, 2, DESK_JOBS);
	assert_false(desk.heard.mixed);
	desk_close(&desk);
	server_stop(&server);
}

static void test_budget(void **state)
{
	(void)state;
	assert_true(exporter_budget(10, 0.25) == 9.75);
	assert_true(exporter_budget(0.5, 0.25) == 0.25);
	assert_true(exporter_budget(0.2, 0.25) == 0.1);
	assert_true(exporter_budget(0, 0.25) == 0);
	assert_true(exporter_budget(10, 0) == 10);
	assert_true(exporter_budget(10, 20) == 5);
}

/* Who takes gzip shares with nobody who does not. */
static void test_gzip(void **state)
{
	struct server server;
	struct desk desk;

	(void)state;
	server_start(&server, SERVER_V4, SERVER_ANSWER, desk_page);
	desk_open(&desk, &server, "60s");
	for (size_t i = 0; i < DESK_JOBS; i++) {
		desk.job[i] = (struct exporter_job){.question.gzip = i % 2 == 0,
						    .arrived = clock_now(CLOCK_MONOTONIC)};
		assert_true(exporter_queue_submit(desk.queue, &desk.job[i]));
		desk_hear(&desk, i + 1);
		assert_true(desk.heard.is_gzip == (i % 2 == 0));
		assert_true(desk.heard.is_gzip || desk.heard.up);
	}
	desk_close(&desk);
	server_stop(&server);
}

/* Reloads share with each other only. */
static void test_reload(void **state)
{
	struct server server;
	struct desk desk;

	(void)state;
	server_start(&server, SERVER_V4, SERVER_HANG, "");
	desk_open(&desk, &server, "1s");
	desk_ask(&desk, 0, 0);
	for (size_t i = 1; i < DESK_JOBS; i++) {
		desk.job[i] = (struct exporter_job){.question.reload = i % 2 == 0,
						    .arrived = clock_now(CLOCK_MONOTONIC)};
		assert_true(exporter_queue_submit(desk.queue, &desk.job[i]));
	}
	desk_hear(&desk, DESK_JOBS);
	assert_int_equal(desk.heard.reloaded, (DESK_JOBS - 1) / 2);
	assert_int_equal(desk.heard.ok, DESK_JOBS - (DESK_JOBS - 1) / 2);
	desk_close(&desk);
	server_stop(&server);
}

/* Who waits when the end comes still has an answer, as long as there is time for it. */
static void test_stop_answers(void **state)
{
	struct server server;
	struct desk desk;

	(void)state;
	server_start(&server, SERVER_V4, SERVER_ANSWER, desk_page);
	desk_open(&desk, &server, "60s");
	for (size_t i = 0; i < DESK_JOBS; i++)
		desk_ask(&desk, i, 1 + (double)i);
	desk_close(&desk);
	assert_int_equal(desk.heard.ok, DESK_JOBS);
	assert_int_equal(desk.heard.busy, 0);
	server_stop(&server);
}

/* Those for whom there is no time are told so; those who are being served are not waited for. */
static void test_stop(void **state)
{
	struct server server;
	struct desk desk;

	(void)state;
	server_start(&server, SERVER_V4, SERVER_HANG, "");
	desk_open(&desk, &server, "60s");
	for (size_t i = 0; i < QUEUE_THREADS; i++) {
		desk_ask(&desk, i, 0);
		server_wait_connections(&server, i + 1);
	}
	desk_ask(&desk, QUEUE_THREADS, 0);
	assert_false(exporter_queue_stop(desk.queue, 0.01));
	assert_int_equal(desk_busy(&desk), 1);
	assert_false(exporter_queue_submit(desk.queue, &desk.job[QUEUE_THREADS]));
	server_stop(&server);
	desk_close(&desk);
	assert_int_equal(desk.heard.jobs, QUEUE_THREADS + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answer),       cmocka_unit_test(test_shared),
		cmocka_unit_test(test_patience),     cmocka_unit_test(test_groups),
		cmocka_unit_test(test_forms),        cmocka_unit_test(test_budget),
		cmocka_unit_test(test_gzip),         cmocka_unit_test(test_reload),
		cmocka_unit_test(test_stop_answers), cmocka_unit_test(test_stop),
	};

	return cmocka_run_group_tests_name("prometheus_queue", tests, NULL, NULL);
}
