/* SPDX-License-Identifier: MIT */
/* probe.c - a target that somebody else names; see probe.h. */
#include "probe.h"

#include "fence.h"
#include "resolve.h"

#define EXPECTED "expected http://host[:port]/path, https://... or tcp://host:port"

static bool refuse(struct err *err, const char *text, const char *why)
{
	/* Before an "@" there may be a password. */
	if (strchr(text, '@') != NULL)
		return err_set(err, ERR_USAGE, "target: %s", why);
	return err_set(err, ERR_USAGE, "target \"%.80s\": %s", text, why);
}

static const struct exporter_module *find_module(const struct exporter_config *config,
						 const char *name, struct err *err)
{
	const struct exporter_module *module;

	if (name == NULL || name[0] == '\0')
		name = EXPORTER_MODULE_DEFAULT;
	module = exporter_config_module(config, name);
	if (module != NULL)
		return module;
	if (config->module.len == 0)
		err_set(err, ERR_ACCESS,
			"nothing may be probed: name what may be in the file of --config.file, as "
			"in modules: { default: { targets: [\"10.0.0.0/8\"] } }");
	else
		err_set(err, ERR_USAGE, "module \"%.60s\" is not in the configuration", name);
	return NULL;
}

static bool is_url(const char *text)
{
	struct str rest = str_of(text);

	return str_take(&rest, STR("http://")) || str_take(&rest, STR("https://"));
}

/* What can be said without looking at the module. */
static bool check_form(const char *text, struct err *err)
{
	if (text == NULL || text[0] == '\0')
		return err_set(err, ERR_USAGE, "the parameter \"target\" is missing: " EXPECTED);
	if (str_starts(str_of(text), STR("unix:")) || text[0] == '/' || text[0] == '@')
		return refuse(err, text, "unix sockets are not probed; name a site for it");
	if (strchr(text, '@') != NULL)
		return refuse(err, text,
			      "no user or password may be in it: the module has username and "
			      "password_file");
	return true;
}

static bool read_target(struct exporter_probe *probe, const struct exporter_module *module,
			const char *text, struct err *err)
{
	struct site *site = &probe->site;
	struct err why = {0};
	bool url = is_url(text);
	bool ok;

	if (!url && module->kind == MODULE_NGINX)
		return refuse(err, text, "the module is for nginx: expected http:// or https://");
	if (!url && strstr(text, "://") != NULL && !str_starts(str_of(text), STR("tcp://")))
		return refuse(err, text, EXPECTED);
	if (url && module->kind != MODULE_UWSGI)
		ok = site_set_nginx(site, text, &why);
	else
		ok = site_add_uwsgi(site, text, &why);
	probe->may_be_uwsgi = url && module->kind == MODULE_ANY;
	if (ok)
		return true;
	return why.kind == ERR_USAGE ? refuse(err, text, EXPECTED)
				     : err_set(err, why.kind, "%s", why.text);
}

bool exporter_probe_init(struct exporter_probe *probe, const struct exporter_config *config,
			 const char *text, const char *module_name, struct err *err)
{
	const struct exporter_module *module;
	const struct target *target;

	*probe = (struct exporter_probe){0};
	site_init(&probe->site);
	if (!check_form(text, err))
		return false;
	module = find_module(config, module_name, err);
	if (module == NULL || !read_target(probe, module, text, err))
		return false;
	target = probe->site.has_nginx ? &probe->site.nginx : &probe->site.uwsgi[0];
	if (!allow_match(module->target.item, module->target.len, target->host))
		return err_set(err, ERR_ACCESS,
			       "target \"%.80s\": module \"%.60s\" does not allow this host", text,
			       module->name);
	probe->site.timeout_ms = module->timeout_ms;
	probe->site.options = module->fetch;
	/* Where "localhost" leads no name server says. */
	if (!resolve_is_localhost(target->host)) {
		probe->site.options.may_reach = fence_may_reach;
		probe->site.options.may_reach_ctx = module;
	}
	return true;
}

static bool run(struct exporter_probe *probe, unsigned timeout_ms, struct err *err)
{
	exporter_collection_free(&probe->collection);
	return exporter_collection_init(&probe->collection, &probe->site, 1, err) &&
	       exporter_collection_run(&probe->collection, timeout_ms, err);
}

/* Whoever named the target may have meant either. */
static void say_neither(struct err *err)
{
	const struct err was = *err;

	err_clear(err);
	(void)err_set(err, was.kind, "%s; and it is not the JSON of a uWSGI stats server either",
		      was.text);
}

/* The same target as a stats server. No page of nginx is JSON: what sent some stays one, also when
 * this fails. */
static bool run_as_uwsgi(struct exporter_probe *probe, unsigned timeout_ms, struct err *err)
{
	struct scrape *scrape = probe->collection.scrape;
	struct exporter_probe other = {
		.site = {.timeout_ms = probe->site.timeout_ms, .options = probe->site.options}};
	bool ok = site_add_uwsgi(&other.site, probe->site.nginx.name, err) &&
		  run(&other, timeout_ms, err);

	if (ok && (scrape->nginx_is_json || other.collection.scrape[0].uwsgi[0].probe.up)) {
		struct exporter_probe swap = *probe;

		*probe = other;
		other = swap;
	} else {
		say_neither(&scrape->nginx_probe.err);
	}
	exporter_probe_free(&other);
	return ok;
}

static bool run_either(struct exporter_probe *probe, unsigned timeout_ms, struct err *err)
{
	double began = clock_now(CLOCK_MONOTONIC);
	struct scrape *scrape;
	unsigned used_ms;
	bool is_long;

	if (timeout_ms > probe->site.timeout_ms)
		timeout_ms = probe->site.timeout_ms;
	if (!run(probe, timeout_ms, err))
		return false;
	scrape = probe->collection.scrape;
	/* JSON of a busy uWSGI is longer than a page may be; its first bytes may not be there. */
	is_long = scrape->nginx_probe.err.kind == ERR_TOO_LARGE;
	if (!probe->may_be_uwsgi || (!is_long && scrape->nginx_probe.err.kind != ERR_PARSE))
		return true;
	if (!is_long && !scrape->nginx_is_json) {
		say_neither(&scrape->nginx_probe.err);
		return true;
	}
	used_ms = (unsigned)((clock_now(CLOCK_MONOTONIC) - began) * 1e3);
	return used_ms >= timeout_ms || run_as_uwsgi(probe, timeout_ms - used_ms, err);
}

bool exporter_probe_run(struct exporter_probe *probe, unsigned timeout_ms, struct err *err)
{
	const struct scrape *scrape;
	const struct err *why;

	if (!run_either(probe, timeout_ms, err))
		return false;
	scrape = probe->collection.scrape;
	why = scrape->uwsgi_len > 0 ? &scrape->uwsgi[0].probe.err : &scrape->nginx_probe.err;
	return why->kind != ERR_FENCED || err_set(err, ERR_ACCESS, "%s", why->text);
}

void exporter_probe_log(const struct exporter_probe *probe, const struct exporter_log *log)
{
	const struct scrape *scrape = probe->collection.scrape;
	const struct probe *asked =
		scrape->uwsgi_len > 0 ? &scrape->uwsgi[0].probe : &scrape->nginx_probe;
	const struct target *target =
		scrape->uwsgi_len > 0 ? scrape->uwsgi[0].target : &scrape->site->nginx;

	if (!asked->up)
		exporter_log(log, EXPORTER_DEBUG, "probed target is down",
			     LOG_FIELDS({"target", target->name},
					{"reason", err_kind_name(asked->err.kind)},
					{"err", asked->err.text}));
}

void exporter_probe_free(struct exporter_probe *probe)
{
	exporter_collection_free(&probe->collection);
	site_free(&probe->site);
	*probe = (struct exporter_probe){0};
}
