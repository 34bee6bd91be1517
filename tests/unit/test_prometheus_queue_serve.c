/* SPDX-License-Identifier: MIT */
/* The threads of the queue take turns at serving, and there is always one that can. */
#include "queue_desk.h"

#include <poll.h>
#include <sched.h>
#include <unistd.h>

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
		.done = desk_on_done, .serve = on_serve, .interrupt = on_interrupt, .ctx = desk};

	desk_open_for(desk, server, timeout, &client, calls);
}

/* Whoever serves answers what that brings, one after the other. */
static void test_serve(void **state)
{
	struct server server;
	struct desk desk;
	int calls[2];

	(void)state;
	assert_int_equal(pipe(calls), 0);
	server_start(&server, SERVER_V4, SERVER_ANSWER, desk_page);
	open_served(&desk, &server, "60s", calls);
	for (size_t i = 0; i < DESK_JOBS; i++) {
		call(&desk, 'a');
		desk_hear(&desk, i + 1);
	}
	desk_close(&desk);
	assert_int_equal(desk.heard.ok, DESK_JOBS);
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
	open_served(&desk, &server, "60s", calls);
	for (size_t i = 0; i < DESK_JOBS; i++) {
		call(&desk, 'a');
		server_wait_connections(&server, i < QUEUE_THREADS ? i + 1 : QUEUE_THREADS);
	}
	while (atomic_load(&desk.asked) < DESK_JOBS)
		(void)sched_yield();
	assert_false(exporter_queue_stop(desk.queue, 0.01));
	assert_int_equal(desk_busy(&desk), DESK_JOBS - QUEUE_THREADS);
	server_stop(&server);
	desk_close(&desk);
	assert_false(atomic_load(&desk.twice));
	(void)close(calls[0]);
	(void)close(calls[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_serve),
		cmocka_unit_test(test_serve_beside),
	};

	return cmocka_run_group_tests_name("prometheus_queue_serve", tests, NULL, NULL);
}
