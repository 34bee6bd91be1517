/* SPDX-License-Identifier: MIT */
/* values.c - a scrape in Munin's words: what fetch says; see encode.h. */
#include "encode.h"

#include <math.h>

struct adding {
	const struct munin_field *field;
	bool known;
	struct value value;
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

/* Several sockets may listen at one address (nginx' reuseport): they are drawn as one. */
static void add_object(void *ctx, const struct place *place)
{
	struct adding *adding = ctx;
	const struct munin_queue *queue = adding->field->queue;
	const struct metric *metric = adding->field->metric;
	struct value value;

	if (queue != NULL && !str_equal(str_of(queue->name), str_of(name_of(place))))
		return;
	if (!metric_value(metric, place->object, &value) || !is_true(metric, value))
		return;
	if (queue != NULL && adding->known) {
		adding->value =
			(struct value){.type = FIELD_DOUBLE,
				       .real = value_double(adding->value) + value_double(value)};
		return;
	}
	adding->known = true;
	adding->value = value;
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
	struct adding adding = {.field = field};

	if (encoder->scrape != NULL)
		scrape_each(encoder->scrape, field->entity, add_object, &adding);
	buf_addf(encoder->out, "%s.value ", munin_field_name(field));
	if (adding.known)
		add_number(adding.value, encoder->out);
	else
		buf_add_char(encoder->out, 'U');
	buf_add_char(encoder->out, '\n');
}

/* Munin puts extinfo into its alerts. What a bound bounds is the phantom count. */
static void add_reason(const struct munin_encoder *encoder, const struct munin_field *field)
{
	const struct ledger *ledger = encoder->scrape == NULL ? NULL : &encoder->scrape->ledger;

	if (field->entity->root != ROOT_LEDGER || field->queue != NULL ||
	    field->metric->offset != offsetof(struct ledger, held[HELD_PHANTOM]))
		return;
	if (ledger == NULL || !ledger->has_lines || ledger->reason[0] == '\0')
		return;
	buf_addf(encoder->out, "%s.extinfo %s: ", munin_field_name(field),
		 confidence_name[ledger->confidence]);
	munin_add_clean(encoder->out, str_of(ledger->reason));
	buf_add_char(encoder->out, '\n');
}

void munin_encode_values(const struct munin_encoder *encoder, const struct munin_graph *graph)
{
	struct munin_field field[MUNIN_SHOWN_MAX];
	size_t len = munin_shown_fields(encoder, graph, field);

	for (size_t i = 0; i < len; i++) {
		add_value(encoder, &field[i]);
		add_reason(encoder, &field[i]);
	}
}
