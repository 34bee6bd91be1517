/* SPDX-License-Identifier: MIT */
/* text.c - families and samples of the text format; see text.h. */
#include "text.h"

#include "series.h"

static void add_header(struct buf *out, const char *name, const char *type, const char *help)
{
	buf_add_text(out, "# HELP ");
	buf_add_text(out, name);
	buf_add_char(out, ' ');
	prom_add_help(out, help);
	buf_add_text(out, "\n# TYPE ");
	buf_add_text(out, name);
	buf_add_char(out, ' ');
	buf_add_text(out, type);
	buf_add_char(out, '\n');
}

static const char *name_of(const struct metric *metric, const struct prom_options *options)
{
	const struct metric_prom *prom = &metric->prom;

	return options->strict && prom->strict != NULL ? prom->strict : prom->name;
}

static const char *type_of(const struct metric *metric, const struct prom_options *options)
{
	bool as_gauge = metric->prom.gauge && !options->strict;

	return metric->kind == METRIC_COUNTER && !as_gauge ? "counter" : "gauge";
}

/* Numbers that need no scaling are printed as they came, without a detour through a double. */
static void add_value(struct buf *out, const struct metric *metric, struct value value)
{
	if (metric->scale > 0)
		buf_add_double(out, metric_scaled(metric, value));
	else
		value_print(value, out);
	buf_add_char(out, '\n');
}

static void add_sample(struct buf *out, struct str name, struct str labels,
		       const struct metric *metric, struct value value)
{
	const struct metric_prom *prom = &metric->prom;

	buf_add_str(out, name);
	if (labels.len > 0 || prom->word != NULL) {
		buf_add_char(out, '{');
		buf_add_str(out, labels);
		if (prom->word != NULL)
			prom_add_label(out, out->len - labels.len, prom->label, str_of(prom->word));
		buf_add_char(out, '}');
	}
	buf_add_char(out, ' ');
	add_value(out, metric, value);
}

/* One series for each word, 1 for the state that holds. */
static void add_states(struct buf *out, struct str name, struct str labels,
		       const struct metric *metric, struct value value)
{
	for (unsigned i = 0; metric->names[i] != NULL; i++) {
		buf_add_str(out, name);
		buf_add_char(out, '{');
		buf_add_str(out, labels);
		prom_add_label(out, out->len - labels.len, metric->prom.label,
			       str_of(metric->names[i]));
		buf_add_text(out, value.u64 == i ? "} 1\n" : "} 0\n");
	}
}

/* How many rows from `metric` on are one family: they have the same name. */
static size_t family_len(const struct metric *metric, size_t metric_len)
{
	size_t len = 1;

	while (len < metric_len && metric[len].prom.name != NULL &&
	       strcmp(metric[len].prom.name, metric->prom.name) == 0)
		len++;
	return len;
}

struct family {
	struct buf *out;
	const char *name;
	const char *type;
	const char *help;
	bool begun; /* the header is there */
};

static void add_row(struct family *family, const struct metric *metric,
		    const struct prom_series *series, const struct prom_object *object)
{
	struct str labels = prom_series_labels(series, object);
	struct value value;

	if (!metric_value(metric, object->object, &value))
		return;
	if (!family->begun)
		add_header(family->out, family->name, family->type, family->help);
	family->begun = true;
	if (metric->kind == METRIC_STATE)
		add_states(family->out, str_of(family->name), labels, metric, value);
	else
		add_sample(family->out, str_of(family->name), labels, metric, value);
}

static void add_family(struct buf *out, const struct metric *metric, size_t len,
		       const struct prom_series *series, const struct prom_options *options)
{
	struct family family = {
		.out = out,
		.name = name_of(metric, options),
		.type = type_of(metric, options),
		.help = metric->prom.help != NULL ? metric->prom.help : metric->help,
	};

	for (size_t i = 0; i < series->len; i++) {
		for (size_t k = 0; k < len; k++)
			add_row(&family, &metric[k], series, &series->object[i]);
	}
}

static void add_families(struct buf *out, const struct entity *entity,
			 const struct prom_series *series, const struct prom_options *options)
{
	size_t i = 0;

	while (i < entity->metric_len) {
		const struct metric *metric = &entity->metric[i];
		size_t len = 1;

		if (metric->prom.name != NULL) {
			len = family_len(metric, entity->metric_len - i);
			add_family(out, metric, len, series, options);
		}
		i += len;
	}
}

static bool is_shown(const struct entity *entity, const struct prom_options *options)
{
	if (entity->detail && !options->cores)
		return false;
	for (size_t i = 0; i < entity->metric_len; i++) {
		if (entity->metric[i].prom.name != NULL)
			return true;
	}
	return false;
}

/* The exporter's own: no entity of the table has it, since nothing measured is in it. */
static void add_build_info(struct buf *out, const struct prom_options *options)
{
	size_t start;

	add_header(out, "connledger_exporter_build_info", "gauge",
		   "Which version of the exporter answers; always 1");
	buf_add_text(out, "connledger_exporter_build_info{");
	start = out->len;
	prom_add_label(out, start, "version", STR(CONNLEDGER_VERSION));
	prom_add_constant(out, start, options);
	buf_add_text(out, "} 1\n");
}

void prom_text_encode(struct buf *out, const struct scrape *scrape, size_t scrape_len,
		      const struct prom_options *options)
{
	struct prom_series series;

	prom_series_init(&series);
	for (size_t i = 0; i < entity_all_len; i++) {
		const struct entity *entity = entity_all[i];

		if (!is_shown(entity, options))
			continue;
		if (!prom_series_collect(&series, entity, scrape, scrape_len, options))
			out->failed = true;
		add_families(out, entity, &series, options);
	}
	add_build_info(out, options);
	prom_series_free(&series);
}
