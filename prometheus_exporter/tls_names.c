/* SPDX-License-Identifier: MIT */
/* tls_names.c - Go's names in GnuTLS' words; see tls_names.h. */
#include "tls_names.h"

#define AES_128     "AES-128-GCM"
#define AES_256     "AES-256-GCM"
#define CHACHA      "CHACHA20-POLY1305"
#define AES_128_CBC "AES-128-CBC"
#define AES_256_CBC "AES-256-CBC"

static const struct tls_suite suite_all[] = {
	{"TLS_AES_128_GCM_SHA256", TLS_ANY_EXCHANGE, AES_128},
	{"TLS_AES_256_GCM_SHA384", TLS_ANY_EXCHANGE, AES_256},
	{"TLS_CHACHA20_POLY1305_SHA256", TLS_ANY_EXCHANGE, CHACHA},
	{"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", TLS_ECDHE_ECDSA, AES_128},
	{"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", TLS_ECDHE_ECDSA, AES_256},
	{"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", TLS_ECDHE_ECDSA, CHACHA},
	{"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305", TLS_ECDHE_ECDSA, CHACHA},
	{"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", TLS_ECDHE_ECDSA, AES_128_CBC},
	{"TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", TLS_ECDHE_ECDSA, AES_256_CBC},
	{"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", TLS_ECDHE_RSA, AES_128},
	{"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", TLS_ECDHE_RSA, AES_256},
	{"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", TLS_ECDHE_RSA, CHACHA},
	{"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305", TLS_ECDHE_RSA, CHACHA},
	{"TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", TLS_ECDHE_RSA, AES_128_CBC},
	{"TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", TLS_ECDHE_RSA, AES_256_CBC},
	{"TLS_RSA_WITH_AES_128_GCM_SHA256", TLS_RSA, AES_128},
	{"TLS_RSA_WITH_AES_256_GCM_SHA384", TLS_RSA, AES_256},
	{"TLS_RSA_WITH_AES_128_CBC_SHA", TLS_RSA, AES_128_CBC},
	{"TLS_RSA_WITH_AES_256_CBC_SHA", TLS_RSA, AES_256_CBC},
};

static const char *const exchange_name[] = {
	[TLS_ANY_EXCHANGE] = "",
	[TLS_ECDHE_ECDSA] = "ECDHE-ECDSA",
	[TLS_ECDHE_RSA] = "ECDHE-RSA",
	[TLS_RSA] = "RSA",
};

static const char *const version_name[] = {
	[TLS_1_0] = "TLS10",
	[TLS_1_1] = "TLS11",
	[TLS_1_2] = "TLS12",
	[TLS_1_3] = "TLS13",
};

static const struct {
	const char *go;
	const char *gnutls;
} curve_all[] = {
	{"CurveP256", "GROUP-SECP256R1"},
	{"CurveP384", "GROUP-SECP384R1"},
	{"CurveP521", "GROUP-SECP521R1"},
	{"X25519", "GROUP-X25519"},
};

static const struct {
	const char *name;
	enum tls_client_auth auth;
} client_auth_all[] = {
	{"NoClientCert", TLS_NO_CLIENT_CERT},
	{"RequestClientCert", TLS_REQUEST_CLIENT_CERT},
	{"RequireAnyClientCert", TLS_REQUIRE_ANY_CLIENT_CERT},
	{"RequireClientCert", TLS_REQUIRE_ANY_CLIENT_CERT},
	{"VerifyClientCertIfGiven", TLS_VERIFY_CLIENT_CERT_IF_GIVEN},
	{"RequireAndVerifyClientCert", TLS_REQUIRE_AND_VERIFY_CLIENT_CERT},
};

const struct tls_suite *tls_suite_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(suite_all); i++) {
		if (strcmp(suite_all[i].name, name) == 0)
			return &suite_all[i];
	}
	return NULL;
}

const char *tls_curve_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(curve_all); i++) {
		if (strcmp(curve_all[i].go, name) == 0)
			return curve_all[i].gnutls;
	}
	return NULL;
}

bool tls_version_find(const char *name, enum tls_version *ret)
{
	for (unsigned i = 0; i < ARRAY_LEN(version_name); i++) {
		if (strcmp(version_name[i], name) == 0) {
			*ret = (enum tls_version)i;
			return true;
		}
	}
	return false;
}

bool tls_client_auth_find(const char *name, enum tls_client_auth *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(client_auth_all); i++) {
		if (strcmp(client_auth_all[i].name, name) == 0) {
			*ret = client_auth_all[i].auth;
			return true;
		}
	}
	return false;
}

/* ---- the priority string --------------------------------------------------------------------- */

/* The named suites that the certificate and the versions can have, and what they are made of. */
struct choice {
	const struct tls_suite *suite[TLS_SUITES_MAX];
	size_t len;
	bool rsa;
};

static bool fits(const struct tls_suite *suite, bool rsa)
{
	return suite->exchange != TLS_ANY_EXCHANGE && (suite->exchange != TLS_ECDHE_ECDSA) == rsa;
}

static bool has_exchange(const struct choice *choice, enum tls_exchange exchange)
{
	for (size_t i = 0; i < choice->len; i++) {
		if (choice->suite[i]->exchange == exchange)
			return true;
	}
	return false;
}

static bool has_cipher(const struct choice *choice, const char *cipher)
{
	for (size_t i = 0; i < choice->len; i++) {
		if (strcmp(choice->suite[i]->cipher, cipher) == 0)
			return true;
	}
	return false;
}

static bool has_suite(const struct choice *choice, const struct tls_suite *suite)
{
	for (size_t i = 0; i < choice->len; i++) {
		if (choice->suite[i]->exchange == suite->exchange &&
		    strcmp(choice->suite[i]->cipher, suite->cipher) == 0)
			return true;
	}
	return false;
}

/* A suite that GnuTLS would take although nobody named it. */
static const struct tls_suite *find_extra(const struct choice *choice)
{
	for (size_t i = 0; i < ARRAY_LEN(suite_all); i++) {
		const struct tls_suite *suite = &suite_all[i];

		if (fits(suite, choice->rsa) && has_exchange(choice, suite->exchange) &&
		    has_cipher(choice, suite->cipher) && !has_suite(choice, suite))
			return suite;
	}
	return NULL;
}

/* Those of TLS 1.3 too, unless their cipher would open an older suite that was not named. */
static void choose_new(struct choice *choice, const struct tls_options *options)
{
	for (size_t i = 0; i < options->suite_len; i++) {
		if (options->suite[i]->exchange != TLS_ANY_EXCHANGE)
			continue;
		choice->suite[choice->len++] = options->suite[i];
		if (find_extra(choice) != NULL)
			choice->len--;
	}
}

static bool choose(struct choice *choice, const struct tls_options *options, struct err *err)
{
	const struct tls_suite *extra;

	for (size_t i = 0; i < options->suite_len && options->min_version < TLS_1_3; i++) {
		if (fits(options->suite[i], choice->rsa))
			choice->suite[choice->len++] = options->suite[i];
	}
	extra = find_extra(choice);
	if (extra != NULL)
		return err_set(err, ERR_USAGE,
			       "cipher_suites: GnuTLS cannot take these without %s; name it, too, "
			       "or leave one out",
			       extra->name);
	if (options->max_version == TLS_1_3)
		choose_new(choice, options);
	return choice->len > 0 || err_set(err, ERR_USAGE,
					  "cipher_suites: none of them fits the certificate, which "
					  "has %s key, and the versions",
					  choice->rsa ? "an RSA" : "an elliptic-curve");
}

static bool is_cbc(const char *cipher)
{
	return strcmp(cipher, AES_128_CBC) == 0 || strcmp(cipher, AES_256_CBC) == 0;
}

static bool add_suites(struct buf *out, const struct tls_options *options, bool rsa, bool *has_1_3,
		       struct err *err)
{
	struct choice choice = {.rsa = rsa};
	bool cbc = false;

	if (!choose(&choice, options, err))
		return false;
	buf_add_text(out, ":-KX-ALL:-CIPHER-ALL:-MAC-ALL:+AEAD");
	*has_1_3 = false;
	for (size_t i = 0; i < choice.len; i++) {
		const struct tls_suite *suite = choice.suite[i];

		buf_addf(out, ":+%s", suite->cipher);
		if (suite->exchange != TLS_ANY_EXCHANGE)
			buf_addf(out, ":+%s", exchange_name[suite->exchange]);
		cbc = cbc || is_cbc(suite->cipher);
		*has_1_3 = *has_1_3 || !is_cbc(suite->cipher);
	}
	if (cbc)
		buf_add_text(out, ":+SHA1");
	if (!*has_1_3 && options->min_version == TLS_1_3)
		return err_set(err, ERR_USAGE, "cipher_suites: none of them is of TLS 1.3");
	return true;
}

bool tls_priority(struct buf *out, const struct tls_options *options, bool rsa, struct err *err)
{
	static const char *const version[] = {"VERS-TLS1.0", "VERS-TLS1.1", "VERS-TLS1.2",
					      "VERS-TLS1.3"};
	bool has_1_3 = true;

	/* No RSA key exchange, which keeps nothing secret for later, and no DHE, which is slow. */
	buf_add_text(out, "NORMAL:-RSA:-DHE-RSA:-VERS-ALL");
	if (options->suite_len > 0 && !add_suites(out, options, rsa, &has_1_3, err))
		return false;
	for (unsigned i = (unsigned)options->max_version + 1; i > (unsigned)options->min_version;
	     i--) {
		/* A client would agree on 1.3, and then find no cipher. */
		if (i - 1 != TLS_1_3 || has_1_3)
			buf_addf(out, ":+%s", version[i - 1]);
	}
	if (options->curve_len > 0)
		buf_add_text(out, ":-GROUP-ALL");
	for (size_t i = 0; i < options->curve_len; i++)
		buf_addf(out, ":+%s", options->curve[i]);
	if (options->server_order)
		buf_add_text(out, ":%SERVER_PRECEDENCE");
	return buf_ok(out) || err_set(err, ERR_MEMORY, "out of memory");
}
