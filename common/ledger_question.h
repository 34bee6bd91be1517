/* SPDX-License-Identifier: MIT */
/* ledger_question.h - what one look says, as a question to lines.h. Only ledger*.c use it. Pure. */
#ifndef CONNLEDGER_LEDGER_QUESTION_H
#define CONNLEDGER_LEDGER_QUESTION_H

#include "lines.h"

/* `ret` borrows the tally of `look`. */
void ledger_question(struct lines_question *ret, const struct ledger_look *look,
		     const struct ledger_input *input,
		     const struct phantoms_memory *phantoms) NONNULL;

#endif
