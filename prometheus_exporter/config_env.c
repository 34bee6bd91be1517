/* SPDX-License-Identifier: MIT */
/* config_env.c - options out of the environment, under the names that nginx-prometheus-exporter has
 * for them; see config_option.h. */
#include "config_option.h"

struct variable {
	const char *name;
	enum option_id id;
	bool lines; /* one value on each line */
};

static const struct variable variable[] = {
	{"SCRAPE_URI", OPT_NGINX, true},         {"STATS_URI", OPT_UWSGI, true},
	{"LISTEN_ADDRESS", OPT_LISTEN, true},    {"CONST_LABELS", OPT_LABELS, true},
	{"TELEMETRY_PATH", OPT_PATH, false},     {"TIMEOUT", OPT_TIMEOUT, false},
	{"SSL_VERIFY", OPT_VERIFY, false},       {"SSL_CA_CERT", OPT_CA, false},
	{"SSL_CLIENT_CERT", OPT_CERT, false},    {"SSL_CLIENT_KEY", OPT_KEY, false},
	{"SYSTEMD_SOCKET", OPT_SYSTEMD, false},  {"CONFIG_FILE", OPT_WEB_FILE, false},
	{"NGINX_PLUS", OPT_PLUS, false},         {"PROXY_PROTOCOL", OPT_PROXY_PROTOCOL, false},
	{"SECURED_METRICS", OPT_SECURED, false},
};

/* As Go reads a truth value, which is what the peer does. */
static const char *truth(const char *text)
{
	static const char *const word[][2] = {
		{"1", "true"},      {"t", "true"},     {"T", "true"},  {"TRUE", "true"},
		{"True", "true"},   {"0", "false"},    {"f", "false"}, {"F", "false"},
		{"FALSE", "false"}, {"False", "false"}};

	for (size_t i = 0; i < ARRAY_LEN(word); i++) {
		if (strcmp(text, word[i][0]) == 0)
			return word[i][1];
	}
	return text;
}

static bool set_one(struct exporter_config *config, enum option_id id, struct str value,
		    struct err *err)
{
	const char *text = arena_text(&config->arena, value);

	if (text == NULL)
		return err_set(err, ERR_MEMORY, "out of memory for the configuration");
	if (exporter_option[id].boolean) {
		text = truth(text);
		if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
			return err_set(err, ERR_USAGE, "expected true or false, not \"%.80s\"",
				       text);
	}
	return exporter_option_set(config, id, text, err);
}

static bool set_variable(struct exporter_config *config, const struct variable *from,
			 const char *text, struct err *err)
{
	struct str rest = str_of(text);
	struct err why = {0};

	while (rest.len > 0) {
		struct str line = str_trim(from->lines ? str_cut(&rest, '\n') : rest);

		if (line.len > 0 && !set_one(config, from->id, line, &why))
			return err_set(err, why.kind, "environment variable %s: %s", from->name,
				       why.text);
		if (!from->lines)
			break;
	}
	return true;
}

bool exporter_env_set(struct exporter_config *config, const bool seen[OPT_MAX], struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(variable); i++) {
		const char *text = config->source.env(variable[i].name);

		if (text != NULL && !seen[variable[i].id] &&
		    !set_variable(config, &variable[i], text, err))
			return false;
	}
	return true;
}
