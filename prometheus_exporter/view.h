/* SPDX-License-Identifier: MIT */
/* view.h - what the status page and the JSON behind it are made of. */
#ifndef CONNLEDGER_EXPORTER_VIEW_H
#define CONNLEDGER_EXPORTER_VIEW_H

#include "config.h"
#include "course.h"

/* So many sites are shown whole, those in the worst trouble: of a thousand, megabytes would have to
 * be sent every few seconds. The others have a line each. */
enum { EXPORTER_WHOLE_MAX = 16 };

struct exporter_view {
	const struct exporter_config *config;
	const struct scrape *scrape;
	size_t scrape_len;
	const struct course *course; /* one for each scrape, empty for those that are not shown
				      * whole; NULL: nothing is remembered */
};

/* How bad it is, by the worst finding: enum finding_severity + 1; 0: nothing was found. */
enum { VIEW_GOOD, VIEW_LEVELS = SEVERITY_CRITICAL + 2 };
unsigned view_level(const struct scrape *scrape) NONNULL;

/* The worst finding's severity in words; NULL for VIEW_GOOD. */
const char *view_level_name(unsigned level);

/* Goes over the sites, the worst first, otherwise as configured. */
struct view_walk {
	const struct exporter_view *view;
	unsigned level;
	size_t next;
};
struct view_walk view_walk(const struct exporter_view *view) NONNULL;
/* The number of the next site in `view`; false when there is none. */
bool view_walk_next(struct view_walk *walk, size_t *site) MUST_CHECK NONNULL;

/* The sites that are shown whole. */
struct view_whole {
	size_t site[EXPORTER_WHOLE_MAX];
	size_t len;
};
struct view_whole view_whole(const struct exporter_view *view) NONNULL;
bool view_is_whole(const struct view_whole *whole, size_t site) NONNULL;

/* The course of a site; NULL when nothing is remembered of it. */
const struct course *view_course(const struct exporter_view *view, size_t site) NONNULL;

/* When the newest scrape was over, in Unix seconds; 0 without any. */
double view_time(const struct exporter_view *view) NONNULL;

/* The entity of a root object, and the one whose objects are the list at `offset` in a root object.
 */
const struct entity *view_root(enum entity_root root);
const struct entity *view_list(enum entity_root root, size_t offset);

/* The value of a row in its base unit. False when it is not known or not finite. */
bool view_number(const struct metric *metric, const void *object, double *ret) MUST_CHECK NONNULL;

/* Cores of a worker that are in a request. */
uint64_t view_busy_cores(const struct uwsgi_worker *worker) NONNULL;

#endif
