/* SPDX-License-Identifier: MIT */
/* web_config_tls.c - tls_server_config of the schema; see web_config_read.h. */
#include "web_config_read.h"

#include "tls_names.h"
#include "tls_secret.h"

/* ---- what stands there ----------------------------------------------------------------------- */

static bool take_cert(void *ctx, const struct yaml *value, struct err *err)
{
	struct web_reader *reader = ctx;

	(void)err;
	reader->cert.inside = value;
	return true;
}

static bool take_cert_file(void *ctx, const struct yaml *value, struct err *err)
{
	struct web_reader *reader = ctx;

	(void)err;
	reader->cert.file = value;
	return true;
}

static bool take_key(void *ctx, const struct yaml *value, struct err *err)
{
	struct web_reader *reader = ctx;

	(void)err;
	reader->key.inside = value;
	return true;
}

static bool take_key_file(void *ctx, const struct yaml *value, struct err *err)
{
	struct web_reader *reader = ctx;

	(void)err;
	reader->key.file = value;
	return true;
}

static bool take_client_ca(void *ctx, const struct yaml *value, struct err *err)
{
	struct web_reader *reader = ctx;

	(void)err;
	reader->client_ca.inside = value;
	return true;
}

static bool take_client_ca_file(void *ctx, const struct yaml *value, struct err *err)
{
	struct web_reader *reader = ctx;

	(void)err;
	reader->client_ca.file = value;
	return true;
}

static bool take_client_auth(void *ctx, const struct yaml *value, struct err *err)
{
	struct web_reader *reader = ctx;

	reader->client_auth = value;
	if (value->text[0] == '\0')
		return true;
	return tls_client_auth_find(value->text, &reader->config->options.client_auth) ||
	       yaml_refuse(value, err,
			   "client_auth_type: expected NoClientCert, RequestClientCert, "
			   "RequireAnyClientCert, VerifyClientCertIfGiven or "
			   "RequireAndVerifyClientCert");
}

static bool take_min_version(void *ctx, const struct yaml *value, struct err *err)
{
	struct web_reader *reader = ctx;

	reader->min_version = value;
	return tls_version_find(value->text, &reader->config->options.min_version) ||
	       yaml_refuse(value, err, "min_version: expected TLS10, TLS11, TLS12 or TLS13");
}

static bool take_max_version(void *ctx, const struct yaml *value, struct err *err)
{
	struct web_reader *reader = ctx;

	return tls_version_find(value->text, &reader->config->options.max_version) ||
	       yaml_refuse(value, err, "max_version: expected TLS10, TLS11, TLS12 or TLS13");
}

static bool take_server_order(void *ctx, const struct yaml *value, struct err *err)
{
	struct web_reader *reader = ctx;

	return yaml_bool(value, &reader->config->options.server_order, err);
}

static const char *text_of(const struct yaml *node)
{
	return node->kind == YAML_SCALAR ? node->text : "";
}

static bool take_suites(void *ctx, const struct yaml *value, struct err *err)
{
	struct web_reader *reader = ctx;
	struct tls_options *options = &reader->config->options;

	for (const struct yaml *i = value->first; i != NULL; i = i->next) {
		const struct tls_suite *suite = tls_suite_find(text_of(i));

		if (suite == NULL)
			return yaml_refuse(i, err,
					   "cipher_suites: expected a suite that is safe, by its "
					   "name in Go (TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256)");
		if (options->suite_len == TLS_SUITES_MAX / 2)
			return yaml_refuse(i, err, "cipher_suites: too many");
		options->suite[options->suite_len++] = suite;
	}
	return true;
}

static bool take_curves(void *ctx, const struct yaml *value, struct err *err)
{
	struct web_reader *reader = ctx;
	struct tls_options *options = &reader->config->options;

	for (const struct yaml *i = value->first; i != NULL; i = i->next) {
		const char *curve = tls_curve_find(text_of(i));

		if (curve == NULL)
			return yaml_refuse(i, err,
					   "curve_preferences: expected CurveP256, CurveP384, "
					   "CurveP521 or X25519");
		if (options->curve_len == TLS_CURVES_MAX)
			return yaml_refuse(i, err, "curve_preferences: too many");
		options->curve[options->curve_len++] = curve;
	}
	return true;
}

static bool take_sans(void *ctx, const struct yaml *value, struct err *err)
{
	struct web_reader *reader = ctx;
	struct web_config *config = reader->config;
	struct list list = {0};

	reader->san = value;
	for (const struct yaml *i = value->first; i != NULL; i = i->next) {
		const char **san;

		if (text_of(i)[0] == '\0')
			return yaml_refuse(i, err, "client_allowed_sans: expected a name");
		if (list.len == WEB_SANS_MAX)
			return yaml_refuse(i, err, "client_allowed_sans: too many");
		san = list_add(&list, &config->arena, sizeof(*san));
		if (san == NULL)
			return err_set(err, ERR_MEMORY, "out of memory");
		*san = arena_text(&config->arena, str_of(i->text));
		if (*san == NULL)
			return err_set(err, ERR_MEMORY, "out of memory");
	}
	config->options.san = list.item;
	config->options.san_len = list.len;
	return true;
}

bool web_config_take_tls(void *ctx, const struct yaml *value, struct err *err)
{
	static const struct yaml_field field[] = {
		{"cert", YAML_SCALAR, take_cert},
		{"cert_file", YAML_SCALAR, take_cert_file},
		{"key", YAML_SCALAR, take_key},
		{"key_file", YAML_SCALAR, take_key_file},
		{"client_auth_type", YAML_SCALAR, take_client_auth},
		{"client_ca", YAML_SCALAR, take_client_ca},
		{"client_ca_file", YAML_SCALAR, take_client_ca_file},
		{"client_allowed_sans", YAML_LIST, take_sans},
		{"min_version", YAML_SCALAR, take_min_version},
		{"max_version", YAML_SCALAR, take_max_version},
		{"cipher_suites", YAML_LIST, take_suites},
		{"prefer_server_cipher_suites", YAML_SCALAR, take_server_order},
		{"curve_preferences", YAML_LIST, take_curves},
	};
	struct web_reader *reader = ctx;

	reader->config->options = (struct tls_options){
		.min_version = TLS_1_2, .max_version = TLS_1_3, .server_order = true};
	reader->config->has_tls = value->first != NULL;
	reader->tls = value;
	return yaml_take(value, field, ARRAY_LEN(field), ctx, err);
}

/* ---- what follows from it -------------------------------------------------------------------- */

static bool is_given(const struct yaml *node)
{
	return node != NULL && node->text[0] != '\0';
}

static bool has(const struct web_text *text)
{
	return is_given(text->inside) || is_given(text->file);
}

static bool check_pair(const struct web_text *text, const char *both, struct err *err)
{
	if (!is_given(text->inside) || !is_given(text->file))
		return true;
	return err_set(err, ERR_USAGE, "line %u: tls_server_config: expected %s, not both",
		       text->file->line, both);
}

static bool check(const struct web_reader *reader, struct err *err)
{
	const struct tls_options *options = &reader->config->options;
	unsigned line = reader->tls->line;

	if (!check_pair(&reader->cert, "cert or cert_file", err) ||
	    !check_pair(&reader->key, "key or key_file", err) ||
	    !check_pair(&reader->client_ca, "client_ca or client_ca_file", err))
		return false;
	if (!has(&reader->cert))
		return err_set(err, ERR_USAGE,
			       "line %u: tls_server_config: expected cert_file (or cert)", line);
	if (!has(&reader->key))
		return err_set(err, ERR_USAGE,
			       "line %u: tls_server_config: expected key_file (or key)", line);
	if (has(&reader->client_ca) && options->client_auth == TLS_NO_CLIENT_CERT)
		return err_set(err, ERR_USAGE,
			       "line %u: client_ca_file means nothing without a client_auth_type "
			       "that asks for certificates",
			       is_given(reader->client_ca.file) ? reader->client_ca.file->line
								: reader->client_ca.inside->line);
	if (options->san_len > 0 && options->client_auth != TLS_REQUIRE_ANY_CLIENT_CERT &&
	    options->client_auth != TLS_REQUIRE_AND_VERIFY_CLIENT_CERT)
		return err_set(err, ERR_USAGE,
			       "line %u: client_allowed_sans needs client_auth_type "
			       "RequireAndVerifyClientCert (or RequireAnyClientCert)",
			       reader->san->line);
	if (options->min_version > options->max_version)
		return err_set(err, ERR_USAGE,
			       "line %u: min_version (TLS12 by default) is above max_version",
			       reader->min_version != NULL ? reader->min_version->line : line);
	return true;
}

/* A path counts from the folder of the configuration. */
static bool join(struct buf *path, const char *config, const char *file)
{
	const char *slash = strrchr(config, '/');

	if (file[0] != '/' && slash != NULL)
		buf_add(path, config, (size_t)(slash - config) + 1);
	buf_add_text(path, file);
	return buf_ok(path);
}

static bool read_text(struct web_reader *reader, struct web_text *text, struct err *err)
{
	struct buf path;
	struct err why = {0};
	bool ok;

	buf_init(&text->bytes, WEB_FILE_BYTES_MAX);
	if (is_given(text->inside))
		buf_add_text(&text->bytes, text->inside->text);
	if (!is_given(text->file))
		return buf_ok(&text->bytes) || err_set(err, ERR_MEMORY, "out of memory");
	buf_init(&path, WEB_FILE_BYTES_MAX);
	ok = join(&path, reader->path, text->file->text)
		     ? web_files_read(reader->files, buf_text(&path), &text->bytes, &why)
		     : err_set(&why, ERR_MEMORY, "out of memory");
	buf_free(&path);
	return ok || err_set(err, why.kind, "line %u: %s: %s", text->file->line, text->file->key,
			     why.text);
}

static bool make(struct web_reader *reader, struct err *err)
{
	struct tls_options *options = &reader->config->options;
	struct err why = {0};

	if (!read_text(reader, &reader->cert, err) || !read_text(reader, &reader->key, err) ||
	    !read_text(reader, &reader->client_ca, err))
		return false;
	options->cert = buf_str(&reader->cert.bytes);
	options->key = buf_str(&reader->key.bytes);
	options->client_ca = buf_str(&reader->client_ca.bytes);
	options->refused = reader->listener->refused;
	options->ctx = reader->listener->ctx;
	reader->config->tls = tls_new(options, &why);
	options->cert = options->key = options->client_ca = (struct str){0};
	return reader->config->tls != NULL ||
	       err_set(err, why.kind, "line %u: tls_server_config: %s", reader->tls->line,
		       why.text);
}

bool web_config_make_tls(struct web_reader *reader, struct err *err)
{
	bool ok;

	if (!reader->config->has_tls)
		return true;
	ok = check(reader, err) && make(reader, err);
	buf_free(&reader->cert.bytes);
	if (reader->key.bytes.ptr != NULL)
		secret_wipe(reader->key.bytes.ptr, reader->key.bytes.cap);
	buf_free(&reader->key.bytes);
	buf_free(&reader->client_ca.bytes);
	return ok;
}
