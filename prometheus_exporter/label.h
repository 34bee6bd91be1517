/* SPDX-License-Identifier: MIT */
/*
 * label.h - the labels of one series as text, `site="blog",worker_id="1"`, and the repair of what
 * they are made of: the only way by which a text from a server or a user gets into an exposition.
 * Pure.
 */
#ifndef CONNLEDGER_LABEL_H
#define CONNLEDGER_LABEL_H

#include "metric.h"

/* A label that stands on every series. */
struct prom_label {
	const char *name;
	const char *value;
};

/* Several of them. */
struct prom_labels {
	const struct prom_label *label;
	size_t len;
};

/* Whether `name` may be a label's name: [a-zA-Z_][a-zA-Z0-9_]*, and not one of Prometheus' own,
 * which begin with "__". */
bool prom_label_name_ok(struct str name);

/* Adds a text from outside as it may stand in a label: each byte that is not part of valid UTF-8
 * becomes U+FFFD, since one such byte would make Prometheus refuse the scrape. */
void prom_add_repaired(struct buf *out, struct str value) NONNULL;

/* The length of the multi-byte UTF-8 character that `s`, which is not empty, begins with; 0 when it
 * begins with none. */
size_t prom_utf8_len(struct str s);

/* Adds `name="value"` to the labels that begin at `start` of `labels`, after a comma unless it is
 * the first: as both text formats have it. The value is repaired as above, and a backslash, a
 * double quote and a newline are escaped. */
void prom_add_label(struct buf *labels, size_t start, const char *name, struct str value) NONNULL;

/* Adds a HELP text: backslash and newline escaped, and with `quotes` a double quote too. */
void prom_add_help(struct buf *out, const char *help, bool quotes) NONNULL;

#endif
