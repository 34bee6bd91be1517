/* SPDX-License-Identifier: MIT */
/* config_file.c - sites and modules out of YAML; see config_file.h. */
#include "config_file.h"

#include "config_fetch.h"
#include "file.h"
#include "sites.h"

enum { TREE_BYTES_MAX = 32 * 1024 * 1024 };

/* The file that is being read. */
struct config_reader {
	struct exporter_config *config;
	struct list labels; /* struct prom_labels: of the file's sites */
	bool has_labels;
	bool has_secret;
};

static bool out_of_memory(struct err *err)
{
	return err_set(err, ERR_MEMORY, "out of memory for the configuration");
}

/* Hands each text of a list to `add`. */
static bool each(struct config_part *part, const struct yaml *list,
		 bool (*add)(struct config_part *part, const char *text, struct err *err),
		 struct err *err)
{
	for (const struct yaml *i = list->first; i != NULL; i = i->next) {
		struct err why = {0};

		if (i->kind != YAML_SCALAR)
			return yaml_refuse(i, err, "expected a text");
		if (!add(part, i->text, &why))
			return err_set(err, why.kind, "line %u: %s", i->line, why.text);
	}
	return true;
}

/* ---- sites ---------------------------------------------------------------------------------- */

static bool take_nginx(void *ctx, const struct yaml *value, struct err *err)
{
	const struct config_part *part = ctx;

	return site_set_nginx(part->site, value->text, err);
}

static bool add_uwsgi(struct config_part *part, const char *text, struct err *err)
{
	return site_add_uwsgi(part->site, text, err);
}

static bool take_uwsgi(void *ctx, const struct yaml *value, struct err *err)
{
	return each(ctx, value, add_uwsgi, err);
}

static bool add_port(struct config_part *part, const char *text, struct err *err)
{
	return site_add_port(part->site, text, err);
}

static bool take_ports(void *ctx, const struct yaml *value, struct err *err)
{
	return each(ctx, value, add_port, err);
}

static bool add_upstream(struct config_part *part, const char *text, struct err *err)
{
	return site_add_upstream(part->site, text, err);
}

static bool take_upstreams(void *ctx, const struct yaml *value, struct err *err)
{
	return each(ctx, value, add_upstream, err);
}

static bool take_connections(void *ctx, const struct yaml *value, struct err *err)
{
	const struct config_part *part = ctx;

	return site_set_worker_connections(part->site, value->text, err);
}

static bool take_labels(void *ctx, const struct yaml *value, struct err *err)
{
	struct config_part *part = ctx;

	for (const struct yaml *i = value->first; i != NULL; i = i->next) {
		struct err why = {0};

		if (i->kind != YAML_SCALAR)
			return yaml_refuse(i, err, "expected a text");
		if (!exporter_config_label(part->config, &part->labels, "label", str_of(i->key),
					   str_of(i->text), &why))
			return err_set(err, why.kind, "line %u: %s", i->line, why.text);
	}
	return true;
}

static bool take_ledger(void *ctx, const struct yaml *value, struct err *err)
{
	const struct config_part *part = ctx;

	return yaml_bool(value, &part->site->want_ledger, err);
}

static const struct yaml_field site_field[] = {
	{"nginx", YAML_SCALAR, take_nginx},
	{"uwsgi", YAML_LIST, take_uwsgi},
	{"ports", YAML_LIST, take_ports},
	{"upstreams", YAML_LIST, take_upstreams},
	{"worker_connections", YAML_SCALAR, take_connections},
	{"labels", YAML_MAP, take_labels},
	{"ledger", YAML_SCALAR, take_ledger},
	CONFIG_FETCH_FIELDS,
};

static bool check_site(const struct config_part *part, const struct yaml *node, struct err *err)
{
	const struct site *site = part->site;

	if (!site->has_nginx && site->uwsgi_len == 0)
		return err_set(err, ERR_USAGE, "line %u: site \"%.63s\": expected nginx or uwsgi",
			       node->line, site->name);
	if (!site->has_nginx &&
	    (site->port_len > 0 || site->upstream_len > 0 || site->worker_connections > 0))
		return err_set(err, ERR_USAGE,
			       "line %u: site \"%.63s\": ports, upstreams and worker_connections "
			       "need an nginx",
			       node->line, site->name);
	return config_part_check(part, node, err);
}

static bool has_password(const struct site *site)
{
	bool found = site->has_nginx && site->nginx.password != NULL;

	for (size_t i = 0; i < site->uwsgi_len; i++)
		found = found || site->uwsgi[i].password != NULL;
	return found;
}

static bool take_site(struct config_reader *reader, const struct yaml *node, struct err *err)
{
	struct exporter_config *config = reader->config;
	struct prom_labels *labels;
	struct config_part part;

	config_part_init(&part, config);
	part.site = exporter_sites_add(config, err);
	if (part.site == NULL || !site_set_name(part.site, node->key, err) ||
	    !yaml_take(node, site_field, ARRAY_LEN(site_field), &part, err) ||
	    !check_site(&part, node, err))
		return false;
	part.site->options = part.fetch;
	part.site->timeout_ms = part.timeout_ms;
	reader->has_secret = reader->has_secret || part.has_secret || has_password(part.site);
	reader->has_labels = reader->has_labels || part.labels.len > 0;
	labels = list_add(&reader->labels, &config->arena, sizeof(*labels));
	if (labels == NULL)
		return out_of_memory(err);
	*labels = (struct prom_labels){.label = part.labels.item, .len = part.labels.len};
	return true;
}

/* Hands each entry of a map to `take`, with its line before an error that has none. */
static bool each_entry(struct config_reader *reader, const struct yaml *map,
		       bool (*take)(struct config_reader *reader, const struct yaml *node,
				    struct err *err),
		       struct err *err)
{
	for (const struct yaml *i = map->first; i != NULL; i = i->next) {
		struct err why = {0};

		if (take(reader, i, &why))
			continue;
		if (strncmp(why.text, "line ", strlen("line ")) == 0)
			return err_set(err, why.kind, "%s", why.text);
		return err_set(err, why.kind, "line %u: %s", i->line, why.text);
	}
	return true;
}

static bool take_sites(void *ctx, const struct yaml *value, struct err *err)
{
	return each_entry(ctx, value, take_site, err);
}

/* ---- modules -------------------------------------------------------------------------------- */

static bool add_target(struct config_part *part, const char *text, struct err *err)
{
	struct arena *arena = &part->config->arena;
	struct allow *allow;

	if (part->module->target.len == EXPORTER_PATTERNS_MAX)
		return err_set(err, ERR_USAGE, "more than %d targets", EXPORTER_PATTERNS_MAX);
	allow = list_add(&part->module->target, arena, sizeof(*allow));
	return allow == NULL ? out_of_memory(err) : allow_parse(allow, arena, text, err);
}

static bool take_targets(void *ctx, const struct yaml *value, struct err *err)
{
	return each(ctx, value, add_target, err);
}

static bool take_kind(void *ctx, const struct yaml *value, struct err *err)
{
	const struct config_part *part = ctx;

	if (strcmp(value->text, "nginx") == 0)
		part->module->kind = MODULE_NGINX;
	else if (strcmp(value->text, "uwsgi") == 0)
		part->module->kind = MODULE_UWSGI;
	return part->module->kind != MODULE_ANY ||
	       yaml_refuse(value, err, "kind: expected nginx or uwsgi");
}

static const struct yaml_field module_field[] = {
	{"targets", YAML_LIST, take_targets},
	{"kind", YAML_SCALAR, take_kind},
	CONFIG_FETCH_FIELDS,
};

static bool take_module(struct config_reader *reader, const struct yaml *node, struct err *err)
{
	struct exporter_config *config = reader->config;
	struct config_part part;

	config_part_init(&part, config);
	if (config->module.len == EXPORTER_MODULES_MAX)
		return err_set(err, ERR_USAGE, "more than %d modules", EXPORTER_MODULES_MAX);
	part.module = list_add(&config->module, &config->arena, sizeof(*part.module));
	if (part.module == NULL)
		return out_of_memory(err);
	part.module->name = arena_text(&config->arena, str_of(node->key));
	if (part.module->name == NULL)
		return out_of_memory(err);
	if (!yaml_take(node, module_field, ARRAY_LEN(module_field), &part, err) ||
	    !config_part_check(&part, node, err))
		return false;
	if (part.module->target.len == 0)
		return err_set(err, ERR_USAGE,
			       "module \"%.60s\": expected targets: what it may reach", node->key);
	part.module->fetch = part.fetch;
	part.module->timeout_ms = part.timeout_ms;
	reader->has_secret = reader->has_secret || part.has_secret;
	return true;
}

static bool take_modules(void *ctx, const struct yaml *value, struct err *err)
{
	return each_entry(ctx, value, take_module, err);
}

/* ---- the file ------------------------------------------------------------------------------- */

static const struct yaml_field root_field[] = {
	{"sites", YAML_MAP, take_sites},
	{"modules", YAML_MAP, take_modules},
};

/* The file's sites come after those of the command line, which have no labels of their own. */
static bool join_labels(struct config_reader *reader, size_t before, struct err *err)
{
	struct exporter_config *config = reader->config;
	const struct prom_labels *from = reader->labels.item;

	if (!reader->has_labels)
		return true;
	for (size_t i = 0; i < config->site.len; i++) {
		struct prom_labels *labels =
			list_add(&config->site_label, &config->arena, sizeof(*labels));

		if (labels == NULL)
			return out_of_memory(err);
		if (i >= before)
			*labels = from[i - before];
	}
	return true;
}

static bool read_tree(struct config_reader *reader, const struct yaml *root, struct err *err)
{
	struct exporter_config *config = reader->config;
	size_t before = config->site.len;

	if (!yaml_take(root, root_field, ARRAY_LEN(root_field), reader, err))
		return false;
	if (config->site.len == before && config->module.len == 0)
		return err_set(err, ERR_USAGE, "line %u: expected sites, modules, or both",
			       root->line);
	return join_labels(reader, before, err);
}

bool exporter_config_file(struct exporter_config *config, struct err *err)
{
	struct config_reader reader = {.config = config};
	const char *path = config->config_file;
	const struct yaml *root = NULL;
	struct err why = {0};
	struct arena tree;
	bool ok;

	arena_init(&tree, TREE_BYTES_MAX);
	ok = yaml_read(&root, &tree, path, &why);
	if (!ok)
		err_set(err, why.kind == ERR_MEMORY ? ERR_MEMORY : ERR_USAGE, "%s", why.text);
	else if (!read_tree(&reader, root, &why))
		ok = err_set(err, why.kind == ERR_MEMORY ? ERR_MEMORY : ERR_USAGE, "%.100s: %s",
			     path, why.text);
	arena_free(&tree);
	if (ok && reader.has_secret && exporter_file_is_open_to_all(path))
		exporter_config_warn(config, "everybody can read the passwords in \"%.120s\"",
				     path);
	return ok;
}
