/* SPDX-License-Identifier: MIT */
/* given.h - a check's settings, made of a command line, for tests. */
#ifndef CONNLEDGER_TESTS_GIVEN_H
#define CONNLEDGER_TESTS_GIVEN_H

#include "nagios/check.h"
#include "words.h"

struct given {
	struct words words; /* what the settings borrow */
	struct nagios_settings settings;
	struct err err;
};

/* No variable is set. */
extern const struct nagios_env given_no_env;

/* Parses `line`; what went wrong is in given->err. End it with given_free() either way. */
bool given_parse(struct given *given, const struct nagios_program *program, const char *line);
void given_free(struct given *given);

#endif
