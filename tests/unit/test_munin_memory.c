/* SPDX-License-Identifier: MIT */
/* test_munin_memory.c - what the Munin plugin remembers, and the note below its graph. */
#include "unit.h"

#include "ledger_scrape.h"
#include "munin/memory.h"

/* ---- memory ---------------------------------------------------------------------------------- */

static const struct {
	const char *name;
	const char *field;
} name_case[] = {
	{"127.0.0.1:80", "nginx_127_0_0_1_80"},
	{"[::1]:80", "nginx_1__80"},
	{"*:80", "nginx_any_80"},
	{"[::]:80", "nginx_any6_80"},
	{"/run/a.b", "nginx_run_a_b"},
	{"/run/a-b", "nginx_run_a_b_2"},
	{"unix:/run/c", "nginx_run_c"},
	{"@abstract name", "nginx_abstract_name"},
	{"/", "nginx_"},
};

static void fields_are_unique_and_stay(void **state)
{
	struct backlog backlog[ARRAY_LEN(name_case)];
	struct munin_memory memory;
	struct ledger_scrape filled;

	(void)state;
	ledger_scrape_init(&filled);
	filled.scrape.ledger.sockets.len = 0;
	for (size_t i = 0; i < ARRAY_LEN(name_case); i++)
		backlog[i] =
			(struct backlog){.name = name_case[i].name, .queue = 1, .limit = NOT_KNOWN};
	filled.scrape.ledger.listeners =
		(struct list){backlog, ARRAY_LEN(name_case), ARRAY_LEN(name_case)};
	munin_memory_init(&memory);
	munin_memory_take(&memory, &filled.scrape);
	for (size_t i = 0; i < ARRAY_LEN(name_case); i++) {
		assert_string_equal(memory.queue[i].name, name_case[i].name);
		assert_string_equal(memory.queue[i].field, name_case[i].field);
	}
	/* In another order the fields are the same. */
	backlog[0].name = "/run/a-b";
	backlog[1].name = "/run/a.b";
	filled.scrape.ledger.listeners.len = 2;
	munin_memory_take(&memory, &filled.scrape);
	assert_int_equal(memory.queue_len, ARRAY_LEN(name_case));
	assert_string_equal(memory.queue[5].field, "nginx_run_a_b_2");
	ledger_scrape_free(&filled);
}

static void what_is_not_seen_is_forgotten_in_time(void **state)
{
	struct munin_memory memory;
	struct ledger_scrape filled;

	(void)state;
	ledger_scrape_init(&filled);
	munin_memory_init(&memory);
	munin_memory_take(&memory, &filled.scrape);
	filled.scrape.ledger.listeners.len = 1;
	filled.scrape.time += MUNIN_QUEUE_SECONDS;
	munin_memory_take(&memory, &filled.scrape);
	assert_int_equal(memory.queue_len, 3);
	filled.scrape.time += 1;
	munin_memory_take(&memory, &filled.scrape);
	assert_int_equal(memory.queue_len, 2);
	assert_string_equal(memory.queue[0].field, "nginx_any_80");
	ledger_scrape_free(&filled);
}

static void there_is_room_for_so_many(void **state)
{
	char name[MUNIN_QUEUES_MAX + 5][16];
	struct backlog backlog[MUNIN_QUEUES_MAX + 5];
	struct munin_memory memory;
	struct ledger_scrape filled;

	(void)state;
	ledger_scrape_init(&filled);
	for (size_t i = 0; i < ARRAY_LEN(backlog); i++) {
		(void)snprintf(name[i], sizeof(name[i]), "*:%zu", i + 1);
		backlog[i] = (struct backlog){.name = name[i], .queue = 0, .limit = 5};
	}
	filled.scrape.ledger.listeners =
		(struct list){backlog, ARRAY_LEN(backlog), ARRAY_LEN(backlog)};
	munin_memory_init(&memory);
	munin_memory_take(&memory, &filled.scrape);
	munin_memory_take(&memory, &filled.scrape);
	assert_int_equal(memory.queue_len, MUNIN_QUEUES_MAX);
	assert_string_equal(memory.queue[MUNIN_QUEUES_MAX - 1].field, "nginx_any_32");
	/* A name that is no text for a file is left out. */
	backlog[0].name = "/run/new\nline";
	filled.scrape.ledger.listeners.len = 1;
	filled.scrape.ledger.sockets.len = 0;
	munin_memory_init(&memory);
	munin_memory_take(&memory, &filled.scrape);
	assert_int_equal(memory.queue_len, 0);
	ledger_scrape_free(&filled);
}

/* A server of uWSGI that tells neither its queue nor its memory. */
static void add_uwsgi(struct ledger_scrape *filled, struct uwsgi_scrape *server)
{
	*server = (struct uwsgi_scrape){.probe = {.asked = true, .up = true}};
	filled->scrape.uwsgi = server;
	filled->scrape.uwsgi_len = 1;
	filled->scrape.uwsgi_site.up = true;
}

/* A graph that could only be empty waits for a number. */
static void what_was_told_is_kept(void **state)
{
	struct munin_memory memory;
	struct uwsgi_scrape server;
	struct ledger_scrape filled;

	(void)state;
	ledger_scrape_init(&filled);
	add_uwsgi(&filled, &server);
	munin_memory_init(&memory);
	/* Counters are always told, a mean of them is not. */
	filled.scrape.totals.average_seconds = NOT_KNOWN;
	filled.scrape.totals.oldest_request = NOT_KNOWN;
	munin_memory_take(&memory, &filled.scrape);
	assert_int_equal(memory.told_len, 0);
	filled.scrape.totals.average_seconds = 0;
	filled.scrape.totals.oldest_request = 0;
	munin_memory_take(&memory, &filled.scrape);
	assert_false(munin_memory_told(&memory, "uwsgi_queue"));
	assert_false(munin_memory_told(&memory, "uwsgi_address_space"));
	filled.scrape.totals.queue_known = true;
	filled.scrape.totals.vsz = 4096;
	munin_memory_take(&memory, &filled.scrape);
	munin_memory_take(&memory, &filled.scrape);
	assert_true(munin_memory_told(&memory, "uwsgi_queue"));
	assert_true(munin_memory_told(&memory, "uwsgi_address_space"));
	assert_false(munin_memory_told(&memory, "uwsgi_workers"));
	/* A week counts from the last number. */
	filled.scrape.time += 10;
	munin_memory_take(&memory, &filled.scrape);
	assert_int_equal(memory.told_len, 4);
	filled.scrape.totals.queue_known = false;
	filled.scrape.totals.vsz = 0;
	filled.scrape.totals.average_seconds = NOT_KNOWN;
	filled.scrape.time += MUNIN_QUEUE_SECONDS;
	munin_memory_take(&memory, &filled.scrape);
	assert_true(munin_memory_told(&memory, "uwsgi_queue"));
	filled.scrape.totals.average_seconds = 1;
	filled.scrape.time += 1;
	munin_memory_take(&memory, &filled.scrape);
	assert_int_equal(memory.told_len, 1);
	assert_true(munin_memory_told(&memory, "uwsgi_time"));
	ledger_scrape_free(&filled);
}

static void memory_comes_back_from_its_text(void **state)
{
	struct munin_memory memory;
	struct munin_memory again;
	struct uwsgi_scrape server;
	struct ledger_scrape filled;
	struct err err = {0};
	struct buf first;
	struct buf second;

	(void)state;
	buf_init(&first, 65536);
	buf_init(&second, 65536);
	ledger_scrape_init(&filled);
	add_uwsgi(&filled, &server);
	filled.socket[0].limit = NOT_KNOWN;
	filled.scrape.totals.requests = 7;
	filled.scrape.totals.running_time = 650;
	munin_memory_init(&memory);
	history_take(&memory.history, &filled.scrape);
	munin_memory_take(&memory, &filled.scrape);
	munin_memory_encode(&memory, &first);
	assert_true(str_starts(buf_str(&first),
			       STR("connledger-munin 1\ntime 1700000000\n"
				   "queue nginx 1700000000 511 nginx_any_80 *:80\n"
				   "queue nginx 1700000000 511 nginx_any6_80 [::]:80\n"
				   "queue uwsgi 1700000000 - uwsgi_run_app_sock /run/app.sock\n"
				   "graph 1700000000 uwsgi_time\n"
				   "counter 1700000000 650 uwsgi_totals.running_time\n"
				   "counter 1700000000 7 uwsgi_totals.requests\n"
				   "note Confidence: exact. No findings.\nhistory\n")));
	assert_true(munin_memory_parse(&again, buf_str(&first), &err));
	assert_true(again.history.time == filled.scrape.time);
	munin_memory_encode(&again, &second);
	assert_string_equal(buf_text(&first), buf_text(&second));
	/* Half a file is no file. */
	for (size_t len = 0; len < first.len && len < 300; len++) {
		err_clear(&err);
		if (munin_memory_parse(&again, (struct str){first.ptr, len}, &err))
			fail_msg("%zu bytes were taken", len);
		assert_int_equal(err.kind, ERR_PARSE);
		assert_int_equal(again.queue_len, 0);
		assert_int_equal(again.told_len, 0);
		assert_int_equal(again.counter_len, 0);
		assert_string_equal(again.note, "");
	}
	buf_free(&first);
	buf_free(&second);
	ledger_scrape_free(&filled);
}

static const char *const damaged_line[] = {
	"time -1",
	"time soon",
	"nonsense",
	"queue nginx 5 5 a",
	"queue nginx x 5 a *:80",
	"queue nginx 5 x a *:80",
	"queue nginx 5 -5 a *:80",
	"queue nginx 5 5 a.b *:80",
	"queue nginx 5 5 a *:80\nqueue nginx 5 5 a *:81",
	"queue nginx 5 5 a *:80\nqueue nginx 5 5 b *:80",
	"graph 5",
	"graph x uwsgi_queue",
	"graph 5 uwsgi queue",
	"graph 5 a\ngraph 6 a",
	"graph 5 a\ngraph 5 b\ngraph 5 c\ngraph 5 d\ngraph 5 e\ngraph 5 f\ngraph 5 g\n"
	"graph 5 h\ngraph 5 i",
	"counter 5 5",
	"counter 5 5 ",
	"counter 0 5 a",
	"counter -5 5 a",
	"counter x 5 a",
	"counter 5 -5 a",
	"counter 5 5.5 a",
	"counter 5 18446744073709551616 a",
	"counter 5 5 a\there",
	"counter 5 5 a2345678901234567890123456789012345678901234567890123456789012345",
	"counter 5 5 a\ncounter 6 6 a",
	"counter 5 5 a\ncounter 5 5 b\ncounter 5 5 c\ncounter 5 5 d\ncounter 5 5 e\n"
	"counter 5 5 f\ncounter 5 5 g\ncounter 5 5 h\ncounter 5 5 i",
	"note ",
	"note tab\there",
};

static void damage_is_seen(void **state)
{
	struct munin_memory memory;
	struct buf text;
	struct buf rest;

	(void)state;
	buf_init(&text, 65536);
	buf_init(&rest, 65536);
	munin_memory_init(&memory);
	munin_memory_encode(&memory, &rest);
	for (size_t i = 0; i < ARRAY_LEN(damaged_line); i++) {
		struct str tail = buf_str(&rest);
		struct err err = {0};

		buf_clear(&text);
		buf_add_str(&text, str_cut(&tail, '\n'));
		buf_addf(&text, "\n%s\n", damaged_line[i]);
		buf_add_str(&text, tail);
		if (munin_memory_parse(&memory, buf_str(&text), &err))
			fail_msg("%s was taken", damaged_line[i]);
	}
	buf_free(&text);
	buf_free(&rest);
}

/* ---- note ------------------------------------------------------------------------------------ */

static void the_note_tells_findings_worst_first(void **state)
{
	struct munin_memory memory;
	struct ledger_scrape filled;

	(void)state;
	ledger_scrape_init(&filled);
	ledger_scrape_doubt(&filled, CONFIDENCE_BOUNDED, "phantoms are at most so many");
	ledger_scrape_find(&filled, FINDING_SLOW_CLIENTS, SEVERITY_INFO, "Slow.", "E", "Wait");
	ledger_scrape_find(&filled, FINDING_PHANTOM_COUNTERS, SEVERITY_WARNING,
			   "16 <b>phantoms</b>\n#", "E", "Set \"x\" & y");
	munin_memory_init(&memory);
	munin_memory_take(&memory, &filled.scrape);
	assert_string_equal(memory.note,
			    "Confidence: bounded, phantoms are at most so many. "
			    "warning (phantom_counters): 16 ?b?phantoms?/b???. Set 'x' ? y. "
			    "info (slow_clients): Slow. Wait.");
	ledger_scrape_free(&filled);
}

static void the_note_has_an_end(void **state)
{
	char text[300];
	struct munin_memory memory;
	struct ledger_scrape filled;

	(void)state;
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	ledger_scrape_init(&filled);
	/* The last one would fit, but it is not the next. */
	for (unsigned kind = 0; kind < FINDING_KIND_MAX; kind++) {
		const char *words = kind + 1 == FINDING_KIND_MAX ? "x" : text;

		ledger_scrape_find(&filled, (enum finding_kind)kind, SEVERITY_WARNING, words, words,
				   words);
	}
	munin_memory_init(&memory);
	munin_memory_take(&memory, &filled.scrape);
	assert_in_range(strlen(memory.note), 1500, MUNIN_NOTE_MAX - 1);
	assert_true(str_ends(str_of(memory.note), STR(" And 18 more.")));
	ledger_scrape_free(&filled);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_are_unique_and_stay),
		cmocka_unit_test(what_is_not_seen_is_forgotten_in_time),
		cmocka_unit_test(there_is_room_for_so_many),
		cmocka_unit_test(what_was_told_is_kept),
		cmocka_unit_test(memory_comes_back_from_its_text),
		cmocka_unit_test(damage_is_seen),
		cmocka_unit_test(the_note_tells_findings_worst_first),
		cmocka_unit_test(the_note_has_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
