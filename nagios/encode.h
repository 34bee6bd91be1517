/* SPDX-License-Identifier: MIT */
/*
 * encode.h - a check's findings in Nagios' words. Pure: structs in, text out.
 *
 *     NGINX OK: 291 active (6 reading, 179 writing, 106 waiting), 42.1 requests/s | active=291;;;0
 * ...
 *
 * All performance data stands on the first line, which stays under some 800 characters (NRPE
 * version 2 carries 1024). No text holds a character that Nagios strips from its macros or that
 * would end the text: | ` ~ $ & ' " < > and control characters.
 */
#ifndef CONNLEDGER_NAGIOS_ENCODE_H
#define CONNLEDGER_NAGIOS_ENCODE_H

#include "items.h"

enum {
	NAGIOS_TEXT_MAX = 300,           /* characters of text on the first line */
	NAGIOS_TEXT_MIN = 72,            /* however long the rest of it is */
	NAGIOS_LINE_MAX = 800,           /* characters of the whole first line */
	NAGIOS_WIDTH = 80,               /* characters of a line of long output */
	NAGIOS_OUTPUT_MAX = 1024 * 1024, /* bytes of a whole output */
};

/* Adds `text`: quotes are left out ("nginx's" becomes "nginx"), other characters that must not
 * stand there become '?'. */
void nagios_add_clean(struct buf *out, struct str text) NONNULL;

/* Adds ", 42.1 requests/s": the rate of the counter that is stored at `offset` of the struct of
 * `root`. `what` is the plural. Nothing when it is not known, or is 0 and need not be said. */
void nagios_add_rate(struct nagios_items *items, enum entity_root root, size_t offset,
		     const char *what, bool even_zero, struct buf *out) NONNULL;

/* Why a value that is judged is not known; "" when nothing is to be said. */
struct nagios_missing {
	const char *rate; /* of a counter */
	/* Of anything else; NULL: nothing is to be said. `ctx` is the one below. */
	const char *(*value)(const void *ctx, const struct nagios_item *item);
	const void *ctx;
};

/* Adds what is wrong, worst first, with ", " after each: "active 612 above 600, ". */
void nagios_encode_offences(const struct nagios_items *items, const struct nagios_missing *missing,
			    struct buf *out) NONNULL;

/* Adds "label=value;warning;critical;0 ..." for all values that are known; with `counters` also the
 * numbers that the rates are made of, as "key=123c". */
void nagios_encode_perfdata(const struct nagios_items *items, bool counters,
			    struct buf *out) NONNULL;

/* Adds `text`, cleaned, in lines of at most NAGIOS_WIDTH characters: the first is `column` long
 * already, the others begin with as many blanks. */
void nagios_add_wrapped(struct buf *out, size_t column, struct str text) NONNULL;

/* Adds the first line. `text` is cleaned, and cut where the line would pass NAGIOS_LINE_MAX or the
 * text NAGIOS_TEXT_MAX; NAGIOS_TEXT_MIN characters of it are there whatever the performance data
 * take. Without `perfdata` there is no bar. */
void nagios_encode_line(const char *service, enum nagios_state state, struct str text,
			struct str perfdata, struct buf *out) NONNULL;

#endif
