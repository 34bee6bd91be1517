/* SPDX-License-Identifier: MIT */
/* The exporter's command line, and the sites that come out of it. */
#include "unit.h"

#include "prometheus_exporter/config_option.h"
#include "words.h"

static const char *no_variable(const char *name)
{
	(void)name;
	return NULL;
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
	assert_false(config.prom.strict || config.prom.cores || config.once || config.check);
	assert_false(config.systemd_socket || config.no_self);
	assert_int_equal(config.prom.series_max, 500000);
	assert_int_equal(config.unix_mode, 0660);
	assert_int_equal(config.log_format, EXPORTER_LOGFMT);
	assert_true(config.offset_seconds > 0.24 && config.offset_seconds < 0.26);
	assert_null(config.config_file);
	assert_null(config.web_config_file);
	assert_null(exporter_config_site_labels(&config));
	assert_int_equal(config.module.len + config.warning.len, 0);
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

static void test_operation(void **state)
{
	static const char line[] =
		"x --collect.max-series 0 --web.systemd-socket --web.unix-socket-mode 600 "
		"--web.config.file web.yml --web.disable-exporter-metrics --log.format json "
		"--timeout-offset 0.5 --check-config --web.listen-address unix:/run/e.sock";
	struct exporter_config config;
	struct words words;
	struct err err;

	(void)state;
	assert_true(parse(&config, &words, line, no_variable, &err));
	assert_int_equal(config.prom.series_max, 0);
	assert_true(config.systemd_socket && config.no_self && config.check);
	assert_int_equal(config.unix_mode, 0600);
	assert_string_equal(config.web_config_file, "web.yml");
	assert_int_equal(config.log_format, EXPORTER_JSON);
	assert_true(config.offset_seconds > 0.49 && config.offset_seconds < 0.51);
	assert_string_equal(*(const char *const *)config.listen.item, "unix:/run/e.sock");
	exporter_config_free(&config);
	assert_true(parse(&config, &words, "x --timeout-offset 0s --web.config.file=", no_variable,
			  &err));
	assert_true(config.offset_seconds >= 0 && config.offset_seconds < 0.01);
	assert_null(config.web_config_file);
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
		{"x --web.telemetry-path /probe", "/probe"},
		{"x --web.telemetry-path /", "\"/\""},
		{"x --web.telemetry-path /api/v1/sites", "/api/v1/sites"},
		{"x --collect.max-series many", "many"},
		{"x --collect.max-series -1", "-1"},
		{"x --web.unix-socket-mode 0888", "0888"},
		{"x --web.unix-socket-mode 1777", "1777"},
		{"x --web.unix-socket-mode=", "--web.unix-socket-mode"},
		{"x --timeout-offset 61", "61"},
		{"x --timeout-offset -1", "-1"},
		{"x --log.format xml", "expected logfmt or json, not \"xml\""},
		{"x --log.level loud", "expected debug, info, warn or error, not \"loud\""},
		{"x --config.file /nonexistent/file", "/nonexistent/file"},
		{"x --config.file=", "cannot read"},
		{"x --nginx.plus", "stub_status"},
		{"x --nginx.proxy-protocol", "listen"},
		{"x --web.secured-metrics", "--web.config.file"},
		{"x --web.ssl-server-cert c", "--web.config.file"},
		{"x --prometheus.const-labels a=1,a=2", "a=2"},
		{"x --prometheus.const-labels a=1,b-c=2", "b-c=2"},
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

/* Every option is named unless it is only taken for the peers' sake, and no line is too long. */
static void check_help(const char *help)
{
	for (size_t i = 0; i < exporter_option_len; i++) {
		char name[80];

		(void)snprintf(name, sizeof(name), "--%s%s",
			       exporter_option[i].boolean ? "[no-]" : "", exporter_option[i].name);
		if ((strstr(help, name) != NULL) != (exporter_option[i].help != NULL))
			fail_msg("%s", name);
		assert_int_equal(exporter_option[i].id, i);
	}
	for (size_t i = 0; i < exporter_group_len; i++)
		assert_non_null(strstr(help, exporter_group[i].title));
	while (*help != '\0') {
		size_t len = strcspn(help, "\n");

		if (len > 80)
			fail_msg("%zu columns: %.*s", len, (int)len, help);
		help += len + 1;
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
	check_help(buf_text(&help));
	buf_free(&help);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),        cmocka_unit_test(test_sites),
		cmocka_unit_test(test_options),         cmocka_unit_test(test_operation),
		cmocka_unit_test(test_refused),         cmocka_unit_test(test_help),
		cmocka_unit_test(test_nginx_described),
	};

	return cmocka_run_group_tests_name("prometheus_config", tests, NULL, NULL);
}
