/* SPDX-License-Identifier: MIT */
/*
 * str.h - a slice of somebody else's bytes: a pointer and a length, never NUL-terminated, never
 * owned. All reading of text goes through these few functions; they know no higher-level type.
 */
#ifndef CONNLEDGER_STR_H
#define CONNLEDGER_STR_H

#include <stdbool.h>
#include <stdint.h>

#include "compiler.h"

struct str {
	const char *ptr;
	size_t len;
};

/* The slice over a string literal or an array that holds one. */
#define STR(literal) ((struct str){(literal), sizeof(literal) - 1})

/* The slice over a NUL-terminated string (NULL gives the empty slice). */
struct str str_of(const char *text);

/* Whether both hold the same bytes. */
static inline bool str_equal(struct str a, struct str b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* Whether `s` begins (ends) with `part`. */
bool str_starts(struct str s, struct str part);
bool str_ends(struct str s, struct str part);

/* `s` without blanks (space, tab, CR, LF) at both ends. */
struct str str_trim(struct str s);

/* Cuts `*rest` at the first `separator`: the part before it is the result, what follows stays in
 * `*rest`. Without a separator the whole is the result and `*rest` becomes empty with a NULL ptr.
 */
struct str str_cut(struct str *rest, char separator) NONNULL;

/* If `*s` begins with `part`, takes it off and returns true; otherwise leaves `*s` alone. */
bool str_take(struct str *s, struct str part) NONNULL;

/* Takes the decimal digits that `*s` begins with. False, with `*s` untouched, when there is none or
 * when the number does not fit in 64 bits. */
bool str_take_u64(struct str *s, uint64_t *ret) MUST_CHECK NONNULL;

/* The whole of `s` as an unsigned (signed) decimal number; false for anything else. */
bool str_to_u64(struct str s, uint64_t *ret) MUST_CHECK NONNULL;
bool str_to_i64(struct str s, int64_t *ret) MUST_CHECK NONNULL;

/* The whole of `s` as a finite decimal number such as "-1.5" or "3e2": no hexadecimal, no infinity,
 * no blanks, and always with a point whatever the locale says. At most 63 characters. */
bool str_to_double(struct str s, double *ret) MUST_CHECK NONNULL;

/* Writes all of `s` to a descriptor. False, with errno set, when it cannot; a part may be written. */
bool str_write(struct str s, int fd) MUST_CHECK;

/* The position of the first `c` in `s`, or s.len when there is none. */
size_t str_find(struct str s, char c);

/* A new NUL-terminated copy, for the caller to free; NULL when memory is out. */
char *str_dup(struct str s);

#endif
