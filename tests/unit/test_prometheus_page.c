/* SPDX-License-Identifier: MIT */
/* The exporter's page: what is on it, and that nothing gets out of its text. */
#include "unit.h"

#include "prometheus_exporter/page.h"
#include "words.h"

/* A configuration with two sites, and their scrapes. */
struct world {
	struct words words;
	struct exporter_config config;
	struct scrape scrape[2];
	struct uwsgi_scrape server;
	struct buf page;
};

static const char *no_variable(const char *name)
{
	(void)name;
	return NULL;
}

static void start(struct world *world, const char *line)
{
	struct err err = {0};
	const struct site *site;
	size_t len;

	*world = (struct world){0};
	words_split(&world->words, line);
	assert_true(exporter_config_parse(&world->config, world->words.argc, world->words.arg,
					  no_variable, &err));
	site = exporter_config_sites(&world->config, &len);
	assert_in_range(len, 1, 2);
	for (size_t i = 0; i < len; i++)
		world->scrape[i].site = &site[i];
}

static const char *encode(struct world *world, size_t len)
{
	const struct exporter_view view = {
		.config = &world->config, .scrape = world->scrape, .scrape_len = len};

	buf_init(&world->page, EXPORTER_PAGE_BYTES_MAX);
	exporter_page(&world->page, &view);
	assert_true(buf_ok(&world->page));
	return buf_text(&world->page);
}

static void stop(struct world *world)
{
	buf_free(&world->page);
	exporter_config_free(&world->config);
}

static void check_part(const char *page, const char *part)
{
	if (strstr(page, part) == NULL)
		fail_msg("no %s in:\n%s", part, page);
}

static void test_targets(void **state)
{
	struct world world;
	const char *page;

	(void)state;
	start(&world, "x --nginx.scrape-uri=http://u:secret@a/<b>&\"c' --stats.uri "
		      "unix:/run/e.stats --web.telemetry-path=/m\"x");
	world.scrape[0].nginx_probe = (struct probe){.asked = true, .up = true};
	world.server.target = &world.scrape[0].site->uwsgi[0];
	world.server.probe = (struct probe){.asked = true};
	err_set(&world.server.probe.err, ERR_REFUSED, "nobody listens <there>");
	world.scrape[0].uwsgi = &world.server;
	world.scrape[0].uwsgi_len = 1;
	page = encode(&world, 1);
	check_part(page, "a/&lt;b&gt;&amp;&quot;c&#39;</code> answers</li>");
	check_part(page, "<li class=\"down\">uWSGI <code>unix:/run/e.stats</code> is down: nobody "
			 "listens &lt;there&gt;</li>");
	check_part(page, "href=\"/m&quot;x\"");
	check_part(page, "<p>Nothing was found wrong.</p>");
	assert_null(strstr(page, "secret"));
	assert_null(strstr(page, "<table>"));
	stop(&world);
}

static void test_findings(void **state)
{
	struct finding finding[] = {
		{.name = "phantom_counters",
		 .severity_name = "warning",
		 .what = "nginx counts <7>",
		 .evidence = "7 & 0",
		 .advice = "Restart \"it\""},
		{.name = "known_defect",
		 .severity_name = "info",
		 .what = "",
		 .evidence = "",
		 .advice = ""},
	};
	struct world world;
	const char *page;

	(void)state;
	start(&world, "x --nginx.scrape-uri http://a/ --nginx.scrape-uri http://b/");
	world.scrape[1].findings = (struct list){.item = finding, .len = 2};
	page = encode(&world, 2);
	check_part(page, "<h2>http://a/</h2>");
	check_part(page,
		   "<div class=\"finding warning\">\n<p><b>phantom_counters</b>: nginx counts "
		   "&lt;7&gt;</p>\n<p>7 &amp; 0</p>\n<p>Restart &quot;it&quot;</p>\n</div>");
	check_part(page, "<div class=\"finding info\">");
	/* The first site has none. */
	assert_non_null(strstr(page, "Nothing was found wrong"));
	assert_true(strstr(page, "Nothing was found wrong") < strstr(page, "<h2>http://b/</h2>"));
	stop(&world);
}

static void test_ledger(void **state)
{
	struct backlog listener = {.name = "127.0.0.1:80", .queue = 0, .limit = 511};
	struct backlog socket = {.name = "<sock>", .queue = 3, .limit = NOT_KNOWN};
	struct world world;
	struct ledger *ledger = &world.scrape[0].ledger;
	const char *page;

	(void)state;
	start(&world, "x --nginx.scrape-uri http://a/");
	*ledger = (struct ledger){.asked = true,
				  .has_lines = true,
				  .total = 12,
				  .confidence = CONFIDENCE_BOUNDED,
				  .reason = "two <masters>",
				  .orphaned = 2,
				  .oldest_request = NOT_KNOWN};
	ledger->held[HELD_APP] = 12;
	ledger->held[HELD_PHANTOM] = NOT_KNOWN;
	ledger->held[HELD_UNEXPLAINED] = -1;
	ledger->listeners = (struct list){.item = &listener, .len = 1};
	ledger->sockets = (struct list){.item = &socket, .len = 1};
	page = encode(&world, 1);
	check_part(page, "<p>Client connections: <b>12</b></p>");
	/* The bar has what is there; the table has zeros too. */
	check_part(page, "<span style=\"flex-grow:12;background:#");
	assert_null(strstr(page, "flex-grow:0"));
	assert_null(strstr(page, "flex-grow:-"));
	check_part(page, "</i>app</td><td class=\"number\">12</td><td>");
	check_part(page, "</i>sending</td><td class=\"number none\">0</td><td>");
	check_part(page, "</i>unexplained</td><td class=\"number\">-1</td><td>");
	assert_null(strstr(page, "</i>phantom<"));
	check_part(page, "<p>The ledger is <b>bounded</b>: two &lt;masters&gt;.</p>");
	check_part(page, "<td class=\"number\">2</td><td>requests</td><td>Requests that a uWSGI "
			 "worker is busy with although their client is gone</td>");
	assert_null(strstr(page, ">nan"));
	check_part(page, "<td><code>127.0.0.1:80</code></td><td class=\"number\">0</td>"
			 "<td class=\"number\">511</td>");
	check_part(page, "<td><code>&lt;sock&gt;</code></td><td class=\"number\">3</td>"
			 "<td class=\"number\">not known</td>");
	stop(&world);
}

/* The queues are known even when nginx is not. */
static void test_no_lines(void **state)
{
	struct backlog socket = {.name = "s", .queue = 3, .limit = 4};
	struct world world;
	const char *page;

	(void)state;
	start(&world, "x --nginx.scrape-uri http://a/");
	world.scrape[0].ledger = (struct ledger){.asked = true};
	world.scrape[0].ledger.sockets = (struct list){.item = &socket, .len = 1};
	page = encode(&world, 1);
	assert_null(strstr(page, "The ledger is"));
	assert_null(strstr(page, "class=\"bar\""));
	check_part(page, "<code>s</code>");
	stop(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_targets),
		cmocka_unit_test(test_findings),
		cmocka_unit_test(test_ledger),
		cmocka_unit_test(test_no_lines),
	};

	return cmocka_run_group_tests_name("prometheus_page", tests, NULL, NULL);
}
