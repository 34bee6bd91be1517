/* SPDX-License-Identifier: MIT */
/* test_nagios_refine.c - what the checks add to the answers: the kernel's queues, and what is left
 * when the check itself is left out. */
#include "unit.h"

#include <math.h>

#include "given.h"
#include "nagios/encode.h"
#include "nagios/queue.h"

static const struct {
	const char *target;
	uint64_t own, own_max;     /* as uWSGI says */
	double kernel, kernel_max; /* below 0: the kernel has no such socket */
	bool known;
	uint64_t queue, queue_max;
} queue_case[] = {
	{"unix:/run/stats", 0, 0, 7, 100, true, 7, 100},
	{"unix:/run/stats", 0, 0, -1, 0, false, 0, 0},
	{"127.0.0.1:1717", 3, 100, 5, 100, true, 5, 100},
	{"127.0.0.1:1717", 3, 100, -1, 0, true, 3, 100},
	{"127.0.0.1:1717", 3, 100, 5, 4096, true, 3, 100}, /* somebody else's of that name */
	{"192.0.2.1:1717", 3, 100, 5, 100, true, 3, 100},
	{"192.0.2.1:1717", 0, 0, 5, 100, false, 0, 0},
};

static void queues_are_the_kernels_where_it_knows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(queue_case); i++) {
		struct uwsgi_socket socket = {.name = "/run/app.sock",
					      .queue = queue_case[i].own,
					      .max_queue = queue_case[i].own_max};
		struct backlog backlog = {.name = "/run/app.sock",
					  .queue = queue_case[i].kernel,
					  .limit = queue_case[i].kernel_max};
		struct target target = {0};
		struct uwsgi_scrape server = {.target = &target,
					      .probe = {.asked = true, .up = true},
					      .stats.sockets = {.item = &socket, .len = 1}};
		struct scrape scrape = {.uwsgi = &server, .uwsgi_len = 1, .uwsgi_site.up = true};
		struct err why = {0};
		bool told = queue_case[i].known;

		scrape.ledger.sockets =
			(struct list){.item = &backlog, .len = queue_case[i].kernel < 0 ? 0 : 1};
		assert_true(target_parse(&target, queue_case[i].target, TARGET_UWSGI, &why));
		nagios_queue_settle(&scrape, &why);
		assert_int_equal(scrape.totals.queue_known, told);
		assert_int_equal(scrape.totals.queue, queue_case[i].queue);
		assert_int_equal(scrape.totals.queue_max, queue_case[i].queue_max);
		assert_int_equal(why.kind, ERR_NOT_FOUND); /* of how many found them full */
		assert_true(told == !isnan(scrape.totals.queue_percent));
		target_free(&target);
	}
}

static const char *reason(const void *ctx, const struct nagios_item *item)
{
	(void)item;
	return ctx;
}

/* A rate with the others; or why nobody counts it, whatever there is to say of the other rates. */
static void is_said(struct nagios_items *items, struct nagios_item *item,
		    const struct scrape *scrape, const char *why)
{
	const struct nagios_missing missing = {.rate = "", .value = reason, .ctx = why};
	char expected[400];
	struct buf out;

	buf_init(&out, 1000);
	item->known = item->counted;
	item->value = 2.5;
	nagios_program_uwsgi.describe(items, scrape, &out);
	assert_int_equal(strstr(buf_text(&out), ", 2.5 overflows/s") != NULL, item->counted);
	buf_clear(&out);
	item->known = false;
	(void)nagios_items_judge(items, true);
	nagios_encode_offences(items, &missing, &out);
	(void)snprintf(expected, sizeof(expected), "queue_overflows_per_second not known: %s, ",
		       why);
	assert_string_equal(buf_text(&out), item->counted ? "" : expected);
	buf_free(&out);
}

static const struct {
	const char *target;
	double limit; /* of the kernel's socket */
	bool is_tcp;
	bool overflows_known; /* the kernel says them */
	bool known;
	const char *why;
} overflow_case[] = {
	{"127.0.0.1:1717", 100, true, true, true, ""},
	{"127.0.0.1:1717", 100, true, false, false,
	 "the kernel does not say (ListenOverflows in /proc/self/net/netstat)"},
	{"127.0.0.1:1717", 100, false, true, false,
	 "the kernel counts them for TCP only, not for :3031"},
	{"127.0.0.1:1717", 4096, true, true, false,
	 "uWSGI cannot see that of :3031, and it is not in this network namespace"},
	{"192.0.2.1:1717", 100, true, true, false,
	 "uWSGI cannot see that of :3031, and --stats names no address of this host"},
};

/* Only the kernel counts them, of TCP only, and of all sockets as one. */
static void overflows_are_the_kernels(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(overflow_case); i++) {
		struct uwsgi_socket socket[] = {{.name = ":3031", .max_queue = 100},
						{.name = ":3031", .max_queue = 100}};
		struct backlog backlog = {.name = ":3031",
					  .limit = overflow_case[i].limit,
					  .is_tcp = overflow_case[i].is_tcp};
		struct target target = {0};
		struct uwsgi_scrape server = {.target = &target,
					      .probe = {.asked = true, .up = true},
					      .stats.sockets = {.item = socket, .len = 2}};
		struct scrape scrape = {.uwsgi = &server, .uwsgi_len = 1, .uwsgi_site.up = true};
		struct err why = {0};
		struct given given;
		struct nagios_item *item;

		scrape.ledger.sockets = (struct list){.item = &backlog, .len = 1};
		scrape.ledger.overflows_known = overflow_case[i].overflows_known;
		scrape.ledger.listen_overflows = 20;
		scrape.totals.queue_overflows = 7; /* each read has its own */
		assert_true(target_parse(&target, overflow_case[i].target, TARGET_UWSGI, &why));
		nagios_queue_settle(&scrape, &why);
		assert_string_equal(why.text, overflow_case[i].why);
		assert_int_equal(scrape.totals.queue_overflows, overflow_case[i].known ? 20 : 0);
		assert_true(scrape.totals.queue_known);
		assert_true(given_parse(&given, &nagios_program_uwsgi,
					"p --stats 127.0.0.1:1 -c queue_overflows_per_second=0"));
		item = nagios_items_find(&given.settings.items, STR("queue_overflows_per_second"));
		nagios_items_fill(&given.settings.items, &scrape);
		assert_int_equal(item->counted, overflow_case[i].known);
		assert_true(nagios_program_uwsgi.explains(item->metric->offset));
		is_said(&given.settings.items, item, &scrape, why.text);
		given_free(&given);
		target_free(&target);
	}
}

/* The check's own connection: in both numbers that it is in, and in no other. */
static void the_check_itself_can_be_left_out(void **state)
{
	static const struct {
		const char *line;
		int64_t active, writing;           /* as nginx says */
		int64_t active_then, writing_then; /* as they are judged */
	} self_case[] = {
		{"p --worker-connections 10 --worker-processes 1", 5, 3, 5, 3},
		{"p --worker-connections 10 --worker-processes 1 --exclude-self", 5, 3, 4, 2},
		{"p --worker-connections 10 --worker-processes 1 --exclude-self", 1, 1, 0, 0},
		{"p --worker-connections 10 --worker-processes 1 --exclude-self", 0, 0, 0, 0},
		{"p --worker-connections 10 --worker-processes 1 --exclude-self", 3, 0, 2, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(self_case); i++) {
		struct scrape scrape = {.nginx = {.active = self_case[i].active,
						  .writing = self_case[i].writing,
						  .reading = 1,
						  .waiting = 1}};
		struct given given;
		struct err why = {0};

		assert_true(given_parse(&given, &nagios_program_nginx, self_case[i].line));
		nagios_program_nginx.refine(&given.settings, &scrape, &why);
		assert_int_equal(scrape.nginx.active, self_case[i].active_then);
		assert_int_equal(scrape.nginx.writing, self_case[i].writing_then);
		assert_int_equal(scrape.nginx.reading + scrape.nginx.waiting, 2);
		assert_true(scrape.nginx.active_percent == 10.0 * (double)self_case[i].active_then);
		given_free(&given);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(queues_are_the_kernels_where_it_knows),
		cmocka_unit_test(overflows_are_the_kernels),
		cmocka_unit_test(the_check_itself_can_be_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
