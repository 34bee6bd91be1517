/* SPDX-License-Identifier: MIT */
/* label.c - label names, label values and their escapes; see label.h. */
#include "label.h"

static bool is_name_start(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool prom_label_name_ok(struct str name)
{
	if (name.len == 0 || !is_name_start(name.ptr[0]) || str_starts(name, STR("__")))
		return false;
	for (size_t i = 1; i < name.len; i++) {
		if (!is_name_start(name.ptr[i]) && !(name.ptr[i] >= '0' && name.ptr[i] <= '9'))
			return false;
	}
	return true;
}

/* What may follow a UTF-8 lead byte. The bounds of the second byte rule out overlong forms,
 * surrogates and what is above U+10FFFF (RFC 3629, section 4). */
struct utf8_form {
	unsigned char first_min;
	unsigned char first_max;
	unsigned char second_min;
	unsigned char second_max;
	unsigned char len;
};

static const struct utf8_form utf8_form[] = {
	{0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3},
	{0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4},
	{0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
};

size_t prom_utf8_len(struct str s)
{
	const unsigned char *byte = (const unsigned char *)s.ptr;

	for (size_t i = 0; i < ARRAY_LEN(utf8_form); i++) {
		const struct utf8_form *form = &utf8_form[i];

		if (byte[0] < form->first_min || byte[0] > form->first_max)
			continue;
		if (s.len < form->len || byte[1] < form->second_min || byte[1] > form->second_max)
			return 0;
		for (size_t n = 2; n < form->len; n++) {
			if (byte[n] < 0x80 || byte[n] > 0xbf)
				return 0;
		}
		return form->len;
	}
	return 0;
}

/* How many bytes at the start of `s` can be copied as they are. */
static size_t plain_len(struct str s, bool escape)
{
	size_t at = 0;

	while (at < s.len) {
		char c = s.ptr[at];
		size_t len = 1;

		if (escape && (c == '\\' || c == '"' || c == '\n'))
			break;
		if ((unsigned char)c >= 0x80)
			len = prom_utf8_len((struct str){s.ptr + at, s.len - at});
		if (len == 0)
			break;
		at += len;
	}
	return at;
}

static void add_value(struct buf *out, struct str value, bool escape)
{
	while (value.len > 0) {
		size_t len = plain_len(value, escape);

		buf_add(out, value.ptr, len);
		value.ptr += len;
		value.len -= len;
		if (value.len == 0)
			return;
		if ((unsigned char)value.ptr[0] >= 0x80)
			buf_add_text(out, "\xef\xbf\xbd");
		else if (value.ptr[0] == '\n')
			buf_add_text(out, "\\n");
		else
			buf_add(out, (const char[]){'\\', value.ptr[0]}, 2);
		value.ptr++;
		value.len--;
	}
}

void prom_add_repaired(struct buf *out, struct str value)
{
	add_value(out, value, false);
}

void prom_add_label(struct buf *labels, size_t start, const char *name, struct str value)
{
	if (labels->len > start)
		buf_add_char(labels, ',');
	buf_add_text(labels, name);
	buf_add_text(labels, "=\"");
	add_value(labels, value, true);
	buf_add_char(labels, '"');
}

void prom_add_help(struct buf *out, const char *help, bool quotes)
{
	for (; *help != '\0'; help++) {
		if (*help == '\n')
			buf_add_text(out, "\\n");
		else if (*help == '\\' || (quotes && *help == '"'))
			buf_add(out, (const char[]){'\\', *help}, 2);
		else
			buf_add_char(out, *help);
	}
}
