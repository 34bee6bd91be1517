/* SPDX-License-Identifier: MIT */
/* allow.c - patterns of hosts; see allow.h. */
#include "allow.h"

#include <arpa/inet.h>

enum { LABEL_MAX = 63, V4_BYTES = 4 };

/* What a pattern or a target names. */
struct host {
	enum allow_kind kind;
	unsigned char address[ALLOW_ADDRESS_BYTES];
	char name[ALLOW_HOST_MAX + 1]; /* in lower case */
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f');
}

static char lower(char c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

/* Four decimal numbers; a zero in front would be octal to some. */
static bool read_v4(unsigned char address[], struct str text)
{
	for (size_t i = 0; i < V4_BYTES; i++) {
		struct str part = str_cut(&text, '.');
		uint64_t number = 0;

		if (part.len == 0 || part.len > 3 || (part.len > 1 && part.ptr[0] == '0') ||
		    !str_to_u64(part, &number) || number > UINT8_MAX)
			return false;
		address[i] = (unsigned char)number;
	}
	return text.ptr == NULL;
}

/* Addresses that stand for an IPv4 one (::a.b.c.d, ::ffff:a.b.c.d) are another spelling of it. The
 * ones of both kinds that are no IPv4 address are :: and ::1. */
static bool is_v4_in_v6(const unsigned char address[])
{
	static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};
	static const unsigned char compatible[12];

	if (memcmp(address, mapped, sizeof(mapped)) == 0)
		return true;
	return memcmp(address, compatible, sizeof(compatible)) == 0 &&
	       (address[12] != 0 || address[13] != 0 || address[14] != 0 || address[15] > 1);
}

static bool read_v6(unsigned char address[], struct str text)
{
	char copy[INET6_ADDRSTRLEN];

	if (text.len >= sizeof(copy))
		return false;
	memcpy(copy, text.ptr, text.len);
	copy[text.len] = '\0';
	return inet_pton(AF_INET6, copy, address) == 1 && !is_v4_in_v6(address);
}

static bool is_label(struct str label)
{
	if (label.len == 0 || label.len > LABEL_MAX || label.ptr[0] == '-' ||
	    label.ptr[label.len - 1] == '-')
		return false;
	for (size_t i = 0; i < label.len; i++) {
		char c = label.ptr[i];

		if (!is_digit(c) && !(c >= 'a' && c <= 'z') && c != '-' && c != '_')
			return false;
	}
	return true;
}

/* Whether a resolver could take the last label of a name for a part of an address: 1, 0x7f. */
static bool is_numeric(struct str label)
{
	bool hex = str_take(&label, STR("0x"));

	for (size_t i = 0; i < label.len; i++) {
		if (!(hex ? is_hex(label.ptr[i]) : is_digit(label.ptr[i])))
			return false;
	}
	return true;
}

static bool read_name(char name[], struct str text)
{
	struct str rest = {name, text.len};
	struct str label = {0};

	if (text.len == 0 || text.len > ALLOW_HOST_MAX)
		return false;
	for (size_t i = 0; i < text.len; i++)
		name[i] = lower(text.ptr[i]);
	name[text.len] = '\0';
	while (rest.ptr != NULL) {
		label = str_cut(&rest, '.');
		if (!is_label(label))
			return false;
	}
	return !is_numeric(label);
}

static bool read_host(struct host *host, struct str text)
{
	*host = (struct host){.kind = ALLOW_V4};
	if (read_v4(host->address, text))
		return true;
	host->kind = ALLOW_V6;
	if (str_find(text, ':') < text.len)
		return read_v6(host->address, text);
	host->kind = ALLOW_NAME;
	return read_name(host->name, text);
}

/* ---- patterns ------------------------------------------------------------------------------- */

static bool refuse(const char *text, const char *why, struct err *err)
{
	return err_set(err, ERR_USAGE, "target pattern \"%.80s\": %s", text, why);
}

/* Whether the address has only zeros after `bits`. */
static bool is_network(const unsigned char address[], unsigned bits)
{
	for (unsigned i = bits; i < ALLOW_ADDRESS_BYTES * 8; i++) {
		if ((address[i / 8] & (0x80U >> (i % 8))) != 0)
			return false;
	}
	return true;
}

static bool read_bits(struct allow *allow, struct str bits, const char *text, struct err *err)
{
	unsigned max = allow->kind == ALLOW_V4 ? V4_BYTES * 8 : ALLOW_ADDRESS_BYTES * 8;
	uint64_t number = max;

	if (bits.ptr != NULL && (!str_to_u64(bits, &number) || number > max))
		return refuse(text, "bad length of the network", err);
	allow->bits = (unsigned)number;
	return is_network(allow->address, allow->bits) ||
	       refuse(text, "the address has bits beyond the length of the network", err);
}

bool allow_parse(struct allow *allow, struct arena *arena, const char *text, struct err *err)
{
	struct str bits = str_of(text);
	struct str first = str_cut(&bits, '/');
	bool below = str_take(&first, STR("*."));
	struct host host;

	*allow = (struct allow){.kind = ALLOW_NAME};
	if (!read_host(&host, first) || (host.kind == ALLOW_NAME && bits.ptr != NULL) ||
	    (host.kind != ALLOW_NAME && below))
		return refuse(text,
			      "expected a network such as 10.0.0.0/8 or fd00::/8, an address, or a "
			      "name such as web1.example.org or *.example.org",
			      err);
	allow->kind = host.kind;
	memcpy(allow->address, host.address, sizeof(host.address));
	if (host.kind != ALLOW_NAME)
		return read_bits(allow, bits, text, err);
	if (below) {
		memmove(host.name + 1, host.name, ALLOW_HOST_MAX);
		host.name[0] = '.';
		host.name[ALLOW_HOST_MAX] = '\0';
	}
	allow->name = arena_text(arena, str_of(host.name));
	return allow->name != NULL || err_set(err, ERR_MEMORY, "out of memory");
}

static bool in_network(const struct allow *allow, const unsigned char address[])
{
	for (unsigned i = 0; i < allow->bits; i++) {
		unsigned bit = 0x80U >> (i % 8);

		if (((allow->address[i / 8] ^ address[i / 8]) & bit) != 0)
			return false;
	}
	return true;
}

static bool matches(const struct allow *allow, const struct host *host)
{
	if (allow->kind != host->kind)
		return false;
	if (host->kind != ALLOW_NAME)
		return in_network(allow, host->address);
	if (allow->name[0] == '.')
		return str_ends(str_of(host->name), str_of(allow->name));
	return strcmp(allow->name, host->name) == 0;
}

static bool matches_any(const struct allow *allow, size_t allow_len, const struct host *host)
{
	for (size_t i = 0; i < allow_len; i++) {
		if (matches(&allow[i], host))
			return true;
	}
	return false;
}

bool allow_match(const struct allow *allow, size_t allow_len, const char *text)
{
	struct host host;

	return read_host(&host, str_of(text)) && matches_any(allow, allow_len, &host);
}

bool allow_match_v4(const struct allow *allow, size_t allow_len, const unsigned char *address)
{
	struct host host = {.kind = ALLOW_V4};

	memcpy(host.address, address, V4_BYTES);
	return matches_any(allow, allow_len, &host);
}

bool allow_match_v6(const struct allow *allow, size_t allow_len, const unsigned char *address)
{
	struct host host = {.kind = ALLOW_V6};

	memcpy(host.address, address, ALLOW_ADDRESS_BYTES);
	return matches_any(allow, allow_len, &host);
}
