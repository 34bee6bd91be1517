/* SPDX-License-Identifier: MIT */
/* uwsgi_repair_string.h - the repair stage inside a string. Only uwsgi_repair.c uses it. */
#ifndef CONNLEDGER_UWSGI_REPAIR_STRING_H
#define CONNLEDGER_UWSGI_REPAIR_STRING_H

#include "uwsgi_repair.h"

/* Where output goes. There is room for what one input byte can cause. */
struct repair_out {
	char *at;
};

static inline void repair_put(struct repair_out *out, char c)
{
	*out->at++ = c;
}

static inline void repair_put_bytes(struct repair_out *out, const void *bytes, size_t len)
{
	memcpy(out->at, bytes, len);
	out->at += len;
}

/* Stray control bytes between tokens pass for blanks. */
static inline bool repair_is_blank(char c)
{
	return (unsigned char)c <= ' ';
}

static inline bool repair_in_array(const struct repair *repair)
{
	return repair->depth > 0 && (repair->arrays >> (repair->depth - 1) & 1) != 0;
}

/* Whether a quote before `c` (and before blanks, and a comma if `comma`) ends a string that is no
 * key. In valid JSON it always does; a stray quote inside a path almost never looks so. */
static inline bool repair_string_ended(unsigned depth, bool in_array, char c, bool comma)
{
	if (depth == 0)
		return true;
	if (!in_array)
		return c == '}' || (comma && c == '"');
	if (!comma)
		return c == ']' || c == ':';
	return c == '"' || c == ']' || c == '{' || c == '[' || c == '-' || c == 't' || c == 'f' ||
	       c == 'n' || (c >= '0' && c <= '9');
}

/* Reads one byte in any state but REPAIR_OUTSIDE. False: the byte was not used, and is to be read
 * again in the new state. */
bool repair_string_step(struct repair *repair, struct repair_out *out, char c) MUST_CHECK NONNULL;

/* Ends a string in REPAIR_QUOTED. */
void repair_close_string(struct repair *repair, struct repair_out *out) NONNULL;

#endif
