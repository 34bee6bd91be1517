/* SPDX-License-Identifier: MIT */
/* test_observe.c - what observe.c puts together: applications, the kernel filter, queues. */
#include "unit.h"

#include "fake_proc.h"
#include "observe_parts.h"
#include "uwsgi.h"

static struct endpoint at(const char *text)
{
	struct endpoint endpoint;

	assert_true(endpoint_parse(&endpoint, str_of(text)));
	return endpoint;
}

/* ---- applications ---------------------------------------------------------------------------- */

static const char stats_text[] =
	"{\"version\":\"2.0.21\",\"listen_queue\":0,\"sockets\":["
	"{\"name\":\"127.0.0.1:3031\"},{\"name\":\":3032\"},{\"name\":\"/run/app.sock\"},"
	"{\"name\":\"@app\"},{\"name\":\"localhost:5\"},{\"name\":\"relative.sock\"},{\"name\":"
	"\"\"}],"
	"\"workers\":[{\"id\":1,\"cores\":["
	"{\"id\":0,\"in_request\":1,\"vars\":[\"REMOTE_ADDR=10.0.0.9\",\"REMOTE_PORT=9\"],"
	"\"req_info\":{\"request_start\":7}},"
	"{\"id\":1,\"in_request\":1,\"vars\":[\"REMOTE_ADDR=10.0.0.3\",\"REMOTE_PORT=3\"]},"
	"{\"id\":2,\"in_request\":0,\"vars\":[\"REMOTE_ADDR=10.0.0.4\",\"REMOTE_PORT=4\"]},"
	"{\"id\":3,\"in_request\":1,\"vars\":[\"REMOTE_PORT=5\"]},"
	"{\"id\":4,\"in_request\":1,\"vars\":[\"REMOTE_ADDR=10.0.0.6\"]}]}]}";

struct fixture {
	struct site site;
	struct uwsgi_scrape server;
	struct scrape scrape;
	struct upstreams upstreams;
};

static struct fixture *fixture_new(void)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct err err = {0};

	assert_non_null(f);
	site_init(&f->site);
	assert_true(site_add_upstream(&f->site, "127.0.0.1:9000", &err));
	assert_true(site_add_upstream(&f->site, "127.0.0.1:3031", &err)); /* uWSGI's own */
	assert_true(site_add_upstream(&f->site, "unix:/run/php.sock", &err));
	assert_true(uwsgi_parse(&f->server.stats, str_of(stats_text), &err));
	f->server.probe.up = true;
	f->scrape = (struct scrape){.site = &f->site, .uwsgi = &f->server, .uwsgi_len = 1};
	arena_init(&f->scrape.arena, 65536);
	ledger_clear(&f->scrape.ledger);
	assert_true(upstreams_find(&f->upstreams, &f->scrape, &err));
	return f;
}

static void fixture_free(struct fixture *f)
{
	upstreams_free(&f->upstreams);
	uwsgi_stats_free(&f->server.stats);
	arena_free(&f->scrape.arena);
	site_free(&f->site);
	free(f);
}

static void finds_applications(void **state)
{
	static const struct {
		const char *name; /* as uWSGI spells it; NULL: the user's */
		const char *path;
		uint16_t port;
	} expected[] = {
		{"127.0.0.1:3031", "", 3031},
		{":3032", "", 3032},
		{"/run/app.sock", "/run/app.sock", 0},
		{"@app", "@app", 0},
		{NULL, "", 9000},
		{NULL, "/run/php.sock", 0},
	};
	struct fixture *f = fixture_new();

	(void)state;
	assert_int_equal(f->upstreams.len, ARRAY_LEN(expected));
	for (size_t i = 0; i < ARRAY_LEN(expected); i++) {
		const struct upstream *one = &f->upstreams.item[i];

		assert_string_equal(one->path, expected[i].path);
		assert_int_equal(one->at.port, expected[i].port);
		assert_int_equal(one->is_uwsgi, expected[i].name != NULL);
		if (expected[i].name != NULL)
			assert_string_equal(f->upstreams.name[i], expected[i].name);
		else
			assert_null(f->upstreams.name[i]);
	}
	assert_int_equal(f->upstreams.path_len, 3);
	assert_string_equal(f->upstreams.path[2], "/run/php.sock");
	fixture_free(f);
}

/* Only those that work, and whose client is told whole; in order. */
static void finds_busy_cores(void **state)
{
	struct fixture *f = fixture_new();
	const struct busy_core *busy = f->upstreams.busy;

	(void)state;
	assert_int_equal(f->upstreams.busy_len, 2);
	assert_int_equal(busy[0].client.port, 3);
	assert_int_equal(busy[0].request_start, 0);
	assert_int_equal(busy[1].client.port, 9);
	assert_int_equal(busy[1].request_start, 7);
	fixture_free(f);
}

/* ---- filter ---------------------------------------------------------------------------------- */

static bool has_port(const uint16_t *port, size_t len, uint16_t one)
{
	for (size_t i = 0; i < len; i++) {
		if (port[i] == one)
			return true;
	}
	return false;
}

/* A uWSGI that listens at what is no address may be asked there, and one that keeps connections has
 * idle ones. */
static void knows_where_applications_listen(void **state)
{
	static const struct {
		const char *sockets;
		bool is_uwsgi, is_known;
	} cases[] = {
		{"{\"name\":\":3031\",\"proto\":\"uwsgi\"}", true, true},
		{"{\"name\":\":3031\",\"proto\":\"http\"}", true, true},
		{"{\"name\":\":3031\",\"proto\":\"http11\"}", false, true},
		{"{\"name\":\":3031\"},{\"name\":\"app.sock\"}", true, false},
		{"{\"name\":\":3031\"},{\"name\":\"\"}", true, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct site site;
		struct uwsgi_scrape server = {.probe.up = true};
		struct scrape scrape = {
			.site = &site, .uwsgi = &server, .uwsgi_len = 1, .uwsgi_site.up = true};
		struct upstreams upstreams;
		struct sockets_filter filter = {.path_len = SOCKETS_PATHS_MAX - 1};
		struct err err = {0};
		char text[256];

		site_init(&site);
		(void)snprintf(text, sizeof(text),
			       "{\"version\":\"2.0\",\"sockets\":[%s],\"workers\":[]}",
			       cases[i].sockets);
		assert_true(uwsgi_parse(&server.stats, str_of(text), &err));
		assert_true(upstreams_find(&upstreams, &scrape, &err));
		assert_int_equal(upstreams.item[0].is_uwsgi, cases[i].is_uwsgi);
		assert_int_equal(observe_knows_apps(&scrape, &upstreams, &filter),
				 cases[i].is_known);
		filter.path_len++; /* no room for one more */
		assert_false(observe_knows_apps(&scrape, &upstreams, &filter));
		filter.path_len--;
		scrape.uwsgi_site.up = false;
		assert_false(observe_knows_apps(&scrape, &upstreams, &filter));
		upstreams_free(&upstreams);
		uwsgi_stats_free(&server.stats);
		site_free(&site);
	}
}

static void filters_by_port_and_path(void **state)
{
	struct listener item[4] = {{.kind = LISTENER_TCP, .at = at("127.0.0.1:80")},
				   {.kind = LISTENER_TCP, .at = at("127.0.0.1:80")},
				   {.kind = LISTENER_UDP, .at = at("127.0.0.1:443")},
				   {.kind = LISTENER_UNIX, .path = "/run/nginx.sock"}};
	struct nginx_host host = {.listeners = {.item = item, .len = 4}};
	struct fixture *f = fixture_new();
	struct sockets_filter filter;

	(void)state;
	assert_true(observe_filter(&filter, &host));
	assert_true(observe_filter_apps(&filter, &f->upstreams));
	assert_int_equal(filter.local_port_len, 4);
	assert_true(has_port(filter.local_port, 4, 80));
	assert_true(has_port(filter.local_port, 4, 3031));
	assert_true(has_port(filter.local_port, 4, 3032));
	assert_true(has_port(filter.local_port, 4, 9000));
	assert_int_equal(filter.remote_port_len, 3);
	assert_false(has_port(filter.remote_port, 3, 80));
	assert_int_equal(filter.path_len, 4);
	/* ":3032" may be reached by IPv6. */
	assert_false(filter.no_v4 || filter.no_v6);
	fixture_free(f);
}

/* ---- queues ---------------------------------------------------------------------------------- */

static struct socket listening(const char *where, uint32_t queue, uint32_t limit)
{
	return (struct socket){
		.local = at(where), .state = SOCKET_LISTEN, .rqueue = queue, .wqueue = limit};
}

static void must_be(const struct list *list, size_t i, const char *name, double queue, double limit)
{
	const struct backlog *backlog = list->item;

	assert_true(i < list->len);
	assert_string_equal(backlog[i].name, name);
	assert_true(backlog[i].queue == queue);
	assert_true(limit < 0 ? isnan(backlog[i].limit) : backlog[i].limit == limit);
}

static void is_tcp(const struct list *list, const bool *expected)
{
	const struct backlog *backlog = list->item;

	for (size_t i = 0; i < list->len; i++)
		assert_int_equal(backlog[i].is_tcp, expected[i]);
}

static void tells_queues(void **state)
{
	struct listener item[4] = {{.kind = LISTENER_TCP, .at = at("0.0.0.0:80")},
				   {.kind = LISTENER_TCP, .at = at("0.0.0.0:80")},
				   {.kind = LISTENER_TCP, .at = at("[::]:80")},
				   {.kind = LISTENER_UNIX, .path = "/run/nginx.sock"}};
	struct nginx_host host = {.listeners = {.item = item, .len = 4}};
	/* Two of one address: reuseport. What is established is no queue. */
	struct socket tcp[] = {listening("0.0.0.0:80", 1, 511),   listening("0.0.0.0:80", 400, 511),
			       listening("0.0.0.0:80", 7, 511),   listening("[::]:80", 5, 511),
			       listening("127.0.0.1:3031", 3, 0), listening("0.0.0.0:3032", 2, 100),
			       listening("127.0.0.1:3031", 9, 10)};
	struct unix_socket local[] = {
		{.state = SOCKET_LISTEN, .rqueue = 4, .wqueue = 50, .path = "/run/nginx.sock"},
		{.state = SOCKET_LISTEN, .rqueue = 21, .wqueue = 32, .path = "/run/app.sock"},
		{.state = SOCKET_ESTABLISHED, .rqueue = 99, .wqueue = 1, .path = "/run/app.sock"},
		{.state = SOCKET_LISTEN, .rqueue = 8, .wqueue = 9, .path = "/run/php.sock"}};
	struct sockets sockets = {.tcp = tcp, .tcp_len = 6, .local = local, .local_len = 4};
	struct fixture *f = fixture_new();
	struct ledger *ledger = &f->scrape.ledger;
	struct err err = {0};

	(void)state;
	assert_true(observe_queues(&f->scrape, &host, &f->upstreams, &sockets, &err));
	assert_int_equal(ledger->listeners.len, 3);
	must_be(&ledger->listeners, 0, "*:80", 400, 511);
	must_be(&ledger->listeners, 1, "[::]:80", 5, 511);
	must_be(&ledger->listeners, 2, "unix:/run/nginx.sock", 4, 50);
	/* Of the applications uWSGI's only, each as uWSGI spells it; one has no socket here. */
	assert_int_equal(ledger->sockets.len, 3);
	must_be(&ledger->sockets, 0, "127.0.0.1:3031", 3, -1);
	must_be(&ledger->sockets, 1, ":3032", 2, 100);
	must_be(&ledger->sockets, 2, "/run/app.sock", 21, 32);
	is_tcp(&ledger->listeners, (const bool[]){true, true, false});
	is_tcp(&ledger->sockets, (const bool[]){true, true, false});
	assert_true(ledger->backlog_percent == 100.0 * 400 / 511);
	fixture_free(f);
}

static void nothing_listens(void **state)
{
	struct nginx_host host = {.complete = false};
	struct sockets sockets = {.tcp_len = 0};
	struct fixture *f = fixture_new();
	struct err err = {0};

	(void)state;
	assert_true(observe_queues(&f->scrape, &host, &f->upstreams, &sockets, &err));
	assert_int_equal(f->scrape.ledger.listeners.len, 0);
	assert_int_equal(f->scrape.ledger.sockets.len, 0);
	assert_true(isnan(f->scrape.ledger.backlog_percent));
	fixture_free(f);
}

/* They are the namespace's: a site with no TCP socket in it has nothing to do with them. */
static void overflows_of_tcp(void **state)
{
	static const struct {
		bool listener_is_tcp, socket_is_tcp;
		const char *text;
		bool known;
	} cases[] = {
		{true, false, "TcpExt: ListenOverflows ListenDrops\nTcpExt: 12 34\n", true},
		{false, true, "TcpExt: ListenOverflows ListenDrops\nTcpExt: 12 34\n", true},
		{false, false, "TcpExt: ListenOverflows ListenDrops\nTcpExt: 12 34\n", false},
		{true, true, "TcpExt: ListenDrops\nTcpExt: 34\n", false},
		{true, true, NULL, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct backlog listener[2] = {{.name = "unix:/n"},
					      {.name = "*:80", .is_tcp = cases[i].listener_is_tcp}};
		struct backlog socket = {.name = ":3031", .is_tcp = cases[i].socket_is_tcp};
		struct overflows overflows = {.is_read = false};
		struct ledger ledger;
		struct fake_proc proc;

		fake_proc_make(&proc);
		if (cases[i].text != NULL)
			fake_proc_file(&proc, "self/net/netstat", cases[i].text);
		ledger_clear(&ledger);
		ledger.listeners = (struct list){listener, 2, 2};
		ledger.sockets = (struct list){&socket, 1, 1};
		observe_overflows(&ledger, &overflows, proc.dir);
		assert_int_equal(ledger.overflows_known, cases[i].known);
		assert_int_equal(ledger.listen_overflows, cases[i].known ? 12 : 0);
		/* Read once, for all sites that are looked at together. */
		fake_proc_file(&proc, "self/net/netstat",
			       "TcpExt: ListenOverflows ListenDrops\nTcpExt: 99 34\n");
		if (cases[i].listener_is_tcp || cases[i].socket_is_tcp) {
			observe_overflows(&ledger, &overflows, proc.dir);
			assert_int_equal(ledger.overflows_known, cases[i].known);
			assert_int_equal(ledger.listen_overflows, cases[i].known ? 12 : 0);
		}
		fake_proc_remove(&proc);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_applications),
		cmocka_unit_test(finds_busy_cores),
		cmocka_unit_test(knows_where_applications_listen),
		cmocka_unit_test(filters_by_port_and_path),
		cmocka_unit_test(tells_queues),
		cmocka_unit_test(nothing_listens),
		cmocka_unit_test(overflows_of_tcp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
