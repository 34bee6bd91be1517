/* SPDX-License-Identifier: MIT */
/* collectd: the values of a scrape, their types in the stock types.db, and the keys of a block. */
#include "unit.h"

#include "collectd/config.h"
#include "collectd/encode.h"
#include "uwsgi.h"

enum { VALUES_MAX = 100, FILE_BYTES_MAX = 256 * 1024 };

static const char types_db[] = "/usr/share/collectd/types.db";

/* ---- values --------------------------------------------------------------------------------- */

struct heard {
	struct collectd_value value[VALUES_MAX];
	size_t len;
};

static void on_value(void *ctx, const struct collectd_value *value)
{
	struct heard *heard = ctx;

	assert_true(heard->len < VALUES_MAX);
	heard->value[heard->len++] = *value;
}

static const struct collectd_value *find(const struct heard *heard, const char *plugin,
					 const char *type, const char *instance)
{
	for (size_t i = 0; i < heard->len; i++) {
		const struct collectd_value *value = &heard->value[i];

		if (strcmp(value->plugin, plugin) == 0 && strcmp(value->type, type) == 0 &&
		    strcmp(value->type_instance, instance) == 0)
			return value;
	}
	return NULL;
}

static void check(const struct heard *heard, const char *plugin, const char *type,
		  const char *instance, bool counter, double number)
{
	const struct collectd_value *value = find(heard, plugin, type, instance);

	if (value == NULL)
		fail_msg("no %s/%s-%s", plugin, type, instance);
	else if (value->counter != counter ||
		 (counter ? (double)value->derive : value->gauge) != number)
		fail_msg("%s/%s-%s is %g", plugin, type, instance,
			 value->counter ? (double)value->derive : value->gauge);
}

static const char app[] =
	"{\"listen_queue\":2,\"sockets\":[{\"name\":\"a\",\"proto\":\"uwsgi\",\"queue\":2,"
	"\"max_queue\":8}],\"workers\":[{\"id\":1,\"status\":\"busy\",\"requests\":7,\"tx\":100,"
	"\"running_time\":1999,\"cores\":[{\"id\":0,\"in_request\":1},{\"id\":1}]}]}";

static void test_values(void **state)
{
	struct uwsgi_scrape server = {.probe = {.asked = true, .up = true, .seconds = 0.5}};
	struct site site = {.has_nginx = true};
	struct scrape scrape = {.site = &site, .uwsgi = &server, .uwsgi_len = 1};
	struct heard heard = {0};
	struct err err = {0};

	(void)state;
	scrape.nginx_probe = (struct probe){.asked = true, .up = true, .seconds = 0.25};
	scrape.nginx = (struct nginx_status){.active = 3,
					     .accepts = UINT64_MAX,
					     .requests = 5,
					     .request_time_ms = 1234,
					     .has_request_time = true};
	assert_true(uwsgi_parse(&server.stats, STR(app), &err));
	scrape_add_up(&scrape);
	collectd_encode(&scrape, false, on_value, &heard);
	check(&heard, "nginx", "bool", "up", false, 1);
	check(&heard, "nginx", "response_time", "", false, 0.25);
	check(&heard, "nginx", "nginx_connections", "active", false, 3);
	check(&heard, "nginx", "nginx_requests", "", true, 5);
	check(&heard, "nginx", "connections", "accepted", true, (double)INT64_MAX);
	check(&heard, "nginx", "total_time_in_ms", "request", true, 1234);
	check(&heard, "uwsgi", "bool", "up", false, 1);
	check(&heard, "uwsgi", "count", "busy", false, 1);
	check(&heard, "uwsgi", "percent", "busy", false, 50);
	check(&heard, "uwsgi", "queue_length", "", false, 2);
	check(&heard, "uwsgi", "http_requests", "", true, 7);
	check(&heard, "uwsgi", "total_time_in_ms", "", true, 1);
	uwsgi_stats_free(&server.stats);
}

/* A gap in the graphs, not a fall to zero. */
static void test_down(void **state)
{
	struct uwsgi_scrape server = {.probe = {.asked = true, .seconds = 5}};
	struct site site = {.has_nginx = true};
	struct scrape scrape = {.site = &site, .uwsgi = &server, .uwsgi_len = 1};
	struct heard heard = {0};

	(void)state;
	scrape.nginx_probe = (struct probe){.asked = true, .seconds = 0.5};
	scrape_add_up(&scrape);
	collectd_encode(&scrape, false, on_value, &heard);
	check(&heard, "nginx", "bool", "up", false, 0);
	check(&heard, "nginx", "response_time", "", false, 0.5);
	check(&heard, "uwsgi", "bool", "up", false, 0);
	check(&heard, "uwsgi", "response_time", "", false, 5);
	assert_int_equal(heard.len, 4);
}

/* ---- types.db ------------------------------------------------------------------------------- */

/* The data sources of a type, "value:GAUGE:0:U"; empty when there is no such type. */
static struct str sources_of(struct str file, const char *type)
{
	while (file.len > 0) {
		struct str line = str_cut(&file, '\n');
		size_t len = strlen(type);

		if (str_starts(line, str_of(type)) && line.len > len &&
		    (line.ptr[len] == '\t' || line.ptr[len] == ' '))
			return str_trim((struct str){line.ptr + len, line.len - len});
	}
	return (struct str){NULL, 0};
}

static void check_type(struct str file, const struct metric *metric)
{
	struct str sources = sources_of(file, metric->collectd.type);
	const char *kind = metric->kind == METRIC_COUNTER ? ":DERIVE:" : ":GAUGE:";

	if (sources.len == 0)
		fail_msg("%s: no type %s", metric->key, metric->collectd.type);
	/* One source, and of the right kind. */
	assert_int_equal(str_find(sources, ','), sources.len);
	(void)str_cut(&sources, ':');
	sources.ptr--;
	sources.len++;
	if (!str_starts(sources, str_of(kind)))
		fail_msg("%s: %s is no %s", metric->key, metric->collectd.type, kind);
}

static void test_types(void **state)
{
	static char text[FILE_BYTES_MAX];
	FILE *file = fopen(types_db, "r");
	size_t len;
	size_t checked = 0;

	(void)state;
	assert_non_null(file);
	len = fread(text, 1, sizeof(text), file);
	assert_int_equal(fclose(file), 0);
	assert_in_range(len, 1000, sizeof(text) - 1);
	for (size_t i = 0; i < entity_all_len; i++) {
		for (size_t k = 0; k < entity_all[i]->metric_len; k++) {
			if (entity_all[i]->metric[k].collectd.type == NULL)
				continue;
			/* Many objects would have one name between them, but for a label. */
			if (entity_all[i]->parent != NULL)
				assert_true(entity_all[i]->label[0].type == FIELD_TEXT ||
					    entity_all[i]->label[0].type == FIELD_U64);
			check_type((struct str){text, len}, &entity_all[i]->metric[k]);
			checked++;
		}
	}
	assert_in_range(checked, 20, VALUES_MAX);
}

/* ---- configuration -------------------------------------------------------------------------- */

#define TEXT(string)                                                                               \
	{                                                                                          \
		.kind = COLLECTD_STRING, .text = (string)                                          \
	}
#define NUMBER(value)                                                                              \
	{                                                                                          \
		.kind = COLLECTD_NUMBER, .number = (value)                                         \
	}
#define BOOLEAN(value)                                                                             \
	{                                                                                          \
		.kind = COLLECTD_BOOLEAN, .boolean = (value)                                       \
	}

struct line {
	const char *key;
	struct collectd_arg arg[3];
	size_t len;
	const char *wrong; /* a part of the message; NULL: taken */
};

static const struct line known[] = {
	{"Nginx", {TEXT("http://127.0.0.1/")}, 1, NULL},
	{"nginx", {TEXT("http://127.0.0.2/")}, 1, "http://127.0.0.2/"},
	{"Nginx", {TEXT("ftp://a")}, 1, "Nginx: target \"ftp://a\""},
	{"Nginx", {NUMBER(80)}, 1, "Nginx 80: expected"},
	{"Nginx", {TEXT("http://a/"), TEXT("http://b/")}, 2, "Nginx: 2 values"},
	{"Nginx", {TEXT("")}, 0, "Nginx: 0 values"},
	{"Uwsgi", {TEXT("127.0.0.1:1"), TEXT("unix:/a")}, 2, NULL},
	{"UWSGI", {TEXT("127.0.0.1:2")}, 1, NULL},
	{"Uwsgi", {TEXT("127.0.0.1:2")}, 1, "named twice"},
	{"Ports", {NUMBER(80), NUMBER(443), NUMBER(65535)}, 3, NULL},
	{"Ports", {NUMBER(80), NUMBER(65536)}, 2, "Ports: port \"65536\""},
	{"Ports", {NUMBER(0)}, 1, "Ports 0"},
	{"Ports", {NUMBER(80.5)}, 1, "Ports 80.5"},
	{"Ports", {TEXT("http")}, 1, "Ports \"http\""},
	{"Ports", {NUMBER(80), TEXT("unix:/run/nginx.sock")}, 2, NULL},
	{"Ports", {TEXT("unix:")}, 1, "Ports: port \"unix:\""},
	{"Timeout", {TEXT("2")}, 1, "Timeout"},
	{"Upstream", {TEXT("127.0.0.1:9000"), TEXT("unix:/run/php.sock")}, 2, NULL},
	{"Upstream", {TEXT("http://a/")}, 1, "Upstream: upstream \"http://a/\""},
	{"Upstream", {NUMBER(9000)}, 1, "Upstream 9000"},
	{"WorkerConnections", {NUMBER(1024)}, 1, NULL},
	{"WorkerConnections", {NUMBER(0)}, 1, "WorkerConnections 0"},
	{"WorkerConnections", {NUMBER(1e8)}, 1, "WorkerConnections: worker_connections"},
	{"WorkerConnections", {NUMBER(1e300)}, 1, "WorkerConnections 1e+300"},
	{"Ledger", {BOOLEAN(false)}, 1, NULL},
	{"Ledger", {NUMBER(0)}, 1, "Ledger 0"},
	{"Timeout", {NUMBER(2.5)}, 1, NULL},
	{"Timeout", {NUMBER(0)}, 1, "Timeout 0"},
	{"Timeout", {NUMBER(-1)}, 1, "Timeout -1"},
	{"Timeout", {TEXT("2")}, 1, "Timeout \"2\""},
	{"Interval", {NUMBER(5)}, 1, NULL},
	{"Interval", {NUMBER(1e9)}, 1, "Interval 1e+09"},
	{"Host", {TEXT("web1")}, 1, NULL},
	{"Host", {TEXT("web2")}, 1, NULL},
	{"Host", {TEXT("")}, 1, "Host \"\""},
	{"Notify", {BOOLEAN(true)}, 1, NULL},
	{"Notify", {NUMBER(1)}, 1, "Notify 1"},
	{"User", {TEXT("me")}, 1, NULL},
	{"Password", {TEXT("secret")}, 1, NULL},
	{"Password", {NUMBER(4711)}, 1, "Password: expected"},
	{"VerifyPeer", {BOOLEAN(false)}, 1, NULL},
	{"VerifyHost", {BOOLEAN(true)}, 1, NULL},
	{"PerWorker", {BOOLEAN(true)}, 1, NULL},
	{"PerWorker", {TEXT("true")}, 1, "PerWorker \"true\""},
	{"CACert", {TEXT("/ca")}, 1, NULL},
	{"Nonsense", {NUMBER(1)}, 1, "unknown key \"Nonsense\""},
};

static void test_keys(void **state)
{
	struct err err = {0};
	struct collectd_site *site = collectd_site_new("blog", &err);

	(void)state;
	assert_non_null(site);
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		bool ok;

		err_clear(&err);
		ok = collectd_site_set(site, known[i].key, known[i].arg, known[i].len, &err);
		if (ok != (known[i].wrong == NULL) ||
		    (!ok && strstr(err.text, known[i].wrong) == NULL))
			fail_msg("%s, line %zu: \"%s\"", known[i].key, i, err.text);
		assert_null(strstr(err.text, "4711"));
	}
	err_clear(&err);
	assert_true(collectd_site_finish(site, 10, &err));
	assert_string_equal(site->site.name, "blog");
	assert_string_equal(site->site.nginx.name, "http://127.0.0.1/");
	assert_int_equal(site->site.uwsgi_len, 3);
	assert_int_equal(site->site.timeout_ms, 2480); /* no ledger: 20 ms to add up in */
	assert_true(site->timeout == 2.5);
	assert_true(site->per_worker);
	assert_true(site->interval == 5);
	assert_int_equal(site->site.port_len, 3);
	assert_int_equal(site->site.port[2], 65535);
	assert_int_equal(site->site.upstream_len, 2);
	assert_int_equal(site->site.worker_connections, 1024);
	assert_false(site->site.want_ledger);
	assert_string_equal(site->host, "web2");
	assert_true(site->notify);
	assert_true(site->site.options.insecure);
	assert_false(site->site.options.insecure_name);
	assert_string_equal(site->site.options.username, "me");
	assert_string_equal(site->site.options.password, "secret");
	assert_string_equal(site->site.options.ca_file, "/ca");
	collectd_site_free(site);
}

static void test_timeout(void **state)
{
	static const struct {
		double timeout; /* 0: not given */
		double interval;
		double chosen;       /* for a whole read */
		unsigned timeout_ms; /* for the targets: a quarter, 250 ms at most, is the ledger's
				      */
		bool slow;
	} given[] = {
		{0, 10, 5, 4750, false},    {0, 5, 4, 3750, false},       {0, 1, 0.8, 600, false},
		{2, 10, 2, 1750, false},    {10, 10, 10, 9750, true},     {2, 1, 2, 1750, true},
		{0.5, 10, 0.5, 375, false}, {0.001, 10, 0.001, 1, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(given); i++) {
		const struct collectd_arg target = TEXT("127.0.0.1:1");
		const struct collectd_arg timeout = NUMBER(given[i].timeout);
		struct err err = {0};
		struct collectd_site *site = collectd_site_new("s", &err);

		assert_non_null(site);
		assert_true(collectd_site_set(site, "Uwsgi", &target, 1, &err));
		if (given[i].timeout > 0)
			assert_true(collectd_site_set(site, "Timeout", &timeout, 1, &err));
		assert_true(collectd_site_finish(site, given[i].interval, &err));
		assert_true(site->site.want_ledger);
		assert_int_equal(site->site.timeout_ms, given[i].timeout_ms);
		assert_true(site->timeout == given[i].chosen);
		assert_int_equal(collectd_site_is_slow(site), given[i].slow);
		collectd_site_free(site);
	}
}

static void test_whole(void **state)
{
	static const struct line line[] = {
		{"Host", {TEXT("a")}, 1, "at least one of Nginx and Uwsgi"},
		{"Password", {TEXT("secret")}, 1, "at least one"},
		{"ClientCert", {TEXT("a")}, 1, "ClientKey"},
		{"Password", {TEXT("secret")}, 1, "User"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(line); i++) {
		const struct collectd_arg target = TEXT("127.0.0.1:1");
		struct err err = {0};
		struct collectd_site *site = collectd_site_new("s", &err);

		assert_non_null(site);
		assert_true(collectd_site_set(site, line[i].key, line[i].arg, 1, &err));
		if (i >= 2)
			assert_true(collectd_site_set(site, "Uwsgi", &target, 1, &err));
		assert_false(collectd_site_finish(site, 10, &err));
		assert_non_null(strstr(err.text, line[i].wrong));
		assert_null(strstr(err.text, "secret"));
		collectd_site_free(site);
	}
}

static void test_name(void **state)
{
	static const char *const bad[] = {"", "line\nbreak"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct err err = {0};

		assert_null(collectd_site_new(bad[i], &err));
		assert_int_equal(err.kind, ERR_USAGE);
	}
	collectd_site_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),  cmocka_unit_test(test_down),
		cmocka_unit_test(test_types),   cmocka_unit_test(test_keys),
		cmocka_unit_test(test_timeout), cmocka_unit_test(test_whole),
		cmocka_unit_test(test_name),
	};

	return cmocka_run_group_tests_name("collectd", tests, NULL, NULL);
}
