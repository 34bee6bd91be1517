/* SPDX-License-Identifier: MIT */
/* view_world.h - sites filled by hand, for tests of the page and of the JSON behind it. */
#ifndef CONNLEDGER_TESTS_VIEW_WORLD_H
#define CONNLEDGER_TESTS_VIEW_WORLD_H

#include "healthy.h"
#include "prometheus_exporter/view.h"

/* Every kind of byte that a server might put into a name. */
#define VIEW_HOSTILE "<script>alert(1)</script> \"'&\x01\x7f \xff\xc0\xaf\xed\xa0\x80 \xe2\x82\xac"

enum { VIEW_SITES_MAX = 40 };

struct view_world {
	struct healthy healthy; /* the first site */
	struct exporter_config config;
	struct scrape scrape[VIEW_SITES_MAX]; /* the first is a copy of healthy's; all others are
					       * zero but for their site */
	struct site site[VIEW_SITES_MAX];
	struct course course[VIEW_SITES_MAX];
	struct target uwsgi_target;
	struct uwsgi_worker worker[3]; /* 1: busy with one of two cores; 2: cheap; 3: signal 7 */
	struct uwsgi_core core[2];
	struct finding finding[2]; /* a critical one and a warning; none is in the list at first */
	struct exporter_view view;
	struct buf out;
};

/* `len` sites, named "site 0" and so on, of which the first is healthy. It points into itself. */
void view_world_init(struct view_world *world, size_t len);
void view_world_free(struct view_world *world);

/* Puts the first `len` findings on the list of a site. */
void view_world_find(struct view_world *world, size_t site, size_t len);

/* Puts VIEW_HOSTILE wherever a text of the first site comes from outside. */
void view_world_spoil(struct view_world *world);

#endif
