/* SPDX-License-Identifier: MIT */
/* metrics_doc.c - prints docs/METRICS.md from the metric tables. A program for developers only. */
#include "metric.h"
#include "prometheus_exporter/self_table.h"

static const char *or_dash(const char *text)
{
	return text == NULL || text[0] == '\0' ? "-" : text;
}

static void add_code(struct buf *out, const char *text)
{
	if (text == NULL)
		buf_add_text(out, " | -");
	else
		buf_addf(out, " | `%s`", text);
}

static void add_prom(struct buf *out, const struct metric *metric)
{
	const struct metric_prom *prom = &metric->prom;

	if (prom->name != NULL && prom->label != NULL)
		buf_addf(out, " | `%s{%s=\"%s\"}`", prom->name, prom->label,
			 prom->word != NULL ? prom->word : "...");
	else
		add_code(out, prom->name);
}

static void add_munin(struct buf *out, const struct metric *metric)
{
	if (metric->munin[0].graph == NULL) {
		buf_add_text(out, " | -");
		return;
	}
	buf_add_text(out, " |");
	for (size_t i = 0; i < METRIC_MUNIN_MAX && metric->munin[i].graph != NULL; i++)
		buf_addf(out, "%s `%s`.%s", i == 0 ? "" : ",", metric->munin[i].graph,
			 metric->munin[i].field);
}

/* An object's label follows the type instance. */
static void add_collectd(struct buf *out, const struct entity *entity, const struct metric *metric)
{
	const char *label = entity->label_len > 0 ? "-..." : "";

	if (metric->collectd.type == NULL)
		buf_add_text(out, " | -");
	else if (metric->collectd.instance == NULL)
		buf_addf(out, " | `%s%s`", metric->collectd.type, label);
	else
		buf_addf(out, " | `%s-%s%s`", metric->collectd.type, metric->collectd.instance,
			 label);
}

static const char *kind_name(enum metric_kind kind)
{
	static const char *const name[] = {
		[METRIC_GAUGE] = "gauge", [METRIC_COUNTER] = "counter", [METRIC_STATE] = "state"};

	return name[kind];
}

static void add_row(struct buf *out, const struct entity *entity, const struct metric *metric)
{
	buf_addf(out, "| %s | %s | %s | %s", metric->key, metric->help, kind_name(metric->kind),
		 or_dash(metric->unit));
	add_prom(out, metric);
	if (metric->prom.strict != NULL)
		buf_addf(out, " (strict: `%s`)", metric->prom.strict);
	add_munin(out, metric);
	add_code(out, metric->nagios.name);
	add_collectd(out, entity, metric);
	buf_add_text(out, " |\n");
}

static void add_entity(struct buf *out, const struct entity *entity)
{
	bool labels = false;

	buf_addf(out, "\n## %s\n\n", entity->title);
	for (size_t i = 0; i < entity->label_len; i++) {
		if (entity->label[i].name == NULL)
			continue;
		buf_addf(out, "%s `%s`", labels ? "," : "Labels:", entity->label[i].name);
		labels = true;
	}
	if (labels)
		buf_addf(out, "%s\n\n", entity->detail ? " (shown only when asked for)" : "");
	buf_add_text(out,
		     "| key | what it is | kind | unit | Prometheus | Munin | Nagios | collectd |\n"
		     "| --- | --- | --- | --- | --- | --- | --- | --- |\n");
	for (size_t i = 0; i < entity->metric_len; i++)
		add_row(out, entity, &entity->metric[i]);
}

/* ---- the exporter's own ---------------------------------------------------------------------- */

static void add_self_name(struct buf *out, const struct entity *entity, const struct metric *metric)
{
	const char *separator = "{";

	buf_addf(out, "| `%s", metric->prom.name);
	for (size_t i = 0; i < entity->label_len; i++, separator = ",")
		buf_addf(out, "%s%s=\"...\"", separator, entity->label[i].name);
	if (metric->prom.label != NULL) {
		buf_addf(out, "%s%s=\"%s\"", separator, metric->prom.label, metric->prom.word);
		separator = ",";
	}
	buf_addf(out, "%s`", separator[0] == ',' ? "}" : "");
}

static bool is_first_of_title(size_t at)
{
	for (size_t i = 0; i < at; i++) {
		if (strcmp(self_entity_all[i]->title, self_entity_all[at]->title) == 0)
			return false;
	}
	return true;
}

/* Entities that share a title are one table: a reader does not care what an object is. */
static void add_self_title(struct buf *out, const char *title)
{
	buf_addf(out,
		 "\n## %s\n\n"
		 "| Prometheus | what it is | kind | unit |\n| --- | --- | --- | --- |\n",
		 title);
	for (size_t i = 0; i < self_entity_all_len; i++) {
		const struct entity *entity = self_entity_all[i];

		for (size_t k = 0; k < entity->metric_len && strcmp(entity->title, title) == 0;
		     k++) {
			const struct metric *metric = &entity->metric[k];

			add_self_name(out, entity, metric);
			buf_addf(out, " | %s | %s | %s |\n", metric->help, kind_name(metric->kind),
				 or_dash(metric->unit));
		}
	}
}

static void add_self(struct buf *out)
{
	buf_add_text(out,
		     "\n# The exporter's own metrics\n\n"
		     "Printed from `prometheus_exporter/self_table.c`. They follow the others at "
		     "the telemetry path;\n"
		     "`--web.disable-exporter-metrics` leaves them out, but for "
		     "`connledger_exporter_series_left_out`\n"
		     "in an answer that is not whole. What its peers' dashboards look for is there "
		     "with\n"
		     "`--metrics.names=peer`, uwsgi_exporter's where a uWSGI server is watched.\n");
	for (size_t i = 0; i < self_entity_all_len; i++) {
		if (is_first_of_title(i))
			add_self_title(out, self_entity_all[i]->title);
	}
}

int main(void)
{
	struct buf out;

	buf_init(&out, 1024 * 1024);
	buf_add_text(&out, "# Metrics\n\n"
			   "Printed by `make docs` from the metric table in `common/metric_*.c`; "
			   "do not edit.\n\n"
			   "Munin fields are given as graph and field, Nagios names as in `-w "
			   "NAME=RANGE` and in\n"
			   "performance data (a counter is shown as its rate), collectd names as "
			   "type and type\n"
			   "instance. A dash means that the front end does not show the number.\n");
	for (size_t i = 0; i < entity_all_len; i++)
		add_entity(&out, entity_all[i]);
	add_self(&out);
	if (!buf_ok(&out))
		return 1;
	(void)fputs(buf_text(&out), stdout);
	buf_free(&out);
	return 0;
}
