/* SPDX-License-Identifier: MIT */
/*
 * auth_fails.h - who has given wrong passwords lately. Pure: is told the time. Of bounded size: of
 * those who share a place, whoever failed longest ago is forgotten first. For one thread at a time.
 */
#ifndef CONNLEDGER_EXPORTER_AUTH_FAILS_H
#define CONNLEDGER_EXPORTER_AUTH_FAILS_H

#include <stdint.h>

#include "compiler.h"

enum {
	AUTH_FAILS_PLACES = 512,
	AUTH_FAILS_OF_PLACE = 4,
	AUTH_FAILS_SECONDS = 600, /* after the last one, all are forgotten */
};

struct auth_fail {
	uint64_t who;
	unsigned count; /* 0: free */
	double last;    /* seconds of a clock that never goes back */
};

struct auth_fails {
	struct auth_fail fail[AUTH_FAILS_PLACES][AUTH_FAILS_OF_PLACE];
};

/* `who` is a number that nobody can choose for himself. */
void auth_fails_add(struct auth_fails *fails, uint64_t who, double now) NONNULL;

/* How often. */
unsigned auth_fails_count(const struct auth_fails *fails, uint64_t who, double now) NONNULL;

#endif
