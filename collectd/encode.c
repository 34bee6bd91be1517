/* SPDX-License-Identifier: MIT */
/* encode.c - the table's collectd columns, filled from a scrape; see encode.h. */
#include "encode.h"

#include <inttypes.h>
#include <math.h>

struct encoding {
	const struct scrape *scrape;
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
		return "uwsgi";
	case ROOT_LEDGER:
	case ROOT_SCRAPE:
		break;
	}
	return "connledger";
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

static double gauge_of(const struct metric *metric, struct value value)
{
	double gauge = metric_scaled(metric, value) * factor_of(metric);
	double max = metric->collectd.max;

	return max > 0 && gauge > max ? max : gauge;
}

static void add_char(struct collectd_value *value, char c)
{
	size_t len = strlen(value->type_instance);

	if (len + 1 < sizeof(value->type_instance))
		value->type_instance[len] = c;
}

static void add_text(struct collectd_value *value, const char *text)
{
	while (*text != '\0')
		add_char(value, *text++);
}

/* A name goes into file names and, in RRD graphs, between colons: letters, digits and "._-" stay, a
 * path loses its first slash as in collectd itself, "any address" becomes a word, other brackets
 * go, all else becomes "_". */
static void add_name(struct collectd_value *value, const char *name)
{
	struct str rest = str_of(name + (*name == '/'));

	if (str_take(&rest, STR("*")))
		add_text(value, "any");
	else if (str_take(&rest, STR("[::]")))
		add_text(value, "any6");
	for (; rest.len > 0; rest.ptr++, rest.len--) {
		char c = *rest.ptr;
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			     (c >= '0' && c <= '9') || strchr("._-", c) != NULL;

		if (c != '[' && c != ']')
			add_char(value, (char)(plain ? c : '_'));
	}
}

/* Between two parts of an instance. */
static void add_dash(struct collectd_value *value)
{
	if (value->type_instance[0] != '\0')
		add_char(value, '-');
}

/* "worker_id" 7 is "worker-7". */
static void add_number(struct collectd_value *value, const char *label, uint64_t number)
{
	char text[COLLECTD_INSTANCE_MAX];

	(void)snprintf(text, sizeof(text), "%.*s-%" PRIu64, (int)strcspn(label, "_"), label,
		       number);
	add_dash(value);
	add_text(value, text);
}

static void add_label(struct collectd_value *value, const struct label *label, const void *object)
{
	const char *name;
	uint64_t number;

	if (label->type == FIELD_TEXT) {
		memcpy(&name, (const char *)object + label->offset, sizeof(name));
		add_dash(value);
		add_name(value, name);
	} else if (label->type == FIELD_U64) {
		memcpy(&number, (const char *)object + label->offset, sizeof(number));
		add_number(value, label->name, number);
	}
}

/* The row's own instance, and what tells the object from others of its kind. A site's first server
 * goes without a number, so that names stay when another is added. */
static void set_instance(struct collectd_value *value, const struct metric *metric,
			 const struct place *place, const struct scrape *scrape)
{
	char server[32];

	if (metric->collectd.instance != NULL)
		add_text(value, metric->collectd.instance);
	if (place->server != NULL && place->server != scrape->uwsgi) {
		(void)snprintf(server, sizeof(server), "server%td",
			       place->server - scrape->uwsgi + 1);
		add_dash(value);
		add_text(value, server);
	}
	for (size_t i = 0; i < place->entity->label_len; i++) {
		if (place->entity->label[i].name != NULL)
			add_label(value, &place->entity->label[i], place->object);
	}
}

static void emit_place(void *ctx, const struct place *place)
{
	const struct encoding *encoding = ctx;

	for (size_t i = 0; i < place->entity->metric_len; i++) {
		const struct metric *metric = &place->entity->metric[i];
		struct collectd_value out = {
			.plugin = plugin_of(place->entity->root),
			.type = metric->collectd.type,
			.counter = metric->kind == METRIC_COUNTER,
		};
		struct value value;

		if (metric->collectd.type == NULL || !metric_value(metric, place->object, &value) ||
		    (metric->collectd.unless_zero && value_double(value) == 0))
			continue;
		set_instance(&out, metric, place, encoding->scrape);
		if (out.counter)
			out.derive = derive_of(metric, value);
		else
			out.gauge = gauge_of(metric, value);
		encoding->emit(encoding->ctx, &out);
	}
}

/* What belongs to a single uWSGI server is shown when asked for: the sums are there anyway. */
static bool is_shown(const struct entity *entity, bool per_worker)
{
	if (entity->root == ROOT_UWSGI && !per_worker)
		return false;
	for (size_t i = 0; i < entity->metric_len; i++) {
		if (entity->metric[i].collectd.type != NULL)
			return true;
	}
	return false;
}

void collectd_encode(const struct scrape *scrape, bool per_worker,
		     void (*emit)(void *ctx, const struct collectd_value *value), void *ctx)
{
	struct encoding encoding = {.scrape = scrape, .emit = emit, .ctx = ctx};

	for (size_t i = 0; i < entity_all_len; i++) {
		if (is_shown(entity_all[i], per_worker))
			scrape_each(scrape, entity_all[i], emit_place, &encoding);
	}
}
