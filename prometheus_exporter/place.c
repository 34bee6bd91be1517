/* SPDX-License-Identifier: MIT */
/* place.c - the labels of an object; see place.h. */
#include "place.h"

#include <inttypes.h>

#include "self_table.h"

#define LABEL_SITE "site"
#define LABEL_URI  "stats_uri"

const char *prom_site_name(const struct site *site)
{
	if (site->name[0] != '\0')
		return site->name;
	if (site->has_nginx)
		return site->nginx.name;
	return site->uwsgi_len > 0 ? site->uwsgi[0].name : "";
}

static bool entity_uses(const struct entity *entity, struct str name)
{
	for (size_t i = 0; i < entity->label_len; i++) {
		if (entity->label[i].name != NULL && str_equal(str_of(entity->label[i].name), name))
			return true;
	}
	for (size_t i = 0; i < entity->metric_len; i++) {
		if (entity->metric[i].prom.label != NULL &&
		    str_equal(str_of(entity->metric[i].prom.label), name))
			return true;
	}
	return false;
}

bool prom_label_name_taken(struct str name)
{
	if (str_equal(name, STR(LABEL_SITE)) || str_equal(name, STR(LABEL_URI)))
		return true;
	for (size_t i = 0; i < self_entity_all_len; i++) {
		if (entity_uses(self_entity_all[i], name))
			return true;
	}
	for (size_t i = 0; i < entity_all_len; i++) {
		if (entity_uses(entity_all[i], name))
			return true;
	}
	return false;
}

static size_t uwsgi_len(const struct scrape *scrape, size_t scrape_len)
{
	size_t len = 0;

	for (size_t i = 0; i < scrape_len; i++)
		len += scrape[i].uwsgi_len;
	return len;
}

/* Beside a single server nobody needs to tell probes apart; uwsgi_exporter's have no label. */
static bool has_uri(const struct entity *entity, size_t servers)
{
	switch (entity->root) {
	case ROOT_UWSGI:
		return true;
	case ROOT_UWSGI_PROBE:
		return servers > 1;
	case ROOT_NGINX_PROBE:
	case ROOT_NGINX:
	case ROOT_UWSGI_SITE:
	case ROOT_TOTALS:
	case ROOT_LEDGER:
	case ROOT_SCRAPE:
		break;
	}
	return false;
}

struct prom_view prom_view_of(const struct entity *entity, const struct scrape *scrape,
			      size_t scrape_len, const struct prom_options *options)
{
	return (struct prom_view){
		.site = scrape_len > 1,
		.uri = has_uri(entity, uwsgi_len(scrape, scrape_len)),
		.options = options,
	};
}

static void add_number(struct buf *labels, size_t start, const struct prom_view *view,
		       const char *name, struct value value)
{
	char text[sizeof("-9223372036854775808")];
	int len = value.type == FIELD_I64 ? snprintf(text, sizeof(text), "%" PRId64, value.i64)
					  : snprintf(text, sizeof(text), "%" PRIu64, value.u64);

	view->add(labels, start, name, (struct str){text, (size_t)len});
}

static void add_object_label(struct buf *labels, size_t start, const struct prom_view *view,
			     const struct label *label, const void *object)
{
	const struct metric row = {.type = label->type, .offset = label->offset};
	struct value value;
	const char *text;

	if (label->type == FIELD_TEXT) {
		memcpy(&text, (const char *)object + label->offset, sizeof(text));
		view->add(labels, start, label->name, str_of(text));
	} else if (metric_value(&row, object, &value)) {
		add_number(labels, start, view, label->name, value);
	}
}

static void add_objects(struct buf *labels, size_t start, const struct prom_view *view,
			const struct place *place)
{
	if (place->parent != NULL)
		add_objects(labels, start, view, place->parent);
	for (size_t i = 0; i < place->entity->label_len; i++) {
		if (place->entity->label[i].name != NULL)
			add_object_label(labels, start, view, &place->entity->label[i],
					 place->object);
	}
}

/* What the configuration says of a site is closer than what was said of all. */
static bool is_overruled(const struct prom_labels *site_label, const char *name)
{
	for (size_t i = 0; site_label != NULL && i < site_label->len; i++) {
		if (strcmp(site_label->label[i].name, name) == 0)
			return true;
	}
	return false;
}

static void add_constant(struct buf *labels, size_t start, const struct prom_view *view)
{
	const struct prom_labels *site_label = view->site_label;
	const struct prom_options *options = view->options;

	for (size_t i = 0; site_label != NULL && i < site_label->len; i++)
		view->add(labels, start, site_label->label[i].name,
			  str_of(site_label->label[i].value));
	for (size_t i = 0; i < options->label_len; i++) {
		if (!is_overruled(site_label, options->label[i].name))
			view->add(labels, start, options->label[i].name,
				  str_of(options->label[i].value));
	}
}

void prom_add_place(struct buf *labels, const struct place *place, const struct scrape *scrape,
		    const struct prom_view *view)
{
	size_t start = labels->len;

	if (view->site && scrape != NULL)
		view->add(labels, start, LABEL_SITE, str_of(prom_site_name(scrape->site)));
	if (view->uri && place->server != NULL)
		view->add(labels, start, LABEL_URI, str_of(place->server->target->name));
	add_objects(labels, start, view, place);
	add_constant(labels, start, view);
}
