/* SPDX-License-Identifier: MIT */
/* ledger_question.h - what one look says, as a question to lines.h. Only ledger*.c use it. Pure. */
#ifndef CONNLEDGER_LEDGER_QUESTION_H
#define CONNLEDGER_LEDGER_QUESTION_H

#include "lines.h"

/* Requests between the two readings of nginx: each enters `reading` when it begins and `writing`
 * when its header is complete. */
struct ledger_moves {
	double begun;
	double entered; /* at most so many: writing ... */
	double left;    /* ... and so many left it */
};
void ledger_moves_of(struct ledger_moves *ret, const struct ledger_look *look) NONNULL;

/* `ret` borrows the tally of `look`. */
void ledger_question(struct lines_question *ret, const struct ledger_look *look,
		     const struct ledger_input *input,
		     const struct phantoms_memory *phantoms) NONNULL;

#endif
