/* SPDX-License-Identifier: MIT */
/*
 * odd_answer.h - a stats server's answer made out of the metric table: every entity twice under
 * each parent, with every key that its rows have, and one text of it as odd as a test wants.
 */
#ifndef CONNLEDGER_TESTS_ODD_ANSWER_H
#define CONNLEDGER_TESTS_ODD_ANSWER_H

#include "metric.h"

/* The row that is odd. */
struct odd_text {
	const struct entity *entity; /* NULL: none is */
	size_t label;                /* which of its labels */
	const char *json;            /* in place of the text; NULL: the key is left out */
};

/* Adds the answer. */
void odd_answer(const struct odd_text *odd, struct buf *out) NONNULL;

#endif
