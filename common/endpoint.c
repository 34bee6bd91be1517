/* SPDX-License-Identifier: MIT */
/* endpoint.c - an address and a port; see endpoint.h. */
#include "endpoint.h"

#include <arpa/inet.h>

static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

bool endpoint_is_v4(const struct endpoint *endpoint)
{
	return memcmp(endpoint->address, mapped, sizeof(mapped)) == 0;
}

bool endpoint_parse_address(struct endpoint *ret, struct str text)
{
	char copy[INET6_ADDRSTRLEN];
	struct endpoint out = {.port = 0};

	if (text.len == 0 || text.len >= sizeof(copy))
		return false;
	memcpy(copy, text.ptr, text.len);
	copy[text.len] = '\0';
	if (strlen(copy) != text.len)
		return false;
	if (inet_pton(AF_INET, copy, out.address + sizeof(mapped)) == 1)
		memcpy(out.address, mapped, sizeof(mapped));
	else if (inet_pton(AF_INET6, copy, out.address) != 1)
		return false;
	*ret = out;
	return true;
}

static bool take_address(struct endpoint *ret, struct str text)
{
	if (text.len == 0 || str_equal(text, STR("*"))) {
		*ret = (struct endpoint){.port = 0};
		return true;
	}
	if (text.len > 2 && text.ptr[0] == '[' && text.ptr[text.len - 1] == ']')
		return endpoint_parse_address(ret, (struct str){text.ptr + 1, text.len - 2});
	return str_find(text, ':') == text.len && endpoint_parse_address(ret, text);
}

bool endpoint_parse(struct endpoint *ret, struct str text)
{
	struct endpoint out;
	uint64_t port = 0;
	size_t colon = text.len;

	while (colon > 0 && text.ptr[colon - 1] != ':')
		colon--;
	if (colon == 0 || !str_to_u64((struct str){text.ptr + colon, text.len - colon}, &port) ||
	    port == 0 || port > UINT16_MAX ||
	    !take_address(&out, (struct str){text.ptr, colon - 1}))
		return false;
	out.port = (uint16_t)port;
	*ret = out;
	return true;
}

bool endpoint_equal(const struct endpoint *a, const struct endpoint *b)
{
	return a->port == b->port && memcmp(a->address, b->address, sizeof(a->address)) == 0;
}

int endpoint_compare(const struct endpoint *a, const struct endpoint *b)
{
	int order = memcmp(a->address, b->address, sizeof(a->address));

	return order != 0 ? order : (int)a->port - (int)b->port;
}

bool endpoint_is_any(const struct endpoint *endpoint)
{
	size_t at = endpoint_is_v4(endpoint) ? sizeof(mapped) : 0;

	for (; at < sizeof(endpoint->address); at++) {
		if (endpoint->address[at] != 0)
			return false;
	}
	return true;
}

bool endpoint_is_loopback(const struct endpoint *endpoint)
{
	static const uint8_t v6[16] = {[15] = 1};

	if (endpoint_is_v4(endpoint))
		return endpoint->address[sizeof(mapped)] == 127;
	return memcmp(endpoint->address, v6, sizeof(v6)) == 0;
}

bool endpoint_covers(const struct endpoint *bound, const struct endpoint *at)
{
	if (bound->port != at->port)
		return false;
	if (!endpoint_is_any(bound))
		return memcmp(bound->address, at->address, sizeof(at->address)) == 0;
	return !endpoint_is_v4(bound) || endpoint_is_v4(at);
}

void endpoint_print(const struct endpoint *endpoint, struct buf *out)
{
	char text[INET6_ADDRSTRLEN] = "";

	if (endpoint_is_v4(endpoint)) {
		(void)inet_ntop(AF_INET, endpoint->address + sizeof(mapped), text, sizeof(text));
		buf_addf(out, "%s:%u", endpoint_is_any(endpoint) ? "*" : text, endpoint->port);
		return;
	}
	(void)inet_ntop(AF_INET6, endpoint->address, text, sizeof(text));
	buf_addf(out, "[%s]:%u", text, endpoint->port);
}
