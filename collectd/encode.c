/* SPDX-License-Identifier: MIT */
/* encode.c - the table's collectd columns, filled from a scrape; see encode.h. */
#include "encode.h"

#include <math.h>

struct encoding {
	void (*emit)(void *ctx, const struct collectd_value *value);
	void *ctx;
};

static const char *plugin_of(enum entity_root root)
{
	switch (root) {
	case ROOT_NGINX_PROBE:
	case ROOT_NGINX:
		return "nginx";
	case ROOT_UWSGI_PROBE:
	case ROOT_UWSGI:
	case ROOT_UWSGI_SITE:
	case ROOT_TOTALS:
		break;
	}
	return "uwsgi";
}

static double factor_of(const struct metric *metric)
{
	return metric->collectd.factor > 0 ? metric->collectd.factor : 1;
}

/* collectd counts in int64_t. A count that needs no scaling does not go through a double, and one
 * that is too large stays at the end of the range: a rate of 0 is less wrong than one that is
 * negative. */
static int64_t derive_of(const struct metric *metric, struct value value)
{
	double scaled;

	if (metric->scale > 0 || metric->collectd.factor > 0 || value.type == FIELD_DOUBLE) {
		scaled = floor(metric_scaled(metric, value) * factor_of(metric));
		return scaled < 9223372036854775807.0 ? (int64_t)scaled : INT64_MAX;
	}
	if (value.type == FIELD_I64)
		return value.i64;
	return value.u64 < INT64_MAX ? (int64_t)value.u64 : INT64_MAX;
}

static void emit_place(void *ctx, const struct place *place)
{
	const struct encoding *encoding = ctx;

	for (size_t i = 0; i < place->entity->metric_len; i++) {
		const struct metric *metric = &place->entity->metric[i];
		struct collectd_value out = {
			.plugin = plugin_of(place->entity->root),
			.type = metric->collectd.type,
			.type_instance = "",
			.counter = metric->kind == METRIC_COUNTER,
		};
		struct value value;

		if (metric->collectd.type == NULL || !metric_value(metric, place->object, &value))
			continue;
		if (metric->collectd.instance != NULL)
			out.type_instance = metric->collectd.instance;
		if (out.counter)
			out.derive = derive_of(metric, value);
		else
			out.gauge = metric_scaled(metric, value) * factor_of(metric);
		encoding->emit(encoding->ctx, &out);
	}
}

static bool is_shown(const struct entity *entity)
{
	for (size_t i = 0; i < entity->metric_len; i++) {
		if (entity->metric[i].collectd.type != NULL)
			return true;
	}
	return false;
}

void collectd_encode(const struct scrape *scrape,
		     void (*emit)(void *ctx, const struct collectd_value *value), void *ctx)
{
	struct encoding encoding = {emit, ctx};

	for (size_t i = 0; i < entity_all_len; i++) {
		if (is_shown(entity_all[i]))
			scrape_each(scrape, entity_all[i], emit_place, &encoding);
	}
}
