/* SPDX-License-Identifier: MIT */
/* Who shares a collection, whose time is over, and how it ends. */
#include "unit.h"

#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <unistd.h>

#include "prometheus_exporter/queue.h"
#include "server.h"
#include "words.h"

enum { JOBS = 8, LINE_MAX_BYTES = 400, WAIT_SECONDS = 20 };

static const char page[] =
	"HTTP/1.0 200 OK\r\n\r\nActive connections: 1 \nserver accepts handled requests\n 1 1 1 \n"
	"Reading: 0 Writing: 1 Waiting: 0 \n";

/* What the queue has handed back. */
struct heard {
	pthread_mutex_t lock;
	pthread_cond_t more;
	size_t jobs;
	size_t batches;
	size_t ok;
	size_t busy;
	size_t reloaded;
	bool up;
	bool is_page;
	bool is_gzip;
	bool mixed; /* some batch was of both forms */
};

struct desk {
	struct heard heard; /* first: the client's context is both */
	int call[2];        /* a byte in this pipe: serve() returns; an 'a': it asks, too */
	atomic_int serving;
	atomic_bool twice; /* two threads served at once */
	atomic_size_t asked;
	struct words words;
	struct exporter_config config;
	struct exporter_self self;
	struct exporter_now now;
	struct exporter_log log;
	struct exporter_queue *queue;
	struct exporter_job job[JOBS];
};

static void on_done(void *ctx, struct exporter_job *job, struct exporter_reply *reply)
{
	struct heard *heard = ctx;
	enum exporter_result result = reply->result;
	struct buf *text = &reply->text;

	(void)pthread_mutex_lock(&heard->lock);
	heard->batches++;
	for (; job != NULL; job = job->next) {
		heard->mixed = heard->mixed || (job->next != NULL &&
						job->next->question.form != job->question.form);
		heard->jobs++;
		heard->ok += result == EXPORTER_OK ? 1 : 0;
		heard->busy += result == EXPORTER_BUSY ? 1 : 0;
		heard->reloaded += result == EXPORTER_RELOADED ? 1 : 0;
	}
	if (result == EXPORTER_OK) {
		heard->up = strstr(buf_text(text), "\nnginx_up 1\n") != NULL;
		heard->is_page = str_starts(buf_str(text), STR("<!DOCTYPE html>\n"));
		heard->is_gzip = reply->gzip && str_starts(buf_str(text), STR("\x1f\x8b"));
		buf_free(text);
	}
	if (result == EXPORTER_RELOADED) {
		assert_string_equal(buf_text(text), "reloaded\n");
		buf_free(text);
	}
	(void)pthread_cond_broadcast(&heard->more);
	(void)pthread_mutex_unlock(&heard->lock);
}

static const char *no_variable(const char *name)
{
	(void)name;
	return NULL;
}

static void open_desk_for(struct desk *desk, const struct server *server, const char *timeout,
			  const struct exporter_client *client, const int calls[2])
{
	struct exporter_state *state;
	char line[LINE_MAX_BYTES];
	struct err err = {0};

	*desk = (struct desk){.log = {.level = EXPORTER_ERROR, .fd = 2},
			      .call = {calls[0], calls[1]}};
	assert_int_equal(pthread_mutex_init(&desk->heard.lock, NULL), 0);
	assert_int_equal(pthread_cond_init(&desk->heard.more, NULL), 0);
	(void)snprintf(line, sizeof(line),
		       "x --nginx.scrape-uri http://127.0.0.1:%u/ "
		       "--nginx.timeout %s",
		       (unsigned)server->port, timeout);
	words_split(&desk->words, line);
	assert_true(exporter_config_parse(&desk->config, desk->words.argc, desk->words.arg,
					  no_variable, &err));
	exporter_self_init(&desk->self);
	state = exporter_state_new(&desk->config, &desk->log, &desk->self, true, &err);
	assert_non_null(state);
	assert_true(exporter_now_init(&desk->now, state));
	desk->queue = exporter_queue_start(&desk->now, client, &err);
	assert_non_null(desk->queue);
}

static void open_desk(struct desk *desk, const struct server *server, const char *timeout)
{
	const struct exporter_client client = {.done = on_done, .ctx = &desk->heard};
	const int none[2] = {-1, -1};

	open_desk_for(desk, server, timeout, &client, none);
}

static void close_desk(struct desk *desk)
{
	assert_true(exporter_queue_stop(desk->queue, WAIT_SECONDS));
	exporter_queue_free(desk->queue);
	exporter_now_free(&desk->now);
	(void)pthread_cond_destroy(&desk->heard.more);
	(void)pthread_mutex_destroy(&desk->heard.lock);
}

static void ask(struct desk *desk, size_t i, double patience)
{
	desk->job[i] =
		(struct exporter_job){.arrived = clock_now(CLOCK_MONOTONIC), .patience = patience};
	assert_true(exporter_queue_submit(desk->queue, &desk->job[i]));
}

/* Waits until so many jobs have come back. */
static void hear(struct desk *desk, size_t jobs)
{
	(void)pthread_mutex_lock(&desk->heard.lock);
	while (desk->heard.jobs < jobs)
		(void)pthread_cond_wait(&desk->heard.more, &desk->heard.lock);
	(void)pthread_mutex_unlock(&desk->heard.lock);
}

static size_t busy(struct desk *desk)
{
	size_t found;

	(void)pthread_mutex_lock(&desk->heard.lock);
	found = desk->heard.busy;
	(void)pthread_mutex_unlock(&desk->heard.lock);
	return found;
}

static void test_answer(void **state)
{
	struct server server;
	struct desk desk;

	(void)state;
	server_start(&server, SERVER_V4, SERVER_ANSWER, page);
	open_desk(&desk, &server, "5s");
	for (size_t i = 0; i < JOBS; i++) {
		ask(&desk, i, 0);
		hear(&desk, i + 1);
	}
	assert_int_equal(desk.heard.ok, JOBS);
	assert_int_equal(desk.heard.batches, JOBS);
	assert_true(desk.heard.up);
	close_desk(&desk);
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
	open_desk(&desk, &server, "2s");
	for (size_t i = 0; i < first; i++) {
		const struct timespec pause = {.tv_nsec = 3 * QUEUE_PATIENCE_MS * 1000000L};

		ask(&desk, i, 0);
		(void)nanosleep(&pause, NULL);
	}
	for (size_t i = first; i < JOBS; i++)
		ask(&desk, i, 0);
	hear(&desk, JOBS);
	assert_int_equal(desk.heard.ok, JOBS);
	assert_false(desk.heard.up);
	/* At most one for each that came alone, and one for the rest; a slow machine may merge
	 * some. */
	assert_in_range(desk.heard.batches, 2, first + 1);
	close_desk(&desk);
	server_stop(&server);
}

/* A scraper that waits half a second has its answer, "down", before that. */
static void test_patience(void **state)
{
	struct server server;
	struct desk desk;
	double start;

	(void)state;
	server_start(&server, SERVER_V4, SERVER_HANG, "");
	open_desk(&desk, &server, "120s");
	start = clock_now(CLOCK_MONOTONIC);
	ask(&desk, 0, 0.5);
	hear(&desk, 1);
	assert_int_equal(desk.heard.ok, 1);
	assert_false(desk.heard.up);
	assert_true(clock_now(CLOCK_MONOTONIC) - start < WAIT_SECONDS);
	/* One whose time is over already gets no collection at all. */
	desk.job[1] =
		(struct exporter_job){.arrived = clock_now(CLOCK_MONOTONIC) - 10, .patience = 5};
	assert_true(exporter_queue_submit(desk.queue, &desk.job[1]));
	hear(&desk, 2);
	assert_int_equal(desk.heard.busy, 1);
	close_desk(&desk);
	server_stop(&server);
}

/* Whoever waits for less time does not share with those who wait for more. */
static void test_groups(void **state)
{
	struct server server;
	struct desk desk;

	(void)state;
	server_start(&server, SERVER_V4, SERVER_HANG, "");
	open_desk(&desk, &server, "1s");
	for (size_t i = 0; i < QUEUE_THREADS; i++)
		ask(&desk, i, 0.2 + 0.1 * (double)i);
	hear(&desk, QUEUE_THREADS);
	assert_int_equal(desk.heard.batches, QUEUE_THREADS);
	close_desk(&desk);
	server_stop(&server);
}

/* Nor do those who want the page with those who want the metrics. */
static void test_forms(void **state)
{
	struct server server;
	struct desk desk;

	(void)state;
	server_start(&server, SERVER_V4, SERVER_ANSWER, page);
	open_desk(&desk, &server, "5s");
	desk.job[0] = (struct exporter_job){.question.form = EXPORTER_PAGE,
					    .arrived = clock_now(CLOCK_MONOTONIC)};
	assert_true(exporter_queue_submit(desk.queue, &desk.job[0]));
	hear(&desk, 1);
	assert_true(desk.heard.is_page && !desk.heard.up);
	ask(&desk, 1, 0);
	hear(&desk, 2);
	assert_true(desk.heard.up && !desk.heard.is_page);
	close_desk(&desk);
	server_stop(&server);
	server_start(&server, SERVER_V4, SERVER_HANG, "");
	open_desk(&desk, &server, "1s");
	for (size_t i = 0; i < JOBS; i++) {
		desk.job[i] = (struct exporter_job){.question.form = i % 2 == 0 ? EXPORTER_TEXT
										: EXPORTER_PAGE,
						    .arrived = clock_now(CLOCK_MONOTONIC)};
		assert_true(exporter_queue_submit(desk.queue, &desk.job[i]));
	}
	hear(&desk, JOBS);
	assert_int_equal(desk.heard.ok, JOBS);
	assert_in_range(desk.heard.batches, 2, JOBS);
	assert_false(desk.heard.mixed);
	close_desk(&desk);
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
	server_start(&server, SERVER_V4, SERVER_ANSWER, page);
	open_desk(&desk, &server, "5s");
	for (size_t i = 0; i < JOBS; i++) {
		desk.job[i] = (struct exporter_job){.question.gzip = i % 2 == 0,
						    .arrived = clock_now(CLOCK_MONOTONIC)};
		assert_true(exporter_queue_submit(desk.queue, &desk.job[i]));
		hear(&desk, i + 1);
		assert_true(desk.heard.is_gzip == (i % 2 == 0));
		assert_true(desk.heard.is_gzip || desk.heard.up);
	}
	close_desk(&desk);
	server_stop(&server);
}

/* Reloads share with each other only. */
static void test_reload(void **state)
{
	struct server server;
	struct desk desk;

	(void)state;
	server_start(&server, SERVER_V4, SERVER_HANG, "");
	open_desk(&desk, &server, "1s");
	ask(&desk, 0, 0);
	for (size_t i = 1; i < JOBS; i++) {
		desk.job[i] = (struct exporter_job){.question.reload = i % 2 == 0,
						    .arrived = clock_now(CLOCK_MONOTONIC)};
		assert_true(exporter_queue_submit(desk.queue, &desk.job[i]));
	}
	hear(&desk, JOBS);
	assert_int_equal(desk.heard.reloaded, (JOBS - 1) / 2);
	assert_int_equal(desk.heard.ok, JOBS - (JOBS - 1) / 2);
	close_desk(&desk);
	server_stop(&server);
}

/* Who waits when the end comes still has an answer, as long as there is time for it. */
static void test_stop_answers(void **state)
{
	struct server server;
	struct desk desk;

	(void)state;
	server_start(&server, SERVER_V4, SERVER_ANSWER, page);
	open_desk(&desk, &server, "5s");
	for (size_t i = 0; i < JOBS; i++)
		ask(&desk, i, 1 + (double)i);
	close_desk(&desk);
	assert_int_equal(desk.heard.ok, JOBS);
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
	open_desk(&desk, &server, "1s");
	for (size_t i = 0; i < QUEUE_THREADS; i++) {
		const struct timespec pause = {.tv_nsec = 3 * QUEUE_PATIENCE_MS * 1000000L};

		ask(&desk, i, 0);
		(void)nanosleep(&pause, NULL);
	}
	ask(&desk, QUEUE_THREADS, 0);
	assert_false(exporter_queue_stop(desk.queue, 0.01));
	assert_int_equal(busy(&desk), 1);
	assert_false(exporter_queue_submit(desk.queue, &desk.job[QUEUE_THREADS]));
	close_desk(&desk);
	assert_int_equal(desk.heard.jobs, QUEUE_THREADS + 1);
	server_stop(&server);
}

static void call(struct desk *desk, char what)
{
	assert_int_equal(write(desk->call[1], &what, 1), 1);
}

static void on_interrupt(void *ctx)
{
	call(ctx, 'i');
}

static void on_serve(void *ctx)
{
	struct desk *desk = ctx;
	struct pollfd fd = {.fd = desk->call[0], .events = POLLIN};
	size_t next = atomic_load(&desk->asked);
	char what = 0;

	if (atomic_fetch_add(&desk->serving, 1) != 0)
		atomic_store(&desk->twice, true);
	if (poll(&fd, 1, -1) == 1 && read(fd.fd, &what, 1) == 1 && what == 'a') {
		desk->job[next] = (struct exporter_job){.arrived = clock_now(CLOCK_MONOTONIC)};
		if (exporter_queue_submit(desk->queue, &desk->job[next]))
			atomic_store(&desk->asked, next + 1);
	}
	atomic_fetch_sub(&desk->serving, 1);
}

static void open_served(struct desk *desk, const struct server *server, const char *timeout,
			const int calls[2])
{
	const struct exporter_client client = {
		.done = on_done, .serve = on_serve, .interrupt = on_interrupt, .ctx = desk};

	open_desk_for(desk, server, timeout, &client, calls);
}

/* Whoever serves answers what that brings, one after the other. */
static void test_serve(void **state)
{
	struct server server;
	struct desk desk;
	int calls[2];

	(void)state;
	assert_int_equal(pipe(calls), 0);
	server_start(&server, SERVER_V4, SERVER_ANSWER, page);
	open_served(&desk, &server, "5s", calls);
	for (size_t i = 0; i < JOBS; i++) {
		call(&desk, 'a');
		hear(&desk, i + 1);
	}
	close_desk(&desk);
	assert_int_equal(desk.heard.ok, JOBS);
	assert_false(atomic_load(&desk.twice));
	server_stop(&server);
	(void)close(calls[0]);
	(void)close(calls[1]);
}

/* A target that hangs keeps nobody from being served: with as many collections as there may be,
 * and with no more time for them. */
static void test_serve_beside(void **state)
{
	struct server server;
	struct desk desk;
	int calls[2];

	(void)state;
	assert_int_equal(pipe(calls), 0);
	server_start(&server, SERVER_V4, SERVER_HANG, "");
	open_served(&desk, &server, "2s", calls);
	for (size_t i = 0; i < QUEUE_THREADS; i++) {
		const struct timespec pause = {.tv_nsec = 3 * QUEUE_PATIENCE_MS * 1000000L};

		call(&desk, 'a');
		(void)nanosleep(&pause, NULL);
	}
	for (size_t i = QUEUE_THREADS; i < JOBS; i++)
		call(&desk, 'a');
	while (atomic_load(&desk.asked) < JOBS)
		(void)sched_yield();
	assert_false(exporter_queue_stop(desk.queue, 0.01));
	assert_int_equal(busy(&desk), JOBS - QUEUE_THREADS);
	close_desk(&desk);
	server_stop(&server);
	assert_false(atomic_load(&desk.twice));
	(void)close(calls[0]);
	(void)close(calls[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answer),       cmocka_unit_test(test_shared),
		cmocka_unit_test(test_patience),     cmocka_unit_test(test_groups),
		cmocka_unit_test(test_budget),       cmocka_unit_test(test_stop),
		cmocka_unit_test(test_forms),        cmocka_unit_test(test_gzip),
		cmocka_unit_test(test_stop_answers), cmocka_unit_test(test_serve),
		cmocka_unit_test(test_serve_beside), cmocka_unit_test(test_reload),
	};

	return cmocka_run_group_tests_name("prometheus_queue", tests, NULL, NULL);
}
