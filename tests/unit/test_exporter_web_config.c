/* SPDX-License-Identifier: MIT */
/* The file of --web.config.file: what each key does, and what is refused, with its line. */
#include "unit.h"

#include <sys/stat.h>

#include "clock.h"
#include "prometheus_exporter/web_config.h"
#include "web_folder.h"

#define TLS "tls_server_config:\n  cert_file: cert.pem\n  key_file: cert.key\n"

static const struct web_listener nobody = {0};

static struct web_config *load(const struct web_folder *folder, struct err *err)
{
	struct web_files files = {0};
	struct web_config *config;

	err_clear(err);
	config = web_config_load(folder->config, &nobody, &files, err);
	assert_int_equal(config == NULL, err->kind != ERR_NONE);
	web_files_free(&files);
	return config;
}

static struct web_config *load_text(const struct web_folder *folder, const char *text)
{
	struct web_config *config;
	struct err err;

	web_folder_write(folder, "web.yml", text);
	config = load(folder, &err);
	if (config == NULL)
		fail_msg("%s\n%s", err.text, text);
	return config;
}

static void test_good(void **state)
{
	static const char *const text[] = {
		"",
		"tls_server_config:\nhttp_server_config:\nbasic_auth_users:\nrate_limit:\n",
		TLS,
		"tls_server_config:\n  cert: {cert}\n  key: {key}\n",
		"tls_server_config:\n  cert: {cert}\n  key_file: cert.key\n  key: ''\n",
		TLS "  client_auth_type: NoClientCert\n",
		TLS "  client_auth_type: ''\n",
		TLS "  client_auth_type: RequestClientCert\n  client_ca_file: cert.pem\n",
		TLS "  client_auth_type: RequireAnyClientCert\n  client_allowed_sans: [a, b]\n",
		TLS "  client_auth_type: RequireClientCert\n",
		TLS "  client_auth_type: VerifyClientCertIfGiven\n  client_ca_file: cert.pem\n",
		TLS "  client_auth_type: RequireAndVerifyClientCert\n  client_ca: {cert}\n",
		TLS "  min_version: TLS10\n  max_version: TLS11\n",
		TLS "  min_version: TLS13\n",
		TLS "  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256]\n",
		TLS "  curve_preferences: [X25519, CurveP256, CurveP384, CurveP521]\n",
		TLS "  prefer_server_cipher_suites: false\n",
		"http_server_config:\n  http2: false\n",
		("http_server_config:\n  headers:\n    X-Frame-Options: deny\n"
		 "    X-Content-Type-Options: nosniff\n    X-XSS-Protection: 1; mode=block\n"),
		"rate_limit: {interval: 0, burst: 0}\n",
		"rate_limit: {interval: 1m30s, burst: 1}\n",
	};
	struct web_folder folder;

	(void)state;
	web_folder_make(&folder);
	for (size_t i = 0; i < ARRAY_LEN(text); i++)
		web_config_release(load_text(&folder, text[i]));
	web_folder_remove(&folder);
}

static void test_values(void **state)
{
	static const char *const header[][2] = {
		{"X-Frame-Options", "sameorigin"},
		{"Strict-Transport-Security", "max-age=31536000"},
		{"Content-Security-Policy", "default-src 'self'"},
	};
	const struct web_header *given;
	struct web_folder folder;
	struct web_config *config;

	(void)state;
	web_folder_make(&folder);
	config = load_text(&folder, "basic_auth_users:\n  alice: " WEB_HASH_SECRET
				    "\n  bob: " WEB_HASH_GEHEIM
				    "\nrate_limit: {interval: 500ms, burst: 20}\n"
				    "http_server_config:\n  http2: true\n  headers:\n"
				    "    X-Frame-Options: sameorigin\n    X-XSS-Protection: ''\n"
				    "    Strict-Transport-Security: max-age=31536000\n"
				    "    Content-Security-Policy: default-src 'self'\n");
	assert_string_equal(web_config_hash(config, "alice"), WEB_HASH_SECRET);
	assert_string_equal(web_config_hash(config, "bob"), WEB_HASH_GEHEIM);
	assert_null(web_config_hash(config, "Alice"));
	assert_null(web_config_hash(config, ""));
	assert_int_equal(config->user.len, 2);
	assert_int_equal(config->cost, 5);
	assert_true(config->rate_interval > 0.4999 && config->rate_interval < 0.5001);
	assert_int_equal(config->rate_burst, 20);
	assert_true(config->http2);
	assert_false(config->has_tls);
	assert_null(config->tls);
	assert_int_equal(config->header.len, ARRAY_LEN(header));
	given = config->header.item;
	for (size_t i = 0; i < ARRAY_LEN(header); i++) {
		assert_string_equal(given[i].name, header[i][0]);
		assert_string_equal(given[i].value, header[i][1]);
	}
	assert_ptr_equal(web_config_hold(config), config);
	web_config_release(config);
	assert_int_equal(config->user.len, 2);
	web_config_release(config);
	web_config_release(NULL);
	web_folder_remove(&folder);
}

static void test_tls_values(void **state)
{
	struct web_folder folder;
	struct web_config *config;

	(void)state;
	web_folder_make(&folder);
	config = load_text(&folder, TLS);
	assert_true(config->has_tls && config->tls != NULL);
	assert_int_equal(config->options.min_version, TLS_1_2);
	assert_int_equal(config->options.max_version, TLS_1_3);
	assert_int_equal(config->options.client_auth, TLS_NO_CLIENT_CERT);
	assert_true(config->options.server_order);
	assert_null(config->options.key.ptr);
	web_config_release(config);
	config = load_text(&folder, TLS
			   "  client_auth_type: RequireAndVerifyClientCert\n"
			   "  client_ca_file: cert.pem\n  client_allowed_sans: [a.example.org]\n"
			   "  min_version: TLS11\n  max_version: TLS12\n"
			   "  prefer_server_cipher_suites: no\n");
	assert_int_equal(config->options.min_version, TLS_1_1);
	assert_int_equal(config->options.max_version, TLS_1_2);
	assert_int_equal(config->options.client_auth, TLS_REQUIRE_AND_VERIFY_CLIENT_CERT);
	assert_false(config->options.server_order);
	assert_int_equal(config->options.san_len, 1);
	assert_string_equal(config->options.san[0], "a.example.org");
	web_config_release(config);
	web_folder_remove(&folder);
}

static const struct {
	const char *text;
	const char *line; /* "": none is said */
	const char *says;
} bad[] = {
	{"tls_config:\n", "1", "unknown key \"tls_config\""},
	{"\n\nrate_limit:\n  rate: 1s\n", "4", "unknown key \"rate\""},
	{"- a\n", "1", "a map"},
	{"rate_limit: [", "2", "no YAML"},
	{"rate_limit:\nrate_limit:\n", "2", "twice"},
	{"tls_server_config: yes\n", "1", "tls_server_config: expected a map"},
	{TLS "  cert_fil: x\n", "4", "unknown key \"cert_fil\""},
	{"\ntls_server_config:\n  key_file: cert.key\n", "2", "expected cert_file"},
	{"tls_server_config:\n  cert_file: cert.pem\n", "1", "expected key_file"},
	{"tls_server_config:\n  min_version: TLS12\n", "1", "expected cert_file"},
	{TLS "  cert: {cert}\n", "2", "cert or cert_file, not both"},
	{TLS "  key: {key}\n", "3", "key or key_file, not both"},
	{TLS "  client_auth_type: RequestClientCert\n  client_ca: {cert}\n"
	     "  client_ca_file: cert.pem\n",
	 "", "client_ca or client_ca_file, not both"},
	{"tls_server_config:\n  cert_file: none.pem\n  key_file: cert.key\n", "2",
	 "cert_file: cannot read"},
	{"tls_server_config:\n  cert_file: cert.pem\n  key_file: none.key\n", "3",
	 "key_file: cannot read"},
	{"tls_server_config:\n  cert_file: .\n  key_file: cert.key\n", "2", "no regular file"},
	{"tls_server_config:\n  cert_file: web.yml\n  key_file: cert.key\n", "1", "cannot be used"},
	{"tls_server_config:\n  cert_file: cert.pem\n  key_file: cert.pem\n", "1",
	 "cannot be used"},
	{"tls_server_config:\n  cert_file: cert.pem\n  key_file: rsa.key\n", "1",
	 "does not belong"},
	{TLS "  client_auth_type: Always\n", "4", "expected NoClientCert, RequestClientCert"},
	{TLS "  client_ca_file: cert.pem\n", "4", "client_auth_type"},
	{TLS "  client_auth_type: NoClientCert\n  client_ca_file: cert.pem\n", "5",
	 "client_auth_type"},
	{TLS "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: none.pem\n", "5",
	 "cannot read"},
	{TLS "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: cert.key\n", "1",
	 "client_ca"},
	{TLS "  client_allowed_sans: [a]\n", "", "client_allowed_sans needs client_auth_type"},
	{TLS "  client_auth_type: VerifyClientCertIfGiven\n  client_allowed_sans: [a]\n", "",
	 "client_allowed_sans needs client_auth_type"},
	{TLS "  client_auth_type: RequireClientCert\n  client_allowed_sans: ['']\n", "5",
	 "expected a name"},
	{TLS "  client_allowed_sans: a\n", "4", "client_allowed_sans: expected a list"},
	{TLS "  min_version: TLS1.2\n", "4", "expected TLS10, TLS11, TLS12 or TLS13"},
	{TLS "  max_version: SSL30\n", "4", "expected TLS10, TLS11, TLS12 or TLS13"},
	{TLS "  min_version: TLS13\n  max_version: TLS12\n", "4", "above max_version"},
	{TLS "  max_version: TLS11\n", "", "above max_version"},
	{TLS "  cipher_suites:\n  - TLS_RSA_WITH_RC4_128_SHA\n", "5",
	 "\"TLS_RSA_WITH_RC4_128_SHA\""},
	{TLS "  cipher_suites:\n  - [a]\n", "5", "expected a suite"},
	{TLS "  cipher_suites: [TLS_RSA_WITH_AES_128_GCM_SHA256]\n", "",
	 "none of them fits the certificate, which has an elliptic-curve key"},
	{TLS "  curve_preferences: [P256]\n", "4", "expected CurveP256"},
	{TLS "  prefer_server_cipher_suites: 2\n", "4", "expected true or false"},
	{"http_server_config:\n  http3: true\n", "2", "unknown key \"http3\""},
	{"http_server_config:\n  http2: 1\n", "2", "expected true or false"},
	{"http_server_config:\n  headers:\n    X-Other: a\n", "3", "unknown key \"X-Other\""},
	{"http_server_config:\n  headers:\n    x-frame-options: deny\n", "3", "unknown key"},
	{"http_server_config:\n  headers:\n    X-Frame-Options: DENY\n", "3", "deny or sameorigin"},
	{"http_server_config:\n  headers:\n    X-Content-Type-Options: sniff\n", "3",
	 "expected nosniff"},
	{"http_server_config:\n  headers:\n    X-XSS-Protection: \"a\\r\\nb: c\"\n", "3",
	 "printable"},
	{"basic_auth_users:\n  alice: secret\n", "2", "a bcrypt hash"},
	{"basic_auth_users:\n  bob: " WEB_HASH_GEHEIM "\n  alice:\n", "3", "\"alice\""},
	{"basic_auth_users:\n  alice: [" WEB_HASH_GEHEIM "]\n", "2", "a bcrypt hash"},
	{"basic_auth_users:\n  alice: " WEB_HASH_GEHEIM "\n  alice: " WEB_HASH_SECRET "\n", "3",
	 "twice"},
	{"basic_auth_users:\n  'a:b': " WEB_HASH_GEHEIM "\n", "2", "a colon"},
	{"rate_limit:\n  interval: 5\n  burst: 1\n", "2", "expected a duration"},
	{"rate_limit:\n  interval: -1s\n", "2", "expected a duration"},
	{"rate_limit:\n  interval: 1s\n", "2", "burst: 1 or more"},
	{"rate_limit:\n  interval: 1s\n  burst: 0\n", "3", "burst: 1 or more"},
	{"rate_limit:\n  burst: -1\n", "2", "expected a number"},
	{"rate_limit:\n  burst: 1000001\n", "2", "expected a number"},
};

static void test_bad(void **state)
{
	struct web_folder folder;

	(void)state;
	web_folder_make(&folder);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		char begin[120];
		struct err err;

		web_folder_write(&folder, "web.yml", bad[i].text);
		assert_null(load(&folder, &err));
		(void)snprintf(begin, sizeof(begin), "%s: line %s%s", folder.config, bad[i].line,
			       bad[i].line[0] != '\0' ? ": " : "");
		if (err.kind != ERR_USAGE && strstr(err.text, "cannot read") == NULL)
			fail_msg("kind %d: %s", (int)err.kind, err.text);
		if (strncmp(err.text, begin, strlen(begin)) != 0 ||
		    strstr(err.text, bad[i].says) == NULL)
			fail_msg("\n%s\n%s\nline %s, %s", bad[i].text, err.text, bad[i].line,
				 bad[i].says);
		assert_null(strstr(err.text, "$2b$"));
		assert_null(strstr(err.text, "PRIVATE"));
	}
	web_folder_remove(&folder);
}

/* A time when all that has changed has changed long before. */
static double later(void)
{
	return clock_now(CLOCK_REALTIME) + 1000;
}

static double changed(const char *path)
{
	struct stat info;

	assert_int_equal(stat(path, &info), 0);
	return (double)info.st_ctim.tv_sec + (double)info.st_ctim.tv_nsec / 1e9 + 1e-6;
}

static void test_no_file(void **state)
{
	struct web_files files = {0};
	struct err err = {0};
	struct web_folder folder;

	(void)state;
	web_folder_make(&folder);
	assert_null(web_config_load(folder.config, &nobody, &files, &err));
	assert_int_equal(err.kind, ERR_NOT_FOUND);
	/* It is watched, so that it can come. */
	assert_int_equal(web_files_look(&files, later()), WEB_FILES_SAME);
	web_folder_write(&folder, "web.yml", "");
	assert_int_equal(web_files_look(&files, later()), WEB_FILES_CHANGED);
	web_files_free(&files);
	web_folder_remove(&folder);
}

/* This leaves its time of modification alone. Two changes within one tick of the kernel's clock have
 * the same time. */
static void change_mode(const char *path)
{
	double before = changed(path);

	do
		assert_int_equal(chmod(path, 0640), 0);
	while (changed(path) <= before);
}

/* A change of the configuration or of a file that it names is seen; nothing else is one. */
static void test_changed(void **state)
{
	static const char *const name[] = {"web.yml", "cert.pem", "cert.key", "rsa.pem"};
	struct web_folder folder;
	struct err err = {0};

	(void)state;
	web_folder_make(&folder);
	web_folder_write(&folder, "web.yml",
			 TLS "  client_ca_file: rsa.pem\n"
			     "  client_auth_type: RequireAndVerifyClientCert\n");
	for (size_t i = 0; i < ARRAY_LEN(name); i++) {
		struct web_files files = {0};
		struct web_config *config = web_config_load(folder.config, &nobody, &files, &err);
		char path[128];

		assert_non_null(config);
		web_config_release(config);
		assert_int_equal(files.len, ARRAY_LEN(name));
		web_folder_write(&folder, "rsa.key", "another file\n");
		assert_int_equal(web_files_look(&files, later()), WEB_FILES_SAME);
		(void)snprintf(path, sizeof(path), "%s/%s", folder.path, name[i]);
		change_mode(path);
		assert_int_equal(web_files_look(&files, later()), WEB_FILES_CHANGED);
		assert_int_equal(web_files_look(&files, changed(path)), WEB_FILES_CHANGING);
		assert_int_equal(web_files_look(&files, changed(path) + 0.09), WEB_FILES_CHANGING);
		assert_int_equal(web_files_look(&files, changed(path) + 0.11), WEB_FILES_CHANGED);
		/* By another clock; the other files, too, are younger than that. */
		assert_int_equal(web_files_look(&files, changed(path) - 1000), WEB_FILES_CHANGED);
		web_files_free(&files);
	}
	web_folder_remove(&folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),       cmocka_unit_test(test_values),
		cmocka_unit_test(test_tls_values), cmocka_unit_test(test_bad),
		cmocka_unit_test(test_no_file),    cmocka_unit_test(test_changed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
