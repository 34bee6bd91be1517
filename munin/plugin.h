/* SPDX-License-Identifier: MIT */
/*
 * plugin.h - one run of the Munin plugin: what argv and the environment ask for is done, and what
 * is to be written comes back in two buffers. Only fetch, autoconf, suggest and a dirty config
 * touch a server; config must not, since munin-node drops a plugin whose config fails or is slow.
 */
#ifndef CONNLEDGER_MUNIN_PLUGIN_H
#define CONNLEDGER_MUNIN_PLUGIN_H

#include "encode.h"

enum { MUNIN_OUTPUT_MAX = 1024 * 1024 };

/* Does what argv[1] and argv[2] say: nothing or "fetch", "config", "config cap", "autoconf",
 * "suggest", "--help", "--version". `out` is for standard output, `log` for standard error. The
 * exit status is 0, since munin-node throws away all output of a plugin that says otherwise: it is
 * another one when `out` has failed, since memory or descriptors were out. Then nothing is better
 * than a part: a master forgets graphs that a config leaves out. */
void munin_run(int argc, char *const argv[], const struct munin_env *env, struct buf *out,
	       struct buf *log) NONNULL;

#endif
