/* SPDX-License-Identifier: MIT */
/* uwsgi_repair_string.c - escapes, UTF-8, and where a string ends; see uwsgi_repair_string.h. */
#include "uwsgi_repair_string.h"

/* A byte that may not stand in a JSON string as it is. */
static void put_control(struct repair_out *o, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";
	char text[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};

	repair_put_bytes(o, text, sizeof(text));
}

static void put_replacement(struct repair_out *o)
{
	repair_put_bytes(o, "\xef\xbf\xbd", 3);
}

/* The bytes that a UTF-8 sequence has behind its first one; 0 for a byte that begins none. */
static unsigned utf8_more(unsigned char c)
{
	if (c >= 0xc2 && c <= 0xdf)
		return 1;
	if (c >= 0xe0 && c <= 0xef)
		return 2;
	return c >= 0xf0 && c <= 0xf4 ? 3 : 0;
}

static void string_byte(struct repair *r, struct repair_out *o, unsigned char c)
{
	if (c == '"') {
		r->state = REPAIR_QUOTED;
	} else if (c == '\\') {
		r->state = REPAIR_ESCAPED;
	} else if (c < 0x20) {
		put_control(o, c);
	} else if (c < 0x80) {
		repair_put(o, (char)c);
	} else if (utf8_more(c) == 0) {
		put_replacement(o);
	} else {
		r->utf8[0] = c;
		r->utf8_len = 1;
		r->utf8_need = utf8_more(c);
		r->state = REPAIR_UTF8;
	}
}

/* The quote stands for itself: write it escaped, and what was held back behind it. */
static void reopen_string(struct repair *r, struct repair_out *o)
{
	size_t len = r->held_len;

	repair_put_bytes(o, "\\\"", 2);
	r->held_len = 0;
	r->state = REPAIR_STRING;
	for (size_t i = 0; i < len; i++)
		string_byte(r, o, (unsigned char)r->held[i]);
}

static bool held_comma(const struct repair *r)
{
	return memchr(r->held, ',', r->held_len) != NULL;
}

void repair_close_string(struct repair *repair, struct repair_out *out)
{
	repair_put(out, '"');
	repair->comma = held_comma(repair);
	repair->held_len = 0;
	repair->state = REPAIR_OUTSIDE;
	repair->gap = false;
}

static bool ends_string(const struct repair *r, char c, bool comma)
{
	if (r->is_key)
		return r->depth == 0 || c == ':';
	return repair_string_ended(r->depth, repair_in_array(r), c, comma);
}

static bool quoted(struct repair *r, struct repair_out *o, char c)
{
	bool comma = held_comma(r);

	if (repair_is_blank(c) || (c == ',' && !comma && !r->is_key && r->depth > 0)) {
		if (r->held_len < REPAIR_HELD_MAX)
			r->held[r->held_len++] = c;
		else if (c == ',')
			r->held[0] = c;
		return true;
	}
	if (ends_string(r, c, comma))
		repair_close_string(r, o);
	else
		reopen_string(r, o);
	return false;
}

/* Too long, surrogate and beyond-Unicode forms are told by the second byte. */
static bool utf8_continues(const struct repair *r, unsigned char c)
{
	unsigned char first = r->utf8[0];

	if (c < 0x80 || c > 0xbf)
		return false;
	if (r->utf8_len > 1)
		return true;
	return !((first == 0xe0 && c < 0xa0) || (first == 0xed && c > 0x9f) ||
		 (first == 0xf0 && c < 0x90) || (first == 0xf4 && c > 0x8f));
}

static bool utf8_byte(struct repair *r, struct repair_out *o, unsigned char c)
{
	if (!utf8_continues(r, c)) {
		put_replacement(o);
		r->state = REPAIR_STRING;
		return false;
	}
	r->utf8[r->utf8_len++] = c;
	if (--r->utf8_need == 0) {
		repair_put_bytes(o, r->utf8, r->utf8_len);
		r->state = REPAIR_STRING;
	}
	return true;
}

static bool escaped(struct repair *r, struct repair_out *o, char c)
{
	r->state = REPAIR_STRING;
	switch (c) {
	case '"':
		r->state = REPAIR_LAST_SLASH;
		return true;
	case 'u':
		r->state = REPAIR_UNICODE;
		r->hex_len = 0;
		return true;
	case '\\':
	case '/':
	case 'b':
	case 'f':
	case 'n':
	case 'r':
	case 't':
		repair_put(o, '\\');
		repair_put(o, c);
		return true;
	default:
		repair_put_bytes(o, "\\\\", 2);
		return false;
	}
}

static bool unicode(struct repair *r, struct repair_out *o, char c)
{
	bool digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');

	if (digit)
		r->hex[r->hex_len++] = c;
	if (digit && r->hex_len < sizeof(r->hex))
		return true;
	if (digit)
		repair_put_bytes(o, "\\u", 2);
	else
		repair_put_bytes(o, "\\\\u", 3);
	repair_put_bytes(o, r->hex, r->hex_len);
	r->state = REPAIR_STRING;
	return digit;
}

/* Behind \" : where uWSGI escapes, no line break can follow, since it would be escaped too. Where
 * it does not (paths), the string has ended with a backslash. */
static bool last_slash(struct repair *r, struct repair_out *o, char c)
{
	bool comma = r->held_len > 0;

	if (c == ',' && !comma) {
		r->held[r->held_len++] = c;
		return true;
	}
	if (c == '\n') {
		repair_put_bytes(o, "\\\\", 2);
		repair_close_string(r, o);
		return false;
	}
	repair_put_bytes(o, "\\\"", 2);
	r->held_len = 0;
	r->state = REPAIR_STRING;
	if (comma)
		repair_put(o, ',');
	return false;
}

bool repair_string_step(struct repair *repair, struct repair_out *out, char c)
{
	switch (repair->state) {
	case REPAIR_STRING:
		string_byte(repair, out, (unsigned char)c);
		return true;
	case REPAIR_QUOTED:
		return quoted(repair, out, c);
	case REPAIR_ESCAPED:
		return escaped(repair, out, c);
	case REPAIR_UNICODE:
		return unicode(repair, out, c);
	case REPAIR_UTF8:
		return utf8_byte(repair, out, (unsigned char)c);
	case REPAIR_LAST_SLASH:
		return last_slash(repair, out, c);
	case REPAIR_OUTSIDE:
		break;
	}
	return true;
}
