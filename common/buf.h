/* SPDX-License-Identifier: MIT */
/*
 * buf.h - bytes that grow up to a named ceiling. It fails sticky: after the first failure every
 * further call does nothing, so an encoder has no error paths and the sender asks buf_ok() once.
 * A low-level primitive: it may know nothing but str.h and err.h.
 */
#ifndef CONNLEDGER_BUF_H
#define CONNLEDGER_BUF_H

#include "str.h"

struct buf {
	char *ptr;      /* always NUL-terminated when buf_ok(); NULL before the first byte */
	size_t len;     /* bytes in use, without the final NUL */
	size_t cap;     /* bytes allocated */
	size_t ceiling; /* len never passes this */
	bool failed;    /* the ceiling was met or memory ran out */
	bool no_memory; /* it was memory */
};

/* An empty buffer. No allocation yet; buf_free() ends it. */
void buf_init(struct buf *buf, size_t ceiling) NONNULL;
/* Gives the memory back and leaves an empty buffer with the same ceiling. Accepts a zeroed one. */
void buf_free(struct buf *buf) NONNULL;
/* Empties it, keeping the memory, and forgets a failure. */
void buf_clear(struct buf *buf) NONNULL;
/* Whether all that was added is there. */
bool buf_ok(const struct buf *buf) NONNULL;
/* What is in it; "" when nothing is. Valid until the next call that adds. */
const char *buf_text(const struct buf *buf) NONNULL;
struct str buf_str(const struct buf *buf) NONNULL;

void buf_add(struct buf *buf, const char *bytes, size_t len) NONNULL;
void buf_add_str(struct buf *buf, struct str s) NONNULL;
void buf_add_text(struct buf *buf, const char *text) NONNULL;
void buf_add_char(struct buf *buf, char c) NONNULL;
void buf_add_u64(struct buf *buf, uint64_t value) NONNULL;
void buf_add_i64(struct buf *buf, int64_t value) NONNULL;
/* The shortest decimal form that reads back as the same double, with a point in every locale:
 * whole numbers below 2^53 without one; "NaN", "+Inf", "-Inf" for the rest. */
void buf_add_double(struct buf *buf, double value) NONNULL;
/* A plain decimal number with at most `decimals` (0 to 9) digits after the point: never an exponent, no
 * zeros at the end, a point in every locale. `value` is finite. */
void buf_add_decimal(struct buf *buf, double value, unsigned decimals) NONNULL;
void buf_addf(struct buf *buf, const char *format, ...) PRINTF_LIKE(2, 3) NONNULL;

#endif
