/* SPDX-License-Identifier: MIT */
/* fence.c - see fence.h. */
#include "fence.h"

#include <netinet/in.h>

struct network {
	unsigned char address[ALLOW_ADDRESS_BYTES];
	unsigned bits;
};

/* https://www.iana.org/assignments/iana-ipv4-special-registry, and what is no one host's. */
static const struct network special_v4[] = {
	{{0}, 8},             /* this network */
	{{10}, 8},            /* private */
	{{100, 64}, 10},      /* shared: behind a carrier's NAT */
	{{127}, 8},           /* this host */
	{{169, 254}, 16},     /* link-local; clouds' metadata */
	{{172, 16}, 12},      /* private */
	{{192, 0, 0}, 24},    /* protocols */
	{{192, 0, 2}, 24},    /* documentation */
	{{192, 88, 99}, 24},  /* 6to4 relays */
	{{192, 168}, 16},     /* private */
	{{198, 18}, 15},      /* benchmarks */
	{{198, 51, 100}, 24}, /* documentation */
	{{203, 0, 113}, 24},  /* documentation */
	{{224}, 4},           /* multicast */
	{{240}, 4},           /* reserved, broadcast */
};

/* Of 2000::/3, which is all that is public:
 * https://www.iana.org/assignments/iana-ipv6-special-registry. */
static const struct network special_v6[] = {
	{{0x20, 0x01}, 23},             /* protocols: Teredo, ORCHID, benchmarks */
	{{0x20, 0x01, 0x0d, 0xb8}, 32}, /* documentation */
	{{0x3f, 0xff}, 20},             /* documentation */
};

static const struct network global_v6 = {{0x20}, 3};
static const struct network mapped = {{[10] = 0xff, [11] = 0xff}, 96};
static const struct network nat64 = {{0x00, 0x64, 0xff, 0x9b}, 96};
static const struct network six_to_four = {{0x20, 0x02}, 16};

static bool within(const struct network *network, const unsigned char *address)
{
	for (unsigned i = 0; i < network->bits; i++) {
		unsigned bit = 0x80U >> (i % 8);

		if (((network->address[i / 8] ^ address[i / 8]) & bit) != 0)
			return false;
	}
	return true;
}

static bool within_any(const struct network *network, size_t len, const unsigned char *address)
{
	for (size_t i = 0; i < len; i++) {
		if (within(&network[i], address))
			return true;
	}
	return false;
}

static bool is_public_v4(const unsigned char *address)
{
	return !within_any(special_v4, ARRAY_LEN(special_v4), address);
}

/* The IPv4 address that this one leads to, or NULL. */
static const unsigned char *v4_within(const unsigned char *address)
{
	return within(&mapped, address) || within(&nat64, address) ? address + 12 : NULL;
}

static bool is_public_v6(const unsigned char *address)
{
	const unsigned char *v4 = v4_within(address);

	if (v4 != NULL)
		return is_public_v4(v4);
	if (within(&six_to_four, address))
		return is_public_v4(address + 2);
	return within(&global_v6, address) &&
	       !within_any(special_v6, ARRAY_LEN(special_v6), address);
}

/* The bytes of an address; NULL for one that is of neither kind. */
static const unsigned char *bytes_of(const struct sockaddr *addr)
{
	const struct sockaddr_in *v4 = (const void *)addr;
	const struct sockaddr_in6 *v6 = (const void *)addr;

	if (addr->sa_family == AF_INET)
		return (const unsigned char *)&v4->sin_addr;
	return addr->sa_family == AF_INET6 ? v6->sin6_addr.s6_addr : NULL;
}

bool fence_is_public(const struct sockaddr *addr)
{
	const unsigned char *bytes = bytes_of(addr);

	if (bytes == NULL)
		return false;
	return addr->sa_family == AF_INET ? is_public_v4(bytes) : is_public_v6(bytes);
}

bool fence_may_reach(const void *ctx, const struct sockaddr *addr)
{
	const struct exporter_module *module = ctx;
	const unsigned char *bytes = bytes_of(addr);
	const unsigned char *v4;

	if (bytes == NULL || fence_is_public(addr))
		return bytes != NULL;
	if (addr->sa_family == AF_INET)
		return allow_match_v4(module->target.item, module->target.len, bytes);
	v4 = v4_within(bytes);
	return allow_match_v6(module->target.item, module->target.len, bytes) ||
	       (v4 != NULL && allow_match_v4(module->target.item, module->target.len, v4));
}
