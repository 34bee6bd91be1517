/* SPDX-License-Identifier: MIT */
/*
 * text.h - the text exposition format 0.0.4, and the samples that OpenMetrics has in common with
 * it.
 *
 *     # HELP uwsgi_workers Workers that exist, cheap ones included
 *     # TYPE uwsgi_workers gauge
 *     uwsgi_workers{stats_uri="unix:/run/uwsgi/blog.stats"} 4
 */
#ifndef CONNLEDGER_TEXT_H
#define CONNLEDGER_TEXT_H

#include "expose.h"
#include "printer.h"

/* The context is a struct buf. */
extern const struct prom_printer prom_text_printer;

/* Adds a line such as "# HELP name " with what follows still to come. */
void prom_text_begin(struct buf *out, const char *word, struct str name) NONNULL;

/* Adds the line of a sample. `ctx` is a struct buf. */
void prom_text_sample(void *ctx, const struct prom_family *family,
		      const struct prom_sample *sample) NONNULL;

#endif
