/* SPDX-License-Identifier: MIT */
/*
 * head.h - whether the head of a request can be understood in one way only. What a proxy in front
 * and this server could read differently (two lengths, a length beside a transfer coding, a folded
 * line, a NUL byte, no host or two of them) is refused: RFC 9112, 3.2, 5.1, 5.2, 6.1 and 6.3. Pure.
 */
#ifndef CONNLEDGER_EXPORTER_HEAD_H
#define CONNLEDGER_EXPORTER_HEAD_H

#include "str.h"

/* The request line as libmicrohttpd found it. */
struct head_request {
	const char *method;
	const char *target; /* where it begins; may be decoded by now */
	size_t target_len;  /* as it was sent */
	const char *version;
};

struct head {
	/* In: all texts still lie where they were received, one behind the other, with a CR and an
	 * LF between two lines. What does not is a line that was folded or ended otherwise, or that
	 * is longer than the part up to its first NUL byte. */
	bool in_place;

	/* Out, valid after head_end(). */
	struct str host; /* its value without blanks; a NULL ptr without one */
	bool is_chunked;

	/* The inside. */
	const char *why; /* the first fault */
	const char *begin;
	const char *at;
	bool is_1_0;
	size_t hosts;
	size_t lengths;
	size_t codings;
};

/* `in_place` is set; then all header lines in the order in which they came. */
void head_begin(struct head *head, const struct head_request *request) NONNULL;
void head_line(struct head *head, struct str name, struct str value) NONNULL;
/* The fault as a line of text, a literal; NULL when there is none. `size` is that of the whole head
 * in bytes, with the empty line. */
const char *head_end(struct head *head, size_t size) NONNULL;

/* Cuts "name", "name:port" or "[address]:port" in two, the brackets left out; `*port` has a NULL
 * ptr when there is none. False when it is none of these. */
bool head_host(struct str text, struct str *name, struct str *port) MUST_CHECK NONNULL;

/* Reads the target of a request, "/path?query" or "http://host/path?query". `path` has room for
 * `raw.len` + 1 bytes and gets the path, with each %XX decoded once; `*host` gets the host, with a
 * NULL ptr when none is named. The fault as a line, a literal; NULL when there is none. */
const char *head_target(struct str raw, char *path, struct str *host) MUST_CHECK NONNULL;

#endif
