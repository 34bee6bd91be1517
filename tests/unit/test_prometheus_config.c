/* SPDX-License-Identifier: MIT */
/* The exporter's command line, and the sites that come out of it. */
#include "unit.h"

#include "prometheus_exporter/config.h"
#include "words.h"

static const char *no_variable(const char *name)
{
	(void)name;
	return NULL;
}

static const char *both_variables(const char *name)
{
	if (strcmp(name, "SCRAPE_URI") == 0)
		return "http://user:secret@a/\n\n http://b/ \n";
	return strcmp(name, "STATS_URI") == 0 ? "127.0.0.1:1717" : NULL;
}

/* The configuration borrows from the words. */
static bool parse(struct exporter_config *config, struct words *words, const char *line,
		  const char *(*env)(const char *name), struct err *err)
{
	words_split(words, line);
	err_clear(err);
	return exporter_config_parse(config, words->argc, words->arg, env, err);
}

static void test_defaults(void **state)
{
	struct exporter_config config;
	struct words words;
	struct err err;
	const struct site *site;
	size_t len;

	(void)state;
	assert_true(parse(&config, &words, "exporter", no_variable, &err));
	site = exporter_config_sites(&config, &len);
	assert_int_equal(len, 1);
	assert_string_equal(site[0].nginx.name, EXPORTER_NGINX_DEFAULT);
	assert_int_equal(site[0].timeout_ms, 5000);
	assert_false(site[0].options.insecure);
	assert_true(site[0].want_ledger);
	assert_int_equal(site[0].port_len + site[0].upstream_len, 0);
	assert_int_equal(site[0].worker_connections, 0);
	assert_string_equal(config.telemetry_path, "/metrics");
	assert_int_equal(config.listen.len, 1);
	assert_string_equal(*(const char *const *)config.listen.item, ":9113");
	assert_int_equal(config.level, EXPORTER_INFO);
	assert_false(config.prom.strict || config.prom.cores || config.once);
	exporter_config_free(&config);
}

static void test_sites(void **state)
{
	static const struct {
		const char *line;
		size_t sites;
		size_t uwsgi; /* of the last site */
	} given[] = {
		{"x --uwsgi.stats-uri 127.0.0.1:1", 1, 1},
		{"x --uwsgi.stats-uri=127.0.0.1:1 --stats.uri 127.0.0.1:2", 1, 2},
		{"x --nginx.scrape-uri http://a/ --stats.uri 127.0.0.1:1", 1, 1},
		{"x --nginx.scrape-uri http://a/ --nginx.scrape-uri http://b/", 2, 0},
		{"x --nginx.scrape-uri http://a/ --nginx.scrape-uri http://b/ --stats.uri unix:/c "
		 "--stats.uri unix:/d",
		 4, 1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(given); i++) {
		struct exporter_config config;
		struct words words;
		struct err err;
		size_t len;
		const struct site *site;

		assert_true(parse(&config, &words, given[i].line, no_variable, &err));
		site = exporter_config_sites(&config, &len);
		assert_int_equal(len, given[i].sites);
		assert_int_equal(site[len - 1].uwsgi_len, given[i].uwsgi);
		exporter_config_free(&config);
	}
}

static void test_options(void **state)
{
	static const char line[] =
		"x --nginx.timeout 1500ms --nginx.ssl-verify=false --nginx.ssl-ca-cert ca "
		"--nginx.ssl-client-cert c --nginx.ssl-client-key k --prometheus.const-label a=b=c "
		"--prometheus.const-label team= --collect.cores --metrics.names strict "
		"--web.telemetry-path /m --log.level warn --once";
	struct exporter_config config;
	struct words words;
	struct err err;
	const struct site *site;
	size_t len;

	(void)state;
	assert_true(parse(&config, &words, line, no_variable, &err));
	site = exporter_config_sites(&config, &len);
	assert_int_equal(site[0].timeout_ms, 1500);
	assert_true(site[0].options.insecure);
	assert_string_equal(site[0].options.ca_file, "ca");
	assert_string_equal(site[0].options.client_cert, "c");
	assert_string_equal(site[0].options.client_key, "k");
	assert_int_equal(config.prom.label_len, 2);
	assert_string_equal(config.prom.label[0].name, "a");
	assert_string_equal(config.prom.label[0].value, "b=c");
	assert_string_equal(config.prom.label[1].value, "");
	assert_true(config.prom.cores && config.prom.strict && config.once);
	assert_string_equal(config.telemetry_path, "/m");
	assert_int_equal(config.level, EXPORTER_WARN);
	exporter_config_free(&config);
}

/* What is said about nginx holds for each of them, and for no uWSGI that is a site of its own. */
static void test_nginx_described(void **state)
{
	static const char line[] =
		"x --nginx.scrape-uri http://a/ --nginx.scrape-uri http://b/ --stats.uri unix:/c "
		"--nginx.ports 80,443 --nginx.ports=8080 --nginx.upstream 127.0.0.1:9000 "
		"--nginx.upstream unix:/run/php.sock --nginx.worker-connections 1024 "
		"--no-collect.ledger";
	struct exporter_config config;
	struct words words;
	struct err err;
	const struct site *site;
	size_t len;

	(void)state;
	assert_true(parse(&config, &words, line, no_variable, &err));
	site = exporter_config_sites(&config, &len);
	assert_int_equal(len, 3);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(site[i].port_len, 3);
		assert_int_equal(site[i].port[2], 8080);
		assert_int_equal(site[i].upstream_len, 2);
		assert_int_equal(site[i].upstream[0].at.port, 9000);
		assert_string_equal(site[i].upstream[1].path, "/run/php.sock");
		assert_int_equal(site[i].worker_connections, 1024);
		assert_false(site[i].want_ledger);
	}
	assert_int_equal(site[2].port_len + site[2].upstream_len, 0);
	assert_false(site[2].want_ledger);
	exporter_config_free(&config);
}

static void test_environment(void **state)
{
	struct exporter_config config;
	struct words words;
	struct err err;
	const struct site *site;
	size_t len;

	(void)state;
	assert_true(parse(&config, &words, "x", both_variables, &err));
	site = exporter_config_sites(&config, &len);
	assert_int_equal(len, 3);
	assert_string_equal(site[0].nginx.password, "secret");
	assert_null(strstr(prom_site_name(&site[0]), "secret"));
	exporter_config_free(&config);
	/* The command line comes first. */
	assert_true(parse(&config, &words, "x --nginx.scrape-uri http://c/", both_variables, &err));
	site = exporter_config_sites(&config, &len);
	assert_int_equal(len, 1);
	assert_string_equal(site[0].nginx.name, "http://c/");
	assert_int_equal(site[0].uwsgi_len, 1);
	exporter_config_free(&config);
}

static void test_refused(void **state)
{
	static const struct {
		const char *line;
		const char *quoted;
	} given[] = {
		{"x --nope", "--nope"},
		{"x extra", "extra"},
		{"x --nginx.timeout 0", "\"0\""},
		{"x --nginx.timeout five", "five"},
		{"x --metrics.names loose", "loose"},
		{"x --log.level loud", "loud"},
		{"x --web.telemetry-path metrics", "metrics"},
		{"x --web.telemetry-path /-/healthy", "/-/healthy"},
		{"x --nginx.ssl-verify=maybe", "maybe"},
		{"x --nginx.ssl-client-cert c", "--nginx.ssl-client-key"},
		{"x --nginx.scrape-uri 127.0.0.1:1717", "127.0.0.1:1717"},
		{"x --nginx.scrape-uri http://u:secret@a:b/", "http://"},
		{"x --stats.uri ftp://a", "ftp://a"},
		{"x --stats.uri 127.0.0.1:1 --stats.uri 127.0.0.1:1", "127.0.0.1:1"},
		{"x --nginx.scrape-uri http://a/ --nginx.scrape-uri http://a/", "http://a/"},
		{"x --nginx.ports 80,x", "\"x\""},
		{"x --nginx.ports 65536", "65536"},
		{"x --nginx.upstream localhost", "localhost"},
		{"x --nginx.worker-connections 0", "\"0\""},
		{"x --stats.uri unix:/a --nginx.ports 80", "--nginx.scrape-uri"},
		{"x --stats.uri unix:/a --nginx.worker-connections 9", "--nginx.scrape-uri"},
		{"x --prometheus.const-label held_by=v", "held_by=v"},
		{"x --prometheus.const-label severity=v", "severity=v"},
		{"x --prometheus.const-label team", "team"},
		{"x --prometheus.const-label =v", "=v"},
		{"x --prometheus.const-label __a=v", "__a=v"},
		{"x --prometheus.const-label a-b=v", "a-b=v"},
		{"x --prometheus.const-label a=1 --prometheus.const-label a=2", "a=2"},
		{"x --prometheus.const-label site=v", "site=v"},
		{"x --prometheus.const-label stats_uri=v", "stats_uri=v"},
		{"x --prometheus.const-label worker_id=v", "worker_id=v"},
		{"x --prometheus.const-label status=v", "status=v"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(given); i++) {
		struct exporter_config config;
		struct words words;
		struct err err;

		assert_false(parse(&config, &words, given[i].line, no_variable, &err));
		assert_int_equal(err.kind, ERR_USAGE);
		assert_null(strstr(err.text, "secret"));
		if (strstr(err.text, given[i].quoted) == NULL)
			fail_msg("no %s in \"%s\"", given[i].quoted, err.text);
		exporter_config_free(&config);
	}
}

static void test_help(void **state)
{
	struct exporter_config config;
	struct words words;
	struct err err;
	struct buf help;

	(void)state;
	assert_true(parse(&config, &words, "x --version", no_variable, &err));
	assert_true(config.version);
	exporter_config_free(&config);
	assert_true(parse(&config, &words, "x -h", no_variable, &err));
	assert_true(config.help);
	exporter_config_free(&config);
	buf_init(&help, 100000);
	exporter_config_help(&help);
	assert_true(buf_ok(&help));
	assert_non_null(strstr(buf_text(&help), "--uwsgi.stats-uri TARGET"));
	buf_free(&help);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),        cmocka_unit_test(test_sites),
		cmocka_unit_test(test_options),         cmocka_unit_test(test_environment),
		cmocka_unit_test(test_refused),         cmocka_unit_test(test_help),
		cmocka_unit_test(test_nginx_described),
	};

	return cmocka_run_group_tests_name("prometheus_config", tests, NULL, NULL);
}
