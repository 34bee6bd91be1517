/* SPDX-License-Identifier: MIT */
/* metrics_doc.c - prints docs/METRICS.md from the metric table. A program for developers only. */
#include "metric.h"

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

static void add_row(struct buf *out, const struct entity *entity, const struct metric *metric)
{
	static const char *const kind[] = {
		[METRIC_GAUGE] = "gauge", [METRIC_COUNTER] = "counter", [METRIC_STATE] = "state"};

	buf_addf(out, "| %s | %s | %s | %s", metric->key, metric->help, kind[metric->kind],
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
	buf_add_text(out, "| key | what it is | kind | unit | Prometheus | Munin | Nagios | collectd |\n"
			  "| --- | --- | --- | --- | --- | --- | --- | --- |\n");
	for (size_t i = 0; i < entity->metric_len; i++)
		add_row(out, entity, &entity->metric[i]);
}

int main(void)
{
	struct buf out;

	buf_init(&out, 1024 * 1024);
	buf_add_text(&out,
		     "# Metrics\n\n"
		     "Printed by `make docs` from the metric table in `common/metric_*.c`; do not edit.\n\n"
		     "Munin fields are given as graph and field, Nagios names as in `-w NAME=RANGE` and in\n"
		     "performance data (a counter is shown as its rate), collectd names as type and type\n"
		     "instance. A dash means that the front end does not show the number.\n");
	for (size_t i = 0; i < entity_all_len; i++)
		add_entity(&out, entity_all[i]);
	if (!buf_ok(&out))
		return 1;
	(void)fputs(buf_text(&out), stdout);
	buf_free(&out);
	return 0;
}
