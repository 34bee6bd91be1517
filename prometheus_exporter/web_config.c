/* SPDX-License-Identifier: MIT */
/* web_config.c - the schema but for its TLS part; see web_config.h. */
#include "web_config.h"

#include "auth_bcrypt.h"
#include "duration.h"
#include "tls_secret.h"
#include "web_config_read.h"

enum { ARENA_BYTES_MAX = 8 * 1024 * 1024, BURST_MAX = 1000000 };

static bool out_of_memory(struct err *err)
{
	return err_set(err, ERR_MEMORY, "out of memory");
}

/* ---- http_server_config ---------------------------------------------------------------------- */

static bool add_header(struct web_reader *reader, const struct yaml *value, struct err *err)
{
	struct web_config *config = reader->config;
	struct web_header *header;

	for (const char *c = value->text; *c != '\0'; c++) {
		if (*c < ' ' || *c > '~')
			return err_set(err, ERR_USAGE, "%s: expected printable ASCII on one line",
				       value->key);
	}
	if (value->text[0] == '\0')
		return true;
	header = list_add(&config->header, &config->arena, sizeof(*header));
	if (header == NULL)
		return out_of_memory(err);
	header->name = arena_text(&config->arena, str_of(value->key));
	header->value = arena_text(&config->arena, str_of(value->text));
	return (header->name != NULL && header->value != NULL) || out_of_memory(err);
}

static bool take_header(void *ctx, const struct yaml *value, struct err *err)
{
	return add_header(ctx, value, err);
}

static bool take_content_type_options(void *ctx, const struct yaml *value, struct err *err)
{
	if (value->text[0] != '\0' && strcmp(value->text, "nosniff") != 0)
		return yaml_refuse(value, err, "X-Content-Type-Options: expected nosniff");
	return add_header(ctx, value, err);
}

static bool take_frame_options(void *ctx, const struct yaml *value, struct err *err)
{
	if (value->text[0] != '\0' && strcmp(value->text, "deny") != 0 &&
	    strcmp(value->text, "sameorigin") != 0)
		return yaml_refuse(value, err, "X-Frame-Options: expected deny or sameorigin");
	return add_header(ctx, value, err);
}

static bool take_headers(void *ctx, const struct yaml *value, struct err *err)
{
	static const struct yaml_field field[] = {
		{"Strict-Transport-Security", YAML_SCALAR, take_header},
		{"X-Content-Type-Options", YAML_SCALAR, take_content_type_options},
		{"X-Frame-Options", YAML_SCALAR, take_frame_options},
		{"X-XSS-Protection", YAML_SCALAR, take_header},
		{"Content-Security-Policy", YAML_SCALAR, take_header},
	};

	return yaml_take(value, field, ARRAY_LEN(field), ctx, err);
}

static bool take_http2(void *ctx, const struct yaml *value, struct err *err)
{
	struct web_reader *reader = ctx;

	return yaml_bool(value, &reader->config->http2, err);
}

static bool take_http(void *ctx, const struct yaml *value, struct err *err)
{
	static const struct yaml_field field[] = {
		{"http2", YAML_SCALAR, take_http2},
		{"headers", YAML_MAP, take_headers},
	};

	return yaml_take(value, field, ARRAY_LEN(field), ctx, err);
}

/* ---- rate_limit ------------------------------------------------------------------------------ */

static bool take_interval(void *ctx, const struct yaml *value, struct err *err)
{
	struct web_reader *reader = ctx;

	reader->interval = value;
	return duration_parse(str_of(value->text), &reader->config->rate_interval) ||
	       yaml_refuse(value, err, "interval: expected a duration such as 500ms or 1m30s");
}

static bool take_burst(void *ctx, const struct yaml *value, struct err *err)
{
	struct web_reader *reader = ctx;
	uint64_t number;

	reader->burst = value;
	if (!str_to_u64(str_of(value->text), &number) || number > BURST_MAX)
		return yaml_refuse(value, err, "burst: expected a number from 0 to 1000000");
	reader->config->rate_burst = (unsigned)number;
	return true;
}

static bool take_rate_limit(void *ctx, const struct yaml *value, struct err *err)
{
	static const struct yaml_field field[] = {
		{"interval", YAML_SCALAR, take_interval},
		{"burst", YAML_SCALAR, take_burst},
	};
	struct web_reader *reader = ctx;

	if (!yaml_take(value, field, ARRAY_LEN(field), ctx, err))
		return false;
	if (reader->config->rate_interval > 0 && reader->config->rate_burst == 0)
		return yaml_refuse(reader->burst != NULL ? reader->burst : reader->interval, err,
				   "rate_limit: with a burst below 1 every request would be "
				   "refused; expected burst: 1 or more");
	return true;
}

/* ---- basic_auth_users ------------------------------------------------------------------------ */

static bool add_user(struct web_config *config, const struct yaml *entry, struct err *err)
{
	struct web_user *user;
	unsigned cost;

	if (entry->kind != YAML_SCALAR || !auth_hash_cost(entry->text, &cost))
		return err_set(err, ERR_USAGE,
			       "line %u: basic_auth_users: expected a bcrypt hash ($2y$10$...) for "
			       "user \"%.60s\", as htpasswd -B makes it",
			       entry->line, entry->key);
	if (config->user.len == WEB_USERS_MAX)
		return err_set(err, ERR_USAGE, "line %u: basic_auth_users: at most %d users",
			       entry->line, WEB_USERS_MAX);
	/* Such a name could never be sent. */
	if (strchr(entry->key, ':') != NULL)
		return err_set(err, ERR_USAGE, "line %u: basic_auth_users: a colon in \"%.60s\"",
			       entry->line, entry->key);
	user = list_add(&config->user, &config->arena, sizeof(*user));
	if (user == NULL)
		return out_of_memory(err);
	user->name = arena_text(&config->arena, str_of(entry->key));
	user->hash = arena_text(&config->arena, str_of(entry->text));
	if (cost > config->cost)
		config->cost = cost;
	return (user->name != NULL && user->hash != NULL) || out_of_memory(err);
}

static bool take_users(void *ctx, const struct yaml *value, struct err *err)
{
	struct web_reader *reader = ctx;

	for (const struct yaml *i = value->first; i != NULL; i = i->next) {
		if (!add_user(reader->config, i, err))
			return false;
	}
	return true;
}

/* ---- the file -------------------------------------------------------------------------------- */

static bool read_tree(struct web_reader *reader, struct arena *tree, struct buf *text,
		      struct err *err)
{
	static const struct yaml_field field[] = {
		{"tls_server_config", YAML_MAP, web_config_take_tls},
		{"http_server_config", YAML_MAP, take_http},
		{"basic_auth_users", YAML_MAP, take_users},
		{"rate_limit", YAML_MAP, take_rate_limit},
	};
	const struct yaml *root;

	return yaml_parse(&root, tree, buf_str(text), err) &&
	       yaml_take(root, field, ARRAY_LEN(field), reader, err) &&
	       web_config_make_tls(reader, err);
}

static bool read_all(struct web_reader *reader, struct err *err)
{
	struct err why = {0};
	struct arena tree;
	struct buf text;
	bool ok;

	arena_init(&tree, ARENA_BYTES_MAX);
	buf_init(&text, YAML_BYTES_MAX);
	if (!web_files_read(reader->files, reader->path, &text, err)) {
		buf_free(&text);
		return false;
	}
	ok = read_tree(reader, &tree, &text, &why);
	if (!ok)
		err_set(err, why.kind, "%.100s: %s", reader->path, why.text);
	if (text.ptr != NULL)
		secret_wipe(text.ptr, text.cap);
	buf_free(&text);
	arena_free(&tree);
	return ok;
}

struct web_config *web_config_load(const char *path, const struct web_listener *listener,
				   struct web_files *files, struct err *err)
{
	struct web_reader reader = {.path = path, .listener = listener, .files = files};
	struct web_config *config = calloc(1, sizeof(*config));

	if (config == NULL) {
		out_of_memory(err);
		return NULL;
	}
	reader.config = config;
	atomic_init(&config->holders, 1);
	arena_init(&config->arena, ARENA_BYTES_MAX);
	if (read_all(&reader, err))
		return config;
	web_config_release(config);
	return NULL;
}

struct web_config *web_config_hold(struct web_config *config)
{
	atomic_fetch_add(&config->holders, 1);
	return config;
}

void web_config_release(struct web_config *config)
{
	if (config == NULL || atomic_fetch_sub(&config->holders, 1) > 1)
		return;
	tls_free(config->tls);
	arena_free(&config->arena);
	free(config);
}

const char *web_config_hash(const struct web_config *config, const char *user)
{
	const struct web_user *item = config->user.item;
	const char *hash = NULL;

	for (size_t i = 0; i < config->user.len; i++) {
		if (strcmp(item[i].name, user) == 0)
			hash = item[i].hash;
	}
	return hash;
}
