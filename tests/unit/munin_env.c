/* SPDX-License-Identifier: MIT */
/* munin_env.c - see munin_env.h. */
#include "munin_env.h"

#include "unit.h"

const char *munin_env_get(const void *ctx, const char *name)
{
	const char *const *pair = ctx;

	for (; pair[0] != NULL; pair += 2) {
		if (strcmp(pair[0], name) == 0)
			return pair[1];
	}
	return NULL;
}

static const char *const nothing[] = {NULL};
const struct munin_env munin_env_empty = {munin_env_get, nothing};

const struct munin_graph *munin_graph_of(const char *suffix)
{
	for (size_t i = 0; i < munin_graph_all_len; i++) {
		if (strcmp(munin_graph_all[i].suffix, suffix) == 0)
			return &munin_graph_all[i];
	}
	fail_msg("no graph %s", suffix);
	return NULL;
}
