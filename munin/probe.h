/* SPDX-License-Identifier: MIT */
/*
 * probe.h - the three actions of the plugin that ask a server: fetch, autoconf and suggest.
 */
#ifndef CONNLEDGER_MUNIN_PROBE_H
#define CONNLEDGER_MUNIN_PROBE_H

#include "setup.h"

/* Scrapes what `setup` names, with a line in `log` for each target that failed. False when nothing
 * could be asked; either way scrape_free() ends it. */
bool munin_probe(const struct munin_setup *setup, struct scrape *scrape,
		 struct buf *log) MUST_CHECK NONNULL;

/* The answer to "autoconf": one line, "yes" when the plugin would work as it stands, or "no" with
 * the reason and with what was tried. */
void munin_autoconf(struct munin_setup *setup, struct buf *out) NONNULL;

/* The answer to "suggest": the ends of file names under which the wildcard plugin would work, one a
 * line, without the one target that the plain plugin reads by itself. */
void munin_suggest(const struct munin_setup *setup, struct buf *out) NONNULL;

#endif
