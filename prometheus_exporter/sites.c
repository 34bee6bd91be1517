/* SPDX-License-Identifier: MIT */
/* sites.c - the sites that a command line's targets make; see sites.h. */
#include "sites.h"

static bool set_defaults(struct exporter_config *config, struct err *err)
{
	if (config->nginx.len == 0 && config->uwsgi.len == 0 && config->config_file == NULL &&
	    !exporter_config_add(config, &config->nginx, 1, STR(EXPORTER_NGINX_DEFAULT), err))
		return false;
	return config->listen.len > 0 ||
	       exporter_config_add(config, &config->listen, 1, STR(EXPORTER_LISTEN_DEFAULT), err);
}

struct site *exporter_sites_add(struct exporter_config *config, struct err *err)
{
	struct site *site = NULL;

	if (config->site.len == EXPORTER_SITES_MAX) {
		err_set(err, ERR_USAGE, "more than %d sites", EXPORTER_SITES_MAX);
		return NULL;
	}
	site = list_add(&config->site, &config->arena, sizeof(*site));
	if (site == NULL) {
		err_set(err, ERR_MEMORY, "out of memory for the configuration");
		return NULL;
	}
	site_init(site);
	site->timeout_ms = config->timeout_ms;
	site->options = config->fetch;
	site->want_ledger = config->ledger;
	site->nginx_keep = arena_alloc(&config->arena, sizeof(*site->nginx_keep));
	if (site->nginx_keep != NULL)
		fetch_keep_init(site->nginx_keep, NULL);
	return site;
}

/* What is said about nginx holds for each of them. */
static bool describe_nginx(const struct exporter_config *config, struct site *site, struct err *err)
{
	const char *const *ports = config->ports.item;
	const char *const *upstream = config->upstream.item;

	for (size_t i = 0; i < config->ports.len; i++) {
		if (!site_add_ports(site, ports[i], err))
			return false;
	}
	for (size_t i = 0; i < config->upstream.len; i++) {
		if (!site_add_upstream(site, upstream[i], err))
			return false;
	}
	return config->worker_connections == NULL ||
	       site_set_worker_connections(site, config->worker_connections, err);
}

static bool check_described(const struct exporter_config *config, struct err *err)
{
	if (config->nginx.len > 0 || (config->ports.len == 0 && config->upstream.len == 0 &&
				      config->worker_connections == NULL))
		return true;
	return err_set(err, ERR_USAGE,
		       "--nginx.ports, --nginx.upstream and --nginx.worker-connections need an "
		       "--nginx.scrape-uri");
}

bool exporter_sites_check(const struct exporter_config *config, struct err *err)
{
	const struct site *site = config->site.item;

	for (size_t i = 0; i < config->site.len; i++) {
		for (size_t k = 0; k < i; k++) {
			if (strcmp(prom_site_name(&site[i]), prom_site_name(&site[k])) == 0)
				return err_set(err, ERR_USAGE, "site \"%s\" is named twice",
					       prom_site_name(&site[i]));
		}
	}
	return true;
}

/* With one nginx at most, all targets are one site. With several nobody has said which uWSGI stands
 * behind which nginx: then each target is a site of its own. */
static bool make_sites(struct exporter_config *config, struct err *err)
{
	const char *const *nginx = config->nginx.item;
	const char *const *uwsgi = config->uwsgi.item;
	bool one = config->nginx.len <= 1;
	struct site *site = NULL;

	for (size_t i = 0; i < config->nginx.len; i++) {
		site = exporter_sites_add(config, err);
		if (site == NULL || !site_set_nginx(site, nginx[i], err) ||
		    !describe_nginx(config, site, err))
			return false;
	}
	for (size_t i = 0; i < config->uwsgi.len; i++) {
		if (!one || site == NULL)
			site = exporter_sites_add(config, err);
		if (site == NULL || !site_add_uwsgi(site, uwsgi[i], err))
			return false;
	}
	return check_described(config, err);
}

bool exporter_sites_make(struct exporter_config *config, struct err *err)
{
	return set_defaults(config, err) && make_sites(config, err);
}
