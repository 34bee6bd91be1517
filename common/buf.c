/* SPDX-License-Identifier: MIT */
/* buf.c - bytes that grow up to a ceiling and fail sticky; see buf.h. */
#include "buf.h"

#include "err.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>

enum { BUF_CAP_FIRST = 256 };

void buf_init(struct buf *buf, size_t ceiling)
{
	*buf = (struct buf){.ceiling = ceiling};
}

void buf_free(struct buf *buf)
{
	free(buf->ptr);
	buf_init(buf, buf->ceiling);
}

void buf_clear(struct buf *buf)
{
	buf->len = 0;
	buf->failed = false;
	buf->no_memory = false;
	if (buf->ptr != NULL)
		buf->ptr[0] = '\0';
}

bool buf_ok(const struct buf *buf)
{
	return !buf->failed;
}

const char *buf_text(const struct buf *buf)
{
	return buf->ptr == NULL ? "" : buf->ptr;
}

struct str buf_str(const struct buf *buf)
{
	return (struct str){buf_text(buf), buf->len};
}

/* Makes room for `more` bytes and the final NUL. */
static bool reserve(struct buf *buf, size_t more)
{
	size_t need;
	size_t cap;
	char *ptr;

	if (buf->failed)
		return false;
	if (more > buf->ceiling - buf->len) {
		buf->failed = true;
		return false;
	}
	need = buf->len + more + 1;
	if (need <= buf->cap)
		return true;
	cap = buf->cap == 0 ? BUF_CAP_FIRST : buf->cap;
	while (cap < need)
		cap *= 2;
	ptr = realloc(buf->ptr, cap);
	if (ptr == NULL) {
		buf->failed = true;
		buf->no_memory = true;
		err_own_note(ERR_MEMORY);
		return false;
	}
	buf->ptr = ptr;
	buf->cap = cap;
	return true;
}

void buf_add(struct buf *buf, const char *bytes, size_t len)
{
	if (!reserve(buf, len) || buf->ptr == NULL)
		return;
	memcpy(buf->ptr + buf->len, bytes, len);
	buf->len += len;
	buf->ptr[buf->len] = '\0';
}

void buf_add_str(struct buf *buf, struct str s)
{
	if (s.len > 0)
		buf_add(buf, s.ptr, s.len);
}

void buf_add_text(struct buf *buf, const char *text)
{
	buf_add(buf, text, strlen(text));
}

void buf_add_char(struct buf *buf, char c)
{
	buf_add(buf, &c, 1);
}

void buf_add_u64(struct buf *buf, uint64_t value)
{
	char text[20];
	size_t at = sizeof(text);

	do {
		text[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value > 0);
	buf_add(buf, text + at, sizeof(text) - at);
}

void buf_add_i64(struct buf *buf, int64_t value)
{
	if (value < 0)
		buf_add_char(buf, '-');
	buf_add_u64(buf, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

void buf_add_double(struct buf *buf, double value)
{
	char text[40];

	if (isnan(value)) {
		buf_add_text(buf, "NaN");
		return;
	}
	if (isinf(value)) {
		buf_add_text(buf, value > 0 ? "+Inf" : "-Inf");
		return;
	}
	if (value >= -9007199254740992.0 && value <= 9007199254740992.0 && trunc(value) == value) {
		buf_add_i64(buf, (int64_t)value);
		return;
	}
	for (int digits = 15; digits <= 17; digits++) {
		(void)snprintf(text, sizeof(text), "%.*g", digits, value);
		if (strtod(text, NULL) == value)
			break;
	}
	/* A locale may have written another point than '.'. */
	for (char *c = text; *c != '\0'; c++) {
		if (*c == ',')
			*c = '.';
	}
	buf_add_text(buf, text);
}

void buf_add_decimal(struct buf *buf, double value, unsigned decimals)
{
	char text[400];
	int len = snprintf(text, sizeof(text), "%.*f", (int)(decimals > 9 ? 9 : decimals), value);
	char *point;

	if (len < 0 || (size_t)len >= sizeof(text))
		return;
	for (point = text; *point != '\0' && *point != '.' && *point != ','; point++)
		;
	if (*point != '\0') {
		*point = '.';
		while (text[len - 1] == '0')
			text[--len] = '\0';
		if (text[len - 1] == '.')
			text[--len] = '\0';
	}
	buf_add_text(buf, strcmp(text, "-0") == 0 ? "0" : text);
}

void buf_addf(struct buf *buf, const char *format, ...)
{
	va_list args;
	va_list again;
	int len;

	va_start(args, format);
	va_copy(again, args);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (len < 0)
		buf->failed = true;
	else if (reserve(buf, (size_t)len) && buf->ptr != NULL) {
		(void)vsnprintf(buf->ptr + buf->len, (size_t)len + 1, format, again);
		buf->len += (size_t)len;
	}
	va_end(again);
}
