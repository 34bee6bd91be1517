/* SPDX-License-Identifier: MIT */
/* wire.h - bytes as netlink would send them. */
#ifndef CONNLEDGER_TESTS_WIRE_H
#define CONNLEDGER_TESTS_WIRE_H

#include <stdint.h>

#include "str.h"

struct wire {
	unsigned char bytes[4096];
	size_t len;
};

/* Adds bytes, and what fills up to a multiple of 4. */
void wire_add(struct wire *wire, const void *bytes, size_t len) NONNULL_ARGS(1);
/* Adds an attribute. */
void wire_attribute(struct wire *wire, unsigned type, const void *bytes, size_t len) NONNULL;
/* Adds a message with this body. */
void wire_message(struct wire *wire, unsigned type, unsigned flags, uint32_t sequence,
		  const struct wire *body) NONNULL;
struct str wire_str(const struct wire *wire) NONNULL;

#endif
