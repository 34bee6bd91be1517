/* SPDX-License-Identifier: MIT */
/* html.c - escapes; see html.h. */
#include "html.h"

#include "label.h"

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

/* What a byte is written as; NULL: as it is. */
static const char *escape_of(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	case '\t':
	case '\n':
		return NULL;
	default:
		break;
	}
	/* A control byte may not stand in HTML, not even as a reference. */
	return (c >= 0 && c < ' ') || c == 0x7f ? REPLACEMENT : NULL;
}

void html_add(struct buf *out, const char *text)
{
	struct str rest = str_of(text);

	while (rest.len > 0) {
		bool ascii = (unsigned char)*rest.ptr < 0x80;
		size_t len = ascii ? 1 : prom_utf8_len(rest);
		const char *escape = len == 0 ? REPLACEMENT : escape_of(*rest.ptr);

		if (escape != NULL)
			buf_add_text(out, escape);
		else
			buf_add(out, rest.ptr, len);
		len = len == 0 ? 1 : len;
		rest = (struct str){rest.ptr + len, rest.len - len};
	}
}
