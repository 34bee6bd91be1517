/* SPDX-License-Identifier: MIT */
/* auth_basic.c - see auth_basic.h. */
#include "auth_basic.h"

#include "tls_secret.h"

static int sextet(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

/* The text of `len` letters, of which the last `padding` are left out; to AUTH_BASIC_BYTES_MAX. */
static bool decode(char *ret, size_t *ret_len, struct str text)
{
	unsigned bits = 0;
	unsigned bit_len = 0;
	size_t padding = 0;

	if (text.len == 0 || text.len % 4 != 0 || text.len / 4 * 3 > AUTH_BASIC_BYTES_MAX + 2)
		return false;
	while (padding < 2 && text.ptr[text.len - 1 - padding] == '=')
		padding++;
	text.len -= padding;
	*ret_len = 0;
	for (size_t i = 0; i < text.len; i++) {
		int value = sextet(text.ptr[i]);

		if (value < 0)
			return false;
		bits = (bits << 6 | (unsigned)value) & 0xffff;
		bit_len += 6;
		if (bit_len < 8)
			continue;
		bit_len -= 8;
		if (*ret_len == AUTH_BASIC_BYTES_MAX)
			return false;
		ret[(*ret_len)++] = (char)(unsigned char)(bits >> bit_len & 0xff);
	}
	/* What is left over must be zero, else two texts would mean the same. */
	return (bits & ((1u << bit_len) - 1)) == 0;
}

static bool split(struct auth_basic *basic, size_t len)
{
	size_t colon = str_find((struct str){basic->bytes, len}, ':');

	if (colon == len)
		return false;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)basic->bytes[i];

		if (c < ' ' || c == 0x7f)
			return false;
	}
	basic->bytes[colon] = '\0';
	basic->bytes[len] = '\0';
	basic->user = basic->bytes;
	basic->password = basic->bytes + colon + 1;
	return true;
}

static bool take_scheme(struct str *value)
{
	static const char scheme[] = "basic";

	if (value->len < sizeof(scheme))
		return false;
	for (size_t i = 0; i < sizeof(scheme) - 1; i++) {
		if ((value->ptr[i] | 0x20) != scheme[i])
			return false;
	}
	value->ptr += sizeof(scheme) - 1;
	value->len -= sizeof(scheme) - 1;
	if (*value->ptr != ' ')
		return false;
	while (str_take(value, STR(" "))) {
	}
	return true;
}

bool auth_basic_parse(struct auth_basic *ret, struct str value)
{
	size_t len = 0;

	if (take_scheme(&value) && decode(ret->bytes, &len, value) && split(ret, len))
		return true;
	auth_basic_wipe(ret);
	return false;
}

void auth_basic_copy(struct auth_basic *ret, const struct auth_basic *basic)
{
	*ret = *basic;
	ret->user = ret->bytes + (basic->user - basic->bytes);
	ret->password = ret->bytes + (basic->password - basic->bytes);
}

void auth_basic_wipe(struct auth_basic *basic)
{
	secret_wipe(basic, sizeof(*basic));
}
