/* SPDX-License-Identifier: MIT */
/*
 * page.h - the page at "/": of each site whether its targets answer, what is wrong, who is holding
 * the connections, the workers and the queues. It is whole without a script; page.js (see
 * page_asset.h) keeps it up to date out of api.h's JSON. Links are relative, so that the page works
 * behind a proxy that serves it under another path. Pure.
 */
#ifndef CONNLEDGER_PAGE_H
#define CONNLEDGER_PAGE_H

#include "view.h"

#define EXPORTER_PAGE_TYPE "text/html; charset=utf-8"

/* The page's Content-Security-Policy: it needs no more than this. */
#define EXPORTER_PAGE_POLICY                                                                       \
	"default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "            \
	"img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"

enum { EXPORTER_PAGE_BYTES_MAX = 64 * 1024 * 1024 };

/* Adds the page. */
void exporter_page(struct buf *out, const struct exporter_view *view) NONNULL;

#endif
