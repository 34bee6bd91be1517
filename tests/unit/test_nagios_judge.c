/* SPDX-License-Identifier: MIT */
/* test_nagios_judge.c - every range of the guidelines on every kind of value, how long a line gets,
 * when there are rates, and what other plugins' options do. */
#include "unit.h"

#include <math.h>

#include "given.h"
#include "nagios/encode.h"
#include "nagios/queue.h"
#include "nagios/rates.h"

/* ---- ranges ---------------------------------------------------------------------------------- */

enum { VALUES = 7 };
static const double value[VALUES] = {-3, 0, 0.5, 10, 10.5, 20, 21};

/* A '-' is fine, an 'A' alerts; one for each value. */
static const struct {
	const char *range;
	const char *alerts;
} range[] = {
	{"10", "A---AAA"},     {"10:", "AAA----"},     {"~:10", "----AAA"},   {"10:20", "AAA---A"},
	{"@10:20", "---AAA-"}, {"@10", "-AAA---"},     {"0", "A-AAAAA"},      {"0:", "A------"},
	{":10", "A---AAA"},    {"~:", "-------"},      {"@~:", "AAAAAAA"},    {"@~:10", "AAAA---"},
	{"-3:0.5", "---AAAA"}, {"10.5:20", "AAAA--A"}, {"@10:10", "---A---"}, {"@-3:", "AAAAAAA"},
};

/* A whole number, a rate, a percentage, seconds, and one that may be below 0. */
static const struct {
	const struct nagios_program *program;
	const char *metric;
} kind[] = {
	{&nagios_program_nginx, "active"},
	{&nagios_program_nginx, "requests_per_second"},
	{&nagios_program_nginx, "requests_per_connection"},
	{&nagios_program_uwsgi, "busy_percent"},
	{&nagios_program_uwsgi, "oldest_request"},
	{&nagios_program_uwsgi, "tx_per_second"},
	{&nagios_program_connections, "unexplained"},
	{&nagios_program_connections, "confidence"},
};

static enum nagios_state judged(size_t k, const char *warning, const char *critical, double number)
{
	struct nagios_items items;
	struct nagios_item *item;
	struct err err = {0};

	nagios_items_init(&items, kind[k].program->root, kind[k].program->root_len);
	item = nagios_items_find(&items, str_of(kind[k].metric));
	assert_non_null(item);
	item->known = true;
	item->value = item->low = item->high = number;
	assert_true(warning == NULL || threshold_parse(&item->warning, str_of(warning), &err));
	assert_true(critical == NULL || threshold_parse(&item->critical, str_of(critical), &err));
	return nagios_items_judge(&items, false);
}

static void ranges_hold_for_every_kind_of_value(void **state)
{
	(void)state;
	for (size_t k = 0; k < ARRAY_LEN(kind); k++) {
		for (size_t i = 0; i < ARRAY_LEN(range) * VALUES; i++) {
			const char *text = range[i / VALUES].range;
			bool alerts = range[i / VALUES].alerts[i % VALUES] == 'A';
			double number = value[i % VALUES];

			if (judged(k, text, NULL, number) !=
				    (alerts ? NAGIOS_WARNING : NAGIOS_OK) ||
			    judged(k, NULL, text, number) !=
				    (alerts ? NAGIOS_CRITICAL : NAGIOS_OK) ||
			    judged(k, text, text, number) !=
				    (alerts ? NAGIOS_CRITICAL : NAGIOS_OK) ||
			    judged(k, "@~:", text, number) !=
				    (alerts ? NAGIOS_CRITICAL : NAGIOS_WARNING))
				fail_msg("%s %s %g", kind[k].metric, text, number);
		}
	}
}

/* ---- the line -------------------------------------------------------------------------------- */

static const struct nagios_program *const program[] = {&nagios_program_nginx, &nagios_program_uwsgi,
						       &nagios_program_connections};

/* The performance data with all metrics known and as large as a number gets. */
static void largest(struct nagios_items *items, struct buf *perfdata)
{
	for (size_t i = 0; i < items->len; i++) {
		items->item[i].known = true;
		items->item[i].value = (double)UINT64_MAX;
	}
	nagios_encode_perfdata(items, false, perfdata);
}

static void a_line_is_never_longer_than_800(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(program); i++) {
		char text[2 * NAGIOS_LINE_MAX];
		struct nagios_items items;
		struct buf perfdata;
		struct buf out;

		nagios_items_init(&items, program[i]->root, program[i]->root_len);
		buf_init(&perfdata, NAGIOS_OUTPUT_MAX);
		buf_init(&out, NAGIOS_OUTPUT_MAX);
		largest(&items, &perfdata);
		memset(text, 'x', sizeof(text));
		nagios_encode_line(program[i]->service, NAGIOS_CRITICAL,
				   (struct str){text, sizeof(text)}, buf_str(&perfdata), &out);
		if (out.len > NAGIOS_LINE_MAX)
			fail_msg("%s: %zu", program[i]->name, out.len);
		assert_non_null(strstr(buf_text(&out), "xxx... | "));
		assert_true(str_ends(buf_str(&out), STR("\n")));
		buf_free(&out);
		buf_free(&perfdata);
	}
}

/* Labels are words, and the numbers have no comma, no exponent and no unit that Icinga drops. */
static void performance_data_are_plain(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(program); i++) {
		struct nagios_items items;
		struct buf perfdata;
		struct str rest;

		nagios_items_init(&items, program[i]->root, program[i]->root_len);
		buf_init(&perfdata, NAGIOS_OUTPUT_MAX);
		largest(&items, &perfdata);
		rest = buf_str(&perfdata);
		while (rest.len > 0) {
			struct str item = str_cut(&rest, ' ');
			struct str label = str_cut(&item, '=');
			struct str number = str_cut(&item, ';');

			for (size_t k = 0; k < label.len; k++)
				assert_true(label.ptr[k] == '_' ||
					    (label.ptr[k] >= 'a' && label.ptr[k] <= 'z'));
			while (number.len > 0 && number.ptr[0] >= '0' && number.ptr[0] <= '9')
				number = (struct str){number.ptr + 1, number.len - 1};
			assert_true(number.len == 0 || str_equal(number, STR("%")) ||
				    str_equal(number, STR("s")));
		}
		buf_free(&perfdata);
	}
}

/* The text of a healthy site, with the numbers of a large one. */
static void usual_texts_fit_a_terminal(void **state)
{
	struct uwsgi_scrape server = {.probe = {.asked = true, .up = true}};
	struct scrape scrape = {
		.nginx_probe = {.asked = true, .up = true},
		.nginx = {.active = 2910, .reading = 60, .writing = 1790, .waiting = 1060},
		.uwsgi = &server,
		.uwsgi_len = 1,
		.uwsgi_site = {.up = true},
		.totals = {.workers = 32,
			   .idle = 20,
			   .busy = 12,
			   .cores = 64,
			   .busy_cores = 12,
			   .queue = 12,
			   .queue_max = 100,
			   .queue_known = true,
			   .queue_percent = 12},
	};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct nagios_items items;
		struct nagios_item *rate;
		struct buf text;
		struct buf out;

		nagios_items_init(&items, program[i]->root, program[i]->root_len);
		rate = nagios_items_find(&items, STR("requests_per_second"));
		rate->known = true;
		rate->value = rate->low = rate->high = 142.1;
		buf_init(&text, NAGIOS_OUTPUT_MAX);
		buf_init(&out, NAGIOS_OUTPUT_MAX);
		program[i]->describe(&items, &scrape, &text);
		nagios_encode_line(program[i]->service, NAGIOS_OK, buf_str(&text),
				   (struct str){NULL, 0}, &out);
		if (out.len > NAGIOS_WIDTH + 1)
			fail_msg("%zu: %s", out.len, buf_text(&out));
		buf_free(&out);
		buf_free(&text);
	}
}

/* ---- rates ----------------------------------------------------------------------------------- */

static const struct {
	const char *what;
	double before, now; /* seconds since the host was started; 0: no sample */
	uint64_t requests_before, requests_now;
	bool known;
	double rate;
} rate_case[] = {
	{"a minute", 100, 160, 1000, 1600, true, 10},
	{"nothing happened", 100, 160, 1000, 1000, true, 0},
	{"the first run", 0, 160, 0, 1600, false, 0},
	{"nginx was restarted", 100, 160, 1000, 20, false, 0},
	{"a gap", 100, 3701, 1000, 1600, false, 0},
	{"the longest gap", 100, 3700, 1000, 4600, true, 1},
	{"within a second", 100, 100.9, 1000, 1001, false, 0},
	{"just a second", 100, 101, 1000, 1002, true, 2},
	{"the same moment", 100, 100, 1000, 1600, false, 0},
	{"the host was restarted", 5000, 30, 1000, 1600, false, 0},
	{"a clock far ahead in the file", 1e15, 160, 1000, 1600, false, 0},
};

/* Never 0 and never negative where nothing is known; its threshold waits. */
static void rates_are_known_or_left_out(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rate_case); i++) {
		struct rate_sample before = {.seconds = rate_case[i].before};
		struct rate_sample now = {.seconds = rate_case[i].now};
		struct given given;
		struct nagios_items *items = &given.settings.items;
		struct nagios_item *item;
		struct buf perfdata;

		assert_true(given_parse(&given, &nagios_program_nginx,
					"p -c requests_per_second=@0:0.5"));
		item = nagios_items_find(items, STR("requests_per_second"));
		item->counted = true;
		rate_sample_add(&before, item->metric->key, rate_case[i].requests_before);
		rate_sample_add(&now, item->metric->key, rate_case[i].requests_now);
		nagios_items_settle(items, &before, &now);
		nagios_items_rate(items, &before, &now, RATE_SECONDS_MIN);
		if (item->known != rate_case[i].known ||
		    (item->known && item->value != rate_case[i].rate))
			fail_msg("%s: %d %g", rate_case[i].what, item->known, item->value);
		assert_int_equal(nagios_items_judge(items, true),
				 item->known && item->value <= 0.5 ? NAGIOS_CRITICAL : NAGIOS_OK);
		buf_init(&perfdata, NAGIOS_OUTPUT_MAX);
		nagios_encode_perfdata(items, false, &perfdata);
		assert_int_equal(strstr(buf_text(&perfdata), "requests_per_second=") != NULL,
				 item->known);
		buf_free(&perfdata);
		given_free(&given);
	}
}

/* ---- workers --------------------------------------------------------------------------------- */

/* Of running workers only, and not of a uWSGI that does not tell. */
static void workers_that_do_not_accept_are_counted(void **state)
{
	struct uwsgi_worker worker[] = {{.status = WORKER_IDLE, .accepting = 1},
					{.status = WORKER_IDLE},
					{.status = WORKER_PAUSE},
					{.status = WORKER_CHEAP}};
	struct uwsgi_scrape server = {
		.probe = {.asked = true, .up = true},
		.stats = {.version = "2.0.21", .workers = {.item = worker, .len = 4}}};
	struct scrape scrape = {.uwsgi = &server, .uwsgi_len = 1};

	(void)state;
	for (int old = 0; old <= 1; old++) {
		struct nagios_items items;
		const struct nagios_item *item;

		server.stats.version = old == 1 ? "1.9.21" : "2.0.21";
		scrape_add_up(&scrape);
		nagios_items_init(&items, program[1]->root, program[1]->root_len);
		nagios_items_fill(&items, &scrape);
		item = nagios_items_find(&items, STR("not_accepting"));
		assert_int_equal(item->known, old == 0);
		assert_true(old == 1 || item->value == 2);
		assert_true(nagios_items_find(&items, STR("paused"))->value == 1);
		assert_true(nagios_items_find(&items, STR("cores"))->value == 3);
	}
}

/* ---- drop-in --------------------------------------------------------------------------------- */

/* Every option of Icinga's CheckCommand nginx_status, in the order of its arguments. */
static void icingas_command_is_understood(void **state)
{
	static const char line[] =
		"p --critical 20000,200,300 --disable-sslverifyhostname --hostname h --maxreach 5 "
		"--pass secret --port 8443 --realm r --servername www.example.org --ssl "
		"--timeout 15 --url /nginx_status --user me --warn 10000,100,-1";
	struct given given;
	struct nagios_items *items = &given.settings.items;
	const struct fetch_options *options = &given.settings.site.options;
	const struct nagios_item *item;

	(void)state;
	assert_true(given_parse(&given, &nagios_program_nginx, line));
	assert_string_equal(given.settings.site.nginx.name, "https://h:8443/nginx_status");
	assert_string_equal(options->vhost, "www.example.org");
	assert_string_equal(options->username, "me");
	assert_string_equal(options->password, "secret");
	assert_true(options->insecure_name && !options->insecure);
	assert_true(given.settings.timeout_seconds == 15);
	item = nagios_items_find(items, STR("active"));
	assert_false(threshold_alerts(&item->warning, 9999, 9999));
	assert_true(threshold_alerts(&item->warning, 10000, 10000));
	assert_false(threshold_alerts(&item->critical, 19999, 19999));
	assert_true(threshold_alerts(&item->critical, 20000, 20000));
	item = nagios_items_find(items, STR("requests_per_second"));
	assert_true(threshold_alerts(&item->warning, 100, 100));
	assert_true(threshold_alerts(&item->critical, 200, 200));
	item = nagios_items_find(items, STR("accepts_per_second"));
	assert_false(item->warning.set);
	assert_false(threshold_alerts(&item->critical, 299.9, 299.9));
	assert_true(threshold_alerts(&item->critical, 300, 300));
	given_free(&given);
}

/* The short ones of check_nginx_status.pl: -H -p -u -s -S -t -w A,R,C -c A,R,C. */
static void the_perl_scripts_options_are_understood(void **state)
{
	static const char line[] = "p -H h -p 81 -u /s -s v -S -t 9 -w -1,-1,5 -c 7,-1,-1";
	struct given given;
	struct nagios_items *items = &given.settings.items;

	(void)state;
	assert_true(given_parse(&given, &nagios_program_nginx, line));
	assert_string_equal(given.settings.site.nginx.name, "https://h:81/s");
	assert_string_equal(given.settings.site.options.vhost, "v");
	assert_false(nagios_items_find(items, STR("active"))->warning.set);
	assert_true(nagios_items_find(items, STR("active"))->critical.set);
	assert_false(nagios_items_find(items, STR("requests_per_second"))->critical.set);
	assert_true(nagios_items_find(items, STR("accepts_per_second"))->warning.set);
	given_free(&given);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ranges_hold_for_every_kind_of_value),
		cmocka_unit_test(a_line_is_never_longer_than_800),
		cmocka_unit_test(performance_data_are_plain),
		cmocka_unit_test(usual_texts_fit_a_terminal),
		cmocka_unit_test(rates_are_known_or_left_out),
		cmocka_unit_test(workers_that_do_not_accept_are_counted),
		cmocka_unit_test(icingas_command_is_understood),
		cmocka_unit_test(the_perl_scripts_options_are_understood),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
