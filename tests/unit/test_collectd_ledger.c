/* SPDX-License-Identifier: MIT */
/* collectd: the ledger's values, and which notifications findings are worth. */
#include "unit.h"

#include "collectd/encode.h"
#include "collectd/notice.h"

enum { VALUES_MAX = 100 };

/* ---- values --------------------------------------------------------------------------------- */

struct heard {
	struct collectd_value value[VALUES_MAX];
	size_t len;
};

static void on_value(void *ctx, const struct collectd_value *value)
{
	struct heard *heard = ctx;

	assert_true(heard->len < VALUES_MAX);
	if (strcmp(value->plugin, "connledger") == 0)
		heard->value[heard->len++] = *value;
}

static const struct collectd_value *find(const struct heard *heard, const char *type,
					 const char *instance)
{
	for (size_t i = 0; i < heard->len; i++) {
		if (strcmp(heard->value[i].type, type) == 0 &&
		    strcmp(heard->value[i].type_instance, instance) == 0)
			return &heard->value[i];
	}
	return NULL;
}

static void check(const struct heard *heard, const char *type, const char *instance, double gauge)
{
	const struct collectd_value *value = find(heard, type, instance);

	if (value == NULL)
		fail_msg("no connledger/%s-%s", type, instance);
	else if (value->counter || value->gauge != gauge)
		fail_msg("connledger/%s-%s is %g", type, instance, value->gauge);
}

static struct ledger ledger_of(double each)
{
	struct ledger ledger = {.asked = true,
				.has_lines = true,
				.total = 13 * each,
				.confidence = CONFIDENCE_BOUNDED,
				.orphaned = 2,
				.abandoned = NOT_KNOWN,
				.backlog_percent = 103.125};

	for (size_t i = 0; i < HELD_MAX; i++)
		ledger.held[i] = each;
	return ledger;
}

static void test_lines(void **state)
{
	struct site site = {.has_nginx = true};
	struct scrape scrape = {.site = &site, .ledger = ledger_of(7)};
	struct heard heard = {0};

	(void)state;
	scrape.ledger.held[HELD_PHANTOM] = NOT_KNOWN;
	scrape.ledger.held[HELD_UNEXPLAINED] = -3;
	collectd_encode(&scrape, false, on_value, &heard);
	for (unsigned line = 0; line < HELD_PHANTOM; line++)
		check(&heard, "current_connections", held_by_name((enum held_by)line), 7);
	assert_null(find(&heard, "current_connections", "phantom"));
	/* A type that begins at 0 would lose it. */
	check(&heard, "gauge", "unexplained", -3);
	check(&heard, "current_connections", "total", 91);
	check(&heard, "gauge", "confidence", 1);
	check(&heard, "gauge", "orphaned", 2);
	assert_null(find(&heard, "gauge", "abandoned"));
	/* The kernel queues one more than the limit, and the type ends at 100. */
	check(&heard, "percent", "backlog", 100);
}

static void test_no_ledger(void **state)
{
	struct site site = {.has_nginx = true};
	struct scrape scrape = {.site = &site, .ledger = ledger_of(7)};
	struct heard heard = {0};

	(void)state;
	scrape.ledger.asked = false;
	collectd_encode(&scrape, false, on_value, &heard);
	assert_int_equal(heard.len, 0);
}

static void test_queues(void **state)
{
	struct backlog listener[] = {
		{.name = "127.0.0.1:80", .queue = 1, .limit = 511},
		{.name = "[::1]:80", .queue = 2, .limit = NOT_KNOWN},
		{.name = "[::]:80", .queue = 3, .limit = 511},
	};
	struct backlog socket[] = {
		{.name = "/run/a b/app.sock", .queue = 21, .limit = 32},
		{.name = "@abstract\xff", .queue = NOT_KNOWN, .limit = 100},
		{.name = "/0123456789012345678901234567890123456789012345678901234567890123456789"
			 "012345678901234567890123456789012345678901234567890123456789",
		 .queue = 5,
		 .limit = 6},
	};
	struct site site = {.has_nginx = true};
	struct scrape scrape = {.site = &site, .ledger = ledger_of(0)};
	struct heard heard = {0};
	char longest[COLLECTD_INSTANCE_MAX];

	(void)state;
	scrape.ledger.listeners = (struct list){.item = listener, .len = ARRAY_LEN(listener)};
	scrape.ledger.sockets = (struct list){.item = socket, .len = ARRAY_LEN(socket)};
	collectd_encode(&scrape, false, on_value, &heard);
	check(&heard, "queue_length", "nginx-127.0.0.1_80", 1);
	check(&heard, "queue_length", "nginx_limit-127.0.0.1_80", 511);
	check(&heard, "queue_length", "nginx-__1_80", 2);
	assert_null(find(&heard, "queue_length", "nginx_limit-__1_80"));
	check(&heard, "queue_length", "nginx-any6_80", 3);
	check(&heard, "queue_length", "uwsgi-run_a_b_app.sock", 21);
	check(&heard, "queue_length", "uwsgi_limit-run_a_b_app.sock", 32);
	assert_null(find(&heard, "queue_length", "uwsgi-_abstract_"));
	check(&heard, "queue_length", "uwsgi_limit-_abstract_", 100);
	(void)snprintf(longest, sizeof(longest), "uwsgi-%s", socket[2].name + 1);
	check(&heard, "queue_length", longest, 5);
}

/* ---- notifications -------------------------------------------------------------------------- */

static void test_levels(void **state)
{
	static const struct {
		enum finding_event event;
		enum finding_severity severity;
		enum finding_severity before;
		enum collectd_level level;
	} given[] = {
		{FINDING_BEGAN, SEVERITY_INFO, SEVERITY_INFO, COLLECTD_QUIET},
		{FINDING_BEGAN, SEVERITY_WARNING, SEVERITY_WARNING, COLLECTD_WARNING},
		{FINDING_BEGAN, SEVERITY_CRITICAL, SEVERITY_CRITICAL, COLLECTD_FAILURE},
		{FINDING_CHANGED, SEVERITY_CRITICAL, SEVERITY_WARNING, COLLECTD_FAILURE},
		{FINDING_CHANGED, SEVERITY_WARNING, SEVERITY_CRITICAL, COLLECTD_WARNING},
		{FINDING_CHANGED, SEVERITY_WARNING, SEVERITY_INFO, COLLECTD_WARNING},
		{FINDING_CHANGED, SEVERITY_INFO, SEVERITY_CRITICAL, COLLECTD_OKAY},
		{FINDING_ENDED, SEVERITY_CRITICAL, SEVERITY_CRITICAL, COLLECTD_OKAY},
		{FINDING_ENDED, SEVERITY_WARNING, SEVERITY_WARNING, COLLECTD_OKAY},
		{FINDING_ENDED, SEVERITY_INFO, SEVERITY_INFO, COLLECTD_QUIET},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(given); i++) {
		const struct finding_news news = {.event = given[i].event,
						  .severity = given[i].severity,
						  .before = given[i].before};

		assert_int_equal(collectd_notice_level(&news), given[i].level);
	}
}

static void check_text(const struct finding *finding, const char *expected)
{
	const struct finding_news news = {.kind = FINDING_HARAKIRI, .finding = finding};
	char text[COLLECTD_MESSAGE_MAX];

	collectd_notice_text(text, &news);
	assert_string_equal(text, expected);
}

#define TEN     "123456789 "
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN

static void test_texts(void **state)
{
	struct finding finding = {.what = "A stands", .evidence = "It is 7.", .advice = "Do b"};
	struct finding wide = {
		.what = HUNDRED HUNDRED TEN TEN TEN TEN TEN "7890", .evidence = "", .advice = ""};
	struct finding wider = wide;

	(void)state;
	check_text(&finding, "A stands. It is 7. Do b.");
	finding.evidence = "";
	finding.advice = "caf\xc3\xa9\nx";
	check_text(&finding, "A stands. caf???x.");
	check_text(NULL, "harakiri is over.");
	/* 255 bytes are room enough, 256 are not. */
	check_text(&wide, HUNDRED HUNDRED TEN TEN TEN TEN TEN "7890.");
	wider.what = HUNDRED HUNDRED TEN TEN TEN TEN TEN "78901";
	check_text(&wider, HUNDRED HUNDRED TEN TEN TEN TEN "123456789 ...");
	wider.what = HUNDRED HUNDRED TEN TEN TEN TEN "12345678901 x";
	check_text(&wider, HUNDRED HUNDRED TEN TEN TEN TEN "12345678901 x.");
	wider.advice = "more than there is room for";
	check_text(&wider, HUNDRED HUNDRED TEN TEN TEN TEN "12345678901 ...");
}

/* One word without end is cut all the same. */
static void test_no_blank(void **state)
{
	char word[400];
	struct finding finding = {.what = word, .evidence = "", .advice = ""};
	const struct finding_news news = {.finding = &finding};
	char text[COLLECTD_MESSAGE_MAX];

	(void)state;
	memset(word, 'x', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	collectd_notice_text(text, &news);
	assert_int_equal(strlen(text), COLLECTD_MESSAGE_MAX - 1);
	assert_string_equal(text + COLLECTD_MESSAGE_MAX - 6, "x ...");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),  cmocka_unit_test(test_no_ledger),
		cmocka_unit_test(test_queues), cmocka_unit_test(test_levels),
		cmocka_unit_test(test_texts),  cmocka_unit_test(test_no_blank),
	};

	return cmocka_run_group_tests_name("collectd_ledger", tests, NULL, NULL);
}
