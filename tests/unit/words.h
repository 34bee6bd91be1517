/* SPDX-License-Identifier: MIT */
/* words.h - command lines for tests, written as one string. */
#ifndef CONNLEDGER_TESTS_WORDS_H
#define CONNLEDGER_TESTS_WORDS_H

enum { WORDS_MAX = 32, WORDS_BYTES_MAX = 512 };

struct words {
	char text[WORDS_BYTES_MAX];
	char *arg[WORDS_MAX + 1]; /* ended by NULL */
	int argc;
};

/* Splits `line` at its blanks, each of which separates two words: two in a row enclose an empty
 * one. The result points into itself. */
void words_split(struct words *words, const char *line);

#endif
