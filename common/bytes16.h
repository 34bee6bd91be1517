/* SPDX-License-Identifier: MIT */
/*
 * bytes16.h - a look at sixteen bytes at once, with SSE2 where there is one and with two 64 bit
 * words elsewhere. No branch depends on the bytes: a branch on the length of a key is mispredicted.
 */
#ifndef CONNLEDGER_BYTES16_H
#define CONNLEDGER_BYTES16_H

#include <stdint.h>

#include "compiler.h"

#ifdef __SSE2__

#include <emmintrin.h>

/* Copies 16 bytes from `in` to `out` and returns how many of them, from the first on, can stand in
 * a JSON string as they are: ASCII, no control byte, no quote, no backslash. */
static inline size_t bytes16_copy_plain(char *out, const char *in)
{
	__m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)in);
	__m128i quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
	__m128i slash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
	/* Compared as signed numbers, so that bytes from 0x80 on are below ' ' too. */
	__m128i other = _mm_cmplt_epi8(bytes, _mm_set1_epi8(' '));
	__m128i found = _mm_or_si128(_mm_or_si128(quote, slash), other);

	_mm_storeu_si128((__m128i *)(void *)out, bytes);
	return LOW_ZEROS((uint64_t)(unsigned)_mm_movemask_epi8(found) | 1u << 16);
}

/* How many of the 16 bytes at `in`, from the first on, are blanks or control bytes. */
static inline size_t bytes16_blank(const char *in)
{
	__m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)in);
	__m128i blank = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(' ')), bytes);

	return LOW_ZEROS((uint64_t)(unsigned)~_mm_movemask_epi8(blank) | 1u << 16);
}

#else

static inline size_t bytes16_first(uint64_t low, uint64_t high)
{
	if (low != 0)
		return LOW_ZEROS(low) / 8;
	return high != 0 ? 8 + LOW_ZEROS(high) / 8 : 16;
}

/* The high bit of each byte that cannot stand in a string. A borrow can mark bytes above such a one
 * too: only the lowest mark counts. */
static inline uint64_t bytes16_marks(uint64_t word)
{
	const uint64_t each = 0x0101010101010101;
	uint64_t quote = word ^ (each * '"');
	uint64_t slash = word ^ (each * '\\');
	uint64_t found = word;

	found |= (word - each * 0x20) & ~word;
	found |= (quote - each) & ~quote;
	found |= (slash - each) & ~slash;
	return found & each * 0x80;
}

static inline size_t bytes16_copy_plain(char *out, const char *in)
{
	uint64_t word[2];

	memcpy(word, in, sizeof(word));
	memcpy(out, word, sizeof(word));
	return bytes16_first(bytes16_marks(FIRST_BYTE_LOWEST(word[0])),
			     bytes16_marks(FIRST_BYTE_LOWEST(word[1])));
}

/* The high bit of each byte above ' '. */
static inline uint64_t bytes16_above_blank(uint64_t word)
{
	const uint64_t each = 0x0101010101010101;

	return (((word & each * 0x7f) + each * (0x7f - ' ')) | word) & each * 0x80;
}

static inline size_t bytes16_blank(const char *in)
{
	uint64_t word[2];

	memcpy(word, in, sizeof(word));
	return bytes16_first(bytes16_above_blank(FIRST_BYTE_LOWEST(word[0])),
			     bytes16_above_blank(FIRST_BYTE_LOWEST(word[1])));
}

#endif

#endif
