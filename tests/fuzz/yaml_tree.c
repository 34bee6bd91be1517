/* SPDX-License-Identifier: MIT */
/* Any bytes as a configuration file: a tree that is whole and within its ceilings, or one error
 * with its line. */
#include "prometheus_exporter/yaml_tree.h"

static void check(bool ok)
{
	if (!ok)
		abort();
}

static bool is_repeated(const struct yaml *parent, const struct yaml *node)
{
	for (const struct yaml *i = parent->first; i != node; i = i->next) {
		if (strcmp(i->key, node->key) == 0)
			return true;
	}
	return false;
}

static void check_node(const struct yaml *node, unsigned depth)
{
	size_t entries = 0;

	check(depth <= YAML_DEPTH_MAX && node->line >= 1);
	check((node->kind == YAML_SCALAR) == (node->text != NULL));
	check(node->kind != YAML_SCALAR || node->first == NULL);
	for (const struct yaml *i = node->first; i != NULL; i = i->next) {
		check(++entries <= YAML_ENTRIES_MAX);
		check((node->kind == YAML_MAP) == (i->key != NULL));
		check(i->line >= node->line);
		check(i->key == NULL || !is_repeated(node, i));
		check_node(i, depth + 1);
	}
}

static bool take(void *ctx, const struct yaml *value, struct err *err)
{
	const struct yaml **taken = ctx;
	bool is_true;

	check(value->kind != YAML_SCALAR || value->text != NULL);
	*taken = value;
	return value->kind != YAML_SCALAR || yaml_bool(value, &is_true, err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct yaml_field field[] = {
		{"a", YAML_SCALAR, take}, {"sites", YAML_MAP, take}, {"modules", YAML_LIST, take}};
	const struct yaml *taken = NULL;
	const struct yaml *root = NULL;
	struct arena arena;
	struct err err = {0};
	bool ok;

	arena_init(&arena, 16 * 1024 * 1024);
	ok = yaml_parse(&root, &arena, (struct str){(const char *)data, size}, &err);
	check(ok == (err.kind == ERR_NONE));
	check(ok || err.kind == ERR_MEMORY || strncmp(err.text, "line ", strlen("line ")) == 0);
	if (ok) {
		check_node(root, 0);
		ok = yaml_take(root, field, ARRAY_LEN(field), &taken, &err);
		check(ok == (err.kind == ERR_NONE));
		check(ok || strncmp(err.text, "line ", strlen("line ")) == 0);
	}
	arena_free(&arena);
	return 0;
}
