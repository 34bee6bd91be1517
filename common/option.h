/* SPDX-License-Identifier: MIT */
/*
 * option.h - command lines from one table: it parses, and it prints the part of --help that lists
 * the options. Strict: no abbreviations, an unknown option or a missing value is an error that
 * quotes the text. `--name VALUE`, `--name=VALUE`, `-nVALUE`, `-n VALUE`, bundled flags `-vv`,
 * `--`.
 */
#ifndef CONNLEDGER_OPTION_H
#define CONNLEDGER_OPTION_H

#include "buf.h"
#include "err.h"

struct option_spec {
	int id;           /* what the handler gets; unique */
	char letter;      /* short form, or 0 */
	const char *name; /* long form without dashes, or NULL */
	const char *arg;  /* what --help calls the value ("TARGET"); NULL for a flag */
	const char *help; /* one sentence fragment; NULL: accepted, but not listed by --help */
	bool boolean;     /* an optional value: --name, --name=true, --name=false, --no-name */
};

struct option_set {
	const struct option_spec *spec;
	size_t len;
	/* Called for each option in order. `value` is NULL for a flag, and "true" or "false" for a
	 * boolean. False, with `err` filled, stops the parse. Strings live as long as argv. */
	bool (*handle)(void *ctx, int id, const char *value, struct err *err);
	/* Called for each argument that is no option; NULL: such an argument is an error. */
	bool (*argument)(void *ctx, const char *value, struct err *err);
	void *ctx;
};

/* Parses argv[1..]. False with ERR_USAGE and one line that quotes the offending text. */
bool option_parse(const struct option_set *set, int argc, char *const argv[],
		  struct err *err) MUST_CHECK NONNULL;

/* Adds a line or two for each listed option, wrapped at 80 columns. */
void option_help(const struct option_set *set, struct buf *out) NONNULL;

/* Adds a help text behind what stands in the line that began when `out` was `line` long: in the
 * column of option_help(), wrapped like it. */
void option_help_add(struct buf *out, size_t line, const char *help) NONNULL;

/* Adds `text` and a newline, wrapped at 80 columns: it begins in `column`, where the line already
 * is, and goes on in lines of `indent` blanks. */
void option_wrap(struct buf *out, size_t column, size_t indent, struct str text) NONNULL;

/* Reads "5", "1.5", "500ms", "5s", "2m" as seconds, more than 0 and at most `max`. */
bool option_seconds(const char *text, double max, double *ret, struct err *err) MUST_CHECK NONNULL;

#endif
