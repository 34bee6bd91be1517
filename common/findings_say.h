/* SPDX-License-Identifier: MIT */
/* findings_say.h - pieces of sentences for findings: numbers, spans of time, names. Pure. */
#ifndef CONNLEDGER_FINDINGS_SAY_H
#define CONNLEDGER_FINDINGS_SAY_H

#include "buf.h"

/* "12", "2.5" */
void say_number(struct buf *out, double value) NONNULL;

/* "1 connection", "12 connections" */
void say_count(struct buf *out, double value, const char *one, const char *many) NONNULL;

/* `one` for 1, else `many`: say_word(n, "is", "are"). */
const char *say_word(double value, const char *one, const char *many);

/* "45 seconds", "5 minutes", "3 hours", "2 days" */
void say_span(struct buf *out, double seconds) NONNULL;

/* "2024-05-01 03:12:45 UTC" */
void say_date(struct buf *out, double unix_seconds) NONNULL;

/* A name that a server has given: printable, and not too long. */
void say_name(struct buf *out, const char *name) NONNULL;

#endif
