/* SPDX-License-Identifier: MIT */
/* config.c - the command line as a configuration; see config.h. */
#include "config.h"

#include <stdarg.h>
#include <stdio.h>

#include "config_file.h"
#include "config_option.h"
#include "sites.h"

/* What one exporter_config_parse() works on. */
struct parse {
	struct exporter_config *config;
	bool seen[OPT_MAX];
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

static bool refuse_label(const char *what, struct str name, struct str value, const char *why,
			 struct err *err)
{
	return err_set(err, ERR_USAGE, "%s \"%.*s=%.*s\": %s", what,
		       (int)(name.len < 60 ? name.len : 60), name.ptr,
		       (int)(value.len < 20 ? value.len : 20), value.ptr, why);
}

static bool has_label(const struct list *list, struct str name)
{
	const struct prom_label *label = list->item;

	for (size_t i = 0; i < list->len; i++) {
		if (str_equal(str_of(label[i].name), name))
			return true;
	}
	return false;
}

bool exporter_config_label(struct exporter_config *config, struct list *list, const char *what,
			   struct str name, struct str value, struct err *err)
{
	struct prom_label *label;

	if (!prom_label_name_ok(name))
		return refuse_label(what, name, value,
				    "expected a name of letters, digits and \"_\" that does not "
				    "begin with \"__\"",
				    err);
	if (prom_label_name_taken(name))
		return refuse_label(what, name, value, "metrics have a label of that name already",
				    err);
	if (has_label(list, name))
		return refuse_label(what, name, value, "the name is given twice", err);
	if (list != &config->label && has_label(&config->label, name))
		return refuse_label(what, name, value, "a constant label has that name already",
				    err);
	label = list_add(list, &config->arena, sizeof(*label));
	if (label == NULL)
		return out_of_memory(err);
	label->name = arena_text(&config->arena, name);
	label->value = arena_text(&config->arena, value);
	return (label->name != NULL && label->value != NULL) || out_of_memory(err);
}

void exporter_config_warn(struct exporter_config *config, const char *format, ...)
{
	char line[ERR_TEXT_MAX];
	struct err err = {0};
	va_list args;

	va_start(args, format);
	if (vsnprintf(line, sizeof(line), format, args) < 0)
		line[0] = '\0';
	va_end(args);
	(void)!exporter_config_add(config, &config->warning, EXPORTER_SITES_MAX, str_of(line),
				   &err);
}

/* ---- the command line ----------------------------------------------------------------------- */

static bool handle(void *ctx, int id, const char *value, struct err *err)
{
	struct parse *parse = ctx;

	parse->seen[id] = true;
	return exporter_option_set(parse->config, (enum option_id)id, value, err);
}

/* Whether `arg` is one of our long options with one dash, as nginx-prometheus-exporter had them
 * before 1.0 and Debian's still has. */
static bool has_one_dash(const char *arg)
{
	struct str name = str_of(arg);

	if (!str_take(&name, STR("-")) || name.len < 2 || name.ptr[0] == '-')
		return false;
	name = (struct str){name.ptr, str_find(name, '=')};
	for (size_t i = 0; i < exporter_option_len; i++) {
		if (str_equal(str_of(exporter_option[i].name), name))
			return true;
	}
	return false;
}

/* argv with two dashes everywhere; NULL when memory is out. */
static char **with_two_dashes(struct exporter_config *config)
{
	const struct exporter_source *source = &config->source;
	char **argv = arena_alloc(&config->arena, ((size_t)source->argc + 1) * sizeof(*argv));

	for (int i = 0; argv != NULL && i < source->argc; i++) {
		size_t size = strlen(source->argv[i]) + 1;

		argv[i] = source->argv[i];
		if (!has_one_dash(source->argv[i]))
			continue;
		argv[i] = arena_alloc(&config->arena, size + 1);
		if (argv[i] == NULL)
			return NULL;
		argv[i][0] = '-';
		memcpy(argv[i] + 1, source->argv[i], size);
	}
	return argv;
}

static bool parse_options(struct parse *parse, struct err *err)
{
	const struct option_set set = {.spec = exporter_option,
				       .len = exporter_option_len,
				       .handle = handle,
				       .ctx = parse};
	char **argv = with_two_dashes(parse->config);

	if (argv == NULL)
		return out_of_memory(err);
	return option_parse(&set, parse->config->source.argc, argv, err);
}

/* What can only be said when all options are known. */
static bool finish(struct exporter_config *config, struct err *err)
{
	if ((config->fetch.client_cert == NULL) != (config->fetch.client_key == NULL))
		return err_set(
			err, ERR_USAGE,
			"--nginx.ssl-client-cert and --nginx.ssl-client-key need each other");
	if (!exporter_sites_make(config, err))
		return false;
	if (config->config_file != NULL && !exporter_config_file(config, err))
		return false;
	if (!exporter_sites_check(config, err))
		return false;
	config->prom.label = config->label.item;
	config->prom.label_len = config->label.len;
	return true;
}

bool exporter_config_parse(struct exporter_config *config, int argc, char *const argv[],
			   const char *(*env)(const char *name), struct err *err)
{
	struct parse parse = {.config = config};

	*config = (struct exporter_config){
		.source = {argc, argv, env},
		.prom = {.series_max = EXPORTER_SERIES_MAX},
		.timeout_ms = FETCH_TIMEOUT_MS,
		.offset_seconds = EXPORTER_OFFSET_SECONDS,
		.ledger = true,
		.telemetry_path = "/metrics",
		.unix_mode = EXPORTER_UNIX_MODE,
		.level = EXPORTER_INFO,
	};
	arena_init(&config->arena, EXPORTER_CONFIG_BYTES_MAX);
	if (!parse_options(&parse, err))
		return false;
	if (config->help || config->version)
		return true;
	return exporter_env_set(config, parse.seen, err) && finish(config, err);
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

/* ---- what is in it -------------------------------------------------------------------------- */

const struct site *exporter_config_sites(const struct exporter_config *config, size_t *len)
{
	static const struct site none;

	*len = config->site.len;
	return *len > 0 ? config->site.item : &none;
}

const struct prom_labels *exporter_config_site_labels(const struct exporter_config *config)
{
	return config->site_label.len > 0 ? config->site_label.item : NULL;
}

const struct exporter_module *exporter_config_module(const struct exporter_config *config,
						     const char *name)
{
	const struct exporter_module *module = config->module.item;

	for (size_t i = 0; i < config->module.len; i++) {
		if (strcmp(module[i].name, name) == 0)
			return &module[i];
	}
	return NULL;
}
