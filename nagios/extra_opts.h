/* SPDX-License-Identifier: MIT */
/*
 * extra_opts.h - --extra-opts=[SECTION][@FILE], as the Monitoring Plugins have it: the options of
 * an ini file come before those of the command line, which so have the last word. It reads files
 * and touches no option but this one.
 */
#ifndef CONNLEDGER_NAGIOS_EXTRA_OPTS_H
#define CONNLEDGER_NAGIOS_EXTRA_OPTS_H

#include "arena.h"
#include "env.h"
#include "err.h"

struct nagios_argv {
	struct arena arena;
	struct list word; /* char *; ended by NULL, which is not counted */
};

/* Makes a new argv out of an old one. SECTION is the name of the program when it is not given; FILE
 * is $MP_CONFIG_FILE, or the first of the usual places that exists (extra_opts.c lists them). False
 * with ERR_USAGE for a file that cannot be read or a section that is not there. End it with
 * nagios_argv_free() either way. */
bool nagios_argv_read(struct nagios_argv *ret, int argc, char *const argv[], const char *program,
		      const struct nagios_env *env, struct err *err) MUST_CHECK NONNULL;

/* Accepts a zeroed one. */
void nagios_argv_free(struct nagios_argv *words) NONNULL;

#endif
