/* SPDX-License-Identifier: MIT */
/* prom_world.h - a site with its scrape, and its exposition in a format, for tests of the exporter.
 */
#ifndef CONNLEDGER_TESTS_PROM_WORLD_H
#define CONNLEDGER_TESTS_PROM_WORLD_H

#include "prometheus_exporter/expose.h"

enum { PROM_WORLD_SERVERS = 3 };

struct prom_world {
	struct site site;
	struct scrape scrape;
	struct uwsgi_scrape server[PROM_WORLD_SERVERS];
};

/* A site without targets. */
void prom_world_start(struct prom_world *world);
/* An nginx that has answered with `page`; NULL: it is down. */
void prom_world_nginx(struct prom_world *world, const char *target,
		      const struct nginx_status *page);
/* A uWSGI server that has answered with `json`; NULL: it is down. */
void prom_world_uwsgi(struct prom_world *world, const char *target, const char *json);
void prom_world_stop(struct prom_world *world);

/* The scene as an exposition, to be freed. */
char *prom_world_expose(enum prom_format format, const struct prom_scene *scene);

/* Its lines without those that begin with "#", to be freed: the same in both text formats. */
char *prom_world_samples(enum prom_format format, const struct prom_scene *scene);

/* How often `part` is in `text`. */
size_t prom_world_count(const char *text, const char *part);

/* Fails unless each of the lines is one of `text`. */
void prom_world_lines(const char *text, const char *const *line, size_t len);
#define CHECK_LINES(text, ...)                                                                     \
	prom_world_lines(text, (const char *const[]){__VA_ARGS__},                                 \
			 sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

#endif
