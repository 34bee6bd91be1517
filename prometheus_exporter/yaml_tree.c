/* SPDX-License-Identifier: MIT */
/* yaml_tree.c - libyaml's events as a tree; see yaml_tree.h. */
#include "yaml_tree.h"

#include <yaml.h>

#include "plain_file.h"

enum { SHOWN_MAX = 60 };

struct reader {
	yaml_parser_t parser;
	struct str text;
	struct arena *arena;
	unsigned depth;
	struct err *err;
};

static bool refuse_at(struct err *err, size_t line, const char *what)
{
	return err_set(err, ERR_USAGE, "line %zu: %s", line, what);
}

static bool out_of_memory(struct err *err)
{
	return err_set(err, ERR_MEMORY, "out of memory, or the file is too large");
}

/* libyaml tells where text is no UTF-8 as an offset, other mistakes as a line. */
static size_t line_of_problem(const struct reader *reader)
{
	size_t line = 1;

	if (reader->parser.error != YAML_READER_ERROR)
		return reader->parser.problem_mark.line + 1;
	for (size_t i = 0; i < reader->parser.problem_offset && i < reader->text.len; i++)
		line += reader->text.ptr[i] == '\n' ? 1 : 0;
	return line;
}

static bool next_event(struct reader *reader, yaml_event_t *event)
{
	const yaml_parser_t *parser = &reader->parser;

	if (yaml_parser_parse(&reader->parser, event) == 1)
		return true;
	if (parser->error == YAML_MEMORY_ERROR)
		return out_of_memory(reader->err);
	return err_set(reader->err, ERR_USAGE, "line %zu: this is no YAML: %s%s%s",
		       line_of_problem(reader),
		       parser->problem != NULL ? parser->problem : "it cannot be read",
		       parser->context != NULL ? " " : "",
		       parser->context != NULL ? parser->context : "");
}

static bool read_value(struct reader *reader, const yaml_event_t *event, struct yaml *node);

static struct yaml *new_node(struct reader *reader, const yaml_event_t *event)
{
	struct yaml *node = arena_alloc(reader->arena, sizeof(*node));

	if (node == NULL)
		out_of_memory(reader->err);
	else
		node->line = (unsigned)event->start_mark.line + 1;
	return node;
}

/* libyaml's null is a plain scalar. */
static bool read_scalar(struct reader *reader, const yaml_event_t *event, struct yaml *node)
{
	const char *text = (const char *)event->data.scalar.value;
	size_t len = event->data.scalar.length;

	if (strlen(text) != len)
		return refuse_at(reader->err, node->line, "a text with a zero byte");
	node->kind = YAML_SCALAR;
	node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	if (!node->quoted && (strcmp(text, "~") == 0 || strcmp(text, "null") == 0))
		text = "";
	node->text = arena_text(reader->arena, str_of(text));
	return node->text != NULL || out_of_memory(reader->err);
}

/* What can make a small file huge, or a value something other than it looks like. */
static bool is_fancy(const yaml_event_t *event)
{
	if (event->type == YAML_SCALAR_EVENT)
		return event->data.scalar.anchor != NULL || event->data.scalar.tag != NULL;
	if (event->type == YAML_SEQUENCE_START_EVENT)
		return event->data.sequence_start.anchor != NULL ||
		       event->data.sequence_start.tag != NULL;
	if (event->type == YAML_MAPPING_START_EVENT)
		return event->data.mapping_start.anchor != NULL ||
		       event->data.mapping_start.tag != NULL;
	return event->type == YAML_ALIAS_EVENT;
}

static bool refuse_fancy(struct reader *reader, unsigned line)
{
	return refuse_at(reader->err, line,
			 "anchors (&), aliases (*) and tags (!) are not read here");
}

static bool has_key(const struct yaml *map, const char *key)
{
	for (const struct yaml *i = map->first; i != NULL; i = i->next) {
		if (strcmp(i->key, key) == 0)
			return true;
	}
	return false;
}

static bool read_key(struct reader *reader, const yaml_event_t *event, const struct yaml *map,
		     const char **key, unsigned *line)
{
	struct yaml node = {.line = (unsigned)event->start_mark.line + 1};

	*line = node.line;

	if (is_fancy(event))
		return refuse_fancy(reader, node.line);
	if (event->type != YAML_SCALAR_EVENT)
		return refuse_at(reader->err, node.line, "a key must be a word");
	if (!read_scalar(reader, event, &node))
		return false;
	if (has_key(map, node.text))
		return err_set(reader->err, ERR_USAGE, "line %u: \"%.*s\" stands here twice",
			       node.line, SHOWN_MAX, node.text);
	*key = node.text;
	return true;
}

/* One entry of a list or a map; `*end` is set at the end instead. */
static bool read_entry(struct reader *reader, struct yaml *parent, struct yaml **last, bool *end)
{
	yaml_event_t event;
	const char *key = NULL;
	unsigned line = 0;
	struct yaml *node = NULL;
	bool ok;

	if (!next_event(reader, &event))
		return false;
	*end = event.type == YAML_SEQUENCE_END_EVENT || event.type == YAML_MAPPING_END_EVENT;
	ok = *end || parent->kind == YAML_LIST || read_key(reader, &event, parent, &key, &line);
	if (ok && !*end && parent->kind == YAML_MAP) {
		yaml_event_delete(&event);
		if (!next_event(reader, &event))
			return false;
	}
	if (ok && !*end) {
		node = new_node(reader, &event);
		ok = node != NULL && read_value(reader, &event, node);
	}
	yaml_event_delete(&event);
	if (!ok || *end)
		return ok;
	node->key = key;
	if (key != NULL)
		node->line = line;
	if (*last == NULL)
		parent->first = node;
	else
		(*last)->next = node;
	*last = node;
	return true;
}

static bool read_entries(struct reader *reader, struct yaml *parent)
{
	struct yaml *last = NULL;
	size_t entries = 0;
	bool end = false;
	bool ok = true;

	if (reader->depth == YAML_DEPTH_MAX)
		return refuse_at(reader->err, parent->line, "nested too deeply");
	reader->depth++;
	while (ok && !end) {
		ok = read_entry(reader, parent, &last, &end);
		if (ok && !end && ++entries > YAML_ENTRIES_MAX)
			ok = refuse_at(reader->err, parent->line, "too many entries");
	}
	reader->depth--;
	return ok;
}

static bool read_value(struct reader *reader, const yaml_event_t *event, struct yaml *node)
{
	if (is_fancy(event))
		return refuse_fancy(reader, node->line);
	if (event->type == YAML_SCALAR_EVENT)
		return read_scalar(reader, event, node);
	node->kind = event->type == YAML_SEQUENCE_START_EVENT ? YAML_LIST : YAML_MAP;
	return read_entries(reader, node);
}

/* What stands before a document's value, and the value itself. */
static bool read_document(struct reader *reader, struct yaml *root)
{
	yaml_event_t event;
	bool ok = true;

	root->kind = YAML_MAP;
	do {
		if (!next_event(reader, &event))
			return false;
		if (event.type == YAML_STREAM_END_EVENT)
			break;
		if (event.type != YAML_STREAM_START_EVENT &&
		    event.type != YAML_DOCUMENT_START_EVENT) {
			root->line = (unsigned)event.start_mark.line + 1;
			ok = read_value(reader, &event, root);
			break;
		}
		yaml_event_delete(&event);
	} while (ok);
	if (ok && event.type != YAML_STREAM_END_EVENT) {
		yaml_event_delete(&event);
		/* The end of the document, then that of the file. */
		if (!next_event(reader, &event))
			return false;
		yaml_event_delete(&event);
		if (!next_event(reader, &event))
			return false;
		if (event.type != YAML_STREAM_END_EVENT)
			ok = refuse_at(reader->err, event.start_mark.line + 1,
				       "a second document (---) begins");
	}
	yaml_event_delete(&event);
	return ok;
}

bool yaml_parse(const struct yaml **ret, struct arena *arena, struct str text, struct err *err)
{
	struct reader reader = {.text = text, .arena = arena, .err = err};
	struct yaml *root = arena_alloc(arena, sizeof(*root));
	bool ok;

	if (root == NULL || yaml_parser_initialize(&reader.parser) != 1)
		return out_of_memory(err);
	root->line = 1;
	yaml_parser_set_input_string(
		&reader.parser, (const unsigned char *)(text.len > 0 ? text.ptr : ""), text.len);
	yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
	ok = read_document(&reader, root);
	yaml_parser_delete(&reader.parser);
	if (ok && root->kind == YAML_SCALAR && root->text[0] == '\0' && !root->quoted)
		*root = (struct yaml){.kind = YAML_MAP, .line = root->line};
	*ret = root;
	return ok;
}

bool yaml_read(const struct yaml **ret, struct arena *arena, const char *path, struct err *err)
{
	struct err why = {0};
	struct buf text;
	bool ok;

	buf_init(&text, YAML_BYTES_MAX);
	ok = plain_file_read(&text, path, err);
	if (ok && !yaml_parse(ret, arena, buf_str(&text), &why))
		ok = err_set(err, why.kind, "%.100s: %s", path, why.text);
	buf_free(&text);
	return ok;
}

static const char *const kind_name[] = {
	[YAML_SCALAR] = "a value",
	[YAML_LIST] = "a list",
	[YAML_MAP] = "a map (key: value)",
};

static void list_keys(struct buf *out, const struct yaml_field *field, size_t field_len)
{
	for (size_t i = 0; i < field_len; i++) {
		if (i > 0)
			buf_add_text(out, i + 1 == field_len ? " or " : ", ");
		buf_add_text(out, field[i].key);
	}
}

static bool refuse_key(const struct yaml *node, const struct yaml_field *field, size_t field_len,
		       struct err *err)
{
	struct buf keys;

	buf_init(&keys, ERR_TEXT_MAX);
	list_keys(&keys, field, field_len);
	err_set(err, ERR_USAGE, "line %u: unknown key \"%.*s\"; expected %s", node->line, SHOWN_MAX,
		node->key, buf_text(&keys));
	buf_free(&keys);
	return false;
}

static bool take_entry(const struct yaml *node, const struct yaml_field *field, void *ctx,
		       struct err *err)
{
	bool is_empty = node->kind == YAML_SCALAR && node->text[0] == '\0' && !node->quoted;
	const struct yaml empty = {.kind = field->kind, .line = node->line, .key = node->key};
	struct err why = {0};

	if (is_empty && field->kind != YAML_SCALAR)
		node = &empty;
	if (node->kind != field->kind)
		return err_set(err, ERR_USAGE, "line %u: %s: expected %s", node->line, field->key,
			       kind_name[field->kind]);
	if (field->take(ctx, node, &why))
		return true;
	if (strncmp(why.text, "line ", strlen("line ")) == 0)
		return err_set(err, why.kind, "%s", why.text);
	return err_set(err, why.kind, "line %u: %s", node->line, why.text);
}

bool yaml_take(const struct yaml *map, const struct yaml_field *field, size_t field_len, void *ctx,
	       struct err *err)
{
	if (map->kind != YAML_MAP)
		return yaml_refuse(map, err, "expected a map (key: value)");
	for (const struct yaml *node = map->first; node != NULL; node = node->next) {
		size_t i = 0;

		while (i < field_len && strcmp(field[i].key, node->key) != 0)
			i++;
		if (i == field_len)
			return refuse_key(node, field, field_len, err);
		if (!take_entry(node, &field[i], ctx, err))
			return false;
	}
	return true;
}

bool yaml_refuse(const struct yaml *node, struct err *err, const char *expected)
{
	if (node->kind == YAML_SCALAR)
		return err_set(err, ERR_USAGE, "line %u: %s, not \"%.*s\"", node->line, expected,
			       SHOWN_MAX, node->text);
	return err_set(err, ERR_USAGE, "line %u: %s", node->line, expected);
}

bool yaml_bool(const struct yaml *node, bool *ret, struct err *err)
{
	static const char *const word[][2] = {{"false", "true"}, {"no", "yes"}, {"off", "on"}};

	for (size_t i = 0; node->kind == YAML_SCALAR && i < ARRAY_LEN(word); i++) {
		for (unsigned k = 0; k < 2; k++) {
			if (strcmp(node->text, word[i][k]) == 0) {
				*ret = k == 1;
				return true;
			}
		}
	}
	return yaml_refuse(node, err, "expected true or false");
}
