/* SPDX-License-Identifier: MIT */
/* The exporter's page: what is on it, that it is whole HTML, and that nothing gets out of its text.
 */
#include "unit.h"

#include "markup.h"
#include "prometheus_exporter/page.h"
#include "prometheus_exporter/page_part.h"
#include "view_world.h"

static const char *encode(struct view_world *world)
{
	buf_clear(&world->out);
	exporter_page(&world->out, &world->view);
	assert_true(buf_ok(&world->out));
	markup_check(buf_text(&world->out));
	return buf_text(&world->out);
}

struct number_case {
	double number;
	const char *unit;
	const char *text; /* "_" stands for the narrow space */
};

static const struct number_case numbers[] = {
	{0, "", "0"},
	{-1.5, "", "-1.5"},
	{2.333, "", "2.3"},
	{9999, "", "9999"},
	{10000, "", "10_000"},
	{1234567.25, "", "1_234_567.3"},
	{-123456, "", "-123_456"},
	{99.9, "percent", "99.9_%"},
	{0, "seconds", "0_s"},
	{0.00123, "seconds", "1.2_ms"},
	{0.0123, "seconds", "12_ms"},
	{59.94, "seconds", "59.9_s"},
	{60, "seconds", "1_min 0_s"},
	{3599, "seconds", "59_min 59_s"},
	{7260, "seconds", "2_h 1_min"},
	{90000, "seconds", "1_d 1_h"},
	{999, "bytes", "999_B"},
	{1500, "bytes", "1.5_kB"},
	{250e6, "bytes", "250_MB"},
	{3e15, "bytes", "3000_TB"},
};

static void test_numbers(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		struct buf out, want;

		buf_init(&out, 256);
		buf_init(&want, 256);
		page_add_number(&out, numbers[i].number, numbers[i].unit);
		for (const char *c = numbers[i].text; *c != '\0'; c++)
			buf_add(&want, *c == '_' ? "\xe2\x80\xaf" : c, *c == '_' ? 3 : 1);
		assert_string_equal(buf_text(&out), buf_text(&want));
		buf_free(&out);
		buf_free(&want);
	}
}

static void test_targets(void **state)
{
	struct view_world world;
	const char *page;

	(void)state;
	view_world_init(&world, 1);
	world.healthy.uwsgi[0].probe.up = false;
	err_set(&world.healthy.uwsgi[0].probe.err, ERR_REFUSED, "nobody listens there");
	page = encode(&world);
	markup_has(page,
		   "<b>nginx</b> <code>http://127.0.0.1/stub_status</code> <span>answers in ");
	markup_has(page, "<li class=\"down\" data-probe=\"uwsgi.0\"><b>uWSGI</b> "
			 "<code>unix:/run/blog.stats</code> <span>is down: nobody listens "
			 "there</span></li>");
	markup_has(page, "Nothing was found wrong</span>");
	/* Of a server that is down nothing is told. */
	markup_has(page, "<div data-server=\"0\" hidden>");
	view_world_free(&world);
}

static void test_findings(void **state)
{
	struct view_world world;
	const char *page;

	(void)state;
	view_world_init(&world, 2);
	view_world_find(&world, 1, 2);
	page = encode(&world);
	markup_has(page, "<p class=\"verdict critical\" id=\"verdict\" role=\"status\">");
	markup_has(page, "<span>1 critical finding, 1 warning, on 1 of 2 sites</span>");
	markup_has(page, "<article class=\"finding warning\" data-finding=\"harakiri\">");
	markup_has(page, "<span>Requests were killed.</span></h3>\n<p>3 of them.</p>");
	markup_has(page, "<span>Find out why.</span></p>\n<code>harakiri</code>");
	/* The site in trouble comes first and stands open. */
	markup_has(page, "<details class=\"site critical\" data-site=\"1\" open>");
	markup_has(page, "<details class=\"site good\" data-site=\"0\">");
	assert_true(strstr(page, "data-site=\"1\"") < strstr(page, "data-site=\"0\""));
	view_world_free(&world);
}

static void test_ledger(void **state)
{
	struct view_world world;
	struct ledger *ledger = &world.scrape[0].ledger;
	const char *page;

	(void)state;
	view_world_init(&world, 1);
	memset(ledger->held, 0, sizeof(ledger->held));
	ledger->held[HELD_APP] = 12;
	ledger->held[HELD_SENDING] = 4;
	ledger->held[HELD_PHANTOM] = NOT_KNOWN;
	ledger->held[HELD_UNEXPLAINED] = -1;
	ledger->total = 15;
	ledger->requests[REQUESTS_QUEUED] = 12;
	ledger->confidence = CONFIDENCE_BOUNDED;
	(void)snprintf(ledger->reason, sizeof(ledger->reason), "two masters");
	page = encode(&world);
	markup_has(page, ">15</span></strong> <span data-clients>client connections</span>");
	markup_has(page, "aria-label=\"app 12, sending 4\">");
	markup_has(page, "<rect class=\"l-app\" x=\"0%\" width=\"75%\" height=\"100%\"/>");
	markup_has(page, "<rect class=\"l-sending\" x=\"75%\" width=\"25%\" height=\"100%\"/>");
	assert_null(strstr(page, "<rect class=\"l-unexplained\" x="));
	markup_has(page, "<tr data-line=\"app\">");
	markup_has(page, "<td class=\"n\">12</td><td class=\"share\">80\xe2\x80\xaf%</td>");
	markup_has(page, "<tr data-line=\"unexplained\">");
	markup_has(page, "<td class=\"n\">-1</td>");
	markup_has(page, "<tr data-line=\"phantom\" hidden>");
	markup_has(page, "<tr data-line=\"request\" hidden>");
	markup_has(page, "Not known: phantom.</p>");
	markup_has(page, "Nothing on the other lines: request, keepalive, unanswered, app_queue, "
			 "stalled_client");
	markup_has(page, "data-sure=\"bounded\"><b>bounded</b> <span data-reason>two masters");
	markup_has(page, "<code>*:80</code></th><td><svg class=\"gauge calm\" "
			 "aria-hidden=\"true\"><rect width=\"0.59%\"");
	markup_has(page, "<td class=\"n\">3 of 511</td>");
	markup_has(page,
		   "<p class=\"quiet\" data-requests>Requests at the application: <span "
		   "data-v=\"ledger.requests.1.requests\" data-u=\"requests\">7</span> in work, "
		   "<span data-v=\"ledger.requests.0.requests\" "
		   "data-u=\"requests\">12</span> waiting.</p>");
	ledger->requests[REQUESTS_QUEUED] = ledger->requests[REQUESTS_ACTIVE] = NOT_KNOWN;
	page = encode(&world);
	markup_has(page, "data-requests hidden>");
	assert_int_equal(markup_count(page, ">nan"), 0);
	view_world_free(&world);
}

/* The queues are known even when nginx is not. */
static void test_no_lines(void **state)
{
	struct view_world world;
	const char *page;

	(void)state;
	view_world_init(&world, 1);
	world.scrape[0].nginx_probe.up = false;
	world.scrape[0].ledger.has_lines = false;
	world.healthy.socket[0] =
		(struct backlog){.name = "/run/app.sock", .queue = 90, .limit = 100};
	world.healthy.own_socket[0] =
		(struct uwsgi_socket){.name = "10.0.0.1:3031", .queue = 50, .max_queue = 100};
	world.healthy.own_socket[1] =
		(struct uwsgi_socket){.name = "/run/app.sock", .queue = 50, .max_queue = 100};
	world.healthy.own_socket[2] = (struct uwsgi_socket){.name = "/run/unknown.sock"};
	world.healthy.uwsgi[0].stats.sockets.len = 3;
	page = encode(&world);
	markup_has(page, "data-ledger aria-labelledby=\"l0\" hidden>");
	markup_has(page, "<svg class=\"gauge full\" aria-hidden=\"true\"><rect width=\"90%\"");
	markup_has(page, "<td class=\"n\">50 of 100</td>");
	assert_int_equal(markup_count(page, "50 of 100"), 1);
	assert_int_equal(markup_count(page, "unknown.sock"), 0);
	markup_has(page,
		   "<span data-v=\"nginx.counters.active\" data-u=\"connections\">\xe2\x80\x93<");
	view_world_free(&world);
}

static void test_workers(void **state)
{
	struct view_world world;
	const char *page;

	(void)state;
	view_world_init(&world, 1);
	world.healthy.uwsgi[0].stats.unstarted = 4;
	page = encode(&world);
	markup_has(page,
		   "role=\"img\" aria-label=\"1 busy, 5 cheap, 1 sig\"><i class=\"w-busy f2\" "
		   "title=\"worker 1: busy, 1 of 2 cores busy\"></i><i class=\"w-cheap f0\" "
		   "title=\"worker 2: cheap\"></i><i class=\"w-sig f0\"");
	markup_has(page, ">7</span></strong> of <span data-v=\"totals.cores\" data-u=\"cores\">8<");
	markup_has(page, "<tr><th scope=\"row\">1</th><td>busy</td><td class=\"n\">1 of 2</td>");
	view_world_free(&world);
}

/* The newest sample is at the right edge; what is between two that are far apart is not drawn. */
static void test_course(void **state)
{
	struct view_world world;
	struct scrape scrape;
	double now;

	(void)state;
	view_world_init(&world, 1);
	scrape = world.scrape[0];
	now = scrape.time;
	memset(scrape.ledger.held, 0, sizeof(scrape.ledger.held));
	markup_has(encode(&world), "The course begins now");
	for (int i = 0; i < 3; i++) {
		scrape.time = now - 120 + i * 60;
		scrape.ledger.held[HELD_APP] = 10 * (i + 1);
		scrape.ledger.held[HELD_PHANTOM] = i == 2 ? 10 : 0;
		course_take(&world.course[0], &scrape);
	}
	markup_has(
		encode(&world),
		"<path class=\"l-app\" d=\"M300 150L600 100L900 50L900 200L600 200L300 200Z\"/>");
	markup_has(
		buf_text(&world.out),
		"<path class=\"l-phantom\" d=\"M300 150L600 100L900 0L900 50L600 100L300 150Z\"/>");
	markup_has(buf_text(&world.out), "<path class=\"l-sending\" d=\"\"/>");
	markup_has(buf_text(&world.out), "<li>3 min ago</li><li>2 min</li><li>1 min</li>");
	markup_has(buf_text(&world.out), "<li data-top>40</li><li data-half>20</li>");
	markup_has(buf_text(&world.out), "Connections in the last 2\xe2\x80\xafmin 0\xe2\x80\xafs: "
					 "between 10 and 40, now 40.");
	world.scrape[0].time = now += 600;
	scrape.time = now - 10;
	course_take(&world.course[0], &scrape);
	scrape.time = now;
	course_take(&world.course[0], &scrape);
	markup_has(encode(&world), "<path class=\"l-app\" d=\"M180 150L240 100L300 50L300 200L240 "
				   "200L180 200ZM890 50L900 50L900 200L890 200Z\"/>");
	markup_has(buf_text(&world.out), "<li>15 min ago</li><li>10 min</li><li>5 min</li>");
	view_world_free(&world);
}

/* Text stays text, wherever it comes from. */
static void test_hostile(void **state)
{
	struct view_world world;

	(void)state;
	view_world_init(&world, 1);
	view_world_spoil(&world);
	world.config.telemetry_path = "/m\"><script>";
	for (unsigned up = 0; up < 2; up++) {
		const char *page;

		world.healthy.uwsgi[0].probe.up = up == 1;
		page = encode(&world);
		assert_int_equal(markup_count(page, "<script"), 1); /* the page's own */
		markup_has(page, "<h2>&lt;script&gt;alert(1)");
		markup_has(page, "<code>&lt;script&gt;alert(1)&lt;/script&gt; &quot;&#39;&amp;");
		markup_has(page, "href=\"./m&quot;&gt;&lt;script&gt;\"");
	}
	view_world_free(&world);
}

/* Of many sites most have a line only. */
static void test_many(void **state)
{
	struct view_world world;
	const char *page;

	(void)state;
	view_world_init(&world, VIEW_SITES_MAX);
	for (size_t i = VIEW_SITES_MAX - 5; i < VIEW_SITES_MAX; i++)
		view_world_find(&world, i, 1);
	page = encode(&world);
	assert_int_equal(markup_count(page, "data-site="), VIEW_SITES_MAX);
	assert_int_equal(markup_count(page, "data-findings>"), EXPORTER_WHOLE_MAX);
	markup_has(page, "<div class=\"site good\" data-site=\"34\">");
	markup_has(page, "<details class=\"site critical\" data-site=\"35\" open>");
	markup_has(page, "<details class=\"site critical\" data-site=\"39\">");
	assert_int_equal(markup_count(page, "\" open>"), 3);
	markup_has(page, "The 16 sites in the worst trouble can be opened.");
	view_world_free(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),  cmocka_unit_test(test_targets),
		cmocka_unit_test(test_findings), cmocka_unit_test(test_ledger),
		cmocka_unit_test(test_no_lines), cmocka_unit_test(test_workers),
		cmocka_unit_test(test_course),   cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests_name("prometheus_page", tests, NULL, NULL);
}
