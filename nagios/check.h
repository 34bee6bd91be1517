/* SPDX-License-Identifier: MIT */
/*
 * check.h - one run of a check: options in, one output and one exit status out. It reads the state
 * file and the files that options name, asks the targets, and ends by itself within its timeout.
 */
#ifndef CONNLEDGER_NAGIOS_CHECK_H
#define CONNLEDGER_NAGIOS_CHECK_H

#include "settings.h"

extern const struct nagios_program nagios_program_nginx;
extern const struct nagios_program nagios_program_uwsgi;
extern const struct nagios_program nagios_program_connections;

/* Runs `program`; `out` is for standard output. Returns the exit status. */
enum nagios_state nagios_run(const struct nagios_program *program, int argc, char *const argv[],
			     const struct nagios_env *env, struct buf *out) NONNULL;

/* The whole of main(): nagios_run() with the environment of the process and its standard output. */
int nagios_main(const struct nagios_program *program, int argc, char *const argv[]) NONNULL;

#endif
