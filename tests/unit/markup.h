/* SPDX-License-Identifier: MIT */
/* markup.h - a strict reader of HTML for tests: what it does not like, a browser would have to
 * mend. */
#ifndef CONNLEDGER_TESTS_MARKUP_H
#define CONNLEDGER_TESTS_MARKUP_H

/* Fails the test unless every element is closed in its turn, every attribute is quoted or has no
 * value, no name stands twice in a tag and none is a style or a script, no "<" or "&" is bare, and
 * the bytes are valid UTF-8 without control characters. */
void markup_check(const char *page);

/* How often `part` stands in `text`. */
unsigned markup_count(const char *text, const char *part);

/* Fails the test, showing the text, unless `part` stands in it. */
void markup_has(const char *text, const char *part);

#endif
