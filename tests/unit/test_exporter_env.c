/* SPDX-License-Identifier: MIT */
/* What users of the peers have in their environment and in their unit files. */
#include "unit.h"

#include <stdlib.h>

#include "prometheus_exporter/config.h"
#include "words.h"

/* The exporter reads through this, the test sets it. */
static const char *variable(const char *name)
{
	return getenv(name);
}

struct given {
	struct words words;
	struct exporter_config config;
	struct err err;
};

static bool parse(struct given *given, const char *line)
{
	words_split(&given->words, line);
	err_clear(&given->err);
	return exporter_config_parse(&given->config, given->words.argc, given->words.arg, variable,
				     &given->err);
}

static const char *item(const struct list *list, size_t i)
{
	assert_true(i < list->len);
	return ((const char *const *)list->item)[i];
}

static const char *const names[] = {
	"SCRAPE_URI",     "STATS_URI",   "LISTEN_ADDRESS", "CONST_LABELS",    "TELEMETRY_PATH",
	"TIMEOUT",        "SSL_VERIFY",  "SSL_CA_CERT",    "SSL_CLIENT_CERT", "SSL_CLIENT_KEY",
	"SYSTEMD_SOCKET", "CONFIG_FILE", "NGINX_PLUS",     "PROXY_PROTOCOL",  "SECURED_METRICS",
};

static int forget(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		assert_int_equal(unsetenv(names[i]), 0);
	return 0;
}

static void set(const char *name, const char *value)
{
	assert_int_equal(setenv(name, value, 1), 0);
}

static void test_all(void **state)
{
	struct given given;
	const struct site *site;
	size_t len;

	(void)state;
	set("SCRAPE_URI", "http://user:secret@a/\n\n http://b/ \n");
	set("STATS_URI", "127.0.0.1:1717");
	set("LISTEN_ADDRESS", ":1\nunix:/run/e.sock");
	set("CONST_LABELS", "a=1,b=2\nc=x,y");
	set("TELEMETRY_PATH", "/m");
	set("TIMEOUT", "1500ms");
	set("SSL_VERIFY", "false");
	set("SSL_CA_CERT", "ca");
	set("SSL_CLIENT_CERT", "cert");
	set("SSL_CLIENT_KEY", "key");
	set("SYSTEMD_SOCKET", "True");
	set("CONFIG_FILE", "web.yml");
	set("NGINX_PLUS", "0");
	set("PROXY_PROTOCOL", "");
	assert_true(parse(&given, "x"));
	site = exporter_config_sites(&given.config, &len);
	assert_int_equal(len, 3);
	assert_string_equal(site[0].nginx.password, "secret");
	assert_null(strstr(prom_site_name(&site[0]), "secret"));
	assert_string_equal(site[1].nginx.name, "http://b/");
	assert_int_equal(site[2].uwsgi_len, 1);
	assert_int_equal(site[0].timeout_ms, 1500);
	assert_true(site[0].options.insecure);
	assert_string_equal(site[0].options.ca_file, "ca");
	assert_string_equal(site[0].options.client_cert, "cert");
	assert_string_equal(site[0].options.client_key, "key");
	assert_string_equal(item(&given.config.listen, 0), ":1");
	assert_string_equal(item(&given.config.listen, 1), "unix:/run/e.sock");
	assert_int_equal(given.config.prom.label_len, 3);
	assert_string_equal(given.config.prom.label[1].value, "2");
	assert_string_equal(given.config.prom.label[2].value, "x,y");
	assert_string_equal(given.config.telemetry_path, "/m");
	assert_true(given.config.systemd_socket);
	assert_string_equal(given.config.web_config_file, "web.yml");
	assert_null(given.config.config_file);
	exporter_config_free(&given.config);
}

/* The command line comes first, option by option. */
static void test_command_line_first(void **state)
{
	struct given given;
	const struct site *site;
	size_t len;

	(void)state;
	set("SCRAPE_URI", "http://a/");
	set("STATS_URI", "127.0.0.1:1717");
	set("TIMEOUT", "nonsense");
	set("SSL_VERIFY", "false");
	set("LISTEN_ADDRESS", ":1");
	assert_true(parse(&given, "x --nginx.scrape-uri http://c/ --nginx.timeout 2s "
				  "--nginx.ssl-verify --web.listen-address :2"));
	site = exporter_config_sites(&given.config, &len);
	assert_int_equal(len, 1);
	assert_string_equal(site[0].nginx.name, "http://c/");
	assert_int_equal(site[0].uwsgi_len, 1);
	assert_int_equal(site[0].timeout_ms, 2000);
	assert_false(site[0].options.insecure);
	assert_int_equal(given.config.listen.len, 1);
	assert_string_equal(item(&given.config.listen, 0), ":2");
	exporter_config_free(&given.config);
}

static void test_bad_values(void **state)
{
	static const struct {
		const char *name;
		const char *value;
	} bad[] = {
		{"SCRAPE_URI", "ftp://a/"},    {"STATS_URI", "http"},
		{"TIMEOUT", "five"},           {"SSL_VERIFY", "maybe"},
		{"TELEMETRY_PATH", "metrics"}, {"CONST_LABELS", "a-b=1"},
		{"SYSTEMD_SOCKET", "2"},       {"NGINX_PLUS", "1"},
		{"PROXY_PROTOCOL", "true"},    {"SECURED_METRICS", "t"},
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct given given;
		bool is_target = strstr(bad[i].name, "_URI") != NULL;

		(void)forget(state);
		set(bad[i].name, bad[i].value);
		assert_false(parse(&given, "x"));
		assert_int_equal(given.err.kind, ERR_USAGE);
		if (!is_target && strstr(given.err.text, bad[i].name) == NULL)
			fail_msg("%s: %s", bad[i].name, given.err.text);
		exporter_config_free(&given.config);
	}
}

/* Debian's nginx-prometheus-exporter has one dash, and options that were dropped later. */
static void test_old_unit_file(void **state)
{
	struct given given;
	const struct site *site;
	size_t len;

	(void)state;
	assert_true(parse(&given,
			  "x -nginx.scrape-uri=http://a/ -web.listen-address :9 -nginx.timeout 3s "
			  "-nginx.ssl-verify=false -prometheus.const-labels a=1,b=2 "
			  "-nginx.retries 10 -nginx.retry-interval 5s -nginx.plus=false "
			  "-web.secured-metrics=false -web.telemetry-path /m -log.level warn"));
	site = exporter_config_sites(&given.config, &len);
	assert_int_equal(len, 1);
	assert_string_equal(site[0].nginx.name, "http://a/");
	assert_int_equal(site[0].timeout_ms, 3000);
	assert_true(site[0].options.insecure);
	assert_string_equal(item(&given.config.listen, 0), ":9");
	assert_int_equal(given.config.prom.label_len, 2);
	assert_string_equal(given.config.telemetry_path, "/m");
	assert_int_equal(given.config.level, EXPORTER_WARN);
	assert_int_equal(given.config.warning.len, 2);
	assert_non_null(strstr(item(&given.config.warning, 0), "--nginx.retries has no effect"));
	exporter_config_free(&given.config);
	assert_true(parse(&given, "x -version"));
	assert_true(given.config.version);
	exporter_config_free(&given.config);
	/* An option of uwsgi_exporter's that does nothing there either. */
	assert_true(parse(&given, "x --stats.uri=127.0.0.1:1 --stats.timeout=5s"));
	assert_int_equal(given.config.warning.len, 1);
	exporter_config_free(&given.config);
	assert_false(parse(&given, "x -nginx.scrape-uris=http://a/"));
	exporter_config_free(&given.config);
	/* What follows an option is its value, whatever it looks like. */
	assert_false(parse(&given, "x --web.telemetry-path -once"));
	exporter_config_free(&given.config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_all, forget, forget),
		cmocka_unit_test_setup_teardown(test_command_line_first, forget, forget),
		cmocka_unit_test_setup_teardown(test_bad_values, forget, forget),
		cmocka_unit_test_setup_teardown(test_old_unit_file, forget, forget),
	};

	return cmocka_run_group_tests_name("exporter_env", tests, NULL, NULL);
}
