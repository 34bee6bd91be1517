/* SPDX-License-Identifier: MIT */
/* When the application's queue is found to be in trouble. */
#include "unit.h"

#include "judged.h"

static struct ledger *ledger_of(struct judged *judged)
{
	return &judged->site.scrape.ledger;
}

static void overflow(struct judged *judged)
{
	judged->site.socket[0].queue = 101;
}

static void overflow_tcp(struct judged *judged)
{
	overflow(judged);
	judged->site.socket[0].name = "127.0.0.1:3031";
}

static void overflow_told_by_uwsgi(struct judged *judged)
{
	ledger_of(judged)->sockets.len = 0;
	judged->site.own_socket[0] =
		(struct uwsgi_socket){.name = ":3031", .queue = 1, .max_queue = 100};
	judged->site.own_socket[1] =
		(struct uwsgi_socket){.name = ":3\n32", .queue = 100, .max_queue = 100};
	judged->site.uwsgi[0].stats.sockets.len = 2;
}

static void half_full(struct judged *judged)
{
	judged->site.socket[0].queue = 50;
}

static void second_socket(struct judged *judged)
{
	judged->site.socket[1] =
		(struct backlog){.name = "/run/two.sock", .queue = 30, .limit = 32};
	judged->site.socket[2] =
		(struct backlog){.name = "/run/three.sock", .queue = 40, .limit = NOT_KNOWN};
	ledger_of(judged)->sockets.len = 3;
}

static void rising(struct judged *judged, const double *queue, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		judged->site.socket[0].queue = queue[i];
		judged_pass(judged, 60);
	}
}

static void growing(struct judged *judged)
{
	rising(judged, (const double[]){6, 9, 14}, 3);
	judged->site.socket[0].queue = 20;
}

static void growing_and_falling(struct judged *judged)
{
	rising(judged, (const double[]){6, 9, 14, 20, 11}, 5);
	judged->site.socket[0].queue = 12;
}

static void growing_a_little(struct judged *judged)
{
	rising(judged, (const double[]){3, 4, 5}, 3);
	judged->site.socket[0].queue = 7;
}

static void growing_without_history(struct judged *judged)
{
	growing(judged);
	judged->no_history = true;
}

static const struct judged_case queue_case[] = {
	{"overflow",
	 overflow,
	 "app_queue_overflow:critical",
	 {"502 at once",
	  "101 requests wait in the listen queue of /run/app.sock, which has room for "
	  "100.",
	  "net.core.somaxconn"},
	 NULL},
	{"overflow of TCP", overflow_tcp, "app_queue_overflow:critical", {"hang"}, "502"},
	{"overflow, told by uWSGI",
	 overflow_told_by_uwsgi,
	 "app_queue_overflow:critical",
	 {"100 requests wait in the listen queue of :3?32,"},
	 NULL},
	{"half full",
	 half_full,
	 "app_queue_growing:warning",
	 {"more than half full", "room for 100."},
	 NULL},
	{"the fullest of several",
	 second_socket,
	 "app_queue_growing:warning",
	 {"/run/two.sock"},
	 NULL},
	{"growing",
	 growing,
	 "app_queue_growing:warning",
	 {"grows and grows", "20 requests wait",
	  "4 minutes ago there were 2, so that it is full in "
	  "18 minutes."},
	 NULL},
	{"growing and falling", growing_and_falling, "", {NULL}, NULL},
	{"growing a little", growing_a_little, "", {NULL}, NULL},
	{"growing, without history", growing_without_history, "", {NULL}, NULL},
};

static void test_queues(void **state)
{
	(void)state;
	judged_check(queue_case, ARRAY_LEN(queue_case));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_queues),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
