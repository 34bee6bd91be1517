/* SPDX-License-Identifier: MIT */
/* The configuration file: what comes out of it, and what is refused on which line. */
#include "unit.h"

#include <sys/stat.h>
#include <unistd.h>

#include "prometheus_exporter/config.h"
#include "words.h"

enum { PATH_BYTES_MAX = 200, LINE_BYTES_MAX = 400 };

/* A folder with a configuration file, a password and something that could be a certificate. */
struct folder {
	char path[40];
	char config[PATH_BYTES_MAX];
};

static void write_file(const struct folder *folder, const char *name, const char *text, mode_t mode)
{
	char path[PATH_BYTES_MAX];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", folder->path, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static int make_folder(void **state)
{
	struct folder *folder = calloc(1, sizeof(*folder));

	assert_non_null(folder);
	(void)snprintf(folder->path, sizeof(folder->path), "/tmp/connledger-config-XXXXXX");
	assert_non_null(mkdtemp(folder->path));
	(void)snprintf(folder->config, sizeof(folder->config), "%s/config.yml", folder->path);
	write_file(folder, "password", "s3cret\r\n", 0600);
	write_file(folder, "empty", "\n", 0600);
	write_file(folder, "two", "a\nb\n", 0600);
	write_file(folder, "open", "s3cret", 0644);
	write_file(folder, "ca.pem", "x", 0644);
	*state = folder;
	return 0;
}

static int remove_folder(void **state)
{
	static const char *const names[] = {"config.yml", "password", "empty",
					    "two",        "open",     "ca.pem"};
	struct folder *folder = *state;
	char path[PATH_BYTES_MAX];

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", folder->path, names[i]);
		(void)unlink(path);
	}
	assert_int_equal(rmdir(folder->path), 0);
	free(folder);
	return 0;
}

static const char *no_variable(const char *name)
{
	(void)name;
	return NULL;
}

struct given {
	struct words words;
	struct exporter_config config;
	struct err err;
};

/* Reads the text as the configuration file, with these options beside it. */
static bool parse(struct given *given, const struct folder *folder, const char *text,
		  const char *options)
{
	char line[LINE_BYTES_MAX];

	write_file(folder, "config.yml", text, 0600);
	(void)snprintf(line, sizeof(line), "x --config.file %s%s", folder->config, options);
	words_split(&given->words, line);
	err_clear(&given->err);
	return exporter_config_parse(&given->config, given->words.argc, given->words.arg,
				     no_variable, &given->err);
}

static void check_parsed(struct given *given, const struct folder *folder, const char *text,
			 const char *options)
{
	if (!parse(given, folder, text, options))
		fail_msg("%s", given->err.text);
}

static const char everything[] = "sites:\n"
				 "  blog:\n"
				 "    nginx: https://127.0.0.1:8080/stub_status\n"
				 "    uwsgi: [unix:/run/uwsgi/blog.stats, \"127.0.0.1:1717\"]\n"
				 "    ports: [80, 443]\n"
				 "    upstreams: [\"127.0.0.1:9000\", unix:/run/php.sock]\n"
				 "    worker_connections: 1024\n"
				 "    timeout: 1500ms\n"
				 "    labels: {team: web, tier: \"1\"}\n"
				 "    username: monitor\n"
				 "    password_file: password\n"
				 "    vhost: status.example.org\n"
				 "    ca_file: ca.pem\n"
				 "    client_cert: ca.pem\n"
				 "    client_key: ca.pem\n"
				 "    insecure: yes\n"
				 "    ledger: false\n"
				 "  shop: { uwsgi: [unix:/run/shop] }\n"
				 "modules:\n"
				 "  default: { targets: [\"10.0.0.0/8\", \"*.example.org\"] }\n"
				 "  other:\n"
				 "    kind: uwsgi\n"
				 "    timeout: 2s\n"
				 "    targets: [localhost]\n"
				 "    username: u\n"
				 "    password: p\n";

static void test_everything(void **state)
{
	struct folder *folder = *state;
	const struct exporter_module *module;
	const struct prom_labels *labels;
	char path[PATH_BYTES_MAX];
	const struct site *site;
	struct given given;
	size_t len;

	check_parsed(&given, folder, everything, " --nginx.timeout 3s");
	(void)snprintf(path, sizeof(path), "%s/ca.pem", folder->path);
	site = exporter_config_sites(&given.config, &len);
	assert_int_equal(len, 2);
	assert_string_equal(site[0].name, "blog");
	assert_string_equal(site[0].nginx.name, "https://127.0.0.1:8080/stub_status");
	assert_int_equal(site[0].uwsgi_len, 2);
	assert_int_equal(site[0].port_len, 2);
	assert_int_equal(site[0].upstream_len, 2);
	assert_int_equal(site[0].worker_connections, 1024);
	assert_int_equal(site[0].timeout_ms, 1500);
	assert_string_equal(site[0].options.username, "monitor");
	assert_string_equal(site[0].options.password, "s3cret");
	assert_string_equal(site[0].options.vhost, "status.example.org");
	assert_string_equal(site[0].options.ca_file, path);
	assert_string_equal(site[0].options.client_cert, path);
	assert_string_equal(site[0].options.client_key, path);
	assert_true(site[0].options.insecure);
	assert_false(site[0].want_ledger);
	assert_string_equal(site[1].name, "shop");
	assert_int_equal(site[1].timeout_ms, 3000);
	assert_true(site[1].want_ledger);
	assert_null(site[1].options.username);
	labels = exporter_config_site_labels(&given.config);
	assert_non_null(labels);
	assert_int_equal(labels[0].len, 2);
	assert_string_equal(labels[0].label[1].name, "tier");
	assert_string_equal(labels[0].label[1].value, "1");
	assert_int_equal(labels[1].len, 0);
	module = exporter_config_module(&given.config, "default");
	assert_non_null(module);
	assert_int_equal(module->target.len, 2);
	assert_int_equal(module->timeout_ms, 3000);
	assert_int_equal(module->kind, MODULE_ANY);
	module = exporter_config_module(&given.config, "other");
	assert_int_equal(module->kind, MODULE_UWSGI);
	assert_int_equal(module->timeout_ms, 2000);
	assert_string_equal(module->fetch.password, "p");
	assert_null(exporter_config_module(&given.config, "third"));
	assert_int_equal(given.config.warning.len, 0);
	exporter_config_free(&given.config);
}

/* Sites of the command line come first, and have no labels. */
static void test_beside_flags(void **state)
{
	const struct prom_labels *labels;
	const struct site *site;
	struct given given;
	size_t len;

	check_parsed(&given, *state, "sites: {blog: {nginx: http://b/, labels: {team: web}}}",
		     " --nginx.scrape-uri http://a/ --nginx.ports 80 --nginx.ssl-verify=false");
	site = exporter_config_sites(&given.config, &len);
	assert_int_equal(len, 2);
	assert_string_equal(prom_site_name(&site[0]), "http://a/");
	assert_int_equal(site[0].port_len, 1);
	assert_string_equal(prom_site_name(&site[1]), "blog");
	assert_int_equal(site[1].port_len, 0);
	assert_true(site[1].options.insecure);
	labels = exporter_config_site_labels(&given.config);
	assert_int_equal(labels[0].len, 0);
	assert_string_equal(labels[1].label[0].value, "web");
	exporter_config_free(&given.config);
	/* Modules alone are a configuration too: no nginx is expected anywhere. */
	check_parsed(&given, *state, "modules: {default: {targets: [\"::1\"]}}", "");
	(void)exporter_config_sites(&given.config, &len);
	assert_int_equal(len, 0);
	exporter_config_free(&given.config);
	/* Nor labels where no site has any. */
	check_parsed(&given, *state, "sites: {blog: {nginx: http://b/}}", "");
	assert_null(exporter_config_site_labels(&given.config));
	exporter_config_free(&given.config);
}

static void test_refused(void **state)
{
	static const struct {
		const char *text;
		const char *why;
	} given_text[] = {
		{"", "line 1: expected sites, modules, or both"},
		{"# nothing\n", "line 1: expected sites"},
		{"sites:\n", "line 1: expected sites"},
		{"sites: {}\nmodules: {}\n", "line 1: expected sites"},
		{"- a\n", "line 1: expected a map"},
		{"sites: [a]\n", "line 1: sites: expected a map"},
		{"site: {}\n", "line 1: unknown key \"site\"; expected sites or modules"},
		{"sites:\n  a: {nginx: http://a/}\nmore: 1\n", "line 3: unknown key \"more\""},
		{"sites:\n  a:\n    ngnix: http://a/\n",
		 "line 3: unknown key \"ngnix\"; expected "},
		{"sites:\n  a: {nginx: http://a/}\n  a: {nginx: http://b/}\n",
		 "line 3: \"a\" stands here twice"},
		{"sites:\n  a:\n    nginx: ftp://x/\n", "line 3: target \"ftp://x/\""},
		{"sites:\n  a:\n    nginx: http://u:s3cret@h:x/\n", "line 3: target \"http://"},
		{"sites:\n  a:\n    nginx: [http://a/]\n", "line 3: nginx: expected a value"},
		{"sites:\n  a:\n    nginx:\n", "line 3: target \"\""},
		{"sites:\n  a:\n    uwsgi: unix:/x\n", "line 3: uwsgi: expected a list"},
		{"sites:\n  a:\n    uwsgi:\n      - unix:/x\n      - nope\n",
		 "line 5: target \"nope\""},
		{"sites:\n  a:\n    uwsgi: [unix:/x,\n      unix:/x]\n",
		 "line 4: target \"unix:/x\""},
		{"sites:\n  a:\n    uwsgi: [[x]]\n", "line 3: expected a text"},
		{"sites:\n  a: {}\n", "line 2: site \"a\": expected nginx or uwsgi"},
		{"sites:\n  a:\n", "line 2: expected a map (key: value)"},
		{"sites:\n  a: {uwsgi: [unix:/x], ports: [80]}\n", "line 2: site \"a\": ports, "},
		{"sites:\n  a: {uwsgi: [unix:/x], worker_connections: 9}\n",
		 "line 2: site \"a\": "},
		{"sites:\n  a:\n    nginx: http://a/\n    ports: [80, http]\n",
		 "line 4: port \"http\""},
		{"sites:\n  a:\n    nginx: http://a/\n    ports: 80\n",
		 "line 4: ports: expected a list"},
		{"sites:\n  a: {nginx: http://a/,\n    upstreams: [php]}\n",
		 "line 3: upstream \"php\""},
		{"sites:\n  a: {nginx: http://a/,\n    worker_connections: many}\n",
		 "line 3: worker_connections \"many\""},
		{"sites:\n  a: {nginx: http://a/,\n    timeout: 5x}\n", "line 3: bad time \"5x\""},
		{"sites:\n  a: {nginx: http://a/,\n    timeout: 1h}\n", "line 3: bad time \"1h\""},
		{"sites:\n  a: {nginx: http://a/,\n    labels: [a]}\n",
		 "line 3: labels: expected a map"},
		{"sites:\n  a: {nginx: http://a/,\n    labels: {x: [1]}}\n",
		 "line 3: expected a text"},
		{"sites:\n  a: {nginx: http://a/,\n    labels: {x-y: 1}}\n",
		 "line 3: label \"x-y=1\""},
		{"sites:\n  a: {nginx: http://a/,\n    labels: {site: x}}\n",
		 "line 3: label \"site=x\""},
		{"sites:\n  a: {nginx: http://a/,\n    labels: {worker_id: x}}\n",
		 "line 3: label \"worker_id=x\": metrics have"},
		{"sites:\n  a: {nginx: http://a/,\n    labels: {zone: x}}\n",
		 "line 3: label \"zone=x\": a constant label has that name already"},
		{"sites:\n  a: {nginx: http://a/,\n    insecure: maybe}\n",
		 "line 3: expected true or"},
		{"sites:\n  a: {nginx: http://a/,\n    ledger: 1}\n", "line 3: expected true or"},
		{"sites:\n  a: {nginx: http://a/,\n    ca_file: nope.pem}\n",
		 "line 3: ca_file: cannot read \"/tmp/connledger-config-"},
		{"sites:\n  a: {nginx: http://a/,\n    ca_file: ''}\n",
		 "line 3: ca_file: expected a file"},
		{"sites:\n  a: {nginx: http://a/, client_cert: ca.pem}\n",
		 "line 2: \"a\": client_cert and client_key need each other"},
		{"sites:\n  a: {nginx: http://a/, password: s3cret}\n",
		 "line 2: \"a\": a password needs a username"},
		{"sites:\n  a:\n    nginx: http://a/\n    username: u\n    password: s3cret\n"
		 "    password_file: password\n",
		 "line 6: password_file: there is a password already"},
		{"sites:\n  a: {nginx: http://a/, username: u,\n    password_file: empty}\n",
		 "line 3: password_file: expected one line"},
		{"sites:\n  a: {nginx: http://a/, username: u,\n    password_file: two}\n",
		 "line 3: password_file: expected one line"},
		{"sites:\n  a: {nginx: http://a/, username: u,\n    password_file: .}\n",
		 "line 3: cannot read"},
		{"sites:\n  a: {nginx: http://a/, username: u,\n    password: ''}\n",
		 "line 3: password: expected one line"},
		{"sites:\n  a: {nginx: http://a/,\n    username: ''}\n",
		 "line 3: username: expected"},
		{"sites:\n  a: {nginx: http://a/,\n    vhost: a b}\n",
		 "line 3: vhost: expected a host"},
		{"sites:\n  \"\": {nginx: http://a/}\n", "line 2: site name \"\""},
		{"sites:\n  caf\xc3\xa9: {nginx: http://a/}\n", "line 2: site name \"caf"},
		{"sites:\n  http://flag/: {nginx: http://a/}\n", "\"http://flag/\" is named twice"},
		{"modules:\n  a: {}\n", "line 2: module \"a\": expected targets"},
		{"modules:\n  a: {targets: []}\n", "line 2: module \"a\": expected targets"},
		{"modules:\n  a: {targets: 10.0.0.0/8}\n", "line 2: targets: expected a list"},
		{"modules:\n  a:\n    targets:\n      - 10.0.0.1/8\n",
		 "line 4: target pattern \"10.0.0.1/8\""},
		{"modules:\n  a: {targets: [a],\n    kind: php}\n",
		 "line 3: kind: expected nginx or uwsgi"},
		{"modules:\n  a: {targets: [a],\n    nginx: http://a/}\n",
		 "line 3: unknown key \"nginx\""},
		{"modules:\n  a: {targets: [a], password: x}\n", "line 2: \"a\": a password needs"},
	};
	struct folder *folder = *state;

	for (size_t i = 0; i < ARRAY_LEN(given_text); i++) {
		struct given given;

		if (parse(&given, folder, given_text[i].text,
			  " --nginx.scrape-uri http://flag/ --prometheus.const-label zone=1"))
			fail_msg("taken: %s", given_text[i].text);
		assert_int_equal(given.err.kind, ERR_USAGE);
		assert_null(strstr(given.err.text, "s3cret"));
		if (strstr(given.err.text, given_text[i].why) == NULL)
			fail_msg("%s\n%s", given_text[i].text, given.err.text);
		if (strstr(given_text[i].why, "line ") != NULL)
			assert_int_equal(
				strncmp(given.err.text, folder->config, strlen(folder->config)), 0);
		exporter_config_free(&given.config);
	}
}

static void test_warnings(void **state)
{
	static const char inside[] =
		"sites: {a: {nginx: http://a/, username: u, password: s3cret}}";
	static const char target[] = "sites: {a: {nginx: \"http://u:s3cret@a/\"}}";
	static const char file[] =
		"sites: {a: {nginx: http://a/, username: u, password_file: open}}";
	static const char none[] = "sites: {a: {nginx: http://a/}}";
	static const struct {
		const char *text;
		mode_t mode;
		const char *warning; /* NULL: none */
	} texts[] = {
		{inside, 0600, NULL},
		{inside, 0640, NULL},
		{inside, 0644, "everybody can read the passwords in \"/tmp/connledger-config-"},
		{target, 0604, "everybody can read the passwords in"},
		{target, 0600, NULL},
		{file, 0600, "everybody can read the password in \"/tmp/connledger-config-"},
		{none, 0644, NULL},
	};
	struct folder *folder = *state;

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		const char *const *warning;
		struct given given;

		check_parsed(&given, folder, texts[i].text, "");
		exporter_config_free(&given.config);
		write_file(folder, "config.yml", texts[i].text, texts[i].mode);
		assert_true(exporter_config_parse(&given.config, given.words.argc, given.words.arg,
						  no_variable, &given.err));
		warning = given.config.warning.item;
		assert_int_equal(given.config.warning.len, texts[i].warning == NULL ? 0 : 1);
		if (texts[i].warning != NULL)
			assert_int_equal(
				strncmp(warning[0], texts[i].warning, strlen(texts[i].warning)), 0);
		exporter_config_free(&given.config);
	}
}

/* A thousand sites are a configuration, one more is not. */
static void test_many(void **state)
{
	struct folder *folder = *state;
	struct given given;
	struct buf text;
	size_t len;

	buf_init(&text, 1024 * 1024);
	buf_add_text(&text, "sites:\n");
	for (unsigned i = 0; i < EXPORTER_SITES_MAX; i++)
		buf_addf(&text, "  s%u: {nginx: http://h%u/, labels: {team: t%u}}\n", i, i, i);
	check_parsed(&given, folder, buf_text(&text), "");
	(void)exporter_config_sites(&given.config, &len);
	assert_int_equal(len, EXPORTER_SITES_MAX);
	assert_string_equal(exporter_config_site_labels(&given.config)[999].label[0].value, "t999");
	exporter_config_free(&given.config);
	buf_add_text(&text, "  more: {nginx: http://more/}\n");
	assert_false(parse(&given, folder, buf_text(&text), ""));
	assert_non_null(strstr(given.err.text, "line 1002: more than 1000 sites"));
	exporter_config_free(&given.config);
	buf_free(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_everything, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(test_beside_flags, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(test_refused, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(test_warnings, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(test_many, make_folder, remove_folder),
	};

	return cmocka_run_group_tests_name("exporter_config_file", tests, NULL, NULL);
}
