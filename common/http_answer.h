/* SPDX-License-Identifier: MIT */
/*
 * http_answer.h - reads an HTTP/1.x answer as its bytes come, however they are cut: the status, two
 * headers, and the body, which goes to a sink. Strict, without an allocation, with a ceiling for
 * all that it keeps or skips. It may know no socket, no clock, and not what was asked.
 *
 * Only a 200 has a body worth reading: any other answer is complete with its headers. The body ends
 * by Content-Length, by its last chunk, or with the connection. Interim answers (1xx) are skipped.
 * A folded header and a body that is coded in another way than in chunks are refused; lines may end
 * in LF alone.
 */
#ifndef CONNLEDGER_HTTP_ANSWER_H
#define CONNLEDGER_HTTP_ANSWER_H

#include "err.h"
#include "str.h"

enum {
	HTTP_ANSWER_HEADERS_MAX = 64 * 1024, /* bytes before the body, and of trailers after it */
	HTTP_ANSWER_LINE_MAX = 8 * 1024,
	HTTP_ANSWER_CHUNK_LINE_MAX = 1024, /* a chunk's size and its extensions */
	HTTP_ANSWER_LOCATION_MAX = 4 * 1024,
	HTTP_ANSWER_SERVER_MAX = 96,
};

enum http_answer_state {
	HTTP_ANSWER_MORE,     /* not complete yet */
	HTTP_ANSWER_COMPLETE, /* all of it is there */
	HTTP_ANSWER_STOPPED,  /* the sink wants no more */
	HTTP_ANSWER_FOREIGN,  /* it does not begin with "HTTP/" */
	HTTP_ANSWER_BAD,      /* `err` says which rule it breaks or which ceiling it passes */
	HTTP_ANSWER_CUT,      /* the connection ended too early */
};

/* What comes next; the parser's own. */
enum http_answer_phase {
	HTTP_ANSWER_PREFIX,      /* "HTTP/" */
	HTTP_ANSWER_STATUS_LINE, /* the rest of that line */
	HTTP_ANSWER_HEADER_LINE,
	HTTP_ANSWER_BODY,     /* with a length */
	HTTP_ANSWER_BODY_ALL, /* all bytes until the connection ends */
	HTTP_ANSWER_CHUNK_LINE,
	HTTP_ANSWER_CHUNK,
	HTTP_ANSWER_CHUNK_END,
	HTTP_ANSWER_TRAILER_LINE,
};

struct http_answer {
	/* what came so far */
	unsigned status;                     /* 0 before the first status line */
	size_t header_bytes;                 /* before the body and after it; 0: not a byte came */
	char server[HTTP_ANSWER_SERVER_MAX]; /* printable ASCII, cut when long; "" without one */
	char location[HTTP_ANSWER_LOCATION_MAX]; /* "" without one, and when it is longer */
	struct err err;
	bool closes; /* no other answer can follow on this connection; final when it is complete */

	/* the parser's own */
	bool (*sink)(void *ctx, const char *bytes, size_t len);
	void *ctx;
	enum http_answer_state state;
	enum http_answer_phase phase;
	struct err framing; /* why a body could not be read, if there is one */
	bool has_length;
	bool is_chunked;
	uint64_t length;
	uint64_t left; /* body bytes to come, of this chunk if there are chunks */
	size_t line_len;
	char line[HTTP_ANSWER_LINE_MAX];
};

/* Begins a new answer. `sink` takes slices of the body, none of them empty, and says whether it
 * wants more; `status` and the headers are final when it is called first. */
void http_answer_init(struct http_answer *answer,
		      bool (*sink)(void *ctx, const char *bytes, size_t len), void *ctx);

/* Takes the next bytes. Once the result is not HTTP_ANSWER_MORE it stays as it is, and further
 * bytes are ignored. How the bytes are cut changes the slices of the body and nothing else. */
enum http_answer_state http_answer_feed(struct http_answer *answer, const char *bytes,
					size_t len) NONNULL;

/* Says that no more bytes will come, since the other side has closed. Never HTTP_ANSWER_MORE. */
enum http_answer_state http_answer_end(struct http_answer *answer) NONNULL;

/* Copies the value of the header `line` ("Server: nginx/1.22.1\r\n") if it is the Server header,
 * cut when long; other bytes than printable ASCII become '?'. */
void http_answer_take_server(struct str line, char ret[HTTP_ANSWER_SERVER_MAX]);

#endif
