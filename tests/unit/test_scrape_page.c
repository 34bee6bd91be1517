/* SPDX-License-Identifier: MIT */
/* A status page that several sites name is asked for once, and each of them has the answer. */
#include "unit.h"

#include <unistd.h>

#include "observe_link.h"
#include "scrape.h"
#include "server.h"

enum { SITES = 4, SHORT_MS = 1000, HANG_SECONDS = 120 };

#define PAGE                                                                                       \
	"HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nContent-Length: 97\r\n\r\n"                    \
	"Active connections: 1 \nserver accepts handled requests\n 7 7 9 \n"                       \
	"Reading: 0 Writing: 1 Waiting: 0 \n"

struct world {
	struct server server;
	struct server hung;
	struct site site[SITES];
	struct scrape scrape[SITES];
	size_t told[SITES]; /* who has ended, one after the other */
	size_t told_len;
};

static void note(void *ctx, size_t at)
{
	struct world *world = ctx;

	world->told[world->told_len++] = at;
}

static int setup(void **state)
{
	struct world *world = calloc(1, sizeof(*world));
	struct err err = {0};
	char text[64];

	if (world == NULL)
		return -1;
	*state = world;
	server_start(&world->server, SERVER_V4, SERVER_ANSWER, PAGE);
	server_start(&world->hung, SERVER_V4, SERVER_HANG, "");
	(void)snprintf(text, sizeof(text), "http://127.0.0.1:%u/", (unsigned)world->server.port);
	for (size_t i = 0; i < SITES; i++) {
		site_init(&world->site[i]);
		world->site[i].want_ledger = true;
		world->site[i].timeout_ms = SHORT_MS;
		if (!site_set_nginx(&world->site[i], text, &err))
			return -1;
	}
	return 0;
}

static int teardown(void **state)
{
	struct world *world = *state;

	for (size_t i = 0; i < SITES; i++) {
		scrape_free(&world->scrape[i]);
		site_free(&world->site[i]);
	}
	server_stop(&world->hung);
	free(world);
	return 0;
}

/* Fetches, and stops the server: how often it was asked. */
static size_t fetch(struct world *world)
{
	const struct scrape_watch watch = {.fetched = note, .ctx = world};
	struct err err = {0};

	assert_true(scrape_fetch_all(world->scrape, world->site, SITES, &watch, &err));
	assert_int_equal(world->told_len, SITES);
	server_stop(&world->server);
	for (size_t i = 0; i < SITES; i++) {
		assert_true(world->scrape[i].nginx_probe.up);
		assert_int_equal(world->scrape[i].nginx.requests, 9);
		assert_string_equal(world->scrape[i].nginx.server, "nginx/1.22.1");
		assert_true(world->scrape[i].seconds > 0);
	}
	return (world->server.received + world->server.request_len / 2) / world->server.request_len;
}

static void asked_for_once(void **state)
{
	struct world *world = *state;

	assert_int_equal(fetch(world), 1);
	for (size_t i = 0; i < SITES; i++) {
		assert_non_null(world->scrape[i].link);
		assert_ptr_equal(world->scrape[i].link, world->scrape[0].link);
	}
	assert_int_equal(atomic_load(&world->scrape[0].link->users), SITES);
	assert_int_equal(world->scrape[0].link->ends.theirs.port, world->server.port);
}

/* Who must wait longer, or says another name, asks for himself. */
static void asked_for_in_other_words(void **state)
{
	struct world *world = *state;

	world->site[1].timeout_ms = 2 * SHORT_MS;
	world->site[2].options.vhost = "127.0.0.1";
	assert_int_equal(fetch(world), 3);
	assert_ptr_equal(world->scrape[0].link, world->scrape[3].link);
	assert_ptr_not_equal(world->scrape[0].link, world->scrape[1].link);
	assert_ptr_not_equal(world->scrape[0].link, world->scrape[2].link);
}

/* The page has come for all; whose application hangs waits for that, and nobody with him. */
static void one_waits_for_his_application(void **state)
{
	struct world *world = *state;
	struct err err = {0};
	char text[64];

	(void)snprintf(text, sizeof(text), "127.0.0.1:%u", (unsigned)world->hung.port);
	assert_true(site_add_uwsgi(&world->site[0], text, &err));
	assert_int_equal(fetch(world), 1);
	assert_int_equal(world->told[SITES - 1], 0);
	assert_int_equal(world->scrape[0].uwsgi[0].probe.err.kind, ERR_TIMEOUT);
	assert_true(world->scrape[0].seconds >= SHORT_MS / 1e3);
	assert_true(world->scrape[1].seconds < SHORT_MS / 1e3);
}

/* Who wants no ledger has nothing to do with the connection, be he the first or not. */
static void some_want_no_ledger(void **state)
{
	struct world *world = *state;

	world->site[0].want_ledger = world->site[2].want_ledger = false;
	assert_int_equal(fetch(world), 1);
	assert_null(world->scrape[0].link);
	assert_null(world->scrape[2].link);
	assert_non_null(world->scrape[1].link);
	assert_ptr_equal(world->scrape[1].link, world->scrape[3].link);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(asked_for_once),
		CASE(asked_for_in_other_words),
		CASE(one_waits_for_his_application),
		CASE(some_want_no_ledger),
	};

	(void)alarm(HANG_SECONDS);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
