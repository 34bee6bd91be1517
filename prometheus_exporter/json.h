/* SPDX-License-Identifier: MIT */
/*
 * json.h - writes JSON (RFC 8259): commas, names and escapes. Pure.
 *
 *     json_open(&json, NULL, '{');
 *     json_text(&json, "name", "blog");
 *     json_close(&json, '}');              {"name":"blog"}
 *
 * Everywhere `name` is the member's in an object, and NULL in a list and for the outermost value.
 */
#ifndef CONNLEDGER_EXPORTER_JSON_H
#define CONNLEDGER_EXPORTER_JSON_H

#include "buf.h"

struct json {
	struct buf *out;
	bool follows; /* the next value is not the first one of its object or list */
};

/* Writes to `out`, which is borrowed. */
void json_init(struct json *json, struct buf *out) NONNULL;

/* Begins an object ('{') or a list ('['); each is to be closed by its own '}' or ']'. */
void json_open(struct json *json, const char *name, char bracket) NONNULL_ARGS(1);
void json_close(struct json *json, char bracket) NONNULL;

/* A string. Control bytes are escaped, bytes that are not part of valid UTF-8 become U+FFFD. `text`
 * NULL: null. */
void json_text(struct json *json, const char *name, const char *text) NONNULL_ARGS(1);

/* A number that reads back as the same double. What is not finite is null. */
void json_double(struct json *json, const char *name, double value) NONNULL_ARGS(1);
/* A whole number, exactly. */
void json_u64(struct json *json, const char *name, uint64_t value) NONNULL_ARGS(1);
void json_i64(struct json *json, const char *name, int64_t value) NONNULL_ARGS(1);
void json_bool(struct json *json, const char *name, bool value) NONNULL_ARGS(1);
void json_null(struct json *json, const char *name) NONNULL_ARGS(1);

#endif
