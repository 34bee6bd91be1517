/* SPDX-License-Identifier: MIT */
/* test_threshold.c - Nagios' ranges: which are read, and what they alert on, ends included. */
#include "unit.h"

#include "nagios/threshold.h"

enum { VALUES = 9 };

/* One column for each; 'A' alerts. */
static const double value[VALUES] = {-5, 0, 5, 9.5, 10, 10.5, 15, 20, 25};

static const struct {
	const char *range;
	const char *alerts;
	const char *words; /* by threshold_describe(), of the highest value that alerts */
} good[] = {
	{"10", "A----AAAA", "above 10"},         {"0", "A-AAAAAAA", "above 0"},
	{"10:", "AAAA-----", "below 10"},        {"~:10", "-----AAAA", "above 10"},
	{"10:20", "AAAA----A", "outside 10:20"}, {"@10:20", "----AAAA-", "within 10:20"},
	{"@10", "-AAAA----", "within 0:10"},     {"@10:", "----AAAAA", "not below 10"},
	{"@~:10", "AAAAA----", "not above 10"},  {":10", "A----AAAA", "above 10"},
	{"0:", "A--------", "below 0"},          {"~:", "---------", "whatever it is"},
	{"@~:", "AAAAAAAAA", "whatever it is"},  {"-10:-1", "-AAAAAAAA", "outside -10:-1"},
	{"10:10", "AAAA-AAAA", "outside 10:10"}, {"+9.5:1e1", "AAA--AAAA", "outside 9.5:10"},
	{".5:9.", "AA-AAAAAA", "outside 0.5:9"},
};

static void ranges_alert_as_the_guidelines_say(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		struct threshold threshold;
		struct err err = {0};
		struct buf words;
		char seen[VALUES + 1] = "";
		double highest = value[0];

		if (!threshold_parse(&threshold, str_of(good[i].range), &err))
			fail_msg("%s: %s", good[i].range, err.text);
		for (size_t k = 0; k < VALUES; k++) {
			seen[k] = threshold_alerts(&threshold, value[k], value[k]) ? 'A' : '-';
			highest = seen[k] == 'A' ? value[k] : highest;
		}
		if (strcmp(seen, good[i].alerts) != 0)
			fail_msg("%s: %s, not %s", good[i].range, seen, good[i].alerts);
		buf_init(&words, 100);
		threshold_describe(&threshold, highest, &words);
		assert_string_equal(buf_text(&words), good[i].words);
		buf_free(&words);
		assert_true(str_equal(threshold.text, str_of(good[i].range)));
	}
}

/* Of a limit, which side of it. */
static void words_depend_on_the_value(void **state)
{
	static const struct {
		const char *range;
		double value;
		const char *words;
	} said[] = {
		{"10", -5, "below 0"},        {"0:10", -5, "below 0"},
		{"0:10", 25, "above 10"},     {"0", -5, "below 0"},
		{"-0:10", 25, "above 10"},    {"@10", 5, "within 0:10"},
		{"5:10", 25, "outside 5:10"}, {"-5:0", 25, "outside -5:0"},
		{"0:", -5, "below 0"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(said); i++) {
		struct threshold threshold;
		struct err err = {0};
		struct buf words;

		assert_true(threshold_parse(&threshold, str_of(said[i].range), &err));
		buf_init(&words, 100);
		threshold_describe(&threshold, said[i].value, &words);
		assert_string_equal(buf_text(&words), said[i].words);
		buf_free(&words);
	}
}

static const char *const bad[] = {
	"",       "@",    ":",     "@:",    "~",        "@~",    "10abc", "abc", "20:10", "-5",
	"nan",    "inf",  "0x10",  "1,5",   "10:20:30", "10:~",  "@@10",  "10@", " 10",   "10 ",
	"10:2 0", "--5:", "1e999", "~:nan", "~10",      "10;20", "1:abc", "::",  "~:~",   "+",
};

static void what_is_no_range_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct threshold threshold = {.set = true};
		struct err err = {0};

		if (threshold_parse(&threshold, str_of(bad[i]), &err))
			fail_msg("\"%s\" was taken", bad[i]);
		assert_int_equal(err.kind, ERR_USAGE);
		assert_non_null(strstr(err.text, bad[i]));
		assert_false(threshold.set);
	}
}

static const struct {
	const char *text;
	bool ok;
	bool set;
	const char *alerts;
} at_least[] = {
	{"10", true, true, "----AAAAA"},  {"0", true, true, "-AAAAAAAA"},
	{"9.5", true, true, "---AAAAAA"}, {" 10 ", true, true, "----AAAAA"},
	{"-1", true, false, "---------"}, {"", true, false, "---------"},
	{"-2", false, false, NULL},       {"10:20", false, false, NULL},
	{"x", false, false, NULL},
};

static void a_number_of_a_list_is_reached_at_itself(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(at_least); i++) {
		struct threshold threshold;
		struct err err = {0};
		bool ok = threshold_parse_at_least(&threshold, str_of(at_least[i].text), &err);

		assert_int_equal(ok, at_least[i].ok);
		assert_int_equal(threshold.set, at_least[i].set);
		for (size_t k = 0; ok && k < VALUES; k++)
			assert_int_equal(threshold_alerts(&threshold, value[k], value[k]),
					 at_least[i].alerts[k] == 'A');
	}
}

static void without_a_threshold_nothing_alerts(void **state)
{
	struct threshold none = {0};

	(void)state;
	for (size_t k = 0; k < VALUES; k++)
		assert_false(threshold_alerts(&none, value[k], value[k]));
}

/* What is only known within two bounds alerts if each value between them would. */
static void bounds_alert_if_all_between_do(void **state)
{
	static const char *const range[] = {"3", "3:", "~:3", "2:4", "@2:4", "@3", "@~:3", "0:0"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(range); i++) {
		struct threshold threshold;
		struct err err = {0};

		assert_true(threshold_parse(&threshold, str_of(range[i]), &err));
		for (double low = -2; low <= 6; low += 0.5) {
			for (double high = low; high <= 6; high += 0.5) {
				bool all = true;

				for (double at = low; at <= high; at += 0.5)
					all = all && threshold_alerts(&threshold, at, at);
				if (threshold_alerts(&threshold, low, high) != all)
					fail_msg("%s: %g to %g", range[i], low, high);
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ranges_alert_as_the_guidelines_say),
		cmocka_unit_test(words_depend_on_the_value),
		cmocka_unit_test(what_is_no_range_is_refused),
		cmocka_unit_test(a_number_of_a_list_is_reached_at_itself),
		cmocka_unit_test(without_a_threshold_nothing_alerts),
		cmocka_unit_test(bounds_alert_if_all_between_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
