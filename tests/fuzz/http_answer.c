/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as an HTTP answer, in one piece, byte by byte, and cut into two pieces where the first
 * two bytes say: nothing may depend on the cut. The sink has a ceiling as fetch.c's has.
 */
#include "http_answer.h"
#include "buf.h"

enum { WAYS = 3, BODY_MAX = 1024 };

/* Takes what there is room for; wants no more when there was more. */
static bool keep(void *ctx, const char *bytes, size_t len)
{
	struct buf *body = ctx;
	size_t room = BODY_MAX - body->len;

	if (len == 0)
		abort();
	buf_add(body, bytes, len < room ? len : room);
	return len <= room;
}

static enum http_answer_state read_all(struct http_answer *answer, struct str text, size_t way,
				       size_t cut)
{
	enum http_answer_state state = HTTP_ANSWER_MORE;

	if (way == 0) {
		state = http_answer_feed(answer, text.ptr, text.len);
	} else if (way == 1) {
		(void)http_answer_feed(answer, text.ptr, cut);
		state = http_answer_feed(answer, text.ptr + cut, text.len - cut);
	} else {
		for (size_t i = 0; i < text.len; i++)
			state = http_answer_feed(answer, text.ptr + i, 1);
	}
	if (state != HTTP_ANSWER_MORE && http_answer_end(answer) != state)
		abort();
	return http_answer_end(answer);
}

static bool same(const struct http_answer *a, const struct http_answer *b)
{
	return a->state == b->state && a->status == b->status &&
	       a->header_bytes == b->header_bytes && strcmp(a->server, b->server) == 0 &&
	       strcmp(a->location, b->location) == 0 && a->err.kind == b->err.kind &&
	       strcmp(a->err.text, b->err.text) == 0;
}

static void check(const struct http_answer *answer, const struct buf *body)
{
	if (answer->state == HTTP_ANSWER_MORE ||
	    (answer->state == HTTP_ANSWER_BAD) != (answer->err.kind != ERR_NONE) ||
	    (body->len > 0 && answer->status != 200) || body->len > BODY_MAX ||
	    answer->header_bytes > HTTP_ANSWER_HEADERS_MAX + 1)
		abort();
	for (const char *c = answer->server; *c != '\0'; c++) {
		if (*c < ' ' || *c > '~')
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = {(const char *)data + 2, size - 2};
	struct http_answer answer[WAYS];
	struct buf body[WAYS];

	if (size < 2)
		return 0;
	for (size_t way = 0; way < WAYS; way++) {
		buf_init(&body[way], BODY_MAX);
		http_answer_init(&answer[way], keep, &body[way]);
		(void)read_all(&answer[way], text, way,
			       (data[0] + 256u * data[1]) % (text.len + 1));
		check(&answer[way], &body[way]);
	}
	for (size_t way = 1; way < WAYS; way++) {
		if (!same(&answer[0], &answer[way]) ||
		    !str_equal(buf_str(&body[0]), buf_str(&body[way])))
			abort();
	}
	for (size_t way = 0; way < WAYS; way++)
		buf_free(&body[way]);
	return 0;
}
