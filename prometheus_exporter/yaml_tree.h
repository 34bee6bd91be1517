/* SPDX-License-Identifier: MIT */
/*
 * yaml_tree.h - a YAML file as a tree, and strict reading of it: an unknown key, a key that stands
 * twice, a value of the wrong kind is an error with its line. Reads from memory; opens nothing.
 * Plain YAML only: aliases, tags and several documents are refused, since no configuration needs
 * them and the first can make a small file huge. The only file that knows libyaml is yaml_tree.c.
 */
#ifndef CONNLEDGER_EXPORTER_YAML_TREE_H
#define CONNLEDGER_EXPORTER_YAML_TREE_H

#include "arena.h"
#include "err.h"

enum {
	YAML_DEPTH_MAX = 16,
	YAML_BYTES_MAX = 1024 * 1024,
	YAML_ENTRIES_MAX = 5000, /* of one list or map: keys are compared with each other */
};

enum yaml_kind { YAML_SCALAR, YAML_LIST, YAML_MAP };

struct yaml {
	enum yaml_kind kind;
	unsigned line;    /* of its key, if it has one; 1 for the first */
	const char *key;  /* under which it stands in a map; NULL elsewhere */
	const char *text; /* YAML_SCALAR: its text; "" for null and nothing. NULL otherwise */
	bool quoted;      /* YAML_SCALAR: "..." or '...': a text, whatever it looks like */
	const struct yaml *first; /* YAML_LIST, YAML_MAP: the first entry */
	const struct yaml *next;  /* the entry after this one */
};

/* Reads `text`. The tree lives in `arena`; an empty text gives an empty map. False with ERR_USAGE
 * and "line 3: ..." for what is no YAML or more than the above. */
bool yaml_parse(const struct yaml **ret, struct arena *arena, struct str text,
		struct err *err) MUST_CHECK NONNULL;

/* Reads a file whole, of at most YAML_BYTES_MAX, and parses it. The error names the file. */
bool yaml_read(const struct yaml **ret, struct arena *arena, const char *path,
	       struct err *err) MUST_CHECK NONNULL;

/* A key that a map may have, and who takes its value. */
struct yaml_field {
	const char *key;
	enum yaml_kind kind; /* which the value must be */
	bool (*take)(void *ctx, const struct yaml *value, struct err *err);
};

/* Hands each entry of a map to its field, in the order of the file. False with "line N: ..." for a
 * node that is no map, a key that is not among the fields, or a value of another kind; a map or
 * list may be left empty ("key:"). An error of a field gets the line in front. */
bool yaml_take(const struct yaml *map, const struct yaml_field *field, size_t field_len, void *ctx,
	       struct err *err) MUST_CHECK NONNULL_ARGS(1, 2, 5);

/* Sets "line N: " and what was expected: `return yaml_refuse(value, err, "expected a number")`. */
bool yaml_refuse(const struct yaml *node, struct err *err, const char *expected) NONNULL;

/* true/false (also yes/no, on/off, as YAML 1.1 has them). */
bool yaml_bool(const struct yaml *node, bool *ret, struct err *err) MUST_CHECK NONNULL;

#endif
