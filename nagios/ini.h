/* SPDX-License-Identifier: MIT */
/*
 * ini.h - the ini files of the Monitoring Plugins, which keep options (passwords, say) off the
 * command line:
 *
 *     [check_nginx]
 *     # a comment, at the start of a line or after a blank
 *     vhost = www.example.org
 *     w = active=500
 *     insecure =
 *
 * Pure: text in, options out.
 */
#ifndef CONNLEDGER_NAGIOS_INI_H
#define CONNLEDGER_NAGIOS_INI_H

#include "arena.h"
#include "err.h"

enum { NAGIOS_INI_BYTES_MAX = 64 * 1024 };

/* Adds the options of `section` to `word`, a list of char *: "--vhost=www.example.org", "-w",
 * "active=500", "--insecure". A section may stand there more than once. False with ERR_USAGE and
 * the number of the line, or when there is no such section. */
bool nagios_ini_parse(struct str text, struct str section, struct arena *arena, struct list *word,
		      struct err *err) MUST_CHECK NONNULL;

/* Adds one word, made of the pieces, to `word`. */
bool nagios_word_add(struct arena *arena, struct list *word, const struct str *piece,
		     size_t piece_len, struct err *err) MUST_CHECK NONNULL;

#endif
