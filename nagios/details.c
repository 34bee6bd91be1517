/* SPDX-License-Identifier: MIT */
/* details.c - what -v adds; see details.h. */
#include "details.h"

#include <unistd.h>

#include "encode.h"

enum { TIME_DECIMALS = 4 };

static void add_text(struct buf *out, const char *text)
{
	nagios_add_clean(out, str_of(text));
}

/* ---- 1: who answered ------------------------------------------------------------------------- */

static void add_answer(const struct target *target, const struct probe *probe, const char *server,
		       struct buf *out)
{
	if (!probe->up)
		return;
	buf_add_text(out, ", ");
	add_text(out, target->name);
	buf_add_text(out, " answered in ");
	buf_add_decimal(out, probe->seconds, TIME_DECIMALS);
	buf_add_text(out, " s");
	if (*server == '\0')
		return;
	buf_add_text(out, " (");
	add_text(out, server);
	buf_add_char(out, ')');
}

void nagios_details_answers(const struct scrape *scrape, struct buf *out)
{
	if (scrape->nginx_probe.asked)
		add_answer(&scrape->site->nginx, &scrape->nginx_probe, scrape->nginx.server, out);
	for (size_t i = 0; i < scrape->uwsgi_len; i++) {
		const struct uwsgi_scrape *uwsgi = &scrape->uwsgi[i];

		add_answer(uwsgi->target, &uwsgi->probe, uwsgi->stats.version, out);
	}
}

/* ---- 2: metrics and settings ----------------------------------------------------------------- */

static void add_threshold(struct buf *out, const char *name, const struct threshold *threshold)
{
	if (!threshold->set)
		return;
	buf_addf(out, ", %s ", name);
	nagios_add_clean(out, threshold->text);
}

void nagios_details_metrics(const struct nagios_items *items, struct buf *out)
{
	for (size_t i = 0; i < items->len; i++) {
		const struct nagios_item *item = &items->item[i];

		buf_addf(out, "%s ", item->metric->nagios.name);
		if (item->known)
			buf_add_decimal(out, item->value, 6);
		else
			buf_add_text(out, "not known");
		add_threshold(out, "warning", &item->warning);
		add_threshold(out, "critical", &item->critical);
		buf_add_text(out, ": ");
		add_text(out, item->metric->help);
		buf_add_char(out, '\n');
	}
}

void nagios_details_settings(const struct nagios_settings *settings, struct buf *out)
{
	const struct site *site = &settings->site;

	if (site->has_nginx) {
		buf_add_text(out, "nginx target: ");
		add_text(out, site->nginx.name);
		buf_add_char(out, '\n');
	}
	for (size_t i = 0; i < site->uwsgi_len; i++) {
		buf_add_text(out, "uWSGI target: ");
		add_text(out, site->uwsgi[i].name);
		buf_add_char(out, '\n');
	}
	buf_add_text(out, "timeout: ");
	buf_add_decimal(out, settings->timeout_seconds, 3);
	buf_addf(out, " s\nwhen unreachable: %s\n", nagios_state_name(settings->unreachable));
}

void nagios_details_rates(const struct nagios_settings *settings, const struct nagios_rates *rates,
			  struct buf *out)
{
	if (settings->sample_seconds > 0) {
		buf_add_text(out, "rates: two reads, apart by (seconds) ");
		buf_add_decimal(out, settings->sample_seconds, 3);
	} else {
		buf_add_text(out, "rates: state directory ");
		add_text(out, settings->state_dir);
		buf_addf(out, ", uid %lu", (unsigned long)geteuid());
	}
	buf_addf(out, ": %s\n", rate_state_text(rates->state));
	if (rates->err.kind != ERR_NONE) {
		buf_add_text(out, "state: ");
		add_text(out, rates->err.text);
		buf_add_char(out, '\n');
	}
}

/* ---- 3: everything --------------------------------------------------------------------------- */

static void add_label(const struct label *label, const void *object, struct buf *out)
{
	const char *field = (const char *)object + label->offset;
	const char *text = NULL;
	uint64_t number = 0;

	buf_addf(out, " %s=", label->name);
	if (label->type == FIELD_TEXT) {
		memcpy(&text, field, sizeof(text));
		add_text(out, text);
	} else if (label->type == FIELD_U64) {
		memcpy(&number, field, sizeof(number));
		buf_add_u64(out, number);
	}
}

static const char *state_word(const struct metric *metric, struct value value)
{
	size_t i = 0;

	while (metric->names[i] != NULL && i < value.u64)
		i++;
	return metric->names[i] == NULL ? "unknown" : metric->names[i];
}

/* A worker's core is told by the worker too, and a worker by its server. */
static void add_labels(const struct place *place, struct buf *out)
{
	const struct entity *entity = place->entity;

	if (place->parent != NULL) {
		add_labels(place->parent, out);
	} else if (place->server != NULL) {
		buf_add_text(out, " server=");
		add_text(out, place->server->target->name);
	}
	for (size_t i = 0; i < entity->label_len; i++) {
		if (entity->label[i].name != NULL)
			add_label(&entity->label[i], place->object, out);
	}
}

static void add_object(void *ctx, const struct place *place)
{
	struct buf *out = ctx;
	const struct entity *entity = place->entity;

	buf_add_text(out, entity->name);
	add_labels(place, out);
	buf_add_char(out, ':');
	for (size_t i = 0; i < entity->metric_len; i++) {
		const struct metric *metric = &entity->metric[i];
		struct value value;

		if (metric->is || !metric_value(metric, place->object, &value))
			continue;
		buf_addf(out, " %s=", metric->key);
		if (metric->kind == METRIC_STATE && metric->names != NULL)
			buf_add_text(out, state_word(metric, value));
		else
			value_print(value, out);
	}
	buf_add_char(out, '\n');
}

void nagios_details_objects(const struct scrape *scrape, struct buf *out)
{
	for (size_t i = 0; i < entity_all_len; i++) {
		if (!entity_all[i]->detail)
			scrape_each(scrape, entity_all[i], add_object, out);
	}
}
