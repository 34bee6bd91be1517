/* SPDX-License-Identifier: MIT */
/*
 * place.h - which labels an object of a scrape gets, and in which order:
 *
 *     site (with more than one site), stats_uri (uWSGI), the objects' own from the outside in
 *     (worker_id, app_id, mountpoint, chdir), what the configuration adds to the site's series, the
 *     user's constant labels
 */
#ifndef CONNLEDGER_PLACE_H
#define CONNLEDGER_PLACE_H

#include "label.h"
#include "scrape.h"

/* What the user wants to see. */
struct prom_options {
	bool strict;                    /* lint-clean names, where the peers' names are not */
	bool cores;                     /* entities of which there are very many, too */
	const struct prom_label *label; /* on every series; borrowed */
	size_t label_len;
	size_t series_max; /* series beyond are left out, and counted; 0: no limit */
};

/* What the labels of an entity depend on beside the object. */
struct prom_view {
	bool site;                            /* label "site" */
	bool uri;                             /* label "stats_uri" */
	const struct prom_labels *site_label; /* of this scrape; NULL: none */
	const struct prom_options *options;
	void (*add)(struct buf *labels, size_t start, const char *name, struct str value);
};

/* Without `site_label`, which differs from scrape to scrape, and `add`. */
struct prom_view prom_view_of(const struct entity *entity, const struct scrape *scrape,
			      size_t scrape_len, const struct prom_options *options);

/* Adds the labels of an object of `scrape` at the end of `labels`, which may hold other objects'.
 * `scrape` may be NULL for an object that is of none. */
void prom_add_place(struct buf *labels, const struct place *place, const struct scrape *scrape,
		    const struct prom_view *view) NONNULL_ARGS(1, 2, 4);

/* What a site is called in the label "site": its name, else the text of its first target. */
const char *prom_site_name(const struct site *site) NONNULL;

/* Whether some series has a label of this name already, so that no constant label may. */
bool prom_label_name_taken(struct str name);

#endif
