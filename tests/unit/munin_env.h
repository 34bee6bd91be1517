/* SPDX-License-Identifier: MIT */
/* munin_env.h - the environment of a Munin plugin in a test, and its graphs by name. */
#ifndef CONNLEDGER_MUNIN_ENV_H
#define CONNLEDGER_MUNIN_ENV_H

#include "munin/encode.h"

/* Of a list of pairs of name and value, ended by NULL: the get() of a munin_env whose ctx it is. */
const char *munin_env_get(const void *ctx, const char *name);

/* Where no variable is set. */
extern const struct munin_env munin_env_empty;

/* The graph; fails the test when there is none. */
const struct munin_graph *munin_graph_of(const char *suffix);

#endif
