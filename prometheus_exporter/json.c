/* SPDX-License-Identifier: MIT */
/* json.c - see json.h. */
#include "json.h"

#include <math.h>

#include "json_text.h"

/* The comma and the name before a value. */
static void begin(struct json *json, const char *name)
{
	if (json->follows)
		buf_add_char(json->out, ',');
	json->follows = true;
	if (name == NULL)
		return;
	json_add_text(json->out, name);
	buf_add_char(json->out, ':');
}

void json_init(struct json *json, struct buf *out)
{
	*json = (struct json){.out = out};
}

void json_open(struct json *json, const char *name, char bracket)
{
	begin(json, name);
	buf_add_char(json->out, bracket);
	json->follows = false;
}

void json_close(struct json *json, char bracket)
{
	buf_add_char(json->out, bracket);
	json->follows = true;
}

void json_text(struct json *json, const char *name, const char *text)
{
	if (text == NULL) {
		json_null(json, name);
		return;
	}
	begin(json, name);
	json_add_text(json->out, text);
}

void json_double(struct json *json, const char *name, double value)
{
	if (!isfinite(value)) {
		json_null(json, name);
		return;
	}
	begin(json, name);
	buf_add_double(json->out, value);
}

void json_u64(struct json *json, const char *name, uint64_t value)
{
	begin(json, name);
	buf_add_u64(json->out, value);
}

void json_i64(struct json *json, const char *name, int64_t value)
{
	begin(json, name);
	buf_add_i64(json->out, value);
}

void json_bool(struct json *json, const char *name, bool value)
{
	begin(json, name);
	buf_add_text(json->out, value ? "true" : "false");
}

void json_null(struct json *json, const char *name)
{
	begin(json, name);
	buf_add_text(json->out, "null");
}
