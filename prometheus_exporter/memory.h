/* SPDX-License-Identifier: MIT */
/*
 * memory.h - what the process remembers of its sites from one collection to the next: their
 * history, and what the log has been told. Safe from several threads.
 */
#ifndef CONNLEDGER_MEMORY_H
#define CONNLEDGER_MEMORY_H

#include <pthread.h>

#include "course.h"
#include "report.h"
#include "starts.h"

struct exporter_memory {
	pthread_mutex_t lock;
	size_t len;             /* sites */
	struct starts **starts; /* one for each site, as is the course */
	struct course *course;
	struct history *history; /* one for each site; NULL: nothing comes after this collection */
	struct exporter_report report;
};

/* `log` and `config` are borrowed. Without `history` a collection stands for itself. False when
 * memory is out; otherwise end it with exporter_memory_free(). */
bool exporter_memory_init(struct exporter_memory *memory, const struct exporter_log *log,
			  const struct exporter_config *config, bool history,
			  struct err *err) MUST_CHECK NONNULL;
void exporter_memory_free(struct exporter_memory *memory) NONNULL;

/* Takes over what `from` remembers of sites that both configurations have: those with the same
 * nginx, or, without one, the same first uWSGI server. What there is one of is moved, so `from`
 * then knows less; it stays fit for collections that still run under it. For a `memory` that nobody
 * uses yet. */
void exporter_memory_inherit(struct exporter_memory *memory, const struct exporter_config *config,
			     struct exporter_memory *from,
			     const struct exporter_config *from_config) NONNULL;

/* Tells the sites of a collection that is to run what earlier ones found out. */
void exporter_memory_recall(struct exporter_memory *memory,
			    struct exporter_collection *collection) NONNULL;

/* Takes a collection in: makes the findings of each scrape, and tells the log what is new. A
 * collection that began before one that has been taken in already changes nothing here. False when
 * memory is out. */
bool exporter_memory_take(struct exporter_memory *memory, struct exporter_collection *collection,
			  struct err *err) MUST_CHECK NONNULL;

/* One course for each site, for a view: copies of those of the `len` sites that are named by their
 * numbers, the others empty. NULL when memory is out. */
struct course *exporter_memory_courses(struct exporter_memory *memory, const size_t *site,
				       size_t len) NONNULL;
/* Accepts NULL. */
void exporter_courses_free(struct course *course, size_t len);

#endif
