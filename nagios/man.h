/* SPDX-License-Identifier: MIT */
/*
 * man.h - a check's manual page, in roff with the man macros, made of the same tables as --help.
 * Pure. Only the program that writes the pages calls it.
 */
#ifndef CONNLEDGER_NAGIOS_MAN_H
#define CONNLEDGER_NAGIOS_MAN_H

#include "settings.h"

enum { NAGIOS_MAN_BYTES_MAX = 256 * 1024 };

/* Adds the whole page, section 1. */
void nagios_man(const struct nagios_program *program, struct buf *out) NONNULL;

#endif
