/* SPDX-License-Identifier: MIT */
/*
 * page.h - the page at "/": of each site whether its targets answer, what is wrong, who is holding
 * the connections, and the queues. Pure HTML, without a script.
 */
#ifndef CONNLEDGER_PAGE_H
#define CONNLEDGER_PAGE_H

#include "view.h"

#define EXPORTER_PAGE_TYPE "text/html; charset=utf-8"

enum { EXPORTER_PAGE_BYTES_MAX = 64 * 1024 * 1024 };

/* Adds the page. */
void exporter_page(struct buf *out, const struct exporter_view *view) NONNULL;

#endif
