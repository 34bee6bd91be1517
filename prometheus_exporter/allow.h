/* SPDX-License-Identifier: MIT */
/*
 * allow.h - which hosts /probe may reach. What is allowed is written as networks ("10.0.0.0/8",
 * "fd00::/8", "192.0.2.7"), which hold for addresses, or as names ("web1.example.org",
 * "*.example.org"), which hold for names: where a name leads is known to the DNS only, so it never
 * passes for an address. Pure: nothing is looked up.
 */
#ifndef CONNLEDGER_EXPORTER_ALLOW_H
#define CONNLEDGER_EXPORTER_ALLOW_H

#include "arena.h"
#include "err.h"

enum { ALLOW_ADDRESS_BYTES = 16, ALLOW_HOST_MAX = 253 };

enum allow_kind { ALLOW_V4, ALLOW_V6, ALLOW_NAME };

/* A pattern. */
struct allow {
	enum allow_kind kind;
	unsigned char address[ALLOW_ADDRESS_BYTES]; /* network byte order; v4 has four bytes */
	unsigned bits;                              /* of `address` that count */
	const char *name; /* ALLOW_NAME, in lower case; ".example.org" is anything below it */
};

/* Reads a pattern. False with ERR_USAGE, quoting it. `name` lives in the arena. */
bool allow_parse(struct allow *allow, struct arena *arena, const char *text,
		 struct err *err) MUST_CHECK NONNULL;

/* Whether `host` (without brackets) matches one of the patterns. What is neither four plain decimal
 * numbers nor a plain IPv6 address nor a valid host name matches none: other spellings of an
 * address (127.1, 0x7f000001, ::ffff:127.0.0.1) would get past a pattern. */
bool allow_match(const struct allow *allow, size_t allow_len, const char *host) MUST_CHECK;

/* Whether one of the patterns is a network that has the address: of 4 bytes, of 16. */
bool allow_match_v4(const struct allow *allow, size_t allow_len,
		    const unsigned char *address) MUST_CHECK;
bool allow_match_v6(const struct allow *allow, size_t allow_len,
		    const unsigned char *address) MUST_CHECK;

#endif
