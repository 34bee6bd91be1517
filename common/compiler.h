/* SPDX-License-Identifier: MIT */
/*
 * compiler.h - the attributes connledger uses, each behind one name, so that no other file spells
 * a compiler's dialect. It may include nothing but libc headers.
 */
#ifndef CONNLEDGER_COMPILER_H
#define CONNLEDGER_COMPILER_H

#include <stddef.h>

#include "banned.h"

/* The caller must look at the result: it says whether the call worked. */
#define MUST_CHECK __attribute__((warn_unused_result))
/* Argument `fmt` is a printf format, its values begin at argument `first` (0: a va_list). */
#define PRINTF_LIKE(fmt, first) __attribute__((format(printf, fmt, first)))
/* None of the pointer arguments may be NULL. */
#define NONNULL __attribute__((nonnull))
/* None of these pointer arguments may be NULL, counted from 1. */
#define NONNULL_ARGS(...) __attribute__((nonnull(__VA_ARGS__)))

/* Of a _Thread_local: where it is. */
#define THREAD_STATIC __attribute__((tls_model("initial-exec")))
/* The symbol stays visible in a shared object built with -fvisibility=hidden. */
#define EXPORTED __attribute__((visibility("default")))
/* The object stays in the file although no code refers to it. */
#define KEPT __attribute__((used, retain))
/* A switch case that goes on into the next one on purpose. */
#define FALLS_THROUGH __attribute__((fallthrough))

/* The number of zero bits below the lowest one bit of a 64 bit word that is not 0. */
#define LOW_ZEROS(word) ((unsigned)__builtin_ctzll(word))
/* The 64 bit word with its bytes in the order of memory, first byte lowest. */
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define FIRST_BYTE_LOWEST(word) __builtin_bswap64(word)
#else
#define FIRST_BYTE_LOWEST(word) (word)
#endif

/* The number of elements of an array (not of a pointer). */
#define ARRAY_LEN(array) (sizeof(array) / sizeof((array)[0]))

#endif
