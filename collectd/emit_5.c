/* SPDX-License-Identifier: MIT */
/* emit_5.c - a value as collectd 5's value list; see emit.h. */
#include "emit.h"

static void copy_name(char ret[DATA_MAX_NAME_LEN], const char *text)
{
	(void)snprintf(ret, DATA_MAX_NAME_LEN, "%s", text);
}

void emit_value(void *ctx, const struct collectd_value *value)
{
	const struct dispatch *dispatch = ctx;
	value_t number = {.gauge = value->gauge};
	value_list_t list = {.values = &number, .values_len = 1, .time = dispatch->time};

	if (value->counter)
		number.derive = value->derive;
	/* An empty host becomes the daemon's own. */
	copy_name(list.host, dispatch->site->host != NULL ? dispatch->site->host : "");
	copy_name(list.plugin, value->plugin);
	copy_name(list.plugin_instance, dispatch->site->site.name);
	copy_name(list.type, value->type);
	copy_name(list.type_instance, value->type_instance);
	(void)plugin_dispatch_values(&list);
}
