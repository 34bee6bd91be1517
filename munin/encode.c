/* SPDX-License-Identifier: MIT */
/* encode.c - a scrape in Munin's words; see encode.h. */
#include "encode.h"

#include <math.h>

/* ---- config ---------------------------------------------------------------------------------- */

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

static void add_field(const struct munin_encoder *encoder, const struct munin_graph *graph,
		      const struct munin_field *field)
{
	const struct metric_munin *munin = field->munin;
	bool counter = field->metric->kind == METRIC_COUNTER;
	struct buf *out = encoder->out;

	add_field_attribute(out, munin->field, "label", munin->label);
	/* A stock plugin's gauge repeats its label, and its counter has none. */
	if (!munin->plain)
		add_field_attribute(out, munin->field, "info",
				    munin->info != NULL ? munin->info : field->metric->help);
	else if (!counter)
		add_field_attribute(out, munin->field, "info", munin->label);
	if (counter || !munin->plain) {
		/* Not COUNTER: a restart of the server would be drawn as a huge peak. */
		add_field_attribute(out, munin->field, "type", counter ? "DERIVE" : "GAUGE");
		add_field_attribute(out, munin->field, "min", "0");
	}
	add_field_attribute(out, munin->field, "draw", munin->draw);
	add_field_attribute(out, munin->field, "colour", munin->colour);
	add_field_attribute(out, munin->field, "cdef", munin->cdef);
	if (munin->hidden) {
		add_field_attribute(out, munin->field, "graph", "no");
		return;
	}
	add_threshold(encoder, graph, munin->field, "warning");
	add_threshold(encoder, graph, munin->field, "critical");
}

void munin_encode_opening(const struct munin_encoder *encoder, const struct munin_graph *graph)
{
	if (!graph->stock)
		buf_addf(encoder->out, "multigraph %s_%s\n", encoder->name, graph->suffix);
}

void munin_encode_config(const struct munin_encoder *encoder, const struct munin_graph *graph)
{
	struct munin_field field[MUNIN_FIELDS_MAX];
	size_t len = munin_graph_fields(graph, field);
	struct buf *out = encoder->out;

	add_title(encoder, graph);
	add_attribute(out, "graph_args", graph->args);
	add_attribute(out, "graph_vlabel", graph->vlabel);
	add_attribute(out, "graph_category",
		      encoder->category != NULL ? encoder->category : graph->category);
	add_attribute(out, "graph_info", graph->info);
	add_attribute(out, "graph_scale", graph->unscaled ? "no" : NULL);
	buf_add_text(out, "graph_order");
	for (size_t i = 0; i < len; i++)
		buf_addf(out, " %s", field[i].munin->field);
	buf_add_char(out, '\n');
	for (size_t i = 0; i < len; i++)
		add_field(encoder, graph, &field[i]);
}

/* ---- values ---------------------------------------------------------------------------------- */

static void keep_object(void *ctx, const struct place *place)
{
	const void **object = ctx;

	*object = place->object;
}

/* Munin's master takes plain decimals only. */
static void add_number(struct value value, struct buf *out)
{
	if (value.type == FIELD_DOUBLE)
		buf_add_decimal(out, value.real, 9);
	else
		value_print(value, out);
}

static void add_value(const struct munin_encoder *encoder, const struct munin_field *field)
{
	const void *object = NULL;
	struct value value;

	if (encoder->scrape != NULL)
		scrape_each(encoder->scrape, field->entity, keep_object, &object);
	buf_addf(encoder->out, "%s.value ", field->munin->field);
	if (object != NULL && metric_value(field->metric, object, &value) &&
	    isfinite(value_double(value)) && value_double(value) >= 0)
		add_number(value, encoder->out);
	else
		buf_add_char(encoder->out, 'U');
	buf_add_char(encoder->out, '\n');
}

void munin_encode_values(const struct munin_encoder *encoder, const struct munin_graph *graph)
{
	struct munin_field field[MUNIN_FIELDS_MAX];
	size_t len = munin_graph_fields(graph, field);

	for (size_t i = 0; i < len; i++)
		add_value(encoder, &field[i]);
}
