/* SPDX-License-Identifier: MIT */
/* odd_answer.c - see odd_answer.h. */
#include "odd_answer.h"

#include "model.h"

enum { OBJECTS = 2 };

struct writer {
	const struct odd_text *odd;
	struct buf *out;
};

static void add_entity(const struct writer *writer, const struct entity *entity);

static bool is_odd(const struct writer *writer, const struct entity *entity, size_t label)
{
	return writer->odd->entity == entity && writer->odd->label == label;
}

/* "127.0.0.1:3031" is the name of a socket whose queue may be looked up in the kernel's list. */
static void add_text(const struct writer *writer, const struct entity *entity, size_t label,
		     size_t number)
{
	if (is_odd(writer, entity, label))
		buf_add_text(writer->out, writer->odd->json);
	else
		buf_addf(writer->out, "\"127.0.0.%zu:303%zu\"", label + 1, number);
}

static void add_labels(const struct writer *writer, const struct entity *entity, size_t number)
{
	for (size_t i = 0; i < entity->label_len; i++) {
		const struct label *label = &entity->label[i];

		if (label->key == NULL || (is_odd(writer, entity, i) && writer->odd->json == NULL))
			continue;
		buf_addf(writer->out, "\"%s\":", label->key);
		if (label->type == FIELD_TEXT)
			add_text(writer, entity, i, number);
		else
			buf_addf(writer->out, "%zu", number + 1);
		buf_add_char(writer->out, ',');
	}
}

static void add_fields(const struct writer *writer, const struct entity *entity, size_t number)
{
	add_labels(writer, entity, number);
	for (size_t i = 0; i < entity->metric_len; i++) {
		const struct metric *metric = &entity->metric[i];

		if (metric->derived || metric->type == FIELD_CLIENT)
			continue;
		if (metric->kind == METRIC_STATE)
			buf_addf(writer->out, "\"%s\":\"%s\",", metric->key, metric->names[number]);
		else
			buf_addf(writer->out, "\"%s\":%zu,", metric->key, number + 1);
	}
	for (size_t i = 0; i < entity_all_len; i++) {
		if (entity_all[i]->parent == entity && entity_all[i]->json != NULL)
			add_entity(writer, entity_all[i]);
	}
	buf_add_text(writer->out, "\"\":0");
}

/* The key of a map is the text of its first label. */
static void add_key(const struct writer *writer, const struct entity *entity, size_t number)
{
	add_text(writer, entity, 0, number);
	buf_add_char(writer->out, ':');
}

static bool has_no_key(const struct writer *writer, const struct entity *entity)
{
	return is_odd(writer, entity, 0) &&
	       (writer->odd->json == NULL || writer->odd->json[0] != '"');
}

static void add_object(const struct writer *writer, const struct entity *entity, size_t number)
{
	bool is_named = entity->shape == SHAPE_MAP || entity->shape == SHAPE_PAIRS;

	if (is_named && has_no_key(writer, entity))
		return;
	if (number > 0)
		buf_add_char(writer->out, ',');
	if (entity->shape == SHAPE_PAIRS)
		buf_add_char(writer->out, '{');
	if (is_named)
		add_key(writer, entity, number);
	if (entity->shape == SHAPE_PAIRS) {
		buf_addf(writer->out, "%zu}", number);
		return;
	}
	buf_add_char(writer->out, '{');
	add_fields(writer, entity, number);
	buf_add_char(writer->out, '}');
}

static void add_entity(const struct writer *writer, const struct entity *entity)
{
	bool is_map = entity->shape == SHAPE_MAP;

	buf_addf(writer->out, "\"%s\":", entity->json);
	if (entity->shape == SHAPE_OBJECT) {
		add_object(writer, entity, 0);
	} else {
		buf_add_char(writer->out, is_map ? '{' : '[');
		for (size_t i = 0; i < OBJECTS; i++)
			add_object(writer, entity, i);
		buf_add_char(writer->out, is_map ? '}' : ']');
	}
	buf_add_char(writer->out, ',');
}

void odd_answer(const struct odd_text *odd, struct buf *out)
{
	const struct writer writer = {.odd = odd, .out = out};

	buf_add_char(out, '{');
	for (size_t i = 0; i < entity_all_len; i++) {
		if (entity_all[i]->root == ROOT_UWSGI && entity_all[i]->parent == NULL)
			add_fields(&writer, entity_all[i], 0);
	}
	buf_add_char(out, '}');
}
