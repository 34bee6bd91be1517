/* SPDX-License-Identifier: MIT */
/*
 * store.h - where the plugin's memory is between two runs: a file in Munin's state directory.
 * Without that directory everything works but what needs a memory.
 */
#ifndef CONNLEDGER_MUNIN_STORE_H
#define CONNLEDGER_MUNIN_STORE_H

#include "setup.h"

enum { MUNIN_LOCK_WAIT_MS = 1000 };

/* Fills `memory` with what the last fetch left, for a run that must not change it: config. Empty
 * where there is nothing. False with a line in `log` when memory or descriptors are out: graphs
 * could be missing then. */
bool munin_store_read(const struct munin_setup *setup, struct munin_memory *memory,
		      struct buf *log) MUST_CHECK NONNULL;

/* Judges the scrape by what was remembered, and keeps what it shows; `memory` is then as it was
 * kept. What goes wrong with the file is a line in `log`. False as above. */
bool munin_store_take(const struct munin_setup *setup, struct scrape *scrape,
		      struct munin_memory *memory, struct buf *log) MUST_CHECK NONNULL;

#endif
