/* SPDX-License-Identifier: MIT */
/* tls.c - GnuTLS' credentials and sessions; see tls.h. */
#include "tls.h"

#include <arpa/inet.h>
#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "tls_names.h"

enum { SAN_BYTES_MAX = 1024, WHY_MAX = 300 };

struct tls {
	gnutls_certificate_credentials_t credentials;
	gnutls_priority_t priority;
	enum tls_client_auth client_auth;
	const char *const *san;
	size_t san_len;
	bool send_authorities; /* tells clients which authorities are known */
	void (*refused)(void *ctx, const char *why);
	void *ctx;
};

/* ---- clients' certificates ------------------------------------------------------------------- */

static bool is_allowed(const struct tls *tls, const char *name, size_t len)
{
	for (size_t i = 0; i < tls->san_len; i++) {
		if (str_equal(str_of(tls->san[i]), (struct str){name, len}))
			return true;
	}
	return false;
}

/* One of the certificate's names, as text. False for a kind that has none. */
static bool name_text(int kind, char *name, size_t *len)
{
	char text[INET6_ADDRSTRLEN];

	if (kind == GNUTLS_SAN_DNSNAME || kind == GNUTLS_SAN_RFC822NAME || kind == GNUTLS_SAN_URI)
		return true;
	if (kind != GNUTLS_SAN_IPADDRESS || (*len != 4 && *len != 16) ||
	    inet_ntop(*len == 4 ? AF_INET : AF_INET6, name, text, sizeof(text)) == NULL)
		return false;
	*len = strlen(text);
	(void)memcpy(name, text, *len);
	return true;
}

/* A name that is too long is none of ours, but the next one may be. After any other error there
 * would be no end. */
static bool is_name(int kind)
{
	return kind >= 0 || kind == GNUTLS_E_SHORT_MEMORY_BUFFER;
}

static bool has_allowed_name(const struct tls *tls, gnutls_session_t session)
{
	const gnutls_datum_t *list;
	unsigned list_len = 0;
	gnutls_x509_crt_t cert;
	bool found = false;
	int kind = 0;

	list = gnutls_certificate_get_peers(session, &list_len);
	if (list == NULL || list_len == 0 || gnutls_x509_crt_init(&cert) != 0)
		return false;
	if (gnutls_x509_crt_import(cert, &list[0], GNUTLS_X509_FMT_DER) != 0)
		kind = GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE;
	for (unsigned i = 0; !found && is_name(kind); i++) {
		char name[SAN_BYTES_MAX];
		size_t len = sizeof(name);

		kind = gnutls_x509_crt_get_subject_alt_name(cert, i, name, &len, NULL);
		found = kind >= 0 && name_text(kind, name, &len) && is_allowed(tls, name, len);
	}
	gnutls_x509_crt_deinit(cert);
	return found;
}

static int refuse(const struct tls *tls, gnutls_session_t session, gnutls_alert_description_t alert,
		  const char *why)
{
	if (tls->refused != NULL)
		tls->refused(tls->ctx, why);
	/* libmicrohttpd closes without a word. */
	(void)gnutls_alert_send(session, GNUTLS_AL_FATAL, alert);
	return GNUTLS_E_CERTIFICATE_ERROR;
}

static int refuse_status(const struct tls *tls, gnutls_session_t session, unsigned status)
{
	gnutls_datum_t text = {0};
	gnutls_alert_description_t alert = GNUTLS_A_BAD_CERTIFICATE;
	int result;

	if (status & GNUTLS_CERT_SIGNER_NOT_FOUND)
		alert = GNUTLS_A_UNKNOWN_CA;
	else if (status & GNUTLS_CERT_EXPIRED)
		alert = GNUTLS_A_CERTIFICATE_EXPIRED;
	if (gnutls_certificate_verification_status_print(status, GNUTLS_CRT_X509, &text, 0) != 0)
		return refuse(tls, session, alert, "it cannot be verified");
	result = refuse(tls, session, alert, (const char *)text.data);
	gnutls_free(text.data);
	return result;
}

static bool requires(const struct tls *tls)
{
	return tls->client_auth == TLS_REQUIRE_ANY_CLIENT_CERT ||
	       tls->client_auth == TLS_REQUIRE_AND_VERIFY_CLIENT_CERT;
}

static bool verifies(const struct tls *tls)
{
	return tls->client_auth == TLS_VERIFY_CLIENT_CERT_IF_GIVEN ||
	       tls->client_auth == TLS_REQUIRE_AND_VERIFY_CLIENT_CERT;
}

/* GnuTLS calls this within the handshake, with or without a certificate. */
static int on_verify(gnutls_session_t session)
{
	const struct tls *tls = gnutls_session_get_ptr(session);
	char purpose[] = "1.3.6.1.5.5.7.3.2"; /* to be a client of TLS */
	gnutls_typed_vdata_st wanted = {.type = GNUTLS_DT_KEY_PURPOSE_OID,
					.data = (unsigned char *)purpose};
	unsigned len = 0;
	unsigned status = 0;

	(void)gnutls_certificate_get_peers(session, &len);
	if (len == 0 && requires(tls))
		return refuse(tls, session, GNUTLS_A_CERTIFICATE_REQUIRED, "it has shown none");
	if (len == 0)
		return 0;
	if (verifies(tls) && gnutls_certificate_verify_peers(session, &wanted, 1, &status) != 0)
		return refuse(tls, session, GNUTLS_A_BAD_CERTIFICATE, "it cannot be verified");
	if (status != 0)
		return refuse_status(tls, session, status);
	if (tls->san_len > 0 && !has_allowed_name(tls, session))
		return refuse(tls, session, GNUTLS_A_BAD_CERTIFICATE,
			      "none of its names is among client_allowed_sans");
	return 0;
}

/* ---- a server -------------------------------------------------------------------------------- */

static gnutls_datum_t datum(struct str text)
{
	union {
		const char *from;
		unsigned char *to;
	} bytes = {.from = text.ptr};

	return (gnutls_datum_t){.data = bytes.to, .size = (unsigned)text.len};
}

static bool load_key(struct tls *tls, const struct tls_options *options, struct err *err)
{
	const gnutls_datum_t cert = datum(options->cert);
	const gnutls_datum_t key = datum(options->key);
	int code = gnutls_certificate_set_x509_key_mem2(tls->credentials, &cert, &key,
							GNUTLS_X509_FMT_PEM, NULL, 0);

	if (code == GNUTLS_E_CERTIFICATE_KEY_MISMATCH)
		return err_set(err, ERR_USAGE, "the key does not belong to the certificate");
	if (code < 0)
		return err_set(err, ERR_USAGE, "certificate or key cannot be used: %s",
			       gnutls_strerror(code));
	return true;
}

static bool load_authorities(struct tls *tls, const struct tls_options *options, struct err *err)
{
	const gnutls_datum_t ca = datum(options->client_ca);
	int code;

	if (!verifies(tls))
		return true;
	tls->send_authorities = options->client_ca.len > 0;
	if (options->client_ca.len == 0)
		code = gnutls_certificate_set_x509_system_trust(tls->credentials);
	else
		code = gnutls_certificate_set_x509_trust_mem(tls->credentials, &ca,
							     GNUTLS_X509_FMT_PEM);
	if (code < 0)
		return err_set(err, ERR_USAGE, "client_ca cannot be used: %s",
			       gnutls_strerror(code));
	if (code == 0)
		return err_set(err, ERR_USAGE, "client_ca has no certificate");
	return true;
}

/* Whether the certificate has an RSA key. */
static bool is_rsa(const struct tls *tls)
{
	gnutls_x509_privkey_t key;
	int kind = GNUTLS_PK_RSA;

	if (gnutls_certificate_get_x509_key(tls->credentials, 0, &key) == 0) {
		kind = gnutls_x509_privkey_get_pk_algorithm(key);
		gnutls_x509_privkey_deinit(key);
	}
	return kind == GNUTLS_PK_RSA || kind == GNUTLS_PK_RSA_PSS;
}

static bool set_priority(struct tls *tls, const struct tls_options *options, struct err *err)
{
	struct buf text;
	const char *at = NULL;
	bool ok;

	buf_init(&text, TLS_PRIORITY_MAX);
	ok = tls_priority(&text, options, is_rsa(tls), err);
	if (ok && gnutls_priority_init(&tls->priority, buf_text(&text), &at) != 0)
		ok = err_set(err, ERR_USAGE, "GnuTLS knows no \"%.60s\"", at != NULL ? at : "");
	buf_free(&text);
	return ok;
}

struct tls *tls_new(const struct tls_options *options, struct err *err)
{
	struct tls *tls = calloc(1, sizeof(*tls));

	if (tls == NULL || gnutls_certificate_allocate_credentials(&tls->credentials) != 0) {
		free(tls);
		err_set(err, ERR_MEMORY, "out of memory");
		return NULL;
	}
	tls->client_auth = options->client_auth;
	tls->san = options->san;
	tls->san_len = options->san_len;
	tls->refused = options->refused;
	tls->ctx = options->ctx;
	if (load_key(tls, options, err) && load_authorities(tls, options, err) &&
	    set_priority(tls, options, err)) {
		gnutls_certificate_set_verify_function(tls->credentials, on_verify);
		return tls;
	}
	tls_free(tls);
	return NULL;
}

void tls_free(struct tls *tls)
{
	if (tls == NULL)
		return;
	if (tls->priority != NULL)
		gnutls_priority_deinit(tls->priority);
	gnutls_certificate_free_credentials(tls->credentials);
	free(tls);
}

bool tls_begin(const struct tls *tls, void *session)
{
	gnutls_session_t it = session;
	union {
		const struct tls *from;
		void *to;
	} self = {.from = tls};

	if (gnutls_priority_set(it, tls->priority) != 0 ||
	    gnutls_credentials_set(it, GNUTLS_CRD_CERTIFICATE, tls->credentials) != 0)
		return false;
	/* libmicrohttpd keeps its own there for keys that are agreed on beforehand only. */
	gnutls_session_set_ptr(it, self.to);
	gnutls_certificate_server_set_request(it, tls->client_auth == TLS_NO_CLIENT_CERT
							  ? GNUTLS_CERT_IGNORE
							  : GNUTLS_CERT_REQUEST);
	if (!tls->send_authorities)
		gnutls_certificate_send_x509_rdn_sequence(it, 1);
	return true;
}

static int no_certificate(gnutls_session_t session, const gnutls_datum_t *authority,
			  int authority_len, const gnutls_pk_algorithm_t *kind, int kind_len,
			  gnutls_pcert_st **cert, unsigned *cert_len, gnutls_privkey_t *key)
{
	(void)session;
	(void)authority;
	(void)authority_len;
	(void)kind;
	(void)kind_len;
	(void)cert;
	(void)cert_len;
	(void)key;
	return -1;
}

void *tls_no_certificate(void)
{
	return (void *)(uintptr_t)no_certificate;
}
