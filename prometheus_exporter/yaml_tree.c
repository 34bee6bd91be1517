/* SPDX-License-Identifier: MIT */
/* yaml_tree.c - libyaml's events as a tree; see yaml_tree.h. */
#include "yaml_tree.h"

#include <errno.h>
#include <stdio.h>
#include <yaml.h>

#include "buf.h"

enum { SHOWN_MAX = 60 };

struct reader {
	yaml_parser_t parser;
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

static bool next_event(struct reader *reader, yaml_event_t *event)
{
	const yaml_parser_t *parser = &reader->parser;

	if (yaml_parser_parse(&reader->parser, event) == 1)
		return true;
	if (parser->error == YAML_MEMORY_ERROR)
		return out_of_memory(reader->err);
	return err_set(reader->err, ERR_USAGE, "line %zu: this is no YAML: %s%s%s",
		       parser->problem_mark.line + 1, parser->problem,
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

static bool has_key(const struct yaml *map, const char *key)
{
	for (const struct yaml *i = map->first; i != NULL; i = i->next) {
		if (strcmp(i->key, key) == 0)
			return true;
	}
	return false;
}

static bool read_key(struct reader *reader, const yaml_event_t *event, const struct yaml *map,
		     const char **key)
{
	struct yaml node = {.line = (unsigned)event->start_mark.line + 1};

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
	struct yaml *node = NULL;
	bool ok;

	if (!next_event(reader, &event))
		return false;
	*end = event.type == YAML_SEQUENCE_END_EVENT || event.type == YAML_MAPPING_END_EVENT;
	ok = *end || parent->kind == YAML_LIST || read_key(reader, &event, parent, &key);
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
	bool end = false;
	bool ok = true;

	if (reader->depth == YAML_DEPTH_MAX)
		return refuse_at(reader->err, parent->line, "nested too deeply");
	reader->depth++;
	while (ok && !end)
		ok = read_entry(reader, parent, &last, &end);
	reader->depth--;
	return ok;
}

static bool read_value(struct reader *reader, const yaml_event_t *event, struct yaml *node)
{
	const yaml_char_t *anchor = NULL;
	const yaml_char_t *tag = NULL;

	if (event->type == YAML_SCALAR_EVENT) {
		anchor = event->data.scalar.anchor;
		tag = event->data.scalar.tag;
	} else if (event->type == YAML_SEQUENCE_START_EVENT) {
		node->kind = YAML_LIST;
		anchor = event->data.sequence_start.anchor;
		tag = event->data.sequence_start.tag;
	} else if (event->type == YAML_MAPPING_START_EVENT) {
		node->kind = YAML_MAP;
		anchor = event->data.mapping_start.anchor;
		tag = event->data.mapping_start.tag;
	}
	if (anchor != NULL || tag != NULL || event->type == YAML_ALIAS_EVENT)
		return refuse_at(reader->err, node->line,
				 "anchors (&), aliases (*) and tags (!) are not read here");
	if (event->type == YAML_SCALAR_EVENT)
		return read_scalar(reader, event, node);
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
	struct reader reader = {.arena = arena, .err = err};
	struct yaml *root = arena_alloc(arena, sizeof(*root));
	bool ok;

	if (root == NULL || yaml_parser_initialize(&reader.parser) != 1)
		return out_of_memory(err);
	root->line = 1;
	yaml_parser_set_input_string(&reader.parser, (const unsigned char *)text.ptr, text.len);
	yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
	ok = read_document(&reader, root);
	yaml_parser_delete(&reader.parser);
	if (root->kind == YAML_SCALAR && root->text != NULL && root->text[0] == '\0')
		root->kind = YAML_MAP;
	*ret = root;
	return ok;
}

static bool read_file(struct buf *text, const char *path, struct err *err)
{
	char bytes[4096];
	FILE *file = fopen(path, "re");
	size_t len;
	int saved;

	if (file == NULL)
		return err_set_errno(err, errno, "cannot read \"%.100s\"", path);
	errno = 0;
	while ((len = fread(bytes, 1, sizeof(bytes), file)) > 0)
		buf_add(text, bytes, len);
	saved = ferror(file) != 0 ? errno : 0;
	(void)fclose(file);
	if (saved != 0)
		return err_set_errno(err, saved, "cannot read \"%.100s\"", path);
	return buf_ok(text) ||
	       err_set(err, ERR_USAGE, "\"%.100s\" is longer than %zu bytes", path, text->ceiling);
}

bool yaml_read(const struct yaml **ret, struct arena *arena, const char *path, struct err *err)
{
	struct err why = {0};
	struct buf text;
	bool ok;

	buf_init(&text, YAML_BYTES_MAX);
	ok = read_file(&text, path, err);
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
