/* SPDX-License-Identifier: MIT */
/* page.h - the page at "/": what is watched, and where the metrics are. Pure HTML, without a
 * script. */
#ifndef CONNLEDGER_PAGE_H
#define CONNLEDGER_PAGE_H

#include "config.h"

enum { EXPORTER_PAGE_BYTES_MAX = 4 * 1024 * 1024 };

/* Adds the page. It depends on the configuration only: no target is asked for it. */
void exporter_page(struct buf *out, const struct exporter_config *config) NONNULL;

#endif
