/* SPDX-License-Identifier: MIT */
/* probe.c - the actions of the plugin that ask a server; see probe.h. */
#include "probe.h"

#include "discover.h"
#include "suffix.h"

/* ---- fetch ----------------------------------------------------------------------------------- */

/* systemd gives munin-node a /tmp of its own and hides /home: a socket there is seen from a shell,
 * and not by the plugin. */
static const char *hint(const struct target *target, const struct err *err)
{
	struct str path = str_of(target->path);

	if (err->kind != ERR_NOT_FOUND)
		return "";
	if (str_starts(path, STR("/tmp/")) || str_starts(path, STR("/var/tmp/")))
		return " (munin-node has a private /tmp: let the socket be in /run)";
	if (str_starts(path, STR("/home/")) || str_starts(path, STR("/root/")))
		return " (munin-node cannot see home directories: let the socket be in /run)";
	return "";
}

static void log_probe(const struct munin_setup *setup, const struct target *target,
		      const struct probe *probe, struct buf *log)
{
	if (probe->asked && !probe->up)
		buf_addf(log, "%s: %s%s\n", setup->file, probe->err.text,
			 hint(target, &probe->err));
}

bool munin_probe(const struct munin_setup *setup, struct scrape *scrape, struct buf *log)
{
	struct err err = setup->err;

	if (err.kind != ERR_NONE || !scrape_run(scrape, &setup->site, &err)) {
		buf_addf(log, "%s: %s\n", setup->file, err.text);
		return false;
	}
	log_probe(setup, &setup->site.nginx, &scrape->nginx_probe, log);
	for (size_t i = 0; i < scrape->uwsgi_len; i++)
		log_probe(setup, scrape->uwsgi[i].target, &scrape->uwsgi[i].probe, log);
	return true;
}

/* ---- autoconf -------------------------------------------------------------------------------- */

/* The site as the environment names it: everything has to answer. */
static void autoconf_named(struct munin_setup *setup, struct buf *out)
{
	struct scrape scrape = {0};
	struct err err = setup->err;

	setup->site.want_ledger = false;
	if (setup->site.timeout_ms > MUNIN_DISCOVER_MS)
		setup->site.timeout_ms = MUNIN_DISCOVER_MS;
	if (err.kind == ERR_NONE && scrape_run(&scrape, &setup->site, &err)) {
		if (scrape.nginx_probe.asked && !scrape.nginx_probe.up)
			err = scrape.nginx_probe.err;
		for (size_t i = 0; i < scrape.uwsgi_len && err.kind == ERR_NONE; i++) {
			if (!scrape.uwsgi[i].probe.up)
				err = scrape.uwsgi[i].probe.err;
		}
	}
	if (err.kind == ERR_NONE)
		buf_add_text(out, "yes\n");
	else
		buf_addf(out, "no (%s)\n", err.text);
	scrape_free(&scrape);
}

static bool is_default(const struct munin_place *place)
{
	return str_equal(str_of(place->target.name), STR(MUNIN_DEFAULT_NGINX));
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
		buf_add_text(out, "no (no status page of nginx on " MUNIN_PLACES_NGINX
				  ", no uWSGI stats server at " MUNIN_PLACES_UWSGI ")\n");
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

void munin_suggest(const struct munin_setup *setup, struct buf *out)
{
	struct munin_places places = {0};
	const struct munin_place *nginx;
	struct err ignored = {0};

	if (setup->named) {
		suggest_named(setup, out);
		return;
	}
	if (munin_discover(&places, MUNIN_SOCKET_DIR, &ignored)) {
		/* The usual paths of nginx are one server's. */
		nginx = munin_places_first(&places, TARGET_NGINX);
		if (nginx != NULL && !is_default(nginx))
			suggest_target(&nginx->target, TARGET_NGINX, out);
		for (size_t i = 0; i < places.len; i++) {
			if (places.place[i].found && places.place[i].role == TARGET_UWSGI)
				suggest_target(&places.place[i].target, TARGET_UWSGI, out);
		}
	}
	munin_places_free(&places);
}
