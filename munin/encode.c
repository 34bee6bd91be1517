/* SPDX-License-Identifier: MIT */
/* encode.c - graphs in Munin's words: what config says; see encode.h. */
#include "encode.h"

static void add_attribute(struct buf *out, const char *name, const char *value)
{
	if (value != NULL)
		buf_addf(out, "%s %s\n", name, value);
}

static void add_field_attribute(struct buf *out, const char *field, const char *name,
				const char *value)
{
	if (value != NULL)
		buf_addf(out, "%s.%s %s\n", field, name, value);
}

/* Munin hands a title to Nagios as the name of a service: letters, digits, dots, dashes, blanks. */
static void add_title(const struct munin_encoder *encoder, const struct munin_graph *graph)
{
	buf_addf(encoder->out, "graph_title %s", graph->title);
	if (encoder->instance != NULL) {
		buf_add_text(encoder->out, " - ");
		for (const char *c = encoder->instance; *c != '\0'; c++) {
			bool plain = (*c >= '0' && *c <= '9') || (*c >= 'a' && *c <= 'z') ||
				     (*c >= 'A' && *c <= 'Z') || *c == '.';

			buf_add_char(encoder->out, (char)(plain ? *c : '-'));
		}
	}
	buf_add_char(encoder->out, '\n');
}

/* One complaint for one variable, though it may stand for many fields. */
static void complain(const struct munin_encoder *encoder, const char *variable, const char *value)
{
	struct err line = {0};

	(void)err_set(
		&line, ERR_USAGE,
		"%s: env.%s: \"%.60s\" is no range of Munin (MAX, MIN:, :MAX or MIN:MAX); left out",
		encoder->name, variable, value);
	if (strstr(buf_text(encoder->log), line.text) == NULL)
		buf_addf(encoder->log, "%s\n", line.text);
}

/* The variable `format` makes, if it is set and a range. */
static const char *threshold(const struct munin_encoder *encoder, const char *first,
			     const char *second, const char *level)
{
	char name[160];
	const char *value;

	(void)snprintf(name, sizeof(name), "%s%s%s%s%s", first, *first == '\0' ? "" : "_", second,
		       *second == '\0' ? "" : "_", level);
	value = encoder->env->get(encoder->env->ctx, name);
	if (value == NULL || *value == '\0')
		return NULL;
	if (munin_range_valid(str_of(value)))
		return value;
	complain(encoder, name, value);
	return NULL;
}

/* The variable that says most wins: fields of two graphs may have one name. */
static void add_threshold(const struct munin_encoder *encoder, const struct munin_graph *graph,
			  const char *field, const char *level)
{
	const char *value = threshold(encoder, graph->suffix, field, level);

	if (value == NULL)
		value = threshold(encoder, field, "", level);
	if (value == NULL)
		value = threshold(encoder, "", "", level);
	add_field_attribute(encoder->out, field, level, value);
}

/* "nginx *:80 (of 511)": the limit tells what the number means. */
static void add_label(const struct munin_encoder *encoder, const struct munin_field *field)
{
	const struct munin_queue *queue = field->queue;
	struct buf *out = encoder->out;

	if (queue == NULL) {
		add_field_attribute(out, munin_field_name(field), "label", field->munin->label);
		return;
	}
	buf_addf(out, "%s.label %s ", munin_field_name(field), field->munin->label);
	munin_add_clean(out, str_of(queue->name));
	if (!isnan(queue->limit)) {
		buf_add_text(out, " (of ");
		buf_add_decimal(out, queue->limit, 0);
		buf_add_char(out, ')');
	}
	buf_add_char(out, '\n');
}

static void add_field(const struct munin_encoder *encoder, const struct munin_graph *graph,
		      const struct munin_field *field)
{
	const struct metric_munin *munin = field->munin;
	const struct metric *metric = field->metric;
	const char *name = munin_field_name(field);
	bool counter = metric->kind == METRIC_COUNTER && munin->per == NULL;
	struct buf *out = encoder->out;

	add_label(encoder, field);
	/* A stock plugin's gauge repeats its label, and its counter has none. */
	if (!munin->plain)
		add_field_attribute(out, name, "info",
				    munin->info != NULL ? munin->info : metric->help);
	else if (!counter)
		add_field_attribute(out, name, "info", munin->label);
	if (counter || !munin->plain) {
		/* Not COUNTER: a restart of the server would be drawn as a huge peak. */
		add_field_attribute(out, name, "type", counter ? "DERIVE" : "GAUGE");
		add_field_attribute(out, name, "min", metric->below_zero ? NULL : "0");
	}
	add_field_attribute(out, name, "draw", munin->draw);
	add_field_attribute(out, name, "colour", munin->colour);
	add_field_attribute(out, name, "cdef", munin->cdef);
	add_threshold(encoder, graph, name, "warning");
	add_threshold(encoder, graph, name, "critical");
}

static void add_info(const struct munin_encoder *encoder, const struct munin_graph *graph)
{
	const char *note = encoder->memory == NULL ? "" : encoder->memory->note;

	if (graph->info == NULL)
		return;
	buf_addf(encoder->out, "graph_info %s", graph->info);
	if (graph->noted && *note != '\0')
		buf_addf(encoder->out, " %s", note);
	buf_add_char(encoder->out, '\n');
}

void munin_encode_opening(const struct munin_encoder *encoder, const struct munin_graph *graph)
{
	if (!graph->stock)
		buf_addf(encoder->out, "multigraph %s_%s\n", encoder->name, graph->suffix);
}

void munin_encode_config(const struct munin_encoder *encoder, const struct munin_graph *graph)
{
	struct munin_field field[MUNIN_SHOWN_MAX];
	size_t len = munin_shown_fields(encoder, graph, field);
	struct buf *out = encoder->out;

	add_title(encoder, graph);
	add_attribute(out, "graph_args", graph->args);
	add_attribute(out, "graph_vlabel", graph->vlabel);
	add_attribute(out, "graph_category",
		      encoder->category != NULL ? encoder->category : graph->category);
	add_info(encoder, graph);
	add_attribute(out, "graph_scale", graph->unscaled ? "no" : NULL);
	add_attribute(out, "graph_printf", graph->printf);
	add_attribute(out, "graph_total", graph->total);
	buf_add_text(out, "graph_order");
	for (size_t i = 0; i < len; i++)
		buf_addf(out, " %s", munin_field_name(&field[i]));
	buf_add_char(out, '\n');
	for (size_t i = 0; i < len; i++)
		add_field(encoder, graph, &field[i]);
}
