/* SPDX-License-Identifier: MIT */
/*
 * http_answer.c - see http_answer.h. All but the body is taken byte by byte, so that no ceiling and
 * no fault can depend on how the bytes were cut.
 */
#include "http_answer.h"

#include <strings.h>

static const char prefix[] = "HTTP/";

void http_answer_init(struct http_answer *answer,
		      bool (*sink)(void *ctx, const char *bytes, size_t len), void *ctx)
{
	*answer = (struct http_answer){.sink = sink, .ctx = ctx};
}

/* Refuses the answer; `...` is a message for err_set(). */
#define BAD(answer, kind, ...)                                                                     \
	((void)err_set(&(answer)->err, kind, __VA_ARGS__), (answer)->state = HTTP_ANSWER_BAD)

static bool same_word(struct str s, const char *word)
{
	return s.len == strlen(word) && strncasecmp(s.ptr, word, s.len) == 0;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* A header's name and its value without blanks. False when the line is none. */
static bool split(struct str line, struct str *name, struct str *value)
{
	static const char other[] = "!#$%&'*+-.^_`|~";

	*value = line;
	*name = str_cut(value, ':');
	if (value->ptr == NULL || name->len == 0)
		return false;
	for (size_t i = 0; i < name->len; i++) {
		char c = name->ptr[i];
		bool is_letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');

		if (!is_letter && !is_digit(c) && memchr(other, c, sizeof(other) - 1) == NULL)
			return false;
	}
	*value = str_trim(*value);
	return true;
}

void http_answer_take_server(struct str line, char ret[HTTP_ANSWER_SERVER_MAX])
{
	struct str name;
	struct str value;
	size_t len = 0;

	if (!split(line, &name, &value) || !same_word(name, "Server"))
		return;
	for (; len < value.len && len < HTTP_ANSWER_SERVER_MAX - 1; len++) {
		char c = value.ptr[len];

		ret[len] = (char)(c < ' ' || c > '~' ? '?' : c);
	}
	ret[len] = '\0';
}

static void take_location(struct http_answer *answer, struct str value)
{
	size_t len = value.len < sizeof(answer->location) ? value.len : 0;

	/* A part of it could end in the middle of a password. */
	if (len > 0)
		memcpy(answer->location, value.ptr, len);
	answer->location[len] = '\0';
}

static void take_length(struct http_answer *answer, struct str value)
{
	uint64_t length;

	if (!str_to_u64(value, &length))
		(void)err_set(&answer->framing, ERR_PROTOCOL, "bad Content-Length \"%.*s\"",
			      (int)(value.len > 40 ? 40 : value.len), value.ptr);
	else if (answer->has_length && length != answer->length)
		(void)err_set(&answer->framing, ERR_PROTOCOL, "two different Content-Length");
	else
		answer->length = length;
	answer->has_length = true;
}

/* Nothing but chunks was asked for. */
static void take_coding(struct http_answer *answer, struct str name, struct str value)
{
	if (value.len == 0 || same_word(value, "identity"))
		return;
	if (!answer->is_chunked && same_word(name, "Transfer-Encoding") &&
	    same_word(value, "chunked"))
		answer->is_chunked = true;
	else
		(void)err_set(&answer->framing, ERR_PROTOCOL, "cannot read %.*s %.*s",
			      (int)name.len, name.ptr, (int)(value.len > 40 ? 40 : value.len),
			      value.ptr);
}

/* `line` is what follows "HTTP/". */
static void take_status_line(struct http_answer *answer, struct str line)
{
	const char *c = line.ptr;
	bool is_good = line.len >= 7 && c[0] == '1' && c[1] == '.' && is_digit(c[2]) &&
		       c[3] == ' ' && c[4] >= '1' && c[4] <= '9' && is_digit(c[5]) &&
		       is_digit(c[6]) && (line.len == 7 || c[7] == ' ');

	if (!is_good) {
		BAD(answer, ERR_PROTOCOL, "no status line of HTTP/1.x: HTTP/%.*s",
		    (int)(line.len > 40 ? 40 : line.len), line.ptr);
		return;
	}
	answer->status =
		(unsigned)(c[4] - '0') * 100 + (unsigned)(c[5] - '0') * 10 + (unsigned)(c[6] - '0');
	answer->server[0] = '\0';
	answer->location[0] = '\0';
	answer->has_length = false;
	answer->is_chunked = false;
	answer->closes = c[2] == '0';
	err_clear(&answer->framing);
	answer->phase = HTTP_ANSWER_HEADER_LINE;
	if (answer->status == 101)
		BAD(answer, ERR_PROTOCOL, "HTTP 101: it changes the protocol, which nobody asked");
}

static void begin_body(struct http_answer *answer)
{
	if (answer->status < 200) {
		answer->phase = HTTP_ANSWER_PREFIX;
	} else if (answer->status != 200) {
		answer->state = HTTP_ANSWER_COMPLETE;
	} else if (answer->framing.kind != ERR_NONE) {
		answer->err = answer->framing;
		answer->state = HTTP_ANSWER_BAD;
	} else if (answer->is_chunked) {
		answer->phase = HTTP_ANSWER_CHUNK_LINE;
	} else if (!answer->has_length) {
		answer->phase = HTTP_ANSWER_BODY_ALL;
		answer->closes = true;
	} else {
		answer->phase = HTTP_ANSWER_BODY;
		answer->left = answer->length;
		if (answer->left == 0)
			answer->state = HTTP_ANSWER_COMPLETE;
	}
}

static void take_header_line(struct http_answer *answer, struct str line)
{
	struct str name;
	struct str value;

	if (line.len == 0) {
		begin_body(answer);
	} else if (line.ptr[0] == ' ' || line.ptr[0] == '\t') {
		BAD(answer, ERR_PROTOCOL, "a folded HTTP header");
	} else if (!split(line, &name, &value)) {
		BAD(answer, ERR_PROTOCOL, "no HTTP header: %.*s",
		    (int)(line.len > 40 ? 40 : line.len), line.ptr);
	} else if (same_word(name, "Content-Length")) {
		take_length(answer, value);
	} else if (same_word(name, "Transfer-Encoding") || same_word(name, "Content-Encoding")) {
		take_coding(answer, name, value);
	} else if (same_word(name, "Location")) {
		take_location(answer, value);
	} else if (same_word(name, "Connection")) {
		answer->closes = answer->closes || !same_word(value, "keep-alive");
	} else {
		http_answer_take_server(line, answer->server);
	}
}

static int hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	const char *at = memchr(digits, c, sizeof(digits) - 1);

	return at == NULL ? -1 : (int)(at - digits) % 16;
}

/* "1f" or "1f ; name=value" */
static void take_chunk_line(struct http_answer *answer, struct str line)
{
	struct str rest = line;
	uint64_t size = 0;
	size_t i = 0;

	for (; i < line.len && hex_digit(line.ptr[i]) >= 0 && size <= UINT64_MAX >> 4; i++)
		size = size << 4 | (uint64_t)hex_digit(line.ptr[i]);
	rest.ptr += i;
	rest.len -= i;
	rest = str_trim(rest);
	if (i == 0 || (rest.len > 0 && rest.ptr[0] != ';')) {
		BAD(answer, ERR_PROTOCOL, "bad size of a chunk: \"%.*s\"",
		    (int)(line.len > 40 ? 40 : line.len), line.ptr);
		return;
	}
	answer->left = size;
	answer->phase = size > 0 ? HTTP_ANSWER_CHUNK : HTTP_ANSWER_TRAILER_LINE;
}

static void take_line(struct http_answer *answer, struct str line)
{
	if (memchr(line.ptr, '\r', line.len) != NULL || memchr(line.ptr, '\0', line.len) != NULL) {
		BAD(answer, ERR_PROTOCOL, "a control character in the HTTP headers");
		return;
	}
	switch (answer->phase) {
	case HTTP_ANSWER_STATUS_LINE:
		take_status_line(answer, line);
		break;
	case HTTP_ANSWER_HEADER_LINE:
		take_header_line(answer, line);
		break;
	case HTTP_ANSWER_CHUNK_LINE:
		take_chunk_line(answer, line);
		break;
	case HTTP_ANSWER_CHUNK_END:
		answer->phase = HTTP_ANSWER_CHUNK_LINE;
		if (line.len > 0)
			BAD(answer, ERR_PROTOCOL, "a chunk is longer than its size");
		break;
	case HTTP_ANSWER_TRAILER_LINE:
		if (line.len == 0)
			answer->state = HTTP_ANSWER_COMPLETE;
		break;
	case HTTP_ANSWER_PREFIX:
	case HTTP_ANSWER_BODY:
	case HTTP_ANSWER_BODY_ALL:
	case HTTP_ANSWER_CHUNK:
		break;
	}
}

static void take_prefix(struct http_answer *answer, char c)
{
	if (c != prefix[answer->line_len++]) {
		answer->state = HTTP_ANSWER_FOREIGN;
	} else if (answer->line_len == sizeof(prefix) - 1) {
		answer->line_len = 0;
		answer->phase = HTTP_ANSWER_STATUS_LINE;
	}
}

/* Takes a byte that is none of the body. The bytes between chunks grow with the body, which has a
 * ceiling of its own. */
static void take_byte(struct http_answer *answer, char c)
{
	bool is_chunk =
		answer->phase == HTTP_ANSWER_CHUNK_LINE || answer->phase == HTTP_ANSWER_CHUNK_END;
	size_t line_max = is_chunk ? HTTP_ANSWER_CHUNK_LINE_MAX : HTTP_ANSWER_LINE_MAX;
	struct str line = {answer->line, answer->line_len};

	if (!is_chunk && answer->header_bytes++ == HTTP_ANSWER_HEADERS_MAX) {
		BAD(answer, ERR_TOO_LARGE, "the HTTP headers are longer than %d bytes",
		    HTTP_ANSWER_HEADERS_MAX);
	} else if (answer->phase == HTTP_ANSWER_PREFIX) {
		take_prefix(answer, c);
	} else if (c == '\n') {
		if (line.len > 0 && line.ptr[line.len - 1] == '\r')
			line.len--;
		answer->line_len = 0;
		take_line(answer, line);
	} else if (line.len == line_max) {
		BAD(answer, ERR_TOO_LARGE, "a line of the HTTP headers is longer than %zu bytes",
		    line_max);
	} else {
		answer->line[answer->line_len++] = c;
	}
}

/* Takes what belongs to the body of the bytes in `*rest`. */
static void take_body(struct http_answer *answer, struct str *rest)
{
	bool is_bounded = answer->phase != HTTP_ANSWER_BODY_ALL;
	size_t len = rest->len;

	if (is_bounded && len > answer->left)
		len = (size_t)answer->left;
	if (!answer->sink(answer->ctx, rest->ptr, len)) {
		answer->state = HTTP_ANSWER_STOPPED;
		return;
	}
	rest->ptr += len;
	rest->len -= len;
	if (!is_bounded)
		return;
	answer->left -= len;
	if (answer->left > 0)
		return;
	if (answer->phase == HTTP_ANSWER_CHUNK)
		answer->phase = HTTP_ANSWER_CHUNK_END;
	else
		answer->state = HTTP_ANSWER_COMPLETE;
}

enum http_answer_state http_answer_feed(struct http_answer *answer, const char *bytes, size_t len)
{
	struct str rest = {bytes, len};

	while (rest.len > 0 && answer->state == HTTP_ANSWER_MORE) {
		if (answer->phase == HTTP_ANSWER_BODY || answer->phase == HTTP_ANSWER_BODY_ALL ||
		    answer->phase == HTTP_ANSWER_CHUNK) {
			take_body(answer, &rest);
			continue;
		}
		take_byte(answer, *rest.ptr);
		rest.ptr++;
		rest.len--;
	}
	answer->closes = answer->closes || rest.len > 0;
	return answer->state;
}

enum http_answer_state http_answer_end(struct http_answer *answer)
{
	if (answer->state == HTTP_ANSWER_MORE)
		answer->state = answer->phase == HTTP_ANSWER_BODY_ALL ? HTTP_ANSWER_COMPLETE
								      : HTTP_ANSWER_CUT;
	return answer->state;
}
