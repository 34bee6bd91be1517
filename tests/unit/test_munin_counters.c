/* SPDX-License-Identifier: MIT */
/* test_munin_counters.c - the mean time of a request, made of what two fetches have seen. */
#include "unit.h"

#include "munin_env.h"

#define START 1700000000.0

#define FIRST  "there was no earlier fetch to compare with"
#define LOST   "nothing is remembered from one fetch to the next: munin-node's log says why"
#define FUTURE "the last fetch lies in the future: the clock was set back"
#define OLD    "the last fetch was more than an hour ago"
#define FELL   "the counters fell since the last fetch: the server was restarted"
#define NONE   "no request has ended since the last fetch"

/* A fetch; `seconds` after START. */
struct fetch {
	double seconds;
	uint64_t requests;
	uint64_t running_time; /* microseconds */
	bool down;
};

struct mean_case {
	const char *name;
	struct fetch before[3];
	size_t before_len;
	struct fetch now;
	bool lost;
	const char *value;
	const char *why; /* NULL: no reason beside the value */
};

static const struct mean_case mean_case[] = {
	{"first", {{0, 0, 0, false}}, 0, {0, 9, 9, false}, false, "U", FIRST},
	{"memory lost", {{0, 0, 0, false}}, 0, {0, 9, 9, false}, true, "U", LOST},
	{"mean", {{0, 10, 5000000, false}}, 1, {300, 14, 7000000, false}, false, "0.5", NULL},
	{"from nothing",
	 {{0, 0, 0, false}},
	 1,
	 {300, 3, 1000000, false},
	 false,
	 "0.333333333",
	 NULL},
	{"in no time at all", {{0, 5, 77, false}}, 1, {300, 6, 77, false}, false, "0", NULL},
	{"not written, but read",
	 {{0, 0, 0, false}},
	 1,
	 {300, 2, 3000000, false},
	 true,
	 "1.5",
	 NULL},
	{"since the last",
	 {{0, 0, 0, false}, {300, 100, 9, false}},
	 2,
	 {600, 101, 2000009, false},
	 false,
	 "2",
	 NULL},
	{"large numbers",
	 {{0, 18446744073709551605U, 18446744073609551615U, false}},
	 1,
	 {300, 18446744073709551615U, 18446744073709551615U, false},
	 false,
	 "10",
	 NULL},
	{"none ended", {{0, 10, 5, false}}, 1, {300, 10, 5, false}, false, "U", NONE},
	{"none ended, time grew", {{0, 10, 5, false}}, 1, {300, 10, 6, false}, false, "U", NONE},
	{"requests fell", {{0, 10, 5, false}}, 1, {300, 9, 6, false}, false, "U", FELL},
	{"time fell", {{0, 10, 5, false}}, 1, {300, 11, 4, false}, false, "U", FELL},
	{"after a restart",
	 {{0, 99, 99, false}, {300, 1, 0, false}},
	 2,
	 {600, 2, 2500000, false},
	 false,
	 "2.5",
	 NULL},
	{"an hour", {{0, 10, 0, false}}, 1, {3600, 11, 1000000, false}, false, "1", NULL},
	{"over an hour", {{0, 10, 0, false}}, 1, {3600.5, 11, 9, false}, false, "U", OLD},
	{"future", {{300, 10, 0, false}}, 1, {299.5, 11, 9, false}, false, "U", FUTURE},
	{"after the future",
	 {{9000, 10, 0, false}, {300, 10, 0, false}},
	 2,
	 {600, 11, 1000000, false},
	 false,
	 "1",
	 NULL},
	{"down now", {{0, 10, 5, false}}, 1, {300, 0, 0, true}, false, "U", NULL},
	{"down between",
	 {{0, 10, 0, false}, {300, 0, 0, true}},
	 2,
	 {600, 12, 6000000, false},
	 false,
	 "3",
	 NULL},
	{"down too long",
	 {{0, 10, 0, false}, {3000, 0, 0, true}, {3500, 0, 0, true}},
	 3,
	 {3700, 12, 6, false},
	 false,
	 "U",
	 OLD},
	{"down at first", {{0, 0, 0, true}}, 1, {300, 12, 6, false}, false, "U", FIRST},
};

static struct scrape scrape_of(const struct fetch *fetch, struct uwsgi_scrape *server)
{
	*server = (struct uwsgi_scrape){.probe = {.asked = true, .up = !fetch->down}};
	return (struct scrape){
		.time = START + fetch->seconds,
		.uwsgi = server,
		.uwsgi_len = 1,
		.uwsgi_site = {.up = !fetch->down},
		.totals = {.requests = fetch->requests, .running_time = fetch->running_time},
	};
}

/* What a run does with the memory: takes in, and leaves for the next one as text. */
static void take(struct munin_memory *memory, const struct scrape *scrape)
{
	struct err err = {0};
	struct buf text;

	buf_init(&text, 65536);
	munin_memory_encode(memory, &text);
	assert_true(munin_memory_parse(memory, buf_str(&text), &err));
	munin_memory_take(memory, scrape);
	buf_free(&text);
}

static void encode(const struct munin_memory *memory, const struct scrape *scrape, struct buf *out)
{
	struct munin_encoder encoder = {.name = "web",
					.env = &munin_env_empty,
					.scrape = scrape,
					.memory = memory,
					.out = out,
					.log = out};

	buf_clear(out);
	munin_encode_values(&encoder, munin_graph_of("uwsgi_time"));
}

static void test_case(const struct mean_case *it, struct buf *out, struct buf *expected)
{
	struct munin_memory memory;
	struct uwsgi_scrape server;
	struct scrape scrape;

	munin_memory_init(&memory);
	for (size_t i = 0; i < it->before_len; i++) {
		scrape = scrape_of(&it->before[i], &server);
		take(&memory, &scrape);
	}
	scrape = scrape_of(&it->now, &server);
	take(&memory, &scrape);
	memory.lost = it->lost;
	encode(&memory, &scrape, out);
	buf_clear(expected);
	buf_addf(expected, "mean.value %s\n", it->value);
	if (it->why != NULL)
		buf_addf(expected, "mean.extinfo %s\n", it->why);
	buf_add_text(expected, "average.value ");
	if (!str_starts(buf_str(out), buf_str(expected)))
		fail_msg("%s: %s", it->name, buf_text(out));
}

static void means(void **state)
{
	struct buf out;
	struct buf expected;

	(void)state;
	buf_init(&out, 65536);
	buf_init(&expected, 65536);
	for (size_t i = 0; i < ARRAY_LEN(mean_case); i++)
		test_case(&mean_case[i], &out, &expected);
	buf_free(&out);
	buf_free(&expected);
}

/* Counters that no row names any more, or that were seen at another time, are of no use. */
static void strange_counters_do_no_harm(void **state)
{
	static const char *const text[] = {
		"counter 1 1 a\ncounter 1 1 b\ncounter 1 1 c\ncounter 1 1 d\ncounter 1 1 e\n"
		"counter 1 1 f\ncounter 1 1 g\ncounter 1 1 h\n",
		"counter 1700000000 0 uwsgi_totals.running_time\n",
		"counter 1700000000 0 uwsgi_totals.requests\n",
		"counter 1700000000 0 uwsgi_totals.running_time\n"
		"counter 1700000001 0 uwsgi_totals.requests\n",
	};
	static const struct fetch fetch = {300, 5, 5, false};
	struct uwsgi_scrape server;
	struct scrape scrape = scrape_of(&fetch, &server);
	struct buf rest;
	struct buf out;

	(void)state;
	buf_init(&rest, 65536);
	buf_init(&out, 65536);
	for (size_t i = 0; i < ARRAY_LEN(text); i++) {
		struct munin_memory memory;
		struct err err = {0};
		struct str tail;

		munin_memory_init(&memory);
		buf_clear(&rest);
		munin_memory_encode(&memory, &rest);
		tail = buf_str(&rest);
		buf_clear(&out);
		buf_add_str(&out, str_cut(&tail, '\n'));
		buf_addf(&out, "\n%s", text[i]);
		buf_add_str(&out, tail);
		assert_true(munin_memory_parse(&memory, buf_str(&out), &err));
		munin_memory_take(&memory, &scrape);
		assert_int_equal(memory.counter_len, 2);
		encode(&memory, &scrape, &out);
		assert_true(str_starts(buf_str(&out), STR("mean.value U\nmean.extinfo " FIRST)));
	}
	buf_free(&rest);
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(means),
		cmocka_unit_test(strange_counters_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
