/* SPDX-License-Identifier: MIT */
/* probe.c - the actions of the plugin that ask a server; see probe.h. */
#include "probe.h"

#include "discover.h"
#include "hint.h"
#include "suffix.h"

/* ---- fetch ----------------------------------------------------------------------------------- */

static void add_failure(const struct munin_setup *setup, enum target_role role,
			const struct target *target, const struct err *err, struct buf *out)
{
	const struct munin_hint hint = {
		.section = setup->file,
		.named = setup->named || setup->instance != NULL,
		.role = role,
		.target = target,
		.err = err,
	};

	buf_add_text(out, err->text);
	munin_hint_add(&hint, "/proc", out);
}

static void log_probe(const struct munin_setup *setup, enum target_role role,
		      const struct target *target, const struct probe *probe, struct buf *log)
{
	if (!probe->asked || probe->up)
		return;
	buf_addf(log, "%s: ", setup->file);
	add_failure(setup, role, target, &probe->err, log);
	buf_add_char(log, '\n');
}

/* The graphs are of workers: an emperor or a router has none, and all would be 0. */
static void log_workerless(const struct munin_setup *setup, const struct scrape *scrape,
			   struct buf *log)
{
	for (size_t i = 0; i < scrape->uwsgi_len; i++) {
		if (!scrape->uwsgi[i].probe.up || scrape->uwsgi[i].stats.kind == UWSGI_APP)
			return;
	}
	for (size_t i = 0; i < scrape->uwsgi_len; i++)
		buf_addf(log,
			 "%s: %s: the stats server of a uWSGI %s, which has no workers: name that "
			 "of the application in env.uwsgi\n",
			 setup->file, scrape->uwsgi[i].target->name,
			 scrape->uwsgi[i].stats.kind == UWSGI_EMPEROR ? "emperor" : "router");
}

bool munin_probe(const struct munin_setup *setup, struct scrape *scrape, struct buf *log)
{
	struct err err = setup->err;

	if (err.kind != ERR_NONE || !scrape_run(scrape, &setup->site, &err)) {
		buf_addf(log, "%s: %s\n", setup->file, err.text);
		return false;
	}
	log_probe(setup, TARGET_NGINX, &setup->site.nginx, &scrape->nginx_probe, log);
	for (size_t i = 0; i < scrape->uwsgi_len; i++)
		log_probe(setup, TARGET_UWSGI, scrape->uwsgi[i].target, &scrape->uwsgi[i].probe,
			  log);
	log_workerless(setup, scrape, log);
	return true;
}

/* ---- autoconf -------------------------------------------------------------------------------- */

/* The site as the environment names it: everything has to answer. */
static void autoconf_named(struct munin_setup *setup, struct buf *out)
{
	enum { WHY_BYTES_MAX = 4096 };
	struct scrape scrape = {0};
	struct err err = setup->err;
	struct buf why;

	setup->site.want_ledger = false;
	if (setup->site.timeout_ms > MUNIN_DISCOVER_MS)
		setup->site.timeout_ms = MUNIN_DISCOVER_MS;
	buf_init(&why, WHY_BYTES_MAX);
	if (err.kind == ERR_NONE && scrape_run(&scrape, &setup->site, &err)) {
		if (scrape.nginx_probe.asked && !scrape.nginx_probe.up)
			add_failure(setup, TARGET_NGINX, &setup->site.nginx,
				    &scrape.nginx_probe.err, &why);
		for (size_t i = 0; i < scrape.uwsgi_len && why.len == 0; i++) {
			if (!scrape.uwsgi[i].probe.up)
				add_failure(setup, TARGET_UWSGI, scrape.uwsgi[i].target,
					    &scrape.uwsgi[i].probe.err, &why);
		}
	}
	if (err.kind != ERR_NONE)
		buf_add_text(&why, err.text);
	if (why.len == 0)
		buf_add_text(out, "yes\n");
	else
		buf_addf(out, "no (%s)\n", buf_text(&why));
	buf_free(&why);
	scrape_free(&scrape);
}

static bool is_default(const struct munin_place *place)
{
	return str_equal(str_of(place->target.name), STR(MUNIN_DEFAULT_NGINX));
}

/* What was tried, and who was there and did not let us in. */
static void add_nothing(const struct munin_setup *setup, const struct munin_places *places,
			struct buf *out)
{
	const struct nearby *nearby = &places->nearby;
	const struct munin_place *closed = munin_places_closed(places);

	buf_add_text(out, "no (no status page of nginx on " MUNIN_PLACES_NGINX);
	for (size_t i = 0; i < nearby->port_len; i++) {
		buf_add_text(out, i == 0 ? ", nor where nginx listens: " : ", ");
		endpoint_print(&nearby->port[i].at, out);
	}
	buf_add_text(out, "; no uWSGI stats server at " MUNIN_PLACES_UWSGI);
	if (closed != NULL) {
		buf_add_text(out, "; ");
		add_failure(setup, closed->role, &closed->target, &closed->err, out);
	}
	buf_add_text(out, ")\n");
}

/* Without configuration the wildcard plugin can be linked for whatever was found, the plain one
 * only works with the default target. */
static void autoconf_found(const struct munin_setup *setup, const struct munin_places *places,
			   struct buf *out)
{
	const struct munin_place *nginx = munin_places_first(places, TARGET_NGINX);
	const struct munin_place *uwsgi = munin_places_first(places, TARGET_UWSGI);
	const struct munin_place *found = nginx != NULL ? nginx : uwsgi;

	if (found == NULL)
		add_nothing(setup, places, out);
	else if (setup->wildcard || is_default(found))
		buf_add_text(out, "yes\n");
	else
		buf_addf(out,
			 "no (nothing at " MUNIN_DEFAULT_NGINX ", but at %s: set env.%s to it)\n",
			 found->target.name, found == nginx ? "nginx" : "uwsgi");
}

void munin_autoconf(struct munin_setup *setup, struct buf *out)
{
	struct munin_places places = {0};
	struct err err = {0};

	if (setup->named || setup->stock != NULL || setup->instance != NULL) {
		autoconf_named(setup, out);
		return;
	}
	if (setup->err.kind != ERR_NONE)
		buf_addf(out, "no (%s)\n", setup->err.text);
	else if (munin_discover(&places, MUNIN_SOCKET_DIR, &err))
		autoconf_found(setup, &places, out);
	else
		buf_addf(out, "no (%s)\n", err.text);
	munin_places_free(&places);
}

/* ---- suggest --------------------------------------------------------------------------------- */

static void suggest_target(const struct target *target, enum target_role role, struct buf *out)
{
	struct buf suffix;

	buf_init(&suffix, MUNIN_NAME_MAX / 2);
	if (munin_suffix_encode(target, role, &suffix) && buf_ok(&suffix))
		buf_addf(out, "%s\n", buf_text(&suffix));
	buf_free(&suffix);
}

/* The environment names the site, and will do so for any instance: one is enough. */
static void suggest_named(const struct munin_setup *setup, struct buf *out)
{
	if (setup->err.kind != ERR_NONE)
		return;
	if (setup->site.has_nginx)
		suggest_target(&setup->site.nginx, TARGET_NGINX, out);
	else if (setup->site.uwsgi_len > 0)
		suggest_target(&setup->site.uwsgi[0], TARGET_UWSGI, out);
	if (out->len == 0)
		buf_add_text(out, "local\n");
}

/* Whether an earlier place shows the same numbers. */
static bool is_repeated(const struct munin_places *places, size_t at)
{
	for (size_t i = 0; i < at; i++) {
		if (places->place[i].found && places->place[i].role == TARGET_NGINX &&
		    places->place[i].server == places->place[at].server)
			return true;
	}
	return false;
}

static void suggest_found(const struct munin_places *places, struct buf *out)
{
	for (size_t i = 0; i < places->len; i++) {
		const struct munin_place *place = &places->place[i];

		if (!place->found ||
		    (place->role == TARGET_NGINX && (is_default(place) || is_repeated(places, i))))
			continue;
		suggest_target(&place->target, place->role, out);
	}
}

void munin_suggest(const struct munin_setup *setup, struct buf *out)
{
	struct munin_places places = {0};
	struct err ignored = {0};

	if (setup->named)
		suggest_named(setup, out);
	else if (munin_discover(&places, MUNIN_SOCKET_DIR, &ignored))
		suggest_found(&places, out);
	munin_places_free(&places);
}
