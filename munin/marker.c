/* SPDX-License-Identifier: MIT */
/*
 * marker.c - the two lines that munin-node-configure looks for in the bytes of a plugin. They have
 * to stand on lines of their own, to be kept though nobody refers to them, and to be the only such
 * lines in the program: the last one that is found counts. A plugin with the capability "suggest"
 * must have a name that ends in "_", so the wildcard program has its own.
 */
#include "compiler.h"

#ifdef MARKER_WILDCARD
#define SUGGEST " suggest"
#else
#define SUGGEST ""
#endif

static const char marker[] KEPT = "\n#%# family=auto\n#%# capabilities=autoconf" SUGGEST "\n";
