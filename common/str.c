/* SPDX-License-Identifier: MIT */
/* str.c - slices of text; see str.h. No locale takes part in any of this. */
#include "str.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <unistd.h>

enum { DOUBLE_TEXT_MAX = 63 };

struct str str_of(const char *text)
{
	return (struct str){text, text == NULL ? 0 : strlen(text)};
}

bool str_starts(struct str s, struct str part)
{
	return s.len >= part.len && (part.len == 0 || memcmp(s.ptr, part.ptr, part.len) == 0);
}

bool str_ends(struct str s, struct str part)
{
	if (s.len < part.len)
		return false;
	return part.len == 0 || memcmp(s.ptr + s.len - part.len, part.ptr, part.len) == 0;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct str str_trim(struct str s)
{
	while (s.len > 0 && is_blank(s.ptr[0])) {
		s.ptr++;
		s.len--;
	}
	while (s.len > 0 && is_blank(s.ptr[s.len - 1]))
		s.len--;
	return s;
}

bool str_write(struct str s, int fd)
{
	while (s.len > 0) {
		ssize_t len = write(fd, s.ptr, s.len);

		if (len < 0 && errno != EINTR)
			return false;
		if (len > 0) {
			s.ptr += len;
			s.len -= (size_t)len;
		}
	}
	return true;
}

size_t str_find(struct str s, char c)
{
	const char *at = s.len == 0 ? NULL : memchr(s.ptr, c, s.len);

	return at == NULL ? s.len : (size_t)(at - s.ptr);
}

struct str str_cut(struct str *rest, char separator)
{
	size_t at = str_find(*rest, separator);
	struct str part = {rest->ptr, at};

	if (at == rest->len)
		*rest = (struct str){NULL, 0};
	else
		*rest = (struct str){rest->ptr + at + 1, rest->len - at - 1};
	return part;
}

bool str_take(struct str *s, struct str part)
{
	if (!str_starts(*s, part))
		return false;
	s->ptr += part.len;
	s->len -= part.len;
	return true;
}

bool str_take_u64(struct str *s, uint64_t *ret)
{
	uint64_t value = 0;
	size_t i = 0;

	for (; i < s->len && s->ptr[i] >= '0' && s->ptr[i] <= '9'; i++) {
		unsigned digit = (unsigned)(s->ptr[i] - '0');

		/* 19 digits always fit. */
		if (i >= 19 && value > (UINT64_MAX - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	if (i == 0)
		return false;
	s->ptr += i;
	s->len -= i;
	*ret = value;
	return true;
}

bool str_to_u64(struct str s, uint64_t *ret)
{
	uint64_t value = 0;

	/* The usual case in one tight loop: up to 19 digits always fit. */
	if (s.len > 0 && s.len <= 19) {
		for (size_t i = 0; i < s.len; i++) {
			unsigned digit = (unsigned)(unsigned char)s.ptr[i] - '0';

			if (digit > 9)
				return false;
			value = value * 10 + digit;
		}
	} else if (!str_take_u64(&s, &value) || s.len != 0) {
		return false;
	}
	*ret = value;
	return true;
}

bool str_to_i64(struct str s, int64_t *ret)
{
	bool negative = str_take(&s, STR("-"));
	uint64_t value;

	if (!str_to_u64(s, &value) || value > (uint64_t)INT64_MAX + (negative ? 1 : 0))
		return false;
	if (!negative)
		*ret = (int64_t)value;
	else
		*ret = value > INT64_MAX ? INT64_MIN : -(int64_t)value;
	return true;
}

/* strtod() takes hexadecimal, "inf", leading blanks and the locale's point: let only what all
 * locales read alike come near it, and give it the integer and fraction digits without a point. */
bool str_to_double(struct str s, double *ret)
{
	char text[DOUBLE_TEXT_MAX + 16];
	size_t len = 0;
	long shift = 0;
	bool digits = false;
	bool point = false;

	if (s.len > DOUBLE_TEXT_MAX)
		return false;
	if (s.len > 0 && (s.ptr[0] == '-' || s.ptr[0] == '+')) {
		text[len++] = s.ptr[0];
		s.ptr++;
		s.len--;
	}
	for (; s.len > 0 && ((s.ptr[0] >= '0' && s.ptr[0] <= '9') || s.ptr[0] == '.');
	     s.ptr++, s.len--) {
		if (s.ptr[0] == '.') {
			if (point)
				return false;
			point = true;
			continue;
		}
		text[len++] = s.ptr[0];
		digits = true;
		shift -= point ? 1 : 0;
	}
	if (!digits)
		return false;
	if (str_take(&s, STR("e")) || str_take(&s, STR("E"))) {
		int64_t exponent;

		(void)str_take(&s, STR("+"));
		if (!str_to_i64(s, &exponent) || exponent < -400 || exponent > 400)
			return false;
		shift += (long)exponent;
		s.len = 0;
	}
	if (s.len != 0)
		return false;
	(void)snprintf(text + len, sizeof(text) - len, "e%ld", shift);
	*ret = strtod(text, NULL);
	return isfinite(*ret);
}

char *str_dup(struct str s)
{
	char *copy = malloc(s.len + 1);

	if (copy == NULL)
		return NULL;
	if (s.len > 0)
		memcpy(copy, s.ptr, s.len);
	copy[s.len] = '\0';
	return copy;
}
