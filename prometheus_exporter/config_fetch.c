/* SPDX-License-Identifier: MIT */
/* config_fetch.c - fields of the configuration file that say how to ask; see config_fetch.h. */
#include "config_fetch.h"

#include <errno.h>
#include <unistd.h>

#include "file.h"
#include "option.h"
#include "plain_file.h"

void config_part_init(struct config_part *part, struct exporter_config *config)
{
	*part = (struct config_part){
		.config = config, .fetch = config->fetch, .timeout_ms = config->timeout_ms};
}

static bool keep(struct config_part *part, const char **ret, struct str text, struct err *err)
{
	*ret = arena_text(&part->config->arena, text);
	return *ret != NULL || err_set(err, ERR_MEMORY, "out of memory for the configuration");
}

static bool take_text(struct config_part *part, const char **ret, const struct yaml *value,
		      struct err *err)
{
	if (value->text[0] == '\0')
		return err_set(err, ERR_USAGE, "%s: expected a text", value->key);
	return keep(part, ret, str_of(value->text), err);
}

/* A path is seen from the folder of the configuration file. */
static bool take_path(struct config_part *part, const char **ret, const struct yaml *value,
		      struct err *err)
{
	const char *config_file = part->config->config_file;
	const char *slash = strrchr(config_file, '/');
	struct buf path;
	bool ok;

	buf_init(&path, YAML_BYTES_MAX);
	if (value->text[0] != '/' && slash != NULL)
		buf_add(&path, config_file, (size_t)(slash - config_file) + 1);
	buf_add_text(&path, value->text);
	ok = buf_ok(&path) && keep(part, ret, buf_str(&path), err);
	buf_free(&path);
	if (!ok)
		return err_set(err, ERR_MEMORY, "out of memory for the configuration");
	if (value->text[0] == '\0')
		return err_set(err, ERR_USAGE, "%s: expected a file", value->key);
	if (access(*ret, R_OK) == 0)
		return true;
	return err_set(err, ERR_USAGE, "%s: cannot read \"%.100s\": %s", value->key, *ret,
		       strerror(errno));
}

bool config_take_timeout(void *ctx, const struct yaml *value, struct err *err)
{
	struct config_part *part = ctx;
	double seconds;

	if (!option_seconds(value->text, FETCH_TIMEOUT_MS_MAX / 1e3, &seconds, err))
		return false;
	part->timeout_ms = seconds < 1e-3 ? 1 : (unsigned)(seconds * 1e3);
	return true;
}

bool config_take_username(void *ctx, const struct yaml *value, struct err *err)
{
	struct config_part *part = ctx;

	return take_text(part, &part->fetch.username, value, err);
}

static bool has_control(struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		if ((unsigned char)text.ptr[i] < ' ' || text.ptr[i] == 127)
			return true;
	}
	return false;
}

/* Never quotes it. */
static bool set_password(struct config_part *part, struct str password, const char *key,
			 struct err *err)
{
	if (part->fetch.password != NULL)
		return err_set(err, ERR_USAGE, "%s: there is a password already", key);
	if (password.len == 0 || has_control(password))
		return err_set(err, ERR_USAGE, "%s: expected one line of text", key);
	return keep(part, &part->fetch.password, password, err);
}

bool config_take_password(void *ctx, const struct yaml *value, struct err *err)
{
	struct config_part *part = ctx;

	part->has_secret = true;
	return set_password(part, str_of(value->text), value->key, err);
}

bool config_take_password_file(void *ctx, const struct yaml *value, struct err *err)
{
	struct config_part *part = ctx;
	const char *path = NULL;
	struct buf text;
	bool ok;

	if (!take_path(part, &path, value, err))
		return false;
	if (exporter_file_is_open_to_all(path))
		exporter_config_warn(part->config, "everybody can read the password in \"%.120s\"",
				     path);
	buf_init(&text, CONFIG_PASSWORD_MAX);
	ok = plain_file_read(&text, path, err);
	if (ok) {
		struct str password = buf_str(&text);

		if (str_ends(password, STR("\n")))
			password.len--;
		if (str_ends(password, STR("\r")))
			password.len--;
		ok = set_password(part, password, value->key, err);
	}
	buf_free(&text);
	return ok;
}

bool config_take_vhost(void *ctx, const struct yaml *value, struct err *err)
{
	struct config_part *part = ctx;

	if (has_control(str_of(value->text)) || strpbrk(value->text, " /") != NULL)
		return yaml_refuse(value, err, "vhost: expected a host name");
	return take_text(part, &part->fetch.vhost, value, err);
}

bool config_take_ca(void *ctx, const struct yaml *value, struct err *err)
{
	struct config_part *part = ctx;

	return take_path(part, &part->fetch.ca_file, value, err);
}

bool config_take_cert(void *ctx, const struct yaml *value, struct err *err)
{
	struct config_part *part = ctx;

	return take_path(part, &part->fetch.client_cert, value, err);
}

bool config_take_key(void *ctx, const struct yaml *value, struct err *err)
{
	struct config_part *part = ctx;

	return take_path(part, &part->fetch.client_key, value, err);
}

bool config_take_insecure(void *ctx, const struct yaml *value, struct err *err)
{
	struct config_part *part = ctx;

	return yaml_bool(value, &part->fetch.insecure, err);
}

bool config_part_check(const struct config_part *part, const struct yaml *node, struct err *err)
{
	const struct fetch_options *fetch = &part->fetch;

	if ((fetch->client_cert == NULL) != (fetch->client_key == NULL))
		return err_set(err, ERR_USAGE,
			       "line %u: \"%.60s\": client_cert and client_key need each other",
			       node->line, node->key);
	if (fetch->password != NULL && fetch->username == NULL)
		return err_set(err, ERR_USAGE, "line %u: \"%.60s\": a password needs a username",
			       node->line, node->key);
	return true;
}
