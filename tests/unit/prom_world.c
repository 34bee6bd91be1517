/* SPDX-License-Identifier: MIT */
/* prom_world.c - a site and its exposition; see prom_world.h. */
#include "prom_world.h"

#include "unit.h"
#include "uwsgi.h"

void prom_world_start(struct prom_world *world)
{
	*world = (struct prom_world){0};
	site_init(&world->site);
	world->scrape = (struct scrape){.site = &world->site, .uwsgi = world->server};
}

void prom_world_nginx(struct prom_world *world, const char *target, const struct nginx_status *page)
{
	struct err err = {0};

	assert_true(site_set_nginx(&world->site, target, &err));
	world->scrape.nginx_probe =
		(struct probe){.asked = true, .up = page != NULL, .seconds = 0.25};
	if (page != NULL)
		world->scrape.nginx = *page;
}

void prom_world_uwsgi(struct prom_world *world, const char *target, const char *json)
{
	struct uwsgi_scrape *server = &world->server[world->scrape.uwsgi_len++];
	struct err err = {0};

	assert_true(site_add_uwsgi(&world->site, target, &err));
	*server = (struct uwsgi_scrape){.probe = {.asked = true, .up = json != NULL}};
	uwsgi_stats_init(&server->stats);
	if (json != NULL)
		assert_true(uwsgi_parse(&server->stats, str_of(json), &err));
	for (size_t i = 0; i < world->scrape.uwsgi_len; i++)
		world->server[i].target = &world->site.uwsgi[i];
}

void prom_world_stop(struct prom_world *world)
{
	for (size_t i = 0; i < world->scrape.uwsgi_len; i++)
		uwsgi_stats_free(&world->server[i].stats);
	site_free(&world->site);
}

char *prom_world_expose(enum prom_format format, const struct prom_scene *scene)
{
	struct buf out;

	buf_init(&out, PROM_BYTES_MAX);
	prom_expose(&out, format, scene);
	assert_true(buf_ok(&out));
	return out.ptr != NULL ? out.ptr : calloc(1, 1);
}

char *prom_world_samples(enum prom_format format, const struct prom_scene *scene)
{
	char *text = prom_world_expose(format, scene);
	struct str rest = str_of(text);
	struct buf out;

	buf_init(&out, PROM_BYTES_MAX);
	while (rest.len > 0) {
		struct str line = str_cut(&rest, '\n');

		if (str_starts(line, STR("#")))
			continue;
		buf_add_str(&out, line);
		buf_add_char(&out, '\n');
	}
	free(text);
	assert_true(buf_ok(&out));
	return out.ptr != NULL ? out.ptr : calloc(1, 1);
}

size_t prom_world_count(const char *text, const char *part)
{
	size_t found = 0;

	for (const char *at = strstr(text, part); at != NULL; at = strstr(at + 1, part))
		found++;
	return found;
}

static bool has_line(const char *text, const char *line)
{
	struct str rest = str_of(text);

	while (rest.len > 0) {
		if (str_equal(str_cut(&rest, '\n'), str_of(line)))
			return true;
	}
	return false;
}

void prom_world_lines(const char *text, const char *const *line, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (!has_line(text, line[i]))
			fail_msg("no line \"%s\" in:\n%s", line[i], text);
	}
}
