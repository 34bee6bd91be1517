/* SPDX-License-Identifier: MIT */
/* config.c - the exporter's options, and the sites that they make; see config.h. */
#include "config.h"

#include "option.h"
#include "sites.h"

enum option_id {
	OPT_NGINX,
	OPT_UWSGI,
	OPT_UWSGI_ALIAS,
	OPT_PORTS,
	OPT_UPSTREAM,
	OPT_CONNECTIONS,
	OPT_TIMEOUT,
	OPT_VERIFY,
	OPT_CA,
	OPT_CERT,
	OPT_KEY,
	OPT_LABEL,
	OPT_LEDGER,
	OPT_CORES,
	OPT_NAMES,
	OPT_LISTEN,
	OPT_PATH,
	OPT_LEVEL,
	OPT_ONCE,
	OPT_VERSION,
	OPT_HELP,
};

static const struct option_spec spec[] = {
	{OPT_NGINX, 0, "nginx.scrape-uri", "TARGET",
	 "stub_status page of an nginx: http://..., https://... or unix:/socket:/path; repeatable. "
	 "Also as the environment variable SCRAPE_URI, one per line "
	 "[" EXPORTER_NGINX_DEFAULT " when there is no target at all]",
	 false},
	{OPT_UWSGI, 0, "uwsgi.stats-uri", "TARGET",
	 "stats server of a uWSGI: host:port, unix:/socket or http://...; repeatable. Also as "
	 "STATS_URI, one per line",
	 false},
	{OPT_UWSGI_ALIAS, 0, "stats.uri", "TARGET", "the same as --uwsgi.stats-uri", false},
	{OPT_PORTS, 0, "nginx.ports", "PORTS",
	 "ports that nginx listens on, such as 80,443, where they cannot be found out; repeatable",
	 false},
	{OPT_UPSTREAM, 0, "nginx.upstream", "ADDRESS",
	 "a server other than uWSGI that nginx passes requests to: host:port or unix:/socket; "
	 "repeatable",
	 false},
	{OPT_CONNECTIONS, 0, "nginx.worker-connections", "NUMBER",
	 "nginx's worker_connections, to say when leaking connections will have used them up",
	 false},
	{OPT_TIMEOUT, 0, "nginx.timeout", "TIME", "how long a target may take, of both kinds [5s]",
	 false},
	{OPT_VERIFY, 0, "nginx.ssl-verify", NULL,
	 "verify the certificates of https:// targets [true]", true},
	{OPT_CA, 0, "nginx.ssl-ca-cert", "FILE", "PEM file of authorities to trust [the system's]",
	 false},
	{OPT_CERT, 0, "nginx.ssl-client-cert", "FILE", "PEM file of a client certificate", false},
	{OPT_KEY, 0, "nginx.ssl-client-key", "FILE", "PEM file of its key", false},
	{OPT_LABEL, 0, "prometheus.const-label", "NAME=VALUE",
	 "a label for every series; repeatable", false},
	{OPT_LEDGER, 0, "collect.ledger", NULL,
	 "ask the kernel who is holding each connection of nginx [true]", true},
	{OPT_CORES, 0, "collect.cores", NULL, "show every core of every uWSGI worker [false]",
	 true},
	{OPT_NAMES, 0, "metrics.names", "peer|strict",
	 "names as nginx-prometheus-exporter and uwsgi_exporter have them, or as promtool wants "
	 "them [peer]",
	 false},
	{OPT_LISTEN, 0, "web.listen-address", "HOST:PORT",
	 "where to listen; repeatable [" EXPORTER_LISTEN_DEFAULT "]", false},
	{OPT_PATH, 0, "web.telemetry-path", "PATH", "where the metrics are [/metrics]", false},
	{OPT_LEVEL, 0, "log.level", "LEVEL", "debug, info, warn or error [info]", false},
	{OPT_ONCE, 0, "once", NULL, "print the metrics once and exit", false},
	{OPT_VERSION, 0, "version", NULL, "print the version and exit", false},
	{OPT_HELP, 'h', "help", NULL, "print this and exit", false},
};

static bool out_of_memory(struct err *err)
{
	return err_set(err, ERR_MEMORY, "out of memory for the configuration");
}

bool exporter_config_add(struct exporter_config *config, struct list *list, size_t max,
			 struct str text, struct err *err)
{
	const char **slot;

	if (list->len == max)
		return err_set(err, ERR_USAGE, "more than %zu values with \"%.*s\"", max,
			       (int)(text.len < ERR_TEXT_MAX ? text.len : ERR_TEXT_MAX), text.ptr);
	slot = list_add(list, &config->arena, sizeof(*slot));
	if (slot == NULL)
		return out_of_memory(err);
	*slot = arena_text(&config->arena, text);
	return *slot != NULL || out_of_memory(err);
}

static bool add_label(struct exporter_config *config, const char *text, struct err *err)
{
	struct str value = str_of(text);
	struct str name = str_cut(&value, '=');
	struct prom_label *label;

	if (value.ptr == NULL || !prom_label_name_ok(name))
		return err_set(err, ERR_USAGE,
			       "constant label \"%.80s\": expected name=value, with a name of "
			       "letters, digits and \"_\" that does not begin with \"__\"",
			       text);
	if (prom_label_name_taken(name))
		return err_set(err, ERR_USAGE,
			       "constant label \"%.80s\": metrics have a label of "
			       "that name already",
			       text);
	label = config->label.item;
	for (size_t i = 0; i < config->label.len; i++) {
		if (str_equal(str_of(label[i].name), name))
			return err_set(err, ERR_USAGE,
				       "constant label \"%.80s\": the name is given twice", text);
	}
	label = list_add(&config->label, &config->arena, sizeof(*label));
	if (label == NULL)
		return out_of_memory(err);
	label->name = arena_text(&config->arena, name);
	label->value = arena_text(&config->arena, value);
	return (label->name != NULL && label->value != NULL) || out_of_memory(err);
}

static bool set_timeout(struct exporter_config *config, const char *text, struct err *err)
{
	double seconds;

	if (!option_seconds(text, FETCH_TIMEOUT_MS_MAX / 1e3, &seconds, err))
		return false;
	config->timeout_ms = seconds < 1e-3 ? 1 : (unsigned)(seconds * 1e3);
	return true;
}

static bool set_names(struct exporter_config *config, const char *text, struct err *err)
{
	config->prom.strict = strcmp(text, "strict") == 0;
	return config->prom.strict || strcmp(text, "peer") == 0 ||
	       err_set(err, ERR_USAGE, "--metrics.names: expected peer or strict, not \"%.80s\"",
		       text);
}

static bool set_path(struct exporter_config *config, const char *text, struct err *err)
{
	config->telemetry_path = text;
	return (text[0] == '/' && strpbrk(text, "?# ") == NULL &&
		strcmp(text, EXPORTER_HEALTHY_PATH) != 0) ||
	       err_set(err, ERR_USAGE,
		       "--web.telemetry-path: expected a path such as /metrics, not \"%.80s\"",
		       text);
}

static bool set_level(struct exporter_config *config, const char *text, struct err *err)
{
	for (unsigned i = 0; exporter_level_name[i] != NULL; i++) {
		if (strcmp(text, exporter_level_name[i]) == 0) {
			config->level = (enum exporter_level)i;
			return true;
		}
	}
	return err_set(err, ERR_USAGE,
		       "--log.level: expected debug, info, warn or error, not \"%.80s\"", text);
}

/* Options whose value is taken as it is, and those that are set by being there. */
struct plain_option {
	enum option_id id;
	size_t offset;
};

static const struct plain_option text_option[] = {
	{OPT_CONNECTIONS, offsetof(struct exporter_config, worker_connections)},
	{OPT_CA, offsetof(struct exporter_config, fetch.ca_file)},
	{OPT_CERT, offsetof(struct exporter_config, fetch.client_cert)},
	{OPT_KEY, offsetof(struct exporter_config, fetch.client_key)},
};

static const struct plain_option flag_option[] = {
	{OPT_ONCE, offsetof(struct exporter_config, once)},
	{OPT_VERSION, offsetof(struct exporter_config, version)},
	{OPT_HELP, offsetof(struct exporter_config, help)},
};

static bool set_plain(struct exporter_config *config, enum option_id id, const char *value)
{
	bool set = true;

	for (size_t i = 0; i < ARRAY_LEN(text_option); i++) {
		if (text_option[i].id == id)
			memcpy((char *)config + text_option[i].offset, &value, sizeof(value));
	}
	for (size_t i = 0; i < ARRAY_LEN(flag_option); i++) {
		if (flag_option[i].id == id)
			memcpy((char *)config + flag_option[i].offset, &set, sizeof(set));
	}
	return true;
}

/* Adds to a list that may be given several times. */
static bool add_listed(struct exporter_config *config, enum option_id id, struct str value,
		       struct err *err)
{
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

static bool handle(void *ctx, int id, const char *value, struct err *err)
{
	struct exporter_config *config = ctx;
	enum option_id option = (enum option_id)id;

	switch (option) {
	case OPT_NGINX:
	case OPT_UWSGI:
	case OPT_UWSGI_ALIAS:
	case OPT_PORTS:
	case OPT_UPSTREAM:
	case OPT_LISTEN:
		return add_listed(config, option, str_of(value), err);
	case OPT_CONNECTIONS:
	case OPT_CA:
	case OPT_CERT:
	case OPT_KEY:
	case OPT_ONCE:
	case OPT_VERSION:
	case OPT_HELP:
		return set_plain(config, option, value);
	case OPT_TIMEOUT:
		return set_timeout(config, value, err);
	case OPT_VERIFY:
		config->fetch.insecure = strcmp(value, "false") == 0;
		return true;
	case OPT_LABEL:
		return add_label(config, value, err);
	case OPT_LEDGER:
		config->ledger = strcmp(value, "true") == 0;
		return true;
	case OPT_CORES:
		config->prom.cores = strcmp(value, "true") == 0;
		return true;
	case OPT_NAMES:
		return set_names(config, value, err);
	case OPT_PATH:
		return set_path(config, value, err);
	case OPT_LEVEL:
		return set_level(config, value, err);
	}
	return false;
}

bool exporter_config_parse(struct exporter_config *config, int argc, char *const argv[],
			   const char *(*env)(const char *name), struct err *err)
{
	const struct option_set set = {
		.spec = spec, .len = ARRAY_LEN(spec), .handle = handle, .ctx = config};

	*config = (struct exporter_config){
		.timeout_ms = FETCH_TIMEOUT_MS,
		.ledger = true,
		.telemetry_path = "/metrics",
		.level = EXPORTER_INFO,
	};
	arena_init(&config->arena, EXPORTER_CONFIG_BYTES_MAX);
	if (!option_parse(&set, argc, argv, err))
		return false;
	if (config->help || config->version)
		return true;
	if ((config->fetch.client_cert == NULL) != (config->fetch.client_key == NULL))
		return err_set(
			err, ERR_USAGE,
			"--nginx.ssl-client-cert and --nginx.ssl-client-key need each other");
	if (!exporter_sites_make(config, env, err))
		return false;
	config->prom.label = config->label.item;
	config->prom.label_len = config->label.len;
	return true;
}

void exporter_config_free(struct exporter_config *config)
{
	struct site *site = config->site.item;

	for (size_t i = 0; i < config->site.len; i++) {
		if (site[i].nginx_keep != NULL)
			fetch_keep_free(site[i].nginx_keep);
		site_free(&site[i]);
	}
	arena_free(&config->arena);
	*config = (struct exporter_config){0};
}

const struct site *exporter_config_sites(const struct exporter_config *config, size_t *len)
{
	*len = config->site.len;
	return config->site.item;
}

void exporter_config_help(struct buf *out)
{
	const struct option_set set = {.spec = spec, .len = ARRAY_LEN(spec)};

	buf_add_text(out,
		     "Usage: connledger_exporter [OPTION]...\n\n"
		     "Shows to Prometheus the numbers of nginx and uWSGI, who is holding each\n"
		     "connection, and what is wrong.\n\n");
	option_help(&set, out);
	buf_add_text(
		out,
		"\nOne nginx and all uWSGI targets are one site. With more than one nginx each\n"
		"target is a site of its own, and each series has a label \"site\" with its "
		"text.\n");
}
