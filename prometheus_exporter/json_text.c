/* SPDX-License-Identifier: MIT */
/* json_text.c - JSON strings (RFC 8259, section 7); see json_text.h. */
#include "json_text.h"

#include "label.h"

/* How many bytes at the start of `s` can be copied as they are. */
static size_t plain_len(struct str s)
{
	size_t at = 0;

	while (at < s.len) {
		unsigned char c = (unsigned char)s.ptr[at];
		size_t len = 1;

		if (c < ' ' || c == '"' || c == '\\' || c == 127)
			break;
		if (c >= 0x80)
			len = prom_utf8_len((struct str){s.ptr + at, s.len - at});
		if (len == 0)
			break;
		at += len;
	}
	return at;
}

static void add_escaped(struct buf *out, char c)
{
	unsigned char byte = (unsigned char)c;

	if (c == '"' || c == '\\')
		buf_add(out, (const char[]){'\\', c}, 2);
	else if (c == '\n')
		buf_add_text(out, "\\n");
	else if (byte < 0x80)
		buf_addf(out, "\\u%04x", (unsigned)byte);
	else
		buf_add_text(out, "\xef\xbf\xbd");
}

void json_add_text(struct buf *out, const char *text)
{
	struct str rest = str_of(text);

	buf_add_char(out, '"');
	while (rest.len > 0) {
		size_t len = plain_len(rest);

		buf_add(out, rest.ptr, len);
		rest = (struct str){rest.ptr + len, rest.len - len};
		if (rest.len == 0)
			break;
		add_escaped(out, rest.ptr[0]);
		rest = (struct str){rest.ptr + 1, rest.len - 1};
	}
	buf_add_char(out, '"');
}
