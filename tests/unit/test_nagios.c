/* SPDX-License-Identifier: MIT */
/* test_nagios.c - output of the checks, and what they make of their options. No server is asked. */
#include "unit.h"

#include "given.h"
#include "nagios/details.h"
#include "nagios/encode.h"
#include "nagios/failure.h"
#include "uwsgi.h"

/* ---- text ------------------------------------------------------------------------------------ */

static void text_is_cleaned(void **state)
{
	static const char *const pair[][2] = {
		{"plain text, 5% of [x]: (y); z=1", "plain text, 5% of [x]: (y); z=1"},
		{"a|b~c$d&e<f>g", "a?b?c?d?e?f?g"},
		{"\"quoted\" 'and' `so`", "quoted and so"},
		{"nginx's own, the site's, 'some', s's1", "nginx own, the site, some, s1"},
		{"tab\tline\nend\x7f\xc3\xa4", "tab?line?end???"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(pair); i++) {
		struct buf out;

		buf_init(&out, 200);
		nagios_add_clean(&out, str_of(pair[i][0]));
		assert_string_equal(buf_text(&out), pair[i][1]);
		buf_free(&out);
	}
}

static void lines_are_cut_and_closed(void **state)
{
	char text[2 * NAGIOS_TEXT_MAX];
	struct buf out;

	(void)state;
	memset(text, 'x', sizeof(text));
	buf_init(&out, 2000);
	nagios_encode_line("NGINX", NAGIOS_OK, STR("fine | really"), STR("a=1;;;0"), &out);
	assert_string_equal(buf_text(&out), "NGINX OK: fine ? really | a=1;;;0\n");
	buf_clear(&out);
	nagios_encode_line("NGINX", NAGIOS_CRITICAL, STR("down"), (struct str){NULL, 0}, &out);
	assert_string_equal(buf_text(&out), "NGINX CRITICAL: down\n");
	buf_clear(&out);
	nagios_encode_line("X", NAGIOS_UNKNOWN, (struct str){text, sizeof(text)}, STR("a=1"), &out);
	assert_int_equal(out.len, strlen("X UNKNOWN: ") + NAGIOS_TEXT_MAX + strlen(" | a=1\n"));
	assert_non_null(strstr(buf_text(&out), "xx... | a=1\n"));
	buf_free(&out);
}

/* ---- whole outputs --------------------------------------------------------------------------- */

static const struct nagios_program *const program[] = {&nagios_program_nginx, &nagios_program_uwsgi,
						       &nagios_program_connections};

/* No line is wider than a terminal. Returns how many there are. */
static size_t lines_of_a_terminal(const struct buf *out)
{
	struct str rest = buf_str(out);
	size_t lines = 0;

	while (rest.len > 0) {
		struct str line = str_cut(&rest, '\n');

		if (line.len > 80)
			fail_msg("%.*s", (int)line.len, line.ptr);
		lines++;
	}
	return lines;
}

/* The message, and how to call it, within what the guidelines allow for. */
static void wrong_usage_is_unknown_and_short(void **state)
{
	static const struct {
		const char *line;
		const char *message;
	} one[] = {
		{"p --wa\"rn|ing", "unknown option --warn?ing"},
		{"p -?", "unknown option -?"},
		{"p leftover", "unexpected argument leftover"},
		{"p -w", "a value is missing after option -w"},
		{"p -w 20:10", "bad range 20:10: its start is above its end"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(program) * ARRAY_LEN(one); i++) {
		const struct nagios_program *p = program[i % ARRAY_LEN(program)];
		char expected[200];
		struct words words;
		struct buf out;

		(void)snprintf(expected, sizeof(expected), "%s UNKNOWN: %s (see --help)\nUsage:\n",
			       p->service, one[i / ARRAY_LEN(program)].message);
		buf_init(&out, NAGIOS_OUTPUT_MAX);
		words_split(&words, one[i / ARRAY_LEN(program)].line);
		assert_int_equal(nagios_run(p, words.argc, words.arg, &given_no_env, &out),
				 NAGIOS_UNKNOWN);
		if (!str_starts(buf_str(&out), str_of(expected)))
			fail_msg("%s", buf_text(&out));
		assert_in_range(lines_of_a_terminal(&out), 8, 23);
		assert_non_null(strstr(buf_text(&out), "-w/--warning=[METRIC=]RANGE"));
		assert_null(strpbrk(buf_text(&out), "|~$&'\"<>"));
		buf_free(&out);
	}
}

static void help_fits_a_terminal(void **state)
{
	const char *metric[] = {"response_time", "response_time", "phantom"};
	struct words words;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(program); i++) {
		struct buf out;

		buf_init(&out, NAGIOS_OUTPUT_MAX);
		words_split(&words, "p -h");
		assert_int_equal(nagios_run(program[i], words.argc, words.arg, &given_no_env, &out),
				 NAGIOS_UNKNOWN);
		assert_true(str_starts(buf_str(&out), str_of(program[i]->name)));
		assert_in_range(lines_of_a_terminal(&out), 40, 150);
		assert_non_null(strstr(buf_text(&out), metric[i]));
		assert_non_null(strstr(buf_text(&out), "(a lone RANGE is for this one)"));
		assert_null(strstr(buf_text(&out), "maxreach"));
		buf_free(&out);
	}
}

static void fill_nginx(struct nagios_settings *settings, struct scrape *scrape)
{
	*scrape = (struct scrape){
		.site = &settings->site,
		.nginx_probe = {.asked = true, .up = true, .seconds = 0.0012},
		.nginx = {.active = 612,
			  .reading = 6,
			  .writing = 500,
			  .waiting = 106,
			  .accepts = 1000,
			  .handled = 990,
			  .requests = 18446744073709551615U,
			  .dropped = 10,
			  .requests_per_connection = 5.05,
			  .server = "nginx/1.22.1"},
	};
	nagios_items_fill(&settings->items, scrape);
}

static void text_and_perfdata_of_nginx(void **state)
{
	const char *arg = "p -w 400 -c 0:600 -w reading=@5:7 -c requests_per_second=1";
	struct given given;
	struct nagios_item *rate;
	struct scrape scrape;
	struct buf out;

	(void)state;
	buf_init(&out, 5000);
	assert_true(given_parse(&given, &nagios_program_nginx, arg));
	fill_nginx(&given.settings, &scrape);
	assert_int_equal(nagios_items_judge(&given.settings.items, false), NAGIOS_CRITICAL);
	nagios_encode_offences(&given.settings.items, &(struct nagios_missing){.rate = "no state"},
			       &out);
	assert_string_equal(buf_text(&out), "active 612 above 600, reading 6 within 5:7, "
					    "requests_per_second not known: no state, ");
	buf_clear(&out);
	rate = nagios_items_find(&given.settings.items, STR("requests_per_second"));
	rate->known = true;
	rate->value = 42.123456;
	given.settings.program->describe(&given.settings.items, &scrape, &out);
	assert_string_equal(buf_text(&out),
			    "612 active (6 reading, 500 writing, 106 waiting), 42.1 requests/s");
	buf_clear(&out);
	nagios_encode_perfdata(&given.settings.items, true, &out);
	assert_string_equal(
		buf_text(&out),
		"active=612;400;0:600;0 reading=6;@5:7;;0 writing=500;;;0 waiting=106;;;0 "
		"requests_per_second=42.123;;1;0 requests_per_connection=5.05;;;0 "
		"response_time=0.0012s;;;0 accepts=1000c handled=990c "
		"requests=18446744073709551615c dropped=10c");
	buf_free(&out);
	given_free(&given);
}

static void one_and_many_a_second(void **state)
{
	static const struct {
		double rate;
		const char *many;  /* "requests" */
		const char *other; /* "dropped" */
	} said[] = {
		{1, ", 1 request/s", ", 1 dropped/s"},
		{0.999, ", 1 request/s", ", 1 dropped/s"},
		{1.01, ", 1.01 requests/s", ", 1.01 dropped/s"},
		{0, ", 0 requests/s", ""},
		{11, ", 11 requests/s", ", 11 dropped/s"},
	};
	struct given given;
	struct nagios_items *items = &given.settings.items;
	struct buf out;

	(void)state;
	assert_true(given_parse(&given, &nagios_program_nginx, "p"));
	for (size_t i = 0; i < ARRAY_LEN(said); i++) {
		struct nagios_item *item = nagios_items_find(items, STR("requests_per_second"));

		item->known = true;
		item->value = said[i].rate;
		buf_init(&out, 100);
		nagios_add_rate(items, ROOT_NGINX, item->metric->offset, "requests", true, &out);
		assert_string_equal(buf_text(&out), said[i].many);
		buf_clear(&out);
		nagios_add_rate(items, ROOT_NGINX, item->metric->offset, "dropped", false, &out);
		assert_string_equal(buf_text(&out), said[i].other);
		buf_free(&out);
	}
	given_free(&given);
}

static void text_and_perfdata_of_uwsgi(void **state)
{
	const char *arg = "p --stats h:1";
	struct uwsgi_scrape server = {.probe = {.asked = true, .up = true}};
	struct scrape scrape = {
		.uwsgi = &server,
		.uwsgi_len = 1,
		.uwsgi_site = {.up = true, .seconds = 0.5},
		.totals = {.workers = 4,
			   .busy = 1,
			   .idle = 2,
			   .cheap = 1,
			   .cores = 6,
			   .busy_cores = 3,
			   .busy_percent = 50,
			   .queue = 7,
			   .queue_max = 100,
			   .queue_known = true,
			   .queue_percent = 7,
			   .oldest_request = 12},
	};
	struct given given;
	struct buf out;

	(void)state;
	buf_init(&out, 5000);
	assert_true(given_parse(&given, &nagios_program_uwsgi, arg));
	nagios_items_fill(&given.settings.items, &scrape);
	given.settings.program->describe(&given.settings.items, &scrape, &out);
	assert_string_equal(buf_text(&out), "3 of 6 cores busy, 2 workers idle, queue 7 of 100");
	buf_clear(&out);
	nagios_encode_perfdata(&given.settings.items, false, &out);
	assert_string_equal(
		buf_text(&out),
		"busy_percent=50%;;;0;100 busy=1;;;0 paused=0;;;0 idle=2;;;0 cheap=1;;;0 "
		"workers=4;;;0 not_accepting=0;;;0 cores=6;;;0 queue=7;;;0 "
		"queue_percent=7%;;;0;100 oldest_request=12s;;;0 "
		"response_time=0.5s;;;0");
	buf_clear(&out);
	scrape.totals = (struct uwsgi_totals){0};
	given.settings.program->describe(&given.settings.items, &scrape, &out);
	assert_true(str_starts(buf_str(&out), STR("no workers")));
	buf_free(&out);
	given_free(&given);
}

static void failures_choose_the_state(void **state)
{
	const char *arg = "p --stats h:1 --stats h:2 -t 3:unknown --unreachable warning";
	struct uwsgi_scrape server[2] = {{.probe = {.asked = true}}, {.probe = {.asked = true}}};
	struct scrape scrape = {.uwsgi = server, .uwsgi_len = 2};
	enum nagios_state seen = NAGIOS_OK;
	struct given given;
	struct buf out;

	(void)state;
	buf_init(&out, 5000);
	assert_true(given_parse(&given, &nagios_program_uwsgi, arg));
	server[0].probe.up = true;
	server[1].probe.up = true;
	assert_true(nagios_all_answered(&given.settings, &scrape, &seen, &out));
	server[1].probe.up = false;
	(void)err_set(&server[1].probe.err, ERR_TIMEOUT, "h:2: late");
	assert_false(nagios_all_answered(&given.settings, &scrape, &seen, &out));
	assert_int_equal(seen, NAGIOS_UNKNOWN);
	assert_true(str_starts(buf_str(&out), STR("1 of 2 targets failed: h:2: late (")));
	server[0].probe.up = false;
	(void)err_set(&server[0].probe.err, ERR_ACCESS, "h:1: denied");
	buf_clear(&out);
	assert_false(nagios_all_answered(&given.settings, &scrape, &seen, &out));
	assert_int_equal(seen, NAGIOS_WARNING);
	assert_string_equal(buf_text(&out), "2 of 2 targets failed: h:1: denied");
	buf_free(&out);
	given_free(&given);
}

static void details_tell_no_secret(void **state)
{
	const char *arg = "p --url http://me:geheim@h/x -a me:geheim -w ~:5";
	struct nagios_rates rates = {.state = RATE_FIRST};
	struct given given;
	struct scrape scrape;
	struct buf out;

	(void)state;
	buf_init(&out, 50000);
	assert_true(given_parse(&given, &nagios_program_nginx, arg));
	fill_nginx(&given.settings, &scrape);
	nagios_details_answers(&scrape, &out);
	assert_non_null(strstr(buf_text(&out), " answered in 0.0012 s (nginx/1.22.1)"));
	nagios_details_metrics(&given.settings.items, &out);
	nagios_details_settings(&given.settings, &out);
	nagios_details_rates(&given.settings, &rates, &out);
	nagios_details_objects(&scrape, &out);
	assert_null(strstr(buf_text(&out), "geheim"));
	assert_null(strpbrk(buf_text(&out), "|~$&'\"<>"));
	assert_non_null(strstr(buf_text(&out), "\nnginx: active=612 reading=6 "));
	buf_free(&out);
	given_free(&given);
}

static void every_object_is_shown(void **state)
{
	struct target target = {0};
	struct uwsgi_scrape server = {.target = &target, .probe = {.asked = true, .up = true}};
	struct scrape scrape = {.uwsgi = &server, .uwsgi_len = 1};
	struct err err = {0};
	struct buf out;

	(void)state;
	assert_true(target_parse(&target, "h:1", TARGET_UWSGI, &err));
	buf_init(&out, 50000);
	assert_true(uwsgi_parse(&server.stats,
				STR("{\"version\":\"2.0.21\",\"sockets\":[{\"name\":\"/run/a|b\","
				    "\"proto\":\"uwsgi\",\"queue\":0,\"max_queue\":0}],"
				    "\"workers\":[{\"id\":1,\"pid\":5,\"status\":\"busy\","
				    "\"requests\":7,\"cores\":[{\"id\":0,\"in_request\":1,"
				    "\"vars\":[\"HTTP_COOKIE=geheim\"]}]}]}"),
				&err));
	scrape_add_up(&scrape);
	nagios_details_objects(&scrape, &out);
	assert_non_null(strstr(buf_text(&out), " server=h:1 worker_id=1: "));
	assert_non_null(strstr(buf_text(&out), " status=busy"));
	assert_non_null(strstr(buf_text(&out), "=/run/a?b"));
	assert_null(strstr(buf_text(&out), "geheim"));
	assert_null(strpbrk(buf_text(&out), "|~$&'\"<>"));
	buf_free(&out);
	uwsgi_stats_free(&server.stats);
	target_free(&target);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_cleaned),
		cmocka_unit_test(lines_are_cut_and_closed),
		cmocka_unit_test(wrong_usage_is_unknown_and_short),
		cmocka_unit_test(help_fits_a_terminal),
		cmocka_unit_test(text_and_perfdata_of_nginx),
		cmocka_unit_test(one_and_many_a_second),
		cmocka_unit_test(text_and_perfdata_of_uwsgi),
		cmocka_unit_test(failures_choose_the_state),
		cmocka_unit_test(details_tell_no_secret),
		cmocka_unit_test(every_object_is_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
