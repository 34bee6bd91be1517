/* SPDX-License-Identifier: MIT */
/* The whole plugin in a daemon of the test's own: once as collectd 5, once as collectd 6. */
#include <string.h>

#include "block.h"
#include "mock.h"
#include "server.h"
#include "str.h"
#include "unit.h"

#define PAGE                                                                                       \
	"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nActive connections: 3 \n"                     \
	"server accepts handled requests\n 10 9 12 \nReading: 0 Writing: 2 Waiting: 1 \n"
#define OTHER_PAGE "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nIt works!\n"
#define BROKEN     "HTTP/1.1 500 Broken\r\nConnection: close\r\n\r\n"
#define APP                                                                                        \
	"{\"version\":\"2.0.21\",\"listen_queue\":0,\"sockets\":[],\"workers\":["                  \
	"{\"id\":1,\"status\":\"busy\",\"requests\":7,\"cores\":[{\"id\":0,\"in_request\":1}]},"   \
	"{\"id\":2,\"status\":\"idle\",\"requests\":5,\"cores\":[{\"id\":0}]}]}"

enum { START = 1700000000, HOUR = 3600 };

static void url_of(char ret[64], const struct server *server)
{
	(void)snprintf(ret, 64, "http://127.0.0.1:%u/", server->port);
}

static void raw_of(char ret[64], const struct server *server)
{
	(void)snprintf(ret, 64, "127.0.0.1:%u", server->port);
}

/* ---- what was heard ---------------------------------------------------------------------------
 */

static const struct mock_value *find(const char *host, const char *plugin, const char *type,
				     const char *instance)
{
	char name[MOCK_NAME_MAX];

	mock_name(name, host, plugin, "blog", type, instance);
	for (size_t i = 0; i < mocked()->value_len; i++) {
		if (strcmp(mocked()->value[i].name, name) == 0)
			return &mocked()->value[i];
	}
	return NULL;
}

static void check_of(const char *host, const char *plugin, const char *type, const char *instance,
		     double number)
{
	const struct mock_value *value = find(host, plugin, type, instance);

	if (value == NULL)
		fail_msg("no %s/%s-%s; the first is %s", plugin, type, instance,
			 mocked()->value[0].name);
	else if (value->number != number)
		fail_msg("%s is %g", value->name, value->number);
}

static void check(const char *plugin, const char *type, const char *instance, double number)
{
	check_of("", plugin, type, instance, number);
}

/* One line of this level with this word, and no other; it is then forgotten. */
static void check_line(int level, const char *word)
{
	if (mocked()->line_len != 1)
		fail_msg("%zu lines, the last \"%s\"", mocked()->line_len,
			 mocked()->line[mocked()->line_len == 0 ? 0 : mocked()->line_len - 1].text);
	assert_int_equal(mocked()->line[0].level, level);
	if (strstr(mocked()->line[0].text, "connledger plugin: site \"blog\": ") == NULL ||
	    strstr(mocked()->line[0].text, word) == NULL)
		fail_msg("\"%s\" has no %s", mocked()->line[0].text, word);
	mocked()->line_len = 0;
}

static void check_notification(int severity, const char *plugin, const char *word)
{
	const notification_t *heard = &mocked()->notification[0];

	assert_int_equal(mocked()->notification_len, 1);
	assert_int_equal(heard->severity, severity);
	assert_true(heard->time == cdtime());
	assert_string_equal(heard->host, hostname_g);
	assert_string_equal(heard->plugin, plugin);
	assert_string_equal(heard->plugin_instance, "blog");
	assert_string_equal(heard->type, "bool");
	assert_string_equal(heard->type_instance, "up");
	assert_non_null(strstr(heard->message, word));
	mocked()->notification_len = 0;
}

/* ---- tests ------------------------------------------------------------------------------------
 */

static void test_values(void **state)
{
	struct server server;
	char url[64];

	(void)state;
	server_start(&server, SERVER_V4, SERVER_ANSWER, PAGE);
	url_of(url, &server);
	mock_start();
	assert_int_equal(
		configure((const struct line[]){{.key = "Nginx", .text = url}, LEDGER_OFF, END}),
		0);
	assert_int_equal(mocked()->site_len, 1);
	assert_string_equal(mocked()->site[0].name, "connledger/blog");
	assert_true(mocked()->site[0].interval == 10);
	mock_read(0, START);
	check("nginx", "bool", "up", 1);
	check("nginx", "nginx_connections", "active", 3);
	check("nginx", "nginx_connections", "reading", 0);
	check("nginx", "connections", "accepted", 10);
	check("nginx", "connections", "failed", 1);
	check("nginx", "nginx_requests", "", 12);
	assert_true(find("", "nginx", "connections", "accepted")->counter);
	assert_true(find("", "nginx", "nginx_requests", "")->counter);
	assert_false(find("", "nginx", "nginx_connections", "active")->counter);
	/* bool, response_time, four gauges, three counters, requests. */
	assert_int_equal(mocked()->value_len, 10);
	for (size_t i = 0; i < mocked()->value_len; i++)
		assert_true(mocked()->value[i].time == DOUBLE_TO_CDTIME_T(START));
	/* Nobody need be told that all is well. */
	assert_int_equal(mocked()->line_len, 0);
	assert_int_equal(mocked()->notification_len, 0);
	mock_stop();
	server_stop(&server);
}

static void test_host_and_interval(void **state)
{
	struct server server;
	char url[64];

	(void)state;
	server_start(&server, SERVER_V4, SERVER_ANSWER, PAGE);
	url_of(url, &server);
	mock_start();
	assert_int_equal(configure((const struct line[]){{.key = "Nginx", .text = url},
							 LEDGER_OFF,
							 {.key = "Host", .text = "web1"},
							 {.key = "Interval", .number = 30},
							 {.key = "Timeout", .number = 30},
							 END}),
			 0);
	assert_true(mocked()->site[0].interval == 30);
	check_line(LOG_WARNING, "Timeout 30 is not less than the interval of 30 seconds");
	mock_read(0, START);
	check_of("web1", "nginx", "nginx_connections", "active", 3);
	assert_null(find("", "nginx", "nginx_connections", "active"));
	mock_stop();
	server_stop(&server);
}

/* The first server goes without a number. */
static void test_workers(void **state)
{
	struct server server[2];
	char first[64];
	char second[64];

	(void)state;
	server_start(&server[0], SERVER_V4, SERVER_SEND, APP);
	server_start(&server[1], SERVER_V4, SERVER_SEND, APP);
	raw_of(first, &server[0]);
	raw_of(second, &server[1]);
	for (int per_worker = 0; per_worker <= 1; per_worker++) {
		mock_start();
		assert_int_equal(configure((const struct line[]){
					 {.key = "Uwsgi", .text = first},
					 {.key = "Uwsgi", .text = second},
					 {.key = "PerWorker", .boolean = per_worker != 0},
					 LEDGER_OFF,
					 END}),
				 0);
		mock_read(0, START);
		check("uwsgi", "http_requests", "", 24);
		check("uwsgi", "count", "busy", 2);
		if (per_worker == 0)
			assert_null(find("", "uwsgi", "http_requests", "worker-1"));
		else {
			check("uwsgi", "http_requests", "worker-1", 7);
			check("uwsgi", "http_requests", "worker-2", 5);
			check("uwsgi", "http_requests", "server2-worker-2", 5);
			check("uwsgi", "count", "busy-worker-1", 1);
			check("uwsgi", "count", "busy-worker-2", 0);
			check("uwsgi", "count", "idle-server2-worker-2", 1);
			check("uwsgi", "errors", "harakiri-worker-1", 0);
			/* Without memory-report there is none to tell. */
			assert_null(find("", "uwsgi", "ps_rss", "worker-1"));
		}
		mock_stop();
	}
	server_stop(&server[0]);
	server_stop(&server[1]);
}

/* Down at the start, which is told at once; for another reason; for hours; back; down again. */
static void test_an_outage(void **state)
{
	struct server server;
	char url[64];

	(void)state;
	server_start(&server, SERVER_V4, SERVER_ANSWER, OTHER_PAGE);
	url_of(url, &server);
	mock_start();
	assert_int_equal(configure((const struct line[]){{.key = "Nginx", .text = url},
							 LEDGER_OFF,
							 {.key = "Notify", .boolean = true},
							 END}),
			 0);
	mock_read(0, START);
	check("nginx", "bool", "up", 0);
	assert_int_equal(mocked()->value_len, 2);
	check_line(LOG_WARNING, url);
	check_notification(NOTIF_FAILURE, "nginx", url);
	for (int i = 1; i < 360; i++)
		mock_read(0, START + 10 * i);
	assert_int_equal(mocked()->line_len, 0);
	mock_read(0, START + HOUR);
	check_line(LOG_WARNING, "for 1 h now: http://");
	mock_read(0, START + 2 * HOUR - 10);
	assert_int_equal(mocked()->line_len, 0);
	server.text = BROKEN;
	mock_read(0, START + 2 * HOUR - 5);
	check_line(LOG_WARNING, url);
	mock_read(0, START + 3 * HOUR);
	check_line(LOG_WARNING, "for 3 h now: http://");
	assert_int_equal(mocked()->notification_len, 0);
	server.text = PAGE;
	mock_read(0, START + 3 * HOUR + 10);
	check("nginx", "bool", "up", 1);
	check_line(LOG_NOTICE, "answers again");
	check_notification(NOTIF_OKAY, "nginx", "answers again");
	server.text = OTHER_PAGE;
	mock_read(0, START + 3 * HOUR + 20);
	check_line(LOG_WARNING, url);
	check_notification(NOTIF_FAILURE, "nginx", url);
	mock_stop();
	server_stop(&server);
}

static void test_quiet(void **state)
{
	struct server server;
	char raw[64];

	(void)state;
	server_start(&server, SERVER_DEAD, SERVER_ANSWER, "");
	raw_of(raw, &server);
	mock_start();
	assert_int_equal(configure((const struct line[]){{.key = "Uwsgi", .text = raw}, END}), 0);
	mock_read(0, START);
	check("uwsgi", "bool", "up", 0);
	check_line(LOG_WARNING, raw);
	assert_int_equal(mocked()->notification_len, 0);
	mock_stop();
	server_stop(&server);
}

#define NGINX                                                                                      \
	{                                                                                          \
		.key = "Nginx", .text = "http://127.0.0.1/"                                        \
	}

static const struct {
	struct line line[3];
	const char *said;
} bad[] = {
	{{{.key = "Nginx", .text = "ftp://x/"}}, "Nginx: target \"ftp://x/\": "},
	{{{.key = "Nginx", .number = 80}}, "Nginx 80: expected a text in quotes"},
	{{{.key = "Nginx", .text = "http://a/", .twice = true}},
	 "Nginx: 2 values: expected a text"},
	{{NGINX, NGINX}, "Nginx: "},
	{{NGINX, {.key = "Uwsgi", .boolean = true}}, "Uwsgi true: expected a text"},
	{{NGINX, {.key = "Uwsgi", .text = "127.0.0.1:1", .twice = true}}, "Uwsgi: "},
	{{NGINX, {.key = "Ports", .text = "80"}}, "Ports \"80\": expected port numbers from 1"},
	{{NGINX, {.key = "Ports", .number = 70000}}, "Ports: port \"70000\""},
	{{NGINX, {.key = "Upstream", .text = "php"}}, "Upstream: upstream \"php\""},
	{{NGINX, {.key = "WorkerConnections", .text = "9"}},
	 "WorkerConnections \"9\": expected nginx's"},
	{{NGINX, {.key = "Ledger", .number = 1}}, "Ledger 1: expected true or false"},
	{{NGINX, {.key = "Timeout", .text = "2s"}},
	 "Timeout \"2s\": expected seconds, as in 2 or 0.5"},
	{{NGINX, {.key = "Timeout", .number = -1}}, "Timeout -1: expected seconds"},
	{{NGINX, {.key = "Interval", .boolean = true}}, "Interval true: expected seconds"},
	{{NGINX, {.key = "Host", .number = 7}}, "Host 7: expected a text"},
	{{NGINX, {.key = "Host", .text = ""}}, "Host \"\": expected a text"},
	{{NGINX, {.key = "Notify", .text = "yes"}}, "Notify \"yes\": expected true or false"},
	{{NGINX, {.key = "PerWorker", .text = "yes"}}, "PerWorker \"yes\": expected true or false"},
	{{NGINX, {.key = "User", .boolean = true}}, "User true: expected a text"},
	{{NGINX, {.key = "Password", .number = 4711}}, "Password: expected a text"},
	{{NGINX, {.key = "Password", .text = "4711"}}, "Password: expected a User with it"},
	{{NGINX, {.key = "VirtualHost", .number = 1}}, "VirtualHost 1: expected a text"},
	{{NGINX, {.key = "CACert", .boolean = true}}, "CACert true: expected a text"},
	{{NGINX, {.key = "ClientCert", .text = "/c"}}, "ClientCert and ClientKey need each other"},
	{{NGINX, {.key = "ClientKey", .text = "/k"}}, "ClientCert and ClientKey need each other"},
	{{NGINX, {.key = "VerifyPeer", .text = "no"}}, "VerifyPeer \"no\": expected true or false"},
	{{NGINX, {.key = "VerifyHost", .number = 1}}, "VerifyHost 1: expected true or false"},
	{{NGINX, {.key = "Colour", .text = "blue"}}, "unknown key \"Colour\""},
	{{{.key = "Host", .text = "a"}}, "expected at least one of Nginx and Uwsgi"},
};

static void test_bad_configuration(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		mock_start();
		if (configure(bad[i].line) == 0)
			fail_msg("taken: %s", bad[i].said);
		check_line(LOG_ERR, bad[i].said);
		assert_null(strstr(mocked()->line[0].text, "4711"));
		assert_int_equal(mocked()->site_len, 0);
	}
}

static void test_bad_blocks(void **state)
{
	static char key[] = "Site";
	static char other[] = "Colour";
	oconfig_item_t site = {.key = other};
	oconfig_item_t root = {.key = key, .children = &site, .children_num = 1};

	(void)state;
	mock_start();
	assert_int_not_equal(mocked()->config(&root), 0);
	assert_non_null(strstr(mocked()->line[0].text, "unknown key \"Colour\": expected <Site"));
	site.key = key;
	assert_int_not_equal(mocked()->config(&root), 0);
	assert_non_null(strstr(mocked()->line[1].text, "expected one name, as in <Site \"blog\">"));
}

/* The daemon has freed it then. */
static void test_refused(void **state)
{
	(void)state;
	mock_start();
	mocked()->refuses_read = true;
	assert_int_not_equal(configure((const struct line[]){NGINX, END}), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),     cmocka_unit_test(test_host_and_interval),
		cmocka_unit_test(test_workers),    cmocka_unit_test(test_an_outage),
		cmocka_unit_test(test_quiet),      cmocka_unit_test(test_bad_configuration),
		cmocka_unit_test(test_bad_blocks), cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests_name("collectd plugin", tests, NULL, NULL);
}
