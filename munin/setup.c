/* SPDX-License-Identifier: MIT */
/* setup.c - file name and environment of a plugin, understood; see setup.h. */
#include "setup.h"

#include "option.h"
#include "suffix.h"

#define WILDCARD STR("connledger_")

static const char *env_get(const struct munin_env *env, const char *name)
{
	const char *value = env->get(env->ctx, name);

	return value == NULL || *value == '\0' ? NULL : value;
}

/* ---- name ------------------------------------------------------------------------------------ */

static const struct munin_graph *stock_graph(const char *file)
{
	struct str name = str_of(file);

	if (!str_take(&name, STR("nginx_")))
		return NULL;
	for (size_t i = 0; i < munin_graph_all_len; i++) {
		const struct munin_graph *graph = &munin_graph_all[i];

		if (graph->stock && str_equal(name, str_of(graph->suffix)))
			return graph;
	}
	return NULL;
}

static void set_name(struct munin_setup *setup, const char *argv0)
{
	const char *slash = strrchr(argv0, '/');
	struct str rest;

	(void)snprintf(setup->file, sizeof(setup->file), "%s", slash == NULL ? argv0 : slash + 1);
	if (setup->file[0] == '\0')
		(void)snprintf(setup->file, sizeof(setup->file), "connledger");
	for (char *c = setup->file; *c != '\0'; c++) {
		if (*c <= ' ' || *c > '~')
			*c = '_';
	}
	memcpy(setup->name, setup->file, sizeof(setup->name));
	/* A dot in a graph's name would make it a graph of another one. */
	for (char *c = setup->name; *c != '\0'; c++) {
		bool word = (*c >= '0' && *c <= '9') || (*c >= 'a' && *c <= 'z') ||
			    (*c >= 'A' && *c <= 'Z');

		if (!word)
			*c = '_';
	}
	rest = str_of(setup->file);
	setup->wildcard = str_take(&rest, WILDCARD);
	setup->instance = setup->wildcard && rest.len > 0 ? rest.ptr : NULL;
	setup->stock = stock_graph(setup->file);
}

/* ---- targets --------------------------------------------------------------------------------- */

/* plugin-conf.d takes quotes as they stand, and people put them there. */
static struct str unquote(struct str text)
{
	text = str_trim(text);
	if (text.len >= 2 && (text.ptr[0] == '"' || text.ptr[0] == '\'') &&
	    text.ptr[text.len - 1] == text.ptr[0]) {
		text.ptr++;
		text.len -= 2;
	}
	return str_trim(text);
}

static void add_target(struct munin_setup *setup, enum target_role role, struct str text)
{
	char *copy = str_dup(text);
	bool ok;

	if (copy == NULL) {
		(void)err_set(&setup->err, ERR_MEMORY, "out of memory");
		return;
	}
	/* The reason is in setup->err, and the first one is kept. */
	ok = role == TARGET_NGINX ? site_set_nginx(&setup->site, copy, &setup->err)
				  : site_add_uwsgi(&setup->site, copy, &setup->err);
	(void)ok;
	free(copy);
}

static void add_uwsgi(struct munin_setup *setup, struct str text)
{
	add_target(setup, TARGET_UWSGI, text);
}

/* Calls `add` for each of the words of `value`, which blanks keep apart. */
static void each_word(struct munin_setup *setup, const char *value,
		      void (*add)(struct munin_setup *setup, struct str text))
{
	struct str rest = unquote(str_of(value));

	while (rest.len > 0) {
		size_t end = 0;

		while (end < rest.len && rest.ptr[end] != ' ' && rest.ptr[end] != '\t')
			end++;
		add(setup, (struct str){rest.ptr, end});
		rest = str_trim((struct str){rest.ptr + end, rest.len - end});
	}
}

/* Nobody names a target: the file name may. */
static void set_from_name(struct munin_setup *setup)
{
	enum target_role role = TARGET_NGINX;
	struct buf text;

	if (setup->instance == NULL) {
		setup->has_nginx = true;
		add_target(setup, TARGET_NGINX,
			   setup->stock != NULL ? STR(MUNIN_STOCK_NGINX)
						: STR(MUNIN_DEFAULT_NGINX));
		return;
	}
	buf_init(&text, TARGET_TEXT_MAX);
	if (munin_suffix_parse(str_of(setup->instance), &role, &text) && buf_ok(&text))
		add_target(setup, role, buf_str(&text));
	else
		(void)err_set(&setup->err, ERR_USAGE,
			      "no target: set env.nginx or env.uwsgi in a section [%.100s] of "
			      "plugin-conf.d",
			      setup->file);
	buf_free(&text);
	setup->has_nginx = role == TARGET_NGINX;
	setup->has_uwsgi = role == TARGET_UWSGI;
}

static void set_targets(struct munin_setup *setup, const struct munin_env *env)
{
	const char *nginx = env_get(env, "nginx");
	const char *uwsgi = setup->stock != NULL ? NULL : env_get(env, "uwsgi");

	if (nginx == NULL)
		nginx = env_get(env, "url");
	setup->has_nginx = nginx != NULL;
	setup->has_uwsgi = uwsgi != NULL;
	setup->named = nginx != NULL || uwsgi != NULL;
	if (nginx != NULL)
		add_target(setup, TARGET_NGINX, unquote(str_of(nginx)));
	if (uwsgi != NULL)
		each_word(setup, uwsgi, add_uwsgi);
	if (!setup->named)
		set_from_name(setup);
}

static void set_timeout(struct munin_setup *setup, const struct munin_env *env)
{
	const char *text = env_get(env, "timeout");
	struct err why = {0};
	double seconds;

	if (text == NULL)
		return;
	if (option_seconds(text, FETCH_TIMEOUT_MS_MAX / 1000.0, &seconds, &why))
		setup->site.timeout_ms = seconds < 0.001 ? 1 : (unsigned)(seconds * 1000);
	else
		(void)err_set(&setup->err, ERR_USAGE, "env.timeout: %s", why.text);
}

/* ---- ledger ---------------------------------------------------------------------------------- */

static bool set_text(struct munin_setup *setup, const char *name, struct str text,
		     bool (*set)(struct site *site, const char *text, struct err *err))
{
	struct err why = {0};
	char *copy = str_dup(text);
	bool ok = copy != NULL ? set(&setup->site, copy, &why)
			       : err_set(&why, ERR_MEMORY, "out of memory");

	free(copy);
	return ok || err_set(&setup->err, why.kind, "env.%s: %s", name, why.text);
}

static void add_upstream(struct munin_setup *setup, struct str text)
{
	(void)!set_text(setup, "upstreams", text, site_add_upstream);
}

static void set_ledger(struct munin_setup *setup, const struct munin_env *env)
{
	const char *ports = env_get(env, "ports");
	const char *upstreams = env_get(env, "upstreams");
	const char *worker_connections = env_get(env, "worker_connections");
	const char *state_dir = env_get(env, "MUNIN_PLUGSTATE");

	setup->state_dir = state_dir != NULL ? state_dir : MUNIN_DEFAULT_STATE_DIR;
	setup->site.want_ledger = setup->stock == NULL;
	if (!setup->site.want_ledger)
		return;
	if (ports != NULL)
		(void)!set_text(setup, "ports", unquote(str_of(ports)), site_add_ports);
	if (upstreams != NULL)
		each_word(setup, upstreams, add_upstream);
	if (worker_connections != NULL)
		(void)!set_text(setup, "worker_connections", unquote(str_of(worker_connections)),
				site_set_worker_connections);
}

void munin_setup_init(struct munin_setup *setup, const char *argv0, const struct munin_env *env)
{
	const char *dirty = env_get(env, "MUNIN_CAP_DIRTYCONFIG");

	*setup = (struct munin_setup){0};
	site_init(&setup->site);
	set_name(setup, argv0);
	set_targets(setup, env);
	set_timeout(setup, env);
	set_ledger(setup, env);
	setup->site.options.username = env_get(env, "http_username");
	setup->site.options.password = env_get(env, "http_password");
	setup->category = env_get(env, "category");
	setup->dirty = dirty != NULL && str_equal(str_of(dirty), STR("1"));
}

void munin_setup_free(struct munin_setup *setup)
{
	site_free(&setup->site);
	*setup = (struct munin_setup){0};
}

bool munin_setup_shows(const struct munin_setup *setup, const struct munin_graph *graph)
{
	if (graph->stock || setup->stock != NULL)
		return graph == setup->stock;
	if (graph->listed)
		return setup->has_nginx || setup->has_uwsgi;
	return graph->root == ROOT_TOTALS ? setup->has_uwsgi : setup->has_nginx;
}
