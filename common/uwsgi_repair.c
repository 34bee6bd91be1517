/* SPDX-License-Identifier: MIT */
/*
 * uwsgi_repair.c - a byte-wise state machine, with a fast path for what is in order; see
 * uwsgi_repair.h. What happens inside a string is in uwsgi_repair_string.c.
 */
#include "uwsgi_repair.h"

#include "bytes16.h"
#include "uwsgi_repair_string.h"

static bool is_plain(char c)
{
	return (unsigned char)c >= 0x20 && (unsigned char)c < 0x80 && c != '"' && c != '\\';
}

/* Copies bytes that need no repair until one that does, at most `len`; returns how many. Up to 16
 * bytes behind them may be written. */
static inline size_t copy_plain(char *out, const char *in, size_t len)
{
	size_t i = 0;

	for (; len - i >= 16; i += 16) {
		size_t run = bytes16_copy_plain(out + i, in + i);

		if (run < 16)
			return i + run;
	}
	for (; i < len && is_plain(in[i]); i++)
		out[i] = in[i];
	return i;
}

/* The position at or behind `i` of the first byte that is no blank, or `len`. */
static inline size_t skip_blanks(const char *in, size_t len, size_t i)
{
	for (; len - i >= 16; i += 16) {
		size_t run = bytes16_blank(in + i);

		if (run < 16)
			return i + run;
	}
	while (i < len && repair_is_blank(in[i]))
		i++;
	return i;
}

void repair_init(struct repair *repair)
{
	memset(repair, 0, sizeof(*repair));
}

/* Two numbers with blanks between them must not become one. */
static void scalar(struct repair *r, struct repair_out *o, char c)
{
	if (!r->scalar)
		r->scalar_len = 0;
	else if (r->gap)
		repair_put(o, ' ');
	if (++r->scalar_len > REPAIR_SCALAR_MAX)
		r->failed = true;
	r->scalar = true;
	r->gap = false;
	repair_put(o, c);
}

/* uWSGI 2.0.9 and 2.0.10 forget the first brace. */
static void begin(struct repair *r, struct repair_out *o, char c)
{
	r->begun = true;
	if (c == '"') {
		repair_put(o, '{');
		r->depth = 1;
		r->expect_key = true;
	}
}

/* The byte that the fast path has stopped at. A comma before it has been settled, and brackets only
 * get here when there are too many. */
static void outside(struct repair *r, struct repair_out *o, char c)
{
	switch (c) {
	case '"':
		r->is_key = r->expect_key;
		r->string_len = 0;
		r->state = REPAIR_STRING;
		break;
	case ',':
		r->comma = true;
		r->scalar = false;
		return;
	case ':':
		r->expect_key = false;
		if (repair_in_array(r))
			c = ',';
		break;
	case '{':
	case '[':
		r->failed = true;
		return;
	default:
		scalar(r, o, c);
		return;
	}
	r->scalar = false;
	repair_put(o, c);
}

/* A step inside a string, whose output is left out when the string has had its share. */
static bool string_step(struct repair *r, struct repair_out *o, char c)
{
	char *before = o->at;
	bool used = repair_string_step(r, o, c);

	if (r->state == REPAIR_OUTSIDE)
		return used;
	if (r->string_len >= REPAIR_STRING_MAX)
		o->at = before;
	r->string_len += (unsigned)(o->at - before);
	return used;
}

static size_t string_run(struct repair *r, struct repair_out *o, const char *in, size_t len)
{
	size_t run = copy_plain(o->at, in, len);
	size_t room = r->string_len < REPAIR_STRING_MAX ? REPAIR_STRING_MAX - r->string_len : 0;
	size_t kept = run < room ? run : room;

	o->at += kept;
	r->string_len += (unsigned)kept;
	return run;
}

/* ---- the fast path ------------------------------------------------------------------------------
 *
 * Reads whole tokens that are in order. Its state lives in a struct of its own so that the compiler
 * keeps it in registers: through `struct repair` every byte written might change it. */
struct fast {
	const char *in;
	size_t len;
	size_t i;
	char *at;
	const char *last; /* stop writing behind it */
	uint64_t arrays;
	unsigned depth;
	bool expect_key;
	bool comma;
	bool scalar;
	bool gap;
};

static inline bool fast_in_array(const struct fast *f)
{
	return f->depth > 0 && (f->arrays >> (f->depth - 1) & 1) != 0;
}

/* Takes digits behind a key or in a list, if what follows them ends a number. */
static inline bool fast_number(struct fast *f)
{
	size_t end = f->i;
	size_t limit = f->len - f->i < REPAIR_SCALAR_MAX ? f->len : f->i + REPAIR_SCALAR_MAX;
	char *at = f->at;

	for (; end < limit && f->in[end] >= '0' && f->in[end] <= '9'; end++)
		*at++ = f->in[end];
	if (end == f->i || end == limit || f->scalar ||
	    (f->in[end] != ',' && f->in[end] != '\n' && f->in[end] != '}' && f->in[end] != ']'))
		return false;
	f->comma = f->in[end] == ',';
	f->scalar = !f->comma;
	f->gap = false;
	f->i = end + (f->comma ? 1 : 0);
	f->at = at;
	return true;
}

/* Takes a string that needs no repair and whose end is plain to see: a key with its colon, or a
 * value with the comma behind it. */
static inline bool fast_string(struct fast *f)
{
	size_t room = (size_t)(f->last - f->at);
	size_t left = f->len - f->i - 1;
	size_t limit = room < REPAIR_STRING_MAX ? room : REPAIR_STRING_MAX;
	size_t run = copy_plain(f->at + 1, f->in + f->i + 1, left < limit ? left : limit);
	size_t end = f->i + 1 + run;
	bool comma;

	if (end + 1 >= f->len || f->in[end] != '"')
		return false;
	f->at[0] = '"';
	f->at[run + 1] = '"';
	end++;
	if (f->expect_key) {
		if (f->in[end] != ':')
			return false;
		f->at[run + 2] = ':';
		f->at += run + 3;
		f->i = end + 1;
		f->expect_key = false;
		f->scalar = false;
		return true;
	}
	end = skip_blanks(f->in, f->len, end);
	comma = end < f->len && f->in[end] == ',';
	end = comma ? skip_blanks(f->in, f->len, end + 1) : end;
	if (end == f->len || !repair_string_ended(f->depth, fast_in_array(f), f->in[end], comma))
		return false;
	f->comma = comma;
	f->at += run + 2;
	f->i = end;
	f->scalar = false;
	return true;
}

static inline bool fast_bracket(struct fast *f, char c)
{
	bool opens = c == '{' || c == '[';

	if (opens) {
		uint64_t bit;

		if (f->depth == REPAIR_DEPTH_MAX)
			return false;
		bit = (uint64_t)1 << f->depth++;
		f->arrays = c == '[' ? f->arrays | bit : f->arrays & ~bit;
	} else {
		f->depth -= f->depth > 0 ? 1 : 0;
	}
	f->expect_key = c == '{';
	*f->at++ = c;
	f->i++;
	f->scalar = false;
	return true;
}

static inline bool fast_token(struct fast *f)
{
	char c = f->in[f->i];
	bool closes = c == '}' || c == ']';

	if (f->comma) {
		f->comma = false;
		if (!closes)
			*f->at++ = ',';
		f->expect_key = f->depth > 0 && !fast_in_array(f);
	}
	if (c == '"')
		return fast_string(f);
	if (closes || c == '{' || c == '[')
		return fast_bracket(f, c);
	return fast_number(f);
}

/* Reads tokens until one needs a closer look, or room or input ends; returns the bytes taken. */
static size_t fast_run(struct repair *r, struct repair_out *o, const char *in, size_t len,
		       const char *last)
{
	struct fast f = {
		.in = in,
		.len = len,
		.at = o->at,
		.last = last,
		.arrays = r->arrays,
		.depth = r->depth,
		.expect_key = r->expect_key,
		.comma = r->comma,
		.scalar = r->scalar,
		.gap = r->gap,
	};

	while (f.at < last) {
		size_t next = skip_blanks(in, len, f.i);

		f.gap = f.gap || next > f.i;
		f.i = next;
		if (next == len || !fast_token(&f))
			break;
	}
	o->at = f.at;
	r->arrays = f.arrays;
	r->depth = f.depth;
	r->expect_key = f.expect_key;
	r->comma = f.comma;
	r->scalar = f.scalar;
	r->gap = f.gap;
	return f.i;
}

size_t repair_run(struct repair *repair, const char *in, size_t len, char *out, size_t cap,
		  size_t *ret_len)
{
	struct repair_out o = {out};
	const char *last = cap < REPAIR_ROOM ? out : out + cap - REPAIR_ROOM;
	size_t i = 0;

	while (i < len && o.at < last && !repair->failed) {
		size_t room = (size_t)(last - o.at);

		if (repair->state == REPAIR_OUTSIDE) {
			if (!repair->begun) {
				i = skip_blanks(in, len, i);
				if (i < len)
					begin(repair, &o, in[i]);
			}
			i += fast_run(repair, &o, in + i, len - i, last);
			if (i < len && o.at < last)
				outside(repair, &o, in[i++]);
			continue;
		}
		if (repair->state == REPAIR_STRING)
			i += string_run(repair, &o, in + i, len - i < room ? len - i : room);
		if (i < len && string_step(repair, &o, in[i]))
			i++;
	}
	*ret_len = (size_t)(o.at - out);
	return i;
}

size_t repair_end(struct repair *repair, char *out)
{
	struct repair_out o = {out};

	if (repair->state == REPAIR_QUOTED)
		repair_close_string(repair, &o);
	return (size_t)(o.at - out);
}
