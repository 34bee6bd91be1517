/* SPDX-License-Identifier: MIT */
/* The JSON behind the page, read back by a parser. */
#include "unit.h"

#include <yajl/yajl_tree.h>

#include "prometheus_exporter/api.h"
#include "view_world.h"

static yajl_val encode(struct view_world *world)
{
	char why[256];
	yajl_val root;

	buf_clear(&world->out);
	exporter_api(&world->out, &world->view);
	assert_true(buf_ok(&world->out));
	/* The parser refuses invalid UTF-8 too. */
	root = yajl_tree_parse(buf_text(&world->out), why, sizeof(why));
	if (root == NULL)
		fail_msg("%s in:\n%s", why, buf_text(&world->out));
	return root;
}

static yajl_val get(yajl_val value, const char *name)
{
	yajl_val found = yajl_tree_get(value, (const char *[]){name, NULL}, yajl_t_any);

	if (found == NULL)
		fail_msg("there is no \"%s\"", name);
	return found;
}

static size_t length(yajl_val list)
{
	assert_int_equal(list->type, yajl_t_array);
	return list->u.array.len;
}

static yajl_val item(yajl_val list, size_t i)
{
	assert_true(i < length(list));
	return list->u.array.values[i];
}

static void check_text(yajl_val object, const char *name, const char *text)
{
	assert_true(YAJL_IS_STRING(get(object, name)));
	assert_string_equal(YAJL_GET_STRING(get(object, name)), text);
}

static void check_number(yajl_val object, const char *name, const char *number)
{
	assert_true(YAJL_IS_NUMBER(get(object, name)));
	assert_string_equal(YAJL_GET_NUMBER(get(object, name)), number);
}

static yajl_val site_of(yajl_val root, size_t i)
{
	return item(get(root, "sites"), i);
}

static void test_ledger(void **state)
{
	struct view_world world;
	yajl_val root, ledger, lines;

	(void)state;
	view_world_init(&world, 1);
	world.scrape[0].ledger.held[HELD_PHANTOM] = NOT_KNOWN;
	world.scrape[0].ledger.held[HELD_UNEXPLAINED] = -1.5;
	world.healthy.socket[0].limit = NOT_KNOWN;
	root = encode(&world);
	check_text(root, "version", CONNLEDGER_VERSION);
	check_text(site_of(root, 0), "name", "site 0");
	ledger = get(site_of(root, 0), "ledger");
	check_number(ledger, "total", "412");
	check_text(ledger, "confidence", "exact");
	assert_true(YAJL_IS_NULL(get(ledger, "reason")));
	lines = get(ledger, "lines");
	assert_int_equal(length(lines), HELD_MAX);
	for (size_t i = 0; i < HELD_MAX; i++)
		check_text(item(lines, i), "held_by", held_by_name((enum held_by)i));
	assert_true(YAJL_IS_NULL(get(item(lines, HELD_PHANTOM), "connections")));
	check_number(item(lines, HELD_UNEXPLAINED), "connections", "-1.5");
	check_text(item(lines, HELD_APP), "help",
		   "Requests that an application worker is working on");
	check_number(item(get(site_of(root, 0), "listeners"), 0), "limit", "511");
	check_number(item(get(site_of(root, 0), "sockets"), 0), "queue", "2");
	assert_true(YAJL_IS_NULL(get(item(get(site_of(root, 0), "sockets"), 0), "limit")));
	yajl_tree_free(root);
	view_world_free(&world);
}

static void test_requests(void **state)
{
	struct view_world world;
	struct ledger *ledger = &world.scrape[0].ledger;
	yajl_val root, object;

	(void)state;
	view_world_init(&world, 1);
	ledger->low[HELD_APP] = 3;
	ledger->requests_high[REQUESTS_ACTIVE] = 9;
	ledger->requests_reason = "far away";
	root = encode(&world);
	object = get(site_of(root, 0), "ledger");
	check_number(item(get(object, "lines"), HELD_APP), "low", "3");
	check_number(item(get(object, "lines"), HELD_APP), "high", "7");
	check_text(object, "requests_reason", "far away");
	object = get(object, "requests");
	assert_int_equal(length(object), REQUESTS_MAX);
	check_text(item(object, 0), "held_by", "app_queue");
	check_number(item(object, 0), "requests", "2");
	assert_null(yajl_tree_get(item(object, 0), (const char *[]){"low", NULL}, yajl_t_any));
	check_text(item(object, 1), "held_by", "app");
	check_number(item(object, 1), "requests", "7");
	check_number(item(object, 1), "low", "7");
	check_number(item(object, 1), "high", "9");
	yajl_tree_free(root);
	ledger->requests[REQUESTS_QUEUED] = ledger->requests[REQUESTS_ACTIVE] = NOT_KNOWN;
	ledger->requests_reason = "";
	root = encode(&world);
	assert_true(YAJL_IS_NULL(get(get(site_of(root, 0), "ledger"), "requests")));
	assert_true(YAJL_IS_NULL(get(get(site_of(root, 0), "ledger"), "requests_reason")));
	yajl_tree_free(root);
	view_world_free(&world);
}

static void test_servers(void **state)
{
	struct view_world world;
	yajl_val root, nginx, server, worker;

	(void)state;
	view_world_init(&world, 1);
	root = encode(&world);
	nginx = get(site_of(root, 0), "nginx");
	check_text(nginx, "target", "http://127.0.0.1/stub_status");
	check_text(nginx, "server", "nginx/1.22.1");
	assert_true(YAJL_IS_TRUE(get(nginx, "up")));
	assert_true(YAJL_IS_NULL(get(nginx, "error")));
	check_number(get(nginx, "counters"), "accepts", "1000000");
	assert_true(YAJL_IS_NULL(get(get(nginx, "counters"), "request_time_ms")));
	server = item(get(site_of(root, 0), "uwsgi"), 0);
	check_text(server, "version", "2.0.21");
	worker = item(get(server, "workers"), 0);
	check_number(worker, "id", "1");
	check_number(worker, "requests", "18446744073709551615");
	check_number(worker, "running_time", "1.5");
	check_number(worker, "busy_cores", "1");
	check_number(worker, "core_count", "2");
	check_text(worker, "status", "busy");
	/* Said once is enough. */
	assert_null(yajl_tree_get(worker, (const char *[]){"status_busy", NULL}, yajl_t_any));
	check_text(item(get(server, "workers"), 1), "status", "cheap");
	check_number(item(get(server, "workers"), 2), "status_signal", "7");
	check_number(get(site_of(root, 0), "totals"), "busy_percent", "87.5");
	yajl_tree_free(root);
	view_world_free(&world);
}

/* Nothing is 0 because it is not known. */
static void test_down(void **state)
{
	struct view_world world;
	yajl_val root, site;

	(void)state;
	view_world_init(&world, 2);
	err_set(&world.scrape[1].nginx_probe.err, ERR_REFUSED, "nobody listens there");
	world.healthy.uwsgi[0].probe.up = false;
	world.scrape[0].uwsgi_site.up = false;
	world.scrape[0].ledger.has_lines = false;
	root = encode(&world);
	site = site_of(root, 0);
	assert_true(YAJL_IS_NULL(get(site, "totals")));
	assert_true(YAJL_IS_NULL(get(get(site, "ledger"), "lines")));
	assert_true(YAJL_IS_NULL(get(get(site, "ledger"), "confidence")));
	assert_true(YAJL_IS_NULL(get(item(get(site, "uwsgi"), 0), "workers")));
	assert_true(YAJL_IS_NULL(get(item(get(site, "uwsgi"), 0), "version")));
	site = site_of(root, 1);
	assert_true(YAJL_IS_FALSE(get(get(site, "nginx"), "up")));
	check_text(get(site, "nginx"), "error", "nobody listens there");
	assert_true(YAJL_IS_NULL(get(get(site, "nginx"), "counters")));
	assert_true(YAJL_IS_NULL(get(get(site, "nginx"), "server")));
	assert_true(YAJL_IS_NULL(get(site, "ledger")));
	assert_int_equal(length(get(site, "listeners")), 0);
	assert_int_equal(length(get(site, "uwsgi")), 0);
	world.site[1].has_nginx = false;
	yajl_tree_free(root);
	root = encode(&world);
	assert_true(YAJL_IS_NULL(get(site_of(root, 1), "nginx")));
	yajl_tree_free(root);
	view_world_free(&world);
}

static void test_findings(void **state)
{
	struct view_world world;
	yajl_val root, found;

	(void)state;
	view_world_init(&world, 2);
	view_world_find(&world, 1, 2);
	root = encode(&world);
	assert_true(YAJL_IS_NULL(get(site_of(root, 0), "severity")));
	assert_int_equal(length(get(site_of(root, 0), "findings")), 0);
	check_text(site_of(root, 1), "severity", "critical");
	found = item(get(site_of(root, 1), "findings"), 1);
	check_text(found, "finding", "harakiri");
	check_text(found, "severity", "warning");
	check_text(found, "what", "Requests were killed.");
	check_text(found, "evidence", "3 of them.");
	check_text(found, "advice", "Find out why.");
	yajl_tree_free(root);
	/* The worst one need not be the first. */
	world.finding[0].severity = SEVERITY_INFO;
	root = encode(&world);
	check_text(site_of(root, 1), "severity", "warning");
	yajl_tree_free(root);
	view_world_free(&world);
}

/* The course is there for the sites in the worst trouble only. */
static void test_course(void **state)
{
	struct view_world world;
	yajl_val root, course;

	(void)state;
	view_world_init(&world, EXPORTER_WHOLE_MAX + 4);
	for (size_t i = 0; i < world.view.scrape_len; i++) {
		world.scrape[i].ledger = world.scrape[0].ledger;
		course_take(&world.course[i], &world.scrape[i]);
	}
	world.course[0].sample[0].line[HELD_APP] = 1.0f / 3;
	view_world_find(&world, EXPORTER_WHOLE_MAX + 2, 1);
	root = encode(&world);
	for (size_t i = 0; i < world.view.scrape_len; i++)
		assert_int_equal(!YAJL_IS_NULL(get(site_of(root, i), "course")),
				 i < EXPORTER_WHOLE_MAX - 1 || i == EXPORTER_WHOLE_MAX + 2);
	course = get(site_of(root, 0), "course");
	check_number(course, "step_seconds", "5");
	assert_string_equal(YAJL_GET_STRING(item(get(course, "lines"), HELD_APP)), "app");
	assert_int_equal(length(get(course, "lines")), HELD_MAX);
	assert_int_equal(length(item(get(course, "samples"), 0)), HELD_MAX + 1);
	assert_true(YAJL_GET_DOUBLE(item(item(get(course, "samples"), 0), 0)) ==
		    world.scrape[0].time);
	assert_string_equal(YAJL_GET_NUMBER(item(item(get(course, "samples"), 0), HELD_APP + 1)),
			    "0.333");
	yajl_tree_free(root);
	world.view.course = NULL;
	root = encode(&world);
	assert_true(YAJL_IS_NULL(get(site_of(root, 0), "course")));
	yajl_tree_free(root);
	view_world_free(&world);
}

static void test_hostile(void **state)
{
	struct view_world world;
	yajl_val root;

	(void)state;
	view_world_init(&world, 1);
	view_world_spoil(&world);
	world.healthy.uwsgi[0].probe.up = false;
	root = encode(&world);
	check_text(get(site_of(root, 0), "nginx"), "target",
		   "<script>alert(1)</script> \"'&\x01\x7f "
		   "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd "
		   "\xe2\x82\xac");
	yajl_tree_free(root);
	view_world_free(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ledger),   cmocka_unit_test(test_requests),
		cmocka_unit_test(test_servers),  cmocka_unit_test(test_down),
		cmocka_unit_test(test_findings), cmocka_unit_test(test_course),
		cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests_name("exporter_api", tests, NULL, NULL);
}
