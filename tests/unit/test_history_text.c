/* SPDX-License-Identifier: MIT */
/* A history as text: it comes back the same, and goes on the same; what is damaged is refused. */
#include "unit.h"

#include "healthy.h"
#include "history.h"

#define BEGIN 1699999200.0

static struct healthy site;
static struct history history;

static void take(double seconds)
{
	site.scrape.time += seconds;
	site.scrape.nginx.requests += 70;
	site.scrape.nginx.accepts += 7;
	site.scrape.totals.requests += 60;
	history_take(&history, &site.scrape);
}

/* Days of scrapes with something in each part of the history. */
static void live(size_t scrapes, double interval)
{
	healthy_init(&site);
	history_init(&history);
	site.scrape.time = BEGIN + 0.123456789;
	healthy_hold(&site, HELD_UNEXPLAINED, -2.5);
	healthy_hold(&site, HELD_PHANTOM, NOT_KNOWN);
	site.scrape.ledger.old_workers = 1;
	site.scrape.totals.busy_cores = 8;
	site.scrape.basis.is_there = true;
	site.scrape.memory = (struct phantoms_memory){.processes = 77,
						      .master_pid = 5,
						      .handled = 900,
						      .low = 2,
						      .high = 3,
						      .changed = BEGIN,
						      .seen = NOT_KNOWN,
						      .seen_at = BEGIN + 1,
						      .since = BEGIN + 2,
						      .looks = 3,
						      .least = 2,
						      .least_before = NOT_KNOWN};
	for (size_t i = 0; i < scrapes; i++) {
		site.socket[0].queue = (double)(i % 9);
		healthy_hold(&site, HELD_SENDING, (double)(i % 31) / 3);
		take(interval);
	}
}

static void encode(struct buf *out, const struct history *it)
{
	buf_clear(out);
	history_encode(it, out);
	assert_true(buf_ok(out));
}

static void test_round_trip(void **state)
{
	static const struct {
		size_t scrapes;
		double interval;
	} row[] = {{0, 1}, {1, 1}, {2, 15.25}, {200, 77.7}, {12 * 24 * 25, 300.003}, {40, 5000}};
	struct history back;
	struct err err = {0};
	struct buf one;
	struct buf two;

	(void)state;
	buf_init(&one, HISTORY_TEXT_MAX);
	buf_init(&two, HISTORY_TEXT_MAX);
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		live(row[i].scrapes, row[i].interval);
		encode(&one, &history);
		assert_true(history_parse(&back, buf_str(&one), &err));
		encode(&two, &back);
		assert_string_equal(buf_text(&one), buf_text(&two));
		assert_true(back.time == history.time);
		assert_int_equal(back.hour_len, history.hour_len);
		assert_int_equal(back.day_len, history.day_len);
		/* It goes on as if it had never been text. */
		for (unsigned k = 0; k < 50; k++) {
			take(200);
			history_take(&back, &site.scrape);
		}
		encode(&one, &history);
		encode(&two, &back);
		assert_string_equal(buf_text(&one), buf_text(&two));
	}
	buf_free(&one);
	buf_free(&two);
}

/* The longest numbers there are, everywhere. */
static void test_it_fits(void **state)
{
	const double longest = -123.45678901234567e-30;
	struct buf out;

	(void)state;
	live(12 * 24 * 25, 300);
	for (size_t i = 0; i < HISTORY_HOURS; i++) {
		history.hour[i].start = history.hour[i].seconds = history.hour[i].requests =
			longest;
		for (size_t k = 0; k < HISTORY_SERIES; k++)
			history.hour[i].floor[k] = longest;
	}
	for (size_t i = 0; i < HISTORY_DAYS; i++)
		history.day[i] = history.hour[i];
	for (size_t k = 0; k < HISTORY_SERIES; k++)
		history.streak_since[k] = history.streak_least[k] = longest;
	buf_init(&out, HISTORY_TEXT_MAX);
	encode(&out, &history);
	buf_free(&out);
}

/* A part of the text, and what is put in its place. */
static const struct damage {
	const char *part, *by;
} damage[] = {
	{"connledger-history 2 14", "connledger-history 3 14"},
	{"connledger-history 2 14", "connledger-history 1 14"},
	{"connledger-history 2 14", "connledger-history 2 13"},
	{"connledger-history 2 14", "connledger-rates 1"},
	{"connledger-history 2 14", "connledger-history 2"},
	{"\nphantoms 77 ", "\nphantoms - "},
	{"\nphantoms 77 5 ", "\nphantoms 77 5000000000 "},
	{"\nphantoms 77 5 900 2 ", "\nphantoms 77 5 900 4 "}, /* above the most */
	{"\nphantoms 77 5 900 2 3 ", "\nphantoms 77 5 900 2 3 -"},
	{"\nend\n", "\nend"},
	{"\nend\n", "\n"},
	{"\nend\n", "\nend\nx"},
	{"\nend\n", "\nend\n\n"},
	{"now ", "now  "},
	{"now ", "now"},
	{"now ", "now nan "},
	{"now ", "now - "},
	{"now ", "now -1 "},
	{"now ", "now 0 "}, /* one number too many */
	{"\nnow ", "\n\nnow "},
	{"\ncounter", "\r\ncounter"},
	{"\ncounter", " 0\ncounter"},
	{"\ncounter ", "\ncounter 1e300 "},
	{"\ncounter ", "\ncounter x"},
	{"\nolder ", "\nnewer "},
	{"\nolder 1", "\nolder 9"}, /* later than the newer one */
	{"\nnewer 1", "\nnewer 9"}, /* later than the last scrape */
	{"\nstreak ", "\nstreak 9"},
	{"\nleast ", "\nleast -"},
	{"\nlately ", "\nlately 1 "},
	{"\nqueue ", "\nqueue -"},
	{"\nsince 1", "\nsince 9"},
	{"\nhours 3", "\nhours 2"},
	{"\nhours 3", "\nhours 4"},
	{"\nhours 3", "\nhours 74"},
	{"\nhours 3", "\nhours 3.5"},
	{"\nhours 3", "\nhours -3"},
	{"\nhours 3", "\nhours -"},
	{"\nhours 3\n1699999200 ", "\nhours 3\n1699999201 "},
	{"\nhours 3\n1699999200 ", "\nhours 3\n1700006400 "}, /* the newest first */
	{"\n1699999200 ", "\n- "},
	{"\n1699999200 ", "\n1699999200 -"},
	{"\n1699999200 ", "\n1699999200 4000 "},
	{"\n1700006400 ", "\n1700010000 "}, /* an hour that has not begun */
	{"\ndays 1", "\ndays 0"},
	{"\ndays 1\n1699920000", "\ndays 1\n1700092800"},
	{"\ndays 1\n1699920000", "\ndays 1\n1699923600"},
};

static void test_damage(void **state)
{
	struct history back;
	struct buf good;
	struct buf bad;

	(void)state;
	live(26, 300);
	buf_init(&good, HISTORY_TEXT_MAX);
	buf_init(&bad, 2 * HISTORY_TEXT_MAX);
	encode(&good, &history);
	for (size_t i = 0; i < ARRAY_LEN(damage); i++) {
		const char *at = strstr(buf_text(&good), damage[i].part);
		struct err err = {0};

		if (at == NULL)
			fail_msg("no \"%s\" in\n%s", damage[i].part, buf_text(&good));
		buf_clear(&bad);
		buf_add(&bad, buf_text(&good), (size_t)(at - buf_text(&good)));
		buf_add_text(&bad, damage[i].by);
		buf_add_text(&bad, at + strlen(damage[i].part));
		if (history_parse(&back, buf_str(&bad), &err))
			fail_msg("\"%s\" taken for \"%s\"", damage[i].by, damage[i].part);
		assert_int_equal(err.kind, ERR_PARSE);
		assert_true(back.time == 0 && back.hour_len == 0 && isnan(back.queue));
	}
	buf_free(&good);
	buf_free(&bad);
}

/* No beginning of a good text is good, and none is read beyond its end. */
static void test_cut(void **state)
{
	struct history back;
	struct buf good;

	(void)state;
	live(26, 300);
	buf_init(&good, HISTORY_TEXT_MAX);
	encode(&good, &history);
	for (size_t len = 0; len < good.len; len++) {
		char *copy = malloc(len + 1);
		struct err err = {0};

		memcpy(copy, good.ptr, len);
		assert_false(history_parse(&back, (struct str){copy, len}, &err));
		free(copy);
	}
	buf_free(&good);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_it_fits),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
