/* SPDX-License-Identifier: MIT */
/* Lengths of time, the rate limit, and what GnuTLS is told of TLS. */
#include "unit.h"

#include "prometheus_exporter/duration.h"
#include "prometheus_exporter/ratelimit.h"
#include "prometheus_exporter/tls_names.h"

static void test_duration(void **state)
{
	static const struct {
		const char *text;
		double seconds; /* below 0: refused */
	} given[] = {
		{"0", 0},
		{"0s", 0},
		{"1s", 1},
		{"500ms", 0.5},
		{"1m30s", 90},
		{"1h2m3s", 3723},
		{"1.5h", 5400},
		{"250us", 0.00025},
		{"2ns", 2e-9},
		{"1s500ms", 1.5},
		{"8784h", 31622400},
		{"", -1},
		{"1", -1},
		{"s", -1},
		{"-1s", -1},
		{"+1s", -1},
		{"1 s", -1},
		{" 1s", -1},
		{"1s ", -1},
		{"1d", -1},
		{"1S", -1},
		{"1..5s", -1},
		{"1sm", -1},
		{"0x1s", -1},
		{"1e3s", -1},
		{"8785h", -1},
		{"1h-1m", -1},
		{"00", -1},
		{"99999999999999999999h", -1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(given); i++) {
		double seconds = 0;
		bool ok = duration_parse(str_of(given[i].text), &seconds);

		if (ok != (given[i].seconds >= 0))
			fail_msg("\"%s\"", given[i].text);
		if (ok &&
		    (seconds < given[i].seconds - 1e-12 || seconds > given[i].seconds + 1e-12))
			fail_msg("\"%s\" is %.17g", given[i].text, seconds);
	}
}

/* Whether a request is let in at `now`; if not, whether it is told to wait about `wait` seconds. */
static bool takes(struct ratelimit *limit, double now, double wait)
{
	double told = ratelimit_take(limit, now);

	return told >= wait - 1e-6 && told <= wait + 1e-6;
}

static void test_ratelimit(void **state)
{
	struct ratelimit limit = {0};

	(void)state;
	for (unsigned i = 0; i < 1000; i++)
		assert_true(takes(&limit, 5, 0));
	/* Three at once, then one each two seconds. */
	ratelimit_set(&limit, 2, 3, 100);
	for (unsigned i = 0; i < 3; i++)
		assert_true(takes(&limit, 100, 0));
	assert_true(takes(&limit, 100, 2));
	assert_true(takes(&limit, 101.5, 0.5));
	assert_true(takes(&limit, 102, 0));
	assert_true(takes(&limit, 102, 2));
	/* The same again is no new bucket; time that goes back gives nothing. */
	ratelimit_set(&limit, 2, 3, 102);
	assert_true(takes(&limit, 102, 2));
	assert_true(takes(&limit, 50, 2));
	/* Never more than the bucket holds. */
	for (unsigned i = 0; i < 3; i++)
		assert_true(takes(&limit, 1000, 0));
	assert_true(takes(&limit, 1000, 2));
	ratelimit_set(&limit, 2, 1, 1000);
	assert_true(takes(&limit, 1000, 0));
	assert_true(takes(&limit, 1000, 2));
	ratelimit_set(&limit, 4, 1, 1000);
	assert_true(takes(&limit, 1000, 0));
	assert_true(takes(&limit, 1000, 4));
	ratelimit_set(&limit, 0, 1, 1000);
	assert_true(takes(&limit, 1000, 0));
}

/* A tenth of a second ten times is a token, whatever the sum of the parts says. */
static void test_ratelimit_parts(void **state)
{
	struct ratelimit limit = {0};
	double now = 0;

	(void)state;
	ratelimit_set(&limit, 1, 1, now);
	assert_true(takes(&limit, now, 0));
	for (unsigned i = 1; i < 10; i++)
		assert_true(ratelimit_take(&limit, now += 0.1) > 0);
	assert_true(takes(&limit, now + 0.1, 0));
}

/* ---- TLS ------------------------------------------------------------------------------------- */

#define BEGIN "NORMAL:-RSA:-DHE-RSA:-VERS-ALL"
#define NAMED BEGIN ":-KX-ALL:-CIPHER-ALL:-MAC-ALL:+AEAD"

static void test_priority(void **state)
{
	static const struct {
		enum tls_version min;
		enum tls_version max;
		bool rsa;
		bool server_order;
		const char *suite[4];
		const char *curve[3];
		const char *text; /* NULL: refused */
		const char *says;
	} given[] = {
		{.min = TLS_1_2, .max = TLS_1_3, .text = BEGIN ":+VERS-TLS1.3:+VERS-TLS1.2"},
		{.min = TLS_1_0, .max = TLS_1_1, .text = BEGIN ":+VERS-TLS1.1:+VERS-TLS1.0"},
		{.min = TLS_1_3, .max = TLS_1_3, .text = BEGIN ":+VERS-TLS1.3"},
		{.min = TLS_1_2,
		 .max = TLS_1_2,
		 .server_order = true,
		 .curve = {"CurveP384", "X25519"},
		 .text = BEGIN ":+VERS-TLS1.2:-GROUP-ALL:+GROUP-SECP384R1:+GROUP-X25519"
			       ":%SERVER_PRECEDENCE"},
		{.min = TLS_1_2,
		 .max = TLS_1_3,
		 .rsa = true,
		 .suite = {"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
			   "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"},
		 .text = NAMED ":+AES-256-GCM:+ECDHE-RSA:+VERS-TLS1.3:+VERS-TLS1.2"},
		{.min = TLS_1_2,
		 .max = TLS_1_3,
		 .suite = {"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
			   "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"},
		 .text = NAMED ":+AES-128-GCM:+ECDHE-ECDSA:+VERS-TLS1.3:+VERS-TLS1.2"},
		/* Nothing but CBC: no suite of 1.3 is left. */
		{.min = TLS_1_0,
		 .max = TLS_1_3,
		 .rsa = true,
		 .suite = {"TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"},
		 .text = NAMED ":+AES-128-CBC:+ECDHE-RSA:+SHA1:+VERS-TLS1.2:+VERS-TLS1.1"
			       ":+VERS-TLS1.0"},
		/* A suite of 1.3 whose cipher would be one more of 1.2 is left out. */
		{.min = TLS_1_2,
		 .max = TLS_1_3,
		 .rsa = true,
		 .suite = {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384",
			   "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"},
		 .text = NAMED ":+AES-256-GCM:+ECDHE-RSA:+AES-256-GCM:+VERS-TLS1.3:+VERS-TLS1.2"},
		{.min = TLS_1_3,
		 .max = TLS_1_3,
		 .rsa = true,
		 .suite = {"TLS_CHACHA20_POLY1305_SHA256", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"},
		 .text = NAMED ":+CHACHA20-POLY1305:+VERS-TLS1.3"},
		{.min = TLS_1_2,
		 .max = TLS_1_2,
		 .rsa = true,
		 .suite = {"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
			   "TLS_RSA_WITH_AES_128_GCM_SHA256"},
		 .says = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"},
		{.min = TLS_1_2,
		 .max = TLS_1_2,
		 .rsa = true,
		 .suite = {"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"},
		 .says = "has an RSA key"},
		{.min = TLS_1_2,
		 .max = TLS_1_2,
		 .rsa = true,
		 .suite = {"TLS_AES_128_GCM_SHA256"},
		 .says = "has an RSA key"},
		{.min = TLS_1_3,
		 .max = TLS_1_3,
		 .suite = {"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"},
		 .says = "none of them fits"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(given); i++) {
		struct tls_options options = {.min_version = given[i].min,
					      .max_version = given[i].max,
					      .server_order = given[i].server_order};
		struct err err = {0};
		struct buf out;
		bool ok;

		for (; given[i].suite[options.suite_len] != NULL; options.suite_len++) {
			options.suite[options.suite_len] =
				tls_suite_find(given[i].suite[options.suite_len]);
			assert_non_null(options.suite[options.suite_len]);
		}
		for (; given[i].curve[options.curve_len] != NULL; options.curve_len++) {
			options.curve[options.curve_len] =
				tls_curve_find(given[i].curve[options.curve_len]);
			assert_non_null(options.curve[options.curve_len]);
		}
		buf_init(&out, TLS_PRIORITY_MAX);
		ok = tls_priority(&out, &options, given[i].rsa, &err);
		if (ok)
			assert_string_equal(buf_text(&out), given[i].text);
		else if (given[i].says == NULL || strstr(err.text, given[i].says) == NULL)
			fail_msg("%zu: %s", i, err.text);
		assert_int_equal(ok, given[i].says == NULL);
		buf_free(&out);
	}
}

static void test_names(void **state)
{
	static const char *const unknown[] = {"",
					      "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
					      "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256",
					      "tls_aes_128_gcm_sha256",
					      "P256",
					      "x25519"};
	enum tls_client_auth auth;
	enum tls_version version;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(unknown); i++) {
		assert_null(tls_suite_find(unknown[i]));
		assert_null(tls_curve_find(unknown[i]));
		assert_false(tls_client_auth_find(unknown[i], &auth));
		assert_false(tls_version_find(unknown[i], &version));
	}
	assert_true(tls_version_find("TLS10", &version) && version == TLS_1_0);
	assert_true(tls_version_find("TLS13", &version) && version == TLS_1_3);
	assert_true(tls_client_auth_find("RequireClientCert", &auth));
	assert_int_equal(auth, TLS_REQUIRE_ANY_CLIENT_CERT);
	assert_string_equal(tls_suite_find("TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305")->cipher,
			    "CHACHA20-POLY1305");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_duration),        cmocka_unit_test(test_ratelimit),
		cmocka_unit_test(test_ratelimit_parts), cmocka_unit_test(test_priority),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
