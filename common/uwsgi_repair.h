/* SPDX-License-Identifier: MIT */
/*
 * uwsgi_repair.h - turns what uWSGI prints into valid JSON, in pieces as it comes. It knows JSON's
 * outer shape (strings, brackets, commas), not what any key means, and allocates nothing.
 *
 * uWSGI writes request variables and paths into its answer without all the escapes that JSON wants.
 * Repaired are: control bytes and invalid UTF-8 inside strings, quotes and backslashes that were
 * not escaped, a comma before a closing bracket, "k":"v" inside an array, a missing first brace.
 * Valid JSON comes out as it went in, without the blanks between its tokens.
 */
#ifndef CONNLEDGER_UWSGI_REPAIR_H
#define CONNLEDGER_UWSGI_REPAIR_H

#include "str.h"

enum {
	REPAIR_HELD_MAX =
		48, /* bytes kept behind a quote until it is known whether it was the end */
	REPAIR_STRING_MAX = 63 * 1024, /* longer strings are cut: no name in a model needs more */
	REPAIR_SCALAR_MAX = 64,        /* a 64 bit number has 20 digits */
	REPAIR_DEPTH_MAX = 64,         /* uWSGI nests 6 deep */
	REPAIR_ROOM = 6 * (REPAIR_HELD_MAX + 4), /* output that one input byte can cause */
	/* No token of the output is longer, quotes included: a string that is not yet full takes
	 * what one more byte causes. */
	REPAIR_TOKEN_MAX = REPAIR_STRING_MAX + REPAIR_ROOM,
};

enum repair_state {
	REPAIR_OUTSIDE,    /* between strings */
	REPAIR_STRING,     /* in a string */
	REPAIR_QUOTED,     /* behind a quote that may or may not end the string */
	REPAIR_ESCAPED,    /* behind a backslash */
	REPAIR_UNICODE,    /* in the four digits of \uXXXX */
	REPAIR_UTF8,       /* in a character of several bytes */
	REPAIR_LAST_SLASH, /* behind \" : an escaped quote, or a path that ends with a backslash */
};

struct repair {
	enum repair_state state;
	bool begun;      /* the first significant byte was seen */
	bool failed;     /* REPAIR_DEPTH_MAX or REPAIR_SCALAR_MAX passed: no uWSGI's answer */
	bool expect_key; /* in an object: the next string is a key */
	bool is_key;     /* the string being read is a key */
	bool comma;      /* a comma is held back until it is known what follows */
	bool scalar;     /* the last byte written belongs to a number or word */
	bool gap;        /* blanks were left out since then */
	unsigned scalar_len;
	unsigned string_len; /* bytes written of the string being read */
	unsigned depth;
	uint64_t arrays;    /* bit n: bracket n is an array */
	unsigned utf8_need; /* continuation bytes still to come */
	unsigned utf8_len;
	unsigned hex_len;
	unsigned held_len;
	unsigned char utf8[4];
	char hex[4];
	char held[REPAIR_HELD_MAX];
};

/* Ready for the first byte of an answer. */
void repair_init(struct repair *repair) NONNULL;

/* Reads up to `len` bytes of `in` and writes valid JSON to `out` as long as at least REPAIR_ROOM
 * bytes of its `cap` are free. Returns how many input bytes were taken; `*ret_len` is what was
 * written. */
size_t repair_run(struct repair *repair, const char *in, size_t len, char *out, size_t cap,
		  size_t *ret_len) NONNULL;

/* The end of the input: writes what was held back (at most REPAIR_ROOM bytes), returns how much. */
size_t repair_end(struct repair *repair, char *out) NONNULL;

#endif
