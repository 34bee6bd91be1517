/* SPDX-License-Identifier: MIT */
/* endpoint.h - an address and a port, IPv4 and IPv6 alike. Pure. */
#ifndef CONNLEDGER_ENDPOINT_H
#define CONNLEDGER_ENDPOINT_H

#include <stdint.h>

#include "buf.h"
#include "str.h"

/* An IPv4 address is held as ::ffff:a.b.c.d, the way the kernel shows it on an IPv6 socket, so that
 * one client has one form whichever socket it came through. */
struct endpoint {
	uint8_t address[16]; /* all zero: any address */
	uint16_t port;       /* host byte order; 0: none */
};

/* The address of `text` ("192.0.2.1", "2001:db8::1", no brackets, no name), port 0. */
bool endpoint_parse_address(struct endpoint *ret, struct str text) MUST_CHECK NONNULL;

/* "127.0.0.1:3031", "[::1]:3031", ":3031" or "*:3031" (any address). False for all else, a path or
 * a host name among it. */
bool endpoint_parse(struct endpoint *ret, struct str text) MUST_CHECK NONNULL;

/* Whether both are the same address and port. */
bool endpoint_equal(const struct endpoint *a, const struct endpoint *b) NONNULL;

/* Orders by address, then port: below 0, 0, above 0. */
int endpoint_compare(const struct endpoint *a, const struct endpoint *b) NONNULL;

/* Whether the address is one of IPv4. */
bool endpoint_is_v4(const struct endpoint *endpoint) NONNULL;

/* Whether the address part is "any": ::, or 0.0.0.0 in its mapped form. */
bool endpoint_is_any(const struct endpoint *endpoint) NONNULL;

/* Whether the address is this host's own: 127.0.0.0/8 or ::1. */
bool endpoint_is_loopback(const struct endpoint *endpoint) NONNULL;

/* Whether a socket bound to `bound` takes connections to `at`: same port, and the same address or
 * any. An IPv6 "any" takes IPv4 too (a socket of its own for IPv4 would be the better match). */
bool endpoint_covers(const struct endpoint *bound, const struct endpoint *at) NONNULL;

/* Adds "127.0.0.1:80", "[::1]:80", "*:80" or "[::]:80". */
void endpoint_print(const struct endpoint *endpoint, struct buf *out) NONNULL;

#endif
