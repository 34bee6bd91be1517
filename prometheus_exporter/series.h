/* SPDX-License-Identifier: MIT */
/*
 * series.h - the objects of one entity in all sites' scrapes, each with its labels made once: every
 * family of the entity then walks this list. Pure. What a family or a sample looks like is not
 * known here, nor how a format writes labels: it is told.
 */
#ifndef CONNLEDGER_SERIES_H
#define CONNLEDGER_SERIES_H

#include "expose.h"

/* More label text than this for one entity fails the exposition: 51 200 cores need 4 MB. */
enum { PROM_LABELS_BYTES_MAX = 64 * 1024 * 1024 };

struct prom_object {
	const void *object; /* borrowed from the scrape */
	size_t labels;      /* where its labels begin in prom_series.labels */
	size_t labels_len;
	uint32_t hash; /* of the labels */
};

struct prom_series {
	struct buf labels;
	struct prom_object *object;
	size_t len;
	size_t cap;
	uint32_t *slot;  /* hash table of the labels: index into `object`, plus 1; 0 is free */
	size_t slot_len; /* a power of two */
};

void prom_series_init(struct prom_series *series) NONNULL;
/* Accepts a zeroed one. */
void prom_series_free(struct prom_series *series) NONNULL;

/* Fills `series` with the objects of `entity`, sites and objects in their order, with labels made
 * by `label`; what it held before is gone, its memory is used again. Two objects with the same
 * labels would be the same series twice, for which Prometheus refuses a scrape: the first one
 * stays. False when memory or the ceiling is reached. */
bool prom_series_collect(struct prom_series *series, const struct entity *entity,
			 const struct prom_scene *scene,
			 void (*label)(struct buf *labels, size_t start, const char *name,
				       struct str value)) MUST_CHECK NONNULL;

/* The same with a single object, which is of no scrape. */
bool prom_series_collect_one(struct prom_series *series, const struct entity *entity,
			     const void *object, const struct prom_options *options,
			     void (*label)(struct buf *labels, size_t start, const char *name,
					   struct str value)) MUST_CHECK NONNULL;

/* The labels of an object as `label` made them, one after the other; "" when it has none. */
struct str prom_series_labels(const struct prom_series *series,
			      const struct prom_object *object) NONNULL;

#endif
