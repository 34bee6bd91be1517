/* SPDX-License-Identifier: MIT */
/* values.c - a scrape in Munin's words: what fetch says; see encode.h. */
#include "encode.h"

#include <math.h>

struct adding {
	const struct munin_field *field;
	bool seen; /* its object is there, with or without a value */
	bool known;
	struct value value;
	const char *why; /* not known though it is there; NULL: the number is below 0 */
};

static bool is_true(const struct metric *metric, struct value value)
{
	double number = value_double(value);

	return isfinite(number) && (number >= 0 || metric->below_zero);
}

static const char *name_of(const struct place *place)
{
	const char *name = NULL;

	memcpy(&name, (const char *)place->object + place->entity->label[0].offset, sizeof(name));
	return name;
}

static void add_object(void *ctx, const struct place *place)
{
	struct adding *adding = ctx;
	const struct munin_queue *queue = adding->field->queue;
	const struct metric *metric = adding->field->metric;

	if (queue != NULL && !str_equal(str_of(queue->name), str_of(name_of(place))))
		return;
	adding->seen = true;
	if (metric_value(metric, place->object, &adding->value))
		adding->known = is_true(metric, adding->value);
}

/* Munin's master takes plain decimals only. */
static void add_number(struct value value, struct buf *out)
{
	if (value.type == FIELD_DOUBLE)
		buf_add_decimal(out, value.real, 9);
	else
		value_print(value, out);
}

/* Munin puts extinfo into its alerts. */
static void add_extinfo(const struct munin_encoder *encoder, const struct munin_field *field,
			const char *what, const char *why)
{
	buf_addf(encoder->out, "%s.extinfo %s%s", munin_field_name(field), what,
		 *what == '\0' ? "" : ": ");
	munin_add_clean(encoder->out, str_of(why));
	buf_add_char(encoder->out, '\n');
}

/* "bounded: 2 to 6; ..." */
static void add_bounds(const struct munin_encoder *encoder, const struct munin_field *field,
		       const struct ledger_bounds *bounds)
{
	struct buf text;

	buf_init(&text, (size_t)2 * LEDGER_REASON_MAX);
	buf_add_decimal(&text, bounds->low, 0);
	buf_add_text(&text, " to ");
	buf_add_decimal(&text, bounds->high, 0);
	if (bounds->reason[0] != '\0')
		buf_addf(&text, "; %s", bounds->reason);
	add_extinfo(encoder, field, confidence_name[CONFIDENCE_BOUNDED], buf_text(&text));
	buf_free(&text);
}

/* What nothing explains has a reason even where it is known how much that is. */
static void add_doubt(const struct munin_encoder *encoder, const struct adding *adding)
{
	const struct ledger *ledger = &encoder->scrape->ledger;
	const struct munin_field *field = adding->field;
	size_t offset = field->metric->offset;
	struct ledger_bounds bounds = {.reason = ledger->reason};
	bool has_bounds = field->queue == NULL && ledger_bounds(&bounds, ledger, offset);
	bool is_rest = offset == offsetof(struct ledger, held[HELD_UNEXPLAINED]) &&
		       value_double(adding->value) != 0;

	if (adding->known && has_bounds && bounds.low < bounds.high)
		add_bounds(encoder, field, &bounds);
	else if (ledger->has_lines && bounds.reason[0] != '\0' &&
		 (!adding->known || (has_bounds && is_rest)))
		add_extinfo(encoder, field,
			    confidence_name[has_bounds && !adding->known ? CONFIDENCE_UNKNOWN
									 : ledger->confidence],
			    bounds.reason);
	else if (field->queue != NULL && !adding->known)
		add_extinfo(encoder, field, "",
			    "not seen this time: nobody listens there now, or its server did not "
			    "answer");
	else if (ledger->has_lines && !adding->known)
		add_extinfo(encoder, field, "", "the count is below 0, which cannot be");
}

/* No number without a reason. That of a server that did not answer is in the log. */
static void add_reason(const struct munin_encoder *encoder, const struct adding *adding)
{
	const struct munin_field *field = adding->field;

	if (encoder->scrape == NULL)
		return;
	if (field->entity->root == ROOT_LEDGER)
		add_doubt(encoder, adding);
	else if (adding->known || !adding->seen)
		return;
	else if (adding->why != NULL)
		add_extinfo(encoder, field, "", adding->why);
	else
		add_extinfo(encoder, field, "",
			    "the number is below 0: a worker that crashed has left nginx with a "
			    "wrong count, until nginx is restarted");
}

/* A number that two fetches make. */
static void reckon(const struct munin_encoder *encoder, struct adding *adding)
{
	const struct munin_field *field = adding->field;

	adding->value = (struct value){.type = FIELD_DOUBLE};
	adding->known = encoder->memory != NULL &&
			munin_counters_ratio(encoder->memory, field->entity, field->metric,
					     field->munin, &adding->value.real, &adding->why);
}

static void add_value(const struct munin_encoder *encoder, const struct munin_field *field)
{
	struct adding adding = {.field = field, .why = field->munin->unknown};

	if (encoder->scrape != NULL)
		scrape_each(encoder->scrape, field->entity, add_object, &adding);
	if (adding.seen && field->munin->per != NULL)
		reckon(encoder, &adding);
	buf_addf(encoder->out, "%s.value ", munin_field_name(field));
	if (adding.known)
		add_number(adding.value, encoder->out);
	else
		buf_add_char(encoder->out, 'U');
	buf_add_char(encoder->out, '\n');
	add_reason(encoder, &adding);
}

void munin_encode_values(const struct munin_encoder *encoder, const struct munin_graph *graph)
{
	struct munin_field field[MUNIN_SHOWN_MAX];
	size_t len = munin_shown_fields(encoder, graph, field);

	for (size_t i = 0; i < len; i++)
		add_value(encoder, &field[i]);
}
