/* SPDX-License-Identifier: MIT */
/* config_set.c - what each option sets; see config_option.h. */
#include "config_option.h"

#include "hosts.h"

enum { MODE_MAX = 0777 };

static const double offset_max = 60;

static bool set_timeout(struct exporter_config *config, enum option_id id, const char *text,
			struct err *err)
{
	double seconds;

	(void)id;
	if (!option_seconds(text, FETCH_TIMEOUT_MS_MAX / 1e3, &seconds, err))
		return false;
	config->timeout_ms = seconds < 1e-3 ? 1 : (unsigned)(seconds * 1e3);
	return true;
}

static bool set_offset(struct exporter_config *config, enum option_id id, const char *text,
		       struct err *err)
{
	struct str number = str_of(text);

	(void)id;
	if (str_ends(number, STR("s")))
		number.len--;
	return (str_to_double(number, &config->offset_seconds) && config->offset_seconds >= 0 &&
		config->offset_seconds <= offset_max) ||
	       err_set(err, ERR_USAGE,
		       "--timeout-offset: expected seconds from 0 to %g, not \"%.80s\"", offset_max,
		       text);
}

static bool set_series(struct exporter_config *config, enum option_id id, const char *text,
		       struct err *err)
{
	uint64_t number = 0;

	(void)id;
	if (!str_to_u64(str_of(text), &number) || number > SIZE_MAX / 2)
		return err_set(err, ERR_USAGE,
			       "--collect.max-series: expected a number, or 0 for no limit, not "
			       "\"%.80s\"",
			       text);
	config->prom.series_max = (size_t)number;
	return true;
}

static bool set_names(struct exporter_config *config, enum option_id id, const char *text,
		      struct err *err)
{
	(void)id;
	config->prom.strict = strcmp(text, "strict") == 0;
	return config->prom.strict || strcmp(text, "peer") == 0 ||
	       err_set(err, ERR_USAGE, "--metrics.names: expected peer or strict, not \"%.80s\"",
		       text);
}

/* What the server answers by itself. */
static bool is_own_path(const char *path)
{
	static const char *const own[] = {"/", "/probe"};

	for (size_t i = 0; i < ARRAY_LEN(own); i++) {
		if (strcmp(path, own[i]) == 0)
			return true;
	}
	return strncmp(path, "/-/", 3) == 0 || strncmp(path, "/api/", 5) == 0;
}

static bool set_path(struct exporter_config *config, enum option_id id, const char *text,
		     struct err *err)
{
	(void)id;
	config->telemetry_path = text;
	if (text[0] != '/' || strpbrk(text, "?# ") != NULL)
		return err_set(err, ERR_USAGE,
			       "--web.telemetry-path: expected a path such as /metrics, not "
			       "\"%.80s\"",
			       text);
	return !is_own_path(text) ||
	       err_set(err, ERR_USAGE, "--web.telemetry-path: something else is at \"%.80s\"",
		       text);
}

static bool set_mode(struct exporter_config *config, enum option_id id, const char *text,
		     struct err *err)
{
	unsigned mode = 0;
	bool ok = text[0] != '\0';

	(void)id;
	for (const char *at = text; ok && *at != '\0'; at++) {
		ok = *at >= '0' && *at <= '7';
		mode = mode * 8 + (unsigned)(*at - '0');
		ok = ok && mode <= MODE_MAX;
	}
	config->unix_mode = mode;
	return ok ||
	       err_set(err, ERR_USAGE,
		       "--web.unix-socket-mode: expected octal digits such as 0660, not \"%.80s\"",
		       text);
}

/* The place of `text` among words that are ended by NULL, or -1 with ERR_USAGE. */
static int find_word(const char *const word[], const char *option, const char *text,
		     struct err *err)
{
	struct buf words;

	for (int i = 0; word[i] != NULL; i++) {
		if (strcmp(text, word[i]) == 0)
			return i;
	}
	buf_init(&words, ERR_TEXT_MAX);
	for (int i = 0; word[i] != NULL; i++)
		buf_addf(&words, "%s%s",
			 i == 0                ? ""
			 : word[i + 1] == NULL ? " or "
					       : ", ",
			 word[i]);
	err_set(err, ERR_USAGE, "--%s: expected %s, not \"%.80s\"", option, buf_text(&words), text);
	buf_free(&words);
	return -1;
}

static bool set_log(struct exporter_config *config, enum option_id id, const char *text,
		    struct err *err)
{
	bool is_level = id == OPT_LEVEL;
	int found = find_word(is_level ? exporter_level_name : exporter_log_format_name,
			      exporter_option[id].name, text, err);

	if (found >= 0 && is_level)
		config->level = (enum exporter_level)found;
	else if (found >= 0)
		config->log_format = (enum exporter_log_format)found;
	return found >= 0;
}

static bool add_one_label(struct exporter_config *config, struct str text, struct err *err)
{
	struct str value = text;
	struct str name = str_cut(&value, '=');

	if (value.ptr == NULL)
		return err_set(err, ERR_USAGE,
			       "constant label \"%.*s\": expected name=value, with a name of "
			       "letters, digits and \"_\" that does not begin with \"__\"",
			       (int)(text.len < 80 ? text.len : 80), text.ptr);
	return exporter_config_label(config, &config->label, "constant label", name, value, err);
}

static bool add_label(struct exporter_config *config, enum option_id id, const char *text,
		      struct err *err)
{
	(void)id;
	return add_one_label(config, str_of(text), err);
}

/* "a=1,b=2", as nginx-prometheus-exporter had it before 1.0. A text in which a part has no "=" is
 * one label with commas in its value. */
static bool add_labels(struct exporter_config *config, enum option_id id, const char *text,
		       struct err *err)
{
	struct str rest = str_of(text);
	bool is_list = true;

	(void)id;
	while (rest.len > 0) {
		struct str part = str_cut(&rest, ',');

		is_list = is_list && str_find(part, '=') < part.len;
	}
	if (!is_list)
		return add_one_label(config, str_of(text), err);
	rest = str_of(text);
	while (rest.len > 0) {
		if (!add_one_label(config, str_trim(str_cut(&rest, ',')), err))
			return false;
	}
	return true;
}

/* Options whose value is taken as it is, and those that are set by being there. */
struct plain_option {
	enum option_id id;
	size_t offset;
	bool on; /* of a flag: its value when it is there, or "true" */
};

static const struct plain_option text_option[] = {
	{OPT_CONNECTIONS, offsetof(struct exporter_config, worker_connections), false},
	{OPT_CA, offsetof(struct exporter_config, fetch.ca_file), false},
	{OPT_CERT, offsetof(struct exporter_config, fetch.client_cert), false},
	{OPT_KEY, offsetof(struct exporter_config, fetch.client_key), false},
	{OPT_FILE, offsetof(struct exporter_config, config_file), false},
	{OPT_WEB_FILE, offsetof(struct exporter_config, web_config_file), false},
};

static const struct plain_option flag_option[] = {
	{OPT_VERIFY, offsetof(struct exporter_config, fetch.insecure), false},
	{OPT_LEDGER, offsetof(struct exporter_config, ledger), true},
	{OPT_CORES, offsetof(struct exporter_config, prom.cores), true},
	{OPT_SYSTEMD, offsetof(struct exporter_config, systemd_socket), true},
	{OPT_LIFECYCLE, offsetof(struct exporter_config, lifecycle), true},
	{OPT_NO_SELF, offsetof(struct exporter_config, no_self), true},
	{OPT_CHECK, offsetof(struct exporter_config, check), true},
	{OPT_ONCE, offsetof(struct exporter_config, once), true},
	{OPT_VERSION, offsetof(struct exporter_config, version), true},
	{OPT_HELP, offsetof(struct exporter_config, help), true},
};

static bool set_text(struct exporter_config *config, enum option_id id, const char *value,
		     struct err *err)
{
	(void)err;
	/* The peers' way to say that there is none. */
	if (value[0] == '\0' && id != OPT_FILE)
		value = NULL;

	for (size_t i = 0; i < ARRAY_LEN(text_option); i++) {
		if (text_option[i].id == id)
			memcpy((char *)config + text_option[i].offset, &value, sizeof(value));
	}
	return true;
}

static bool set_flag(struct exporter_config *config, enum option_id id, const char *value,
		     struct err *err)
{
	bool is_true = value == NULL || strcmp(value, "true") == 0;

	(void)err;
	for (size_t i = 0; i < ARRAY_LEN(flag_option); i++) {
		bool set = is_true == flag_option[i].on;

		if (flag_option[i].id == id)
			memcpy((char *)config + flag_option[i].offset, &set, sizeof(set));
	}
	return true;
}

/* Adds to a list that may be given several times. */
static bool add_listed(struct exporter_config *config, enum option_id id, const char *text,
		       struct err *err)
{
	struct str value = str_of(text);

	if (id == OPT_NGINX)
		return exporter_config_add(config, &config->nginx, EXPORTER_SITES_MAX, value, err);
	if (id == OPT_PORTS)
		return exporter_config_add(config, &config->ports, SITE_PORTS_MAX, value, err);
	if (id == OPT_UPSTREAM)
		return exporter_config_add(config, &config->upstream, SITE_UPSTREAMS_MAX, value,
					   err);
	if (id == OPT_LISTEN)
		return exporter_config_add(config, &config->listen, EXPORTER_LISTEN_MAX, value,
					   err);
	return exporter_config_add(config, &config->uwsgi, EXPORTER_SITES_MAX, value, err);
}

/* A list at each time. The server reads the names again, since it outlives the configuration. */
static bool add_hosts(struct exporter_config *config, enum option_id id, const char *text,
		      struct err *err)
{
	struct str rest = str_of(text);

	(void)id;
	while (rest.ptr != NULL) {
		struct str name = str_trim(str_cut(&rest, ','));
		struct hosts_rule rule;
		const char *const *last;

		if (!exporter_config_add(config, &config->host, EXPORTER_HOSTS_MAX, name, err))
			return false;
		last = config->host.item;
		if (!hosts_parse(&rule, &config->arena, last[config->host.len - 1], err))
			return false;
	}
	return true;
}

/* What peers do, and this exporter does not. */
static bool set_foreign(struct exporter_config *config, enum option_id id, const char *value,
			struct err *err)
{
	const char *name = exporter_option[id].name;

	if (exporter_option[id].boolean && strcmp(value, "false") == 0)
		return true;
	if (id == OPT_PLUS)
		return err_set(err, ERR_USAGE,
			       "--%s: the API of NGINX Plus is not read here; take the option away "
			       "and name a stub_status page, which NGINX Plus has too",
			       name);
	if (id == OPT_PROXY_PROTOCOL)
		return err_set(err, ERR_USAGE,
			       "--%s: no PROXY protocol is spoken here; take the option away and "
			       "give the stub_status page a \"listen\" without proxy_protocol",
			       name);
	if (id == OPT_SECURED || id == OPT_SERVER_CERT || id == OPT_SERVER_KEY)
		return err_set(err, ERR_USAGE,
			       "--%s: take the option away; TLS is set up by --web.config.file, "
			       "with cert_file and key_file under tls_server_config",
			       name);
	exporter_config_warn(config, "--%s has no effect: %s", name,
			     id == OPT_STATS_TIMEOUT
				     ? "--nginx.timeout is for uWSGI too"
				     : "nginx need not run when the exporter starts");
	return true;
}

static bool (*const setter[OPT_MAX])(struct exporter_config *config, enum option_id id,
				     const char *value, struct err *err) = {
	[OPT_NGINX] = add_listed,
	[OPT_PORTS] = add_listed,
	[OPT_UPSTREAM] = add_listed,
	[OPT_CONNECTIONS] = set_text,
	[OPT_TIMEOUT] = set_timeout,
	[OPT_VERIFY] = set_flag,
	[OPT_CA] = set_text,
	[OPT_CERT] = set_text,
	[OPT_KEY] = set_text,
	[OPT_PLUS] = set_foreign,
	[OPT_PROXY_PROTOCOL] = set_foreign,
	[OPT_RETRIES] = set_foreign,
	[OPT_RETRY_INTERVAL] = set_foreign,
	[OPT_UWSGI] = add_listed,
	[OPT_UWSGI_ALIAS] = add_listed,
	[OPT_OFFSET] = set_offset,
	[OPT_STATS_TIMEOUT] = set_foreign,
	[OPT_FILE] = set_text,
	[OPT_CHECK] = set_flag,
	[OPT_LEDGER] = set_flag,
	[OPT_CORES] = set_flag,
	[OPT_SERIES] = set_series,
	[OPT_NAMES] = set_names,
	[OPT_LABEL] = add_label,
	[OPT_LABELS] = add_labels,
	[OPT_LISTEN] = add_listed,
	[OPT_UNIX_MODE] = set_mode,
	[OPT_SYSTEMD] = set_flag,
	[OPT_WEB_FILE] = set_text,
	[OPT_PATH] = set_path,
	[OPT_HOSTS] = add_hosts,
	[OPT_LIFECYCLE] = set_flag,
	[OPT_NO_SELF] = set_flag,
	[OPT_SECURED] = set_foreign,
	[OPT_SERVER_CERT] = set_foreign,
	[OPT_SERVER_KEY] = set_foreign,
	[OPT_LEVEL] = set_log,
	[OPT_FORMAT] = set_log,
	[OPT_ONCE] = set_flag,
	[OPT_VERSION] = set_flag,
	[OPT_HELP] = set_flag,
};

bool exporter_option_set(struct exporter_config *config, enum option_id id, const char *value,
			 struct err *err)
{
	return setter[id](config, id, value, err);
}
