/* SPDX-License-Identifier: MIT */
/* dialects.h - the front ends' encoders under one signature, for the golden tests. */
#ifndef CONNLEDGER_TESTS_DIALECTS_H
#define CONNLEDGER_TESTS_DIALECTS_H

#include "buf.h"
#include "scrape.h"

struct dialect {
	const char *name; /* of the file that holds the expected output */
	void (*encode)(const struct scrape *scrape, struct buf *out);
};

extern const struct dialect dialect_all[];
extern const size_t dialect_all_len;

#endif
