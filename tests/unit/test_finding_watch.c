/* SPDX-License-Identifier: MIT */
/* When something about a finding is news. */
#include "unit.h"

#include "finding_watch.h"
#include "scrape.h"

enum { FINDINGS_MAX = 3, NEWS_MAX = 8 };

/* What stands in one scrape: kinds and severities, ended by NONE. */
enum { NONE = FINDING_KIND_MAX };

struct stand {
	unsigned kind;
	unsigned severity;
};

struct heard {
	struct finding finding[FINDINGS_MAX]; /* which the news point to */
	struct finding_news news[NEWS_MAX];
	size_t len;
};

static void on_news(void *ctx, const struct finding_news *news)
{
	struct heard *heard = ctx;

	assert_true(heard->len < NEWS_MAX);
	heard->news[heard->len++] = *news;
}

/* Which servers answer. */
enum { NGINX = 1, UWSGI = 2, BOTH = NGINX | UWSGI };

/* One scrape after the other of a site with both. Returns how much news there was. */
static size_t take(struct finding_watch *watch, unsigned up, const struct stand *stand,
		   struct heard *heard)
{
	struct finding *finding = heard->finding;
	struct scrape scrape = {.nginx_probe = {.asked = true, .up = (up & NGINX) != 0},
				.uwsgi_len = 1,
				.uwsgi_site = {.up = (up & UWSGI) != 0},
				.findings = {.item = finding}};

	*heard = (struct heard){0};
	for (; stand->kind != NONE; stand++) {
		assert_true(scrape.findings.len < FINDINGS_MAX);
		finding[scrape.findings.len].kind = stand->kind;
		finding[scrape.findings.len++].severity = stand->severity;
	}
	finding_watch_take(watch, &scrape, on_news, heard);
	return heard->len;
}

#define STAND(...) ((const struct stand[]){__VA_ARGS__{NONE, 0}})

static void test_begins_changes_ends(void **state)
{
	struct finding_watch watch = {0};
	struct heard heard;

	(void)state;
	assert_int_equal(take(&watch, BOTH, STAND(), &heard), 0);
	assert_int_equal(
		take(&watch, BOTH, STAND({FINDING_PHANTOM_COUNTERS, SEVERITY_WARNING}, ), &heard),
		1);
	assert_int_equal(heard.news[0].event, FINDING_BEGAN);
	assert_int_equal(heard.news[0].kind, FINDING_PHANTOM_COUNTERS);
	assert_int_equal(heard.news[0].severity, SEVERITY_WARNING);
	assert_int_equal(heard.news[0].finding->kind, FINDING_PHANTOM_COUNTERS);
	assert_int_equal(
		take(&watch, BOTH, STAND({FINDING_PHANTOM_COUNTERS, SEVERITY_WARNING}, ), &heard),
		0);
	assert_int_equal(
		take(&watch, BOTH, STAND({FINDING_PHANTOM_COUNTERS, SEVERITY_CRITICAL}, ), &heard),
		1);
	assert_int_equal(heard.news[0].event, FINDING_CHANGED);
	assert_int_equal(heard.news[0].severity, SEVERITY_CRITICAL);
	assert_int_equal(heard.news[0].before, SEVERITY_WARNING);
	assert_non_null(heard.news[0].finding);
	assert_int_equal(take(&watch, BOTH, STAND(), &heard), 1);
	assert_int_equal(heard.news[0].event, FINDING_ENDED);
	assert_int_equal(heard.news[0].kind, FINDING_PHANTOM_COUNTERS);
	assert_int_equal(heard.news[0].severity, SEVERITY_CRITICAL);
	assert_null(heard.news[0].finding);
	assert_int_equal(take(&watch, BOTH, STAND(), &heard), 0);
}

/* An info finding, whose severity is 0, is one too. */
static void test_several(void **state)
{
	struct finding_watch watch = {0};
	struct heard heard;

	(void)state;
	assert_int_equal(take(&watch, BOTH,
			      STAND({FINDING_SLOW_CLIENTS, SEVERITY_WARNING},
				    {FINDING_KNOWN_DEFECT, SEVERITY_INFO}, ),
			      &heard),
			 2);
	assert_int_equal(heard.news[1].event, FINDING_BEGAN);
	assert_int_equal(heard.news[1].severity, SEVERITY_INFO);
	assert_int_equal(take(&watch, BOTH,
			      STAND({FINDING_HARAKIRI, SEVERITY_WARNING},
				    {FINDING_KNOWN_DEFECT, SEVERITY_INFO}, ),
			      &heard),
			 2);
	assert_int_equal(heard.news[0].event, FINDING_BEGAN);
	assert_int_equal(heard.news[0].kind, FINDING_HARAKIRI);
	assert_int_equal(heard.news[1].event, FINDING_ENDED);
	assert_int_equal(heard.news[1].kind, FINDING_SLOW_CLIENTS);
}

/* watch.h says that for each target. */
static void test_down_is_not_told(void **state)
{
	struct finding_watch watch = {0};
	struct heard heard;

	(void)state;
	assert_int_equal(take(&watch, 0,
			      STAND({FINDING_NGINX_DOWN, SEVERITY_CRITICAL},
				    {FINDING_UWSGI_DOWN, SEVERITY_CRITICAL}, ),
			      &heard),
			 0);
	assert_int_equal(take(&watch, BOTH, STAND(), &heard), 0);
}

/* What nobody can see is not over; what somebody can, is. */
static void test_unseen(void **state)
{
	static const struct {
		enum finding_kind kind;
		unsigned up;
		bool ends;
	} given[] = {
		{FINDING_PHANTOM_COUNTERS, UWSGI, false}, {FINDING_PHANTOM_COUNTERS, NGINX, true},
		{FINDING_APP_SATURATED, NGINX, false},    {FINDING_APP_SATURATED, UWSGI, true},
		{FINDING_ORPHANED_WORK, NGINX, false},    {FINDING_ORPHANED_WORK, UWSGI, false},
		{FINDING_ORPHANED_WORK, BOTH, true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(given); i++) {
		struct finding_watch watch = {0};
		struct heard heard;

		assert_int_equal(
			take(&watch, BOTH, STAND({given[i].kind, SEVERITY_WARNING}, ), &heard), 1);
		assert_int_equal(take(&watch, given[i].up, STAND(), &heard), given[i].ends ? 1 : 0);
		assert_int_equal(take(&watch, BOTH, STAND(), &heard), given[i].ends ? 0 : 1);
	}
}

/* No kind may be forgotten: each but "down" is told, and is over when all answer. */
static void test_every_kind(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < FINDING_KIND_MAX; kind++) {
		bool down = kind == FINDING_NGINX_DOWN || kind == FINDING_UWSGI_DOWN;
		struct finding_watch watch = {0};
		struct heard heard;

		assert_int_equal(take(&watch, BOTH, STAND({kind, SEVERITY_INFO}, ), &heard),
				 down ? 0 : 1);
		assert_int_equal(take(&watch, BOTH, STAND(), &heard), down ? 0 : 1);
	}
}

/* A site without nginx, or without uWSGI, has nothing that does not answer. */
static void test_one_server_only(void **state)
{
	struct finding finding = {.kind = FINDING_APP_QUEUE_GROWING};
	struct scrape scrape = {.uwsgi_len = 1, .uwsgi_site = {.up = true}};
	struct finding_watch watch = {0};
	struct heard heard = {0};

	(void)state;
	scrape.findings = (struct list){.item = &finding, .len = 1};
	finding_watch_take(&watch, &scrape, on_news, &heard);
	scrape.findings.len = 0;
	finding_watch_take(&watch, &scrape, on_news, &heard);
	assert_int_equal(heard.len, 2);
	finding.kind = FINDING_APP_QUEUE_OVERFLOW;
	scrape = (struct scrape){.nginx_probe = {.asked = true, .up = true}};
	scrape.findings = (struct list){.item = &finding, .len = 1};
	finding_watch_take(&watch, &scrape, on_news, &heard);
	scrape.findings.len = 0;
	finding_watch_take(&watch, &scrape, on_news, &heard);
	assert_int_equal(heard.len, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_begins_changes_ends), cmocka_unit_test(test_several),
		cmocka_unit_test(test_down_is_not_told),    cmocka_unit_test(test_unseen),
		cmocka_unit_test(test_every_kind),          cmocka_unit_test(test_one_server_only),
	};

	return cmocka_run_group_tests_name("finding_watch", tests, NULL, NULL);
}
