/* SPDX-License-Identifier: MIT */
/* Which queue is the fullest, and whether the application is busy. */
#include "unit.h"

#include "app_load.h"
#include "healthy.h"

#define QUEUE(called, waiting, room)                                                               \
	{                                                                                          \
		.name = (called), .queue = (waiting), .limit = (room)                              \
	}

static const struct fullest_case {
	struct backlog backlog[3];
	size_t len;
	const char *name; /* NULL: none */
} fullest_case[] = {
	{{QUEUE(NULL, 0, 0)}, 0, NULL},
	{{QUEUE("a", NOT_KNOWN, 5)}, 1, NULL},
	{{QUEUE("a", 0, 5)}, 1, "a"},
	{{QUEUE("a", 50, 100), QUEUE("b", 6, 10), QUEUE("c", 0, 10)}, 3, "b"},
	{{QUEUE("a", 50, NOT_KNOWN), QUEUE("b", 1, 10)}, 2, "b"},
	{{QUEUE("a", 50, NOT_KNOWN), QUEUE("b", 60, NOT_KNOWN), QUEUE("c", 0, 10)}, 3, "b"},
	{{QUEUE("a", NOT_KNOWN, 10), QUEUE("b", 0, 10), QUEUE("c", NOT_KNOWN, 1)}, 3, "b"},
	{{QUEUE("a", 11, 10), QUEUE("b", 10, 10)}, 2, "a"},
};

static void test_fullest(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(fullest_case); i++) {
		const struct fullest_case *c = &fullest_case[i];
		struct backlog backlog[3];
		struct list list = {.item = backlog, .len = c->len};
		const struct backlog *found;

		memcpy(backlog, c->backlog, sizeof(backlog));
		found = backlog_fullest(&list);
		if ((found == NULL) != (c->name == NULL) ||
		    (found != NULL && strcmp(found->name, c->name) != 0))
			fail_msg("case %zu: %s", i, found == NULL ? "none" : found->name);
	}
}

/* uWSGI's own numbers of a server that answers; 0 of 0 is a socket that it cannot see. */
static void test_queues(void **state)
{
	struct healthy site;
	struct backlog queue;

	(void)state;
	healthy_init(&site);
	site.own_socket[0] = (struct uwsgi_socket){.name = ":1", .queue = 3, .max_queue = 100};
	site.own_socket[1] = (struct uwsgi_socket){.name = ":2", .queue = 2, .max_queue = 10};
	site.own_socket[2] = (struct uwsgi_socket){.name = "/s", .queue = 0, .max_queue = 0};
	site.uwsgi[0].stats.sockets.len = 3;
	/* The kernel knows better. */
	assert_true(app_queue(&site.scrape, &queue));
	assert_string_equal(queue.name, "/run/app.sock");
	assert_true(app_queued(&site.scrape) == 2);
	site.scrape.ledger.sockets.len = 0;
	assert_true(app_queue(&site.scrape, &queue));
	assert_string_equal(queue.name, ":2");
	assert_true(queue.queue == 2 && queue.limit == 10);
	assert_true(app_queued(&site.scrape) == 5);
	/* So does nginx, of those that have found no room, and over HTTP/2 of each request; but no
	 * guess of how many an application on another host has taken. */
	site.scrape.ledger.held[HELD_APP_QUEUE] = 9;
	site.scrape.ledger.requests[REQUESTS_QUEUED] = 12;
	assert_true(app_queued(&site.scrape) == 5);
	site.scrape.ledger.low[HELD_APP_QUEUE] = 9;
	assert_true(app_queued(&site.scrape) == 9);
	site.scrape.ledger.requests_low[REQUESTS_QUEUED] = 12;
	assert_true(app_queued(&site.scrape) == 12);
	site.scrape.ledger.requests_low[REQUESTS_QUEUED] = NOT_KNOWN;
	assert_true(app_queued(&site.scrape) == 9);
	site.scrape.ledger.low[HELD_APP_QUEUE] = NOT_KNOWN;
	assert_true(app_queued(&site.scrape) == 5);
	/* All that there is cannot be seen. */
	site.uwsgi[0].stats.sockets.item = &site.own_socket[2];
	site.uwsgi[0].stats.sockets.len = 1;
	assert_false(app_queue(&site.scrape, &queue));
	site.uwsgi[0].stats.sockets.item = site.own_socket;
	site.uwsgi[0].probe.up = false;
	assert_false(app_queue(&site.scrape, &queue));
	assert_string_equal(queue.name, "");
	assert_true(app_queued(&site.scrape) == 0);
}

static void test_busy(void **state)
{
	struct healthy site;
	struct uwsgi_totals *totals = &site.scrape.totals;

	(void)state;
	healthy_init(&site);
	assert_false(app_is_busy(&site.scrape));
	totals->busy_cores = totals->cores;
	assert_true(app_is_busy(&site.scrape));
	totals->cheap = 1;
	assert_false(app_is_busy(&site.scrape));
	totals->cheap = 0;
	site.scrape.uwsgi_site.up = false;
	assert_false(app_is_busy(&site.scrape));
	site.scrape.uwsgi_site.up = true;
	totals->cores = totals->busy_cores = 0; /* an emperor, a router */
	assert_false(app_is_busy(&site.scrape));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fullest),
		cmocka_unit_test(test_queues),
		cmocka_unit_test(test_busy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
