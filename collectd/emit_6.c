/* SPDX-License-Identifier: MIT */
/*
 * emit_6.c - a value as collectd 6's metric family; see emit.h. Name and labels are those that
 * write_prometheus makes of collectd 5's value lists, so that what was drawn from it goes on:
 * "collectd.nginx.nginx_connections" with nginx="blog" and type="active".
 */
#include "emit.h"

#include <string.h>

enum { NAME_MAX_LEN = 3 * DATA_MAX_NAME_LEN };

/* Without an attribute of its own a family is the daemon's host's. */
static int set_host(metric_family_t *family, const char *host)
{
	return host == NULL ? 0
			    : metric_family_resource_attribute_update(family, "host.name", host);
}

static int fill(metric_family_t *family, const struct dispatch *dispatch,
		const struct collectd_value *value)
{
	metric_t metric = {.family = family, .time = dispatch->time};
	int status = metric_label_set(&metric, value->plugin, dispatch->site->site.name);

	if (value->counter)
		metric.value.counter = value->derive > 0 ? (uint64_t)value->derive : 0;
	else
		metric.value.gauge = value->gauge;
	if (status == 0)
		status = metric_label_set(&metric, "type", value->type_instance);
	if (status == 0)
		status = metric_family_metric_append(family, metric);
	(void)metric_reset(&metric);
	return status == 0 ? set_host(family, dispatch->site->host) : status;
}

void emit_value(void *ctx, const struct collectd_value *value)
{
	char name[NAME_MAX_LEN];
	metric_family_t family = {
		.name = name,
		.type = value->counter ? METRIC_TYPE_COUNTER : METRIC_TYPE_GAUGE,
	};

	(void)snprintf(name, sizeof(name), "collectd.%s.%s", value->plugin, value->type);
	if (fill(&family, ctx, value) == 0)
		(void)plugin_dispatch_metric_family(&family);
	(void)metric_family_metric_reset(&family);
	label_set_reset(&family.resource);
}
