/* SPDX-License-Identifier: MIT */
/* test_site.c - what the user says about a site beyond its targets: ports, upstreams. */
#include "unit.h"

#include "site.h"

static const struct {
	const char *text;
	size_t len; /* 0: refused */
	uint16_t port[4];
} ports[] = {
	{"80", 1, {80}},
	{"80,443", 2, {80, 443}},
	{"80 443", 2, {80, 443}},
	{" 80 ,\t443, 80", 2, {80, 443}},
	{"65535", 1, {65535}},
	{"", 0, {0}},
	{" , ", 0, {0}},
	{"0", 0, {0}},
	{"65536", 0, {0}},
	{"80;443", 0, {0}},
	{"http", 0, {0}},
	{"-1", 0, {0}},
	{"80,99999999999999999999999999999999999999999999999999999", 0, {0}},
};

static void reads_ports(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ports); i++) {
		struct site site;
		struct err err = {0};
		bool ok;

		site_init(&site);
		ok = site_add_ports(&site, ports[i].text, &err);
		if (ok != (ports[i].len > 0))
			fail_msg("\"%s\" is %s", ports[i].text, ok ? "taken" : "refused");
		if (ok) {
			assert_int_equal(site.port_len, ports[i].len);
			assert_memory_equal(site.port, ports[i].port,
					    ports[i].len * sizeof(site.port[0]));
		} else {
			assert_int_equal(err.kind, ERR_USAGE);
			assert_non_null(strstr(err.text, "expected"));
		}
		site_free(&site);
	}
}

/* Unix sockets of nginx stand among its ports. */
static void reads_listen_paths(void **state)
{
	static const char *const bad[] = {"unix:", "unix:/", "unix:run", "unix:@name", "80,unix:x"};
	char longest[sizeof("unix:") + UNIX_PATH_MAX_LEN + 1] = "unix:/";
	struct site site;
	struct err err = {0};

	(void)state;
	site_init(&site);
	assert_true(site_add_ports(&site, "80, unix:/run/a.sock unix:/run/b.sock,unix:/run/a.sock",
				   &err));
	assert_int_equal(site.port_len, 1);
	assert_int_equal(site.listen_path_len, 2);
	assert_string_equal(site.listen_path[1], "/run/b.sock");
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		assert_false(site_add_ports(&site, bad[i], &err));
		assert_int_equal(err.kind, ERR_USAGE);
		assert_non_null(strstr(err.text, "expected unix:/path"));
		err_clear(&err);
	}
	memset(longest + 6, 'x', UNIX_PATH_MAX_LEN - 1);
	assert_true(site_add_ports(&site, longest, &err));
	longest[strlen(longest)] = 'x';
	assert_false(site_add_ports(&site, longest, &err));
	while (site.listen_path_len < SITE_PORTS_MAX) {
		char text[32];

		(void)snprintf(text, sizeof(text), "unix:/%zu", site.listen_path_len);
		err_clear(&err);
		assert_true(site_add_port(&site, text, &err));
	}
	assert_false(site_add_port(&site, "unix:/more", &err));
	assert_non_null(strstr(err.text, "more than 64 unix sockets"));
	site_free(&site);
}

static void ports_have_a_ceiling(void **state)
{
	struct site site;
	struct err err = {0};
	bool ok = true;

	(void)state;
	site_init(&site);
	for (unsigned port = 1; ok && port <= SITE_PORTS_MAX + 1; port++) {
		char text[8];

		(void)snprintf(text, sizeof(text), "%u", port);
		ok = site_add_port(&site, text, &err);
	}
	assert_false(ok);
	assert_int_equal(site.port_len, SITE_PORTS_MAX);
	assert_non_null(strstr(err.text, "more than 64 ports"));
	site_free(&site);
}

static const struct {
	const char *text;
	bool ok;
} upstreams[] = {
	{"127.0.0.1:9000", true}, {"[::1]:9000", true},
	{":9000", true},          {"unix:/run/a", true},
	{"unix:@a", true},        {"localhost:9000", false},
	{"9000", false},          {"unix:", false},
	{"unix:a", false},        {"", false},
	{"http://a:80/", false},  {"/run/a", false},
};

static void reads_upstreams(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(upstreams); i++) {
		struct site site;
		struct err err = {0};

		site_init(&site);
		if (site_add_upstream(&site, upstreams[i].text, &err) != upstreams[i].ok)
			fail_msg("\"%s\"", upstreams[i].text);
		assert_int_equal(site.upstream_len, upstreams[i].ok);
		assert_int_equal(err.kind, upstreams[i].ok ? ERR_NONE : ERR_USAGE);
		/* The same one again is no second one. */
		if (upstreams[i].ok) {
			assert_true(site_add_upstream(&site, upstreams[i].text, &err));
			assert_int_equal(site.upstream_len, 1);
			assert_false(site.upstream[0].is_uwsgi);
		}
		site_free(&site);
	}
}

static void worker_connections(void **state)
{
	struct site site;
	struct err err = {0};

	(void)state;
	site_init(&site);
	assert_true(site_set_worker_connections(&site, "1024", &err));
	assert_int_equal(site.worker_connections, 1024);
	assert_false(site_set_worker_connections(&site, "0", &err));
	assert_int_equal(err.kind, ERR_USAGE);
	assert_false(site_set_worker_connections(&site, "many", &err));
	assert_false(site_set_worker_connections(&site, "10000001", &err));
	assert_int_equal(site.worker_connections, 1024);
	site_free(&site);
}

/* ---- pages ----------------------------------------------------------------------------------- */

static void set(struct site *site, const char *url)
{
	struct err err = {0};

	site_init(site);
	assert_true(site_set_nginx(site, url, &err));
}

static void other_words(struct site *site, unsigned which)
{
	struct fetch_options *options = &site->options;
	const char **text[] = {&options->username, &options->password,    &options->vhost,
			       &options->ca_file,  &options->client_cert, &options->client_key};

	if (which < ARRAY_LEN(text))
		*text[which] = "another";
	options->insecure = which == 6;
	options->insecure_name = which == 7;
	options->ip = which == 8 ? FETCH_IP_V4 : FETCH_IP_ANY;
	site->timeout_ms += which == 9;
	options->may_reach_ctx = which == 10 ? site : NULL;
}

/* One answer is good for two only if nothing of the question differs. */
static void pages_that_are_the_same(void **state)
{
	static const char url[] = "http://u:p@host:81/status";
	static const char *const others[] = {
		"http://u:p@host:81/status2", "http://u:p@host:82/status",
		"http://u:p@hosts:81/status", "https://u:p@host:81/status",
		"http://v:p@host:81/status",  "http://u:q@host:81/status",
		"http://host:81/status",      "unix:/host:/status",
	};
	struct site a, b;

	(void)state;
	set(&a, url);
	set(&b, url);
	assert_true(site_same_page(&a, &b));
	assert_int_equal(site_page_hash(&a), site_page_hash(&b));
	for (unsigned i = 0; i <= 10; i++) {
		other_words(&b, i);
		if (site_same_page(&a, &b))
			fail_msg("option %u", i);
		site_free(&b);
		set(&b, url);
	}
	site_free(&b);
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		set(&b, others[i]);
		if (site_same_page(&a, &b))
			fail_msg("%s", others[i]);
		site_free(&b);
	}
	site_init(&b);
	assert_false(site_same_page(&a, &b));
	assert_false(site_same_page(&b, &b));
	site_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_ports),          cmocka_unit_test(reads_listen_paths),
		cmocka_unit_test(ports_have_a_ceiling), cmocka_unit_test(reads_upstreams),
		cmocka_unit_test(worker_connections),
		cmocka_unit_test(pages_that_are_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
