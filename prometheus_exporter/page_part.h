/* SPDX-License-Identifier: MIT */
/*
 * page_part.h - the parts of the status page, and what they share. Each part is written whole, also
 * where nothing is known: it is then `hidden`, and page.js shows it when there is something. What
 * page.js changes is marked with data- attributes; a number has the path of its value in the JSON.
 * Pure.
 */
#ifndef CONNLEDGER_PAGE_PART_H
#define CONNLEDGER_PAGE_PART_H

#include "html.h"
#include "view.h"

/* A site as the parts see it. */
struct page_site {
	const struct scrape *scrape;
	const struct course *course; /* NULL: nothing is remembered */
	size_t number;               /* its place in the JSON */
};

/* Adds a number as a person reads it, in the base unit of its row: "12 ms", "3.4 MB", "87 %",
 * "1 204 311". page.js does the same. */
void page_add_number(struct buf *out, double number, const char *unit) NONNULL;

/* The same without a unit, and with `decimals` digits after the point at most. A half is rounded
 * up, as JavaScript does: otherwise a number would jump when page.js comes to it. */
void page_add_decimal(struct buf *out, double number, unsigned decimals) NONNULL;

/* Adds the number of a row in an element that page.js keeps up to date; a dash where it is not
 * known, and where there is no object (NULL). `path` is where the row's object is in the JSON of
 * the site. */
void page_add_value(struct buf *out, const char *path, const struct metric *metric,
		    const void *object) NONNULL_ARGS(1, 2, 3);

/* The row of an entity whose field is at `offset`: it is there. */
const struct metric *page_row(const struct entity *entity, size_t offset);
/* Adds the key of a row as words. */
void page_add_key(struct buf *out, const struct metric *metric) NONNULL;
/* Adds the key and the value as an entry of a <dl>; page.js adds the rate of a counter. */
void page_add_entry(struct buf *out, const char *path, const struct metric *metric,
		    const void *object) NONNULL_ARGS(1, 2, 3);

/* Adds " hidden" unless something is to be seen. */
void page_add_hidden(struct buf *out, bool shown) NONNULL;

/* Adds a share as an SVG length: "12.5%". `whole` 0: nothing. */
void page_add_percent(struct buf *out, double part, double whole) NONNULL;

/* Adds an icon of the sprite that page.c puts at the end; `level` as of view_level(). */
void page_add_icon(struct buf *out, unsigned level) NONNULL;
/* The class of what is so bad: "good", "info", "warning", "critical". */
const char *page_level_class(unsigned level);

/* Adds "1 critical finding, 2 warnings, 1 hint" or "Nothing was found wrong"; `count` by enum
 * finding_severity. */
void page_add_verdict(struct buf *out, const size_t *count) NONNULL;

/* A number of the ledger's line; below 0 and not known are 0. */
double page_line_drawn(const struct metric *line, const struct ledger *ledger) NONNULL;

/* The parts. */
void page_add_site(struct buf *out, const struct page_site *site) NONNULL;
void page_add_bar(struct buf *out, const struct scrape *scrape) NONNULL;
void page_add_ledger(struct buf *out, const struct page_site *site) NONNULL;
void page_add_course(struct buf *out, const struct page_site *site) NONNULL;
void page_add_workers(struct buf *out, const struct page_site *site) NONNULL;
void page_add_queues(struct buf *out, const struct page_site *site) NONNULL;
void page_add_numbers(struct buf *out, const struct page_site *site) NONNULL;

#endif
