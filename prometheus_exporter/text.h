/* SPDX-License-Identifier: MIT */
/*
 * text.h - the text exposition format 0.0.4. Pure: scrapes in, text out; no clock, no socket.
 *
 *     # HELP uwsgi_workers Workers that exist, cheap ones included
 *     # TYPE uwsgi_workers gauge
 *     uwsgi_workers{stats_uri="unix:/run/uwsgi/blog.stats"} 4
 */
#ifndef CONNLEDGER_TEXT_H
#define CONNLEDGER_TEXT_H

#include "place.h"

#define PROM_TEXT_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* All cores of 200 workers with 256 cores each are about 40 MB. */
enum { PROM_TEXT_BYTES_MAX = 256 * 1024 * 1024 };

/* Adds all families of all sites to `out`. A target that did not answer has its "up" 0 and its
 * duration, and nothing else. When memory is out, `out` fails. */
void prom_text_encode(struct buf *out, const struct scrape *scrape, size_t scrape_len,
		      const struct prom_options *options);

#endif
