/* SPDX-License-Identifier: MIT */
/* help.h - the text of --help, made of the tables of options and metrics. Pure. */
#ifndef CONNLEDGER_NAGIOS_HELP_H
#define CONNLEDGER_NAGIOS_HELP_H

#include "settings.h"

/* Adds the whole text; no line is wider than 80 columns. */
void nagios_help(const struct nagios_settings *settings, struct buf *out) NONNULL;

#endif
