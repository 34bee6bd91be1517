/* SPDX-License-Identifier: MIT */
/* test_check_options.c - what the checks make of their options. */
#include "unit.h"

#include "given.h"

static const struct {
	const char *line;
	const char *target; /* NULL: refused with `error` */
	const char *error;
} nginx_case[] = {
	{"p", "http://127.0.0.1/nginx_status", NULL},
	{"p --url http://h:81/x", "http://h:81/x", NULL},
	{"p -u /status", "http://127.0.0.1/status", NULL},
	{"p -H web -p 8080 -S", "https://web:8080/nginx_status", NULL},
	{"p -H ::1 -p 80 -u /s", "http://[::1]:80/s", NULL},
	{"p -H [::1] -u /s?x", "http://[::1]/s?x", NULL},
	{"p --unix /run/n.sock -u /s", "unix:/run/n.sock:/s", NULL},
	{"p --hostname=h --port=80 --url=/s --servername=v --ssl --user=u --pass=p --maxreach=5",
	 "https://h:80/s", NULL},
	{"p -H h --url status", "http://h/status", NULL},
	{"p --url http://h/x -H h", NULL, "expected no -H"},
	{"p --url unix:/x:/y -H h", NULL, "expected no -H"},
	{"p --unix /x -p 80", NULL, "expected no -H"},
	{"p -p 0", NULL, "bad port \"0\""},
	{"p -p 80x", NULL, "bad port \"80x\""},
	{"p -H h/x", NULL, "bad host \"h/x\""},
	{"p -H ", NULL, "bad host \"\""},
	{"p --url h", NULL, "target \"h\""},
	{"p x", NULL, "\"x\""},
	{"p --nonsense", NULL, "\"--nonsense\""},
	{"p -w 5 -c x=5", NULL, "unknown metric \"x\": expected active, reading"},
	{"p -w active=", NULL, "\"active\" is empty"},
	{"p -w active=7x", NULL, "bad range \"7x\""},
	{"p -w 1,2", NULL, "\"1,2\" is too short"},
	{"p -w 1,2,3,4", NULL, "\"1,2,3,4\" is too long"},
	{"p --warn 1,x,3", NULL, "\"x\""},
	{"p -t 0", NULL, "\"0\""},
	{"p -t 5:bad", NULL, "bad state \"bad\""},
	{"p -t 12345678901234567890123456789012345", NULL, "expected SECONDS"},
	{"p --unreachable 4", NULL, "bad state \"4\""},
	{"p --sample 10", NULL, "--sample 10"},
	{"p -a secret", NULL, "expected USER:PASS"},
	{"p --authfile /nonexistent", NULL, "cannot read \"/nonexistent\""},
};

static void check_nginx_options(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(nginx_case); i++) {
		struct given given;
		bool ok = given_parse(&given, &nagios_program_nginx, nginx_case[i].line);

		if (ok != (nginx_case[i].target != NULL))
			fail_msg("case %zu: %s", i, given.err.text);
		if (ok)
			assert_string_equal(given.settings.site.nginx.name, nginx_case[i].target);
		else if (strstr(given.err.text, nginx_case[i].error) == NULL)
			fail_msg("case %zu: %s", i, given.err.text);
		assert_null(strstr(given.err.text, "secret"));
		given_free(&given);
	}
}

static void thresholds_reach_their_metrics(void **state)
{
	const char *arg =
		"p -w 5 -c requests_per_second=10: -w waiting=~:9 --critical 100,-1,7 -w 6";
	struct given given;
	struct nagios_items *items = &given.settings.items;

	(void)state;
	assert_true(given_parse(&given, &nagios_program_nginx, arg));
	assert_true(str_equal(nagios_items_find(items, STR("active"))->warning.text, STR("6")));
	assert_true(str_equal(nagios_items_find(items, STR("active"))->critical.text, STR("100")));
	assert_true(str_equal(nagios_items_find(items, STR("waiting"))->warning.text, STR("~:9")));
	assert_false(nagios_items_find(items, STR("requests_per_second"))->critical.set);
	assert_true(nagios_items_find(items, STR("accepts_per_second"))->critical.set);
	assert_true(nagios_items_judge_rates(items));
	given_free(&given);
}

static void other_options(void **state)
{
	const char *arg = "p -vvt 1.5:warning --unreachable=unknown --sample=500ms -a u:p:q -6 "
			  "--counters --state-dir=/x";
	struct given given;

	(void)state;
	assert_true(given_parse(&given, &nagios_program_nginx, arg));
	assert_int_equal(given.settings.verbose, 2);
	assert_true(given.settings.timeout_seconds == 1.5 && given.settings.has_timeout_state);
	assert_int_equal(given.settings.timeout_state, NAGIOS_WARNING);
	assert_int_equal(given.settings.unreachable, NAGIOS_UNKNOWN);
	assert_true(given.settings.sample_seconds == 0.5);
	assert_string_equal(given.settings.site.options.username, "u");
	assert_string_equal(given.settings.site.options.password, "p:q");
	assert_int_equal(given.settings.site.options.ip, FETCH_IP_V6);
	assert_string_equal(given.settings.state_dir, "/x");
	given_free(&given);
}

static void defaults(void **state)
{
	struct given given;

	(void)state;
	assert_true(given_parse(&given, &nagios_program_nginx, "p"));
	assert_true(given.settings.timeout_seconds == 10);
	assert_false(given.settings.has_timeout_state);
	assert_int_equal(given.settings.unreachable, NAGIOS_CRITICAL);
	assert_true(given.settings.sample_seconds == 0);
	assert_string_equal(given.settings.state_dir, "/var/tmp");
	assert_false(given.settings.site.options.insecure || given.settings.counters);
	given_free(&given);
}

static void check_uwsgi_options(void **state)
{
	const char *two = "p --stats 127.0.0.1:1717 --stats=unix:@x -w 80";
	const char *none = "p";
	const char *list = "p --stats=h:1 -w 1,2,3";
	struct given given;

	(void)state;
	assert_true(given_parse(&given, &nagios_program_uwsgi, two));
	assert_int_equal(given.settings.site.uwsgi_len, 2);
	given_free(&given);
	assert_false(given_parse(&given, &nagios_program_uwsgi, none));
	assert_non_null(strstr(given.err.text, "--stats TARGET"));
	given_free(&given);
	assert_false(given_parse(&given, &nagios_program_uwsgi, list));
	assert_non_null(strstr(given.err.text, "bad range \"1,2,3\""));
	given_free(&given);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(check_nginx_options),
		cmocka_unit_test(thresholds_reach_their_metrics),
		cmocka_unit_test(other_options),
		cmocka_unit_test(defaults),
		cmocka_unit_test(check_uwsgi_options),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
