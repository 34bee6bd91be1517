/* SPDX-License-Identifier: MIT */
/*
 * test_http_answer.c - answers good and bad, each cut at every byte: what comes out may not depend
 * on the cut. Beside them, the ceilings, and what an answer is when it ends too early.
 */
#include "unit.h"

#include "buf.h"
#include "http_answer.h"

#define OK            "HTTP/1.1 200 OK\r\n"
#define CHUNKED       OK "Transfer-Encoding: chunked\r\n\r\n"
#define WITH(literal) literal, sizeof(literal) - 1

enum { NO_CUT = -1, EACH_BYTE = -2 };

/* Short, for the tables. */
enum {
	COMPLETE = HTTP_ANSWER_COMPLETE,
	FOREIGN = HTTP_ANSWER_FOREIGN,
	BAD = HTTP_ANSWER_BAD,
	CUT = HTTP_ANSWER_CUT,
};

struct answer_case {
	const char *text;
	size_t len;
	int state;    /* when the connection has ended */
	bool is_open; /* until then, more could have come */
	unsigned status;
	const char *body; /* "" for none */
	const char *says; /* a part of the message when BAD, else the Location, NULL for "" */
};

static const struct answer_case answer_case[] = {
	/* where the body ends */
	{WITH(OK "Content-Length: 5\r\n\r\nhello"), COMPLETE, false, 200, "hello", NULL},
	{WITH(OK "content-LENGTH:5\r\n\r\nhello and more"), COMPLETE, false, 200, "hello", NULL},
	{WITH(OK "Content-Length: \t 5 \r\n\r\nhello"), COMPLETE, false, 200, "hello", NULL},
	{WITH(OK "Content-Length: 0\r\n\r\nmore"), COMPLETE, false, 200, "", NULL},
	{WITH(OK "Content-Length: 5\r\nContent-Length: 05\r\n\r\nhello"), COMPLETE, false, 200,
	 "hello", NULL},
	{WITH(OK "\r\nhello"), COMPLETE, true, 200, "hello", NULL},
	{WITH("HTTP/1.0 200 OK\n\nhello\r\n\r\n"), COMPLETE, true, 200, "hello\r\n\r\n", NULL},
	{WITH("HTTP/1.1 200\r\n\r\n"), COMPLETE, true, 200, "", NULL},
	{WITH("HTTP/1.9 200 \r\nX:\r\n\r\n"), COMPLETE, true, 200, "", NULL},
	{WITH(OK "Content-Length: 9\r\n\r\nhello"), CUT, true, 200, "hello", NULL},
	{WITH(OK "Content-Length: 18446744073709551615\r\n\r\nhello"), CUT, true, 200, "hello",
	 NULL},
	{WITH(OK "Content-Length: 5\n\nhello"), COMPLETE, false, 200, "hello", NULL},

	/* chunks */
	{WITH(CHUNKED "5\r\nhello\r\n0\r\n\r\nmore"), COMPLETE, false, 200, "hello", NULL},
	{WITH(CHUNKED "2\nhe\n0003\r\nllo\r\n000\n\n"), COMPLETE, false, 200, "hello", NULL},
	{WITH(CHUNKED "A;a=b; c=\"d\"\r\n0123456789\r\nb \t;x\r\n0123456789a\r\n0;x\r\n\r\n"),
	 COMPLETE, false, 200, "01234567890123456789a", NULL},
	{WITH(CHUNKED "1\r\n\r\r\n1 \r\n\n\r\n0\r\nX-Sum: 1\r\nno header\r\n\r\n"), COMPLETE, false,
	 200, "\r\n", NULL},
	{WITH(OK "Content-Length: 2\r\nTransfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"),
	 COMPLETE, false, 200, "abc", NULL},
	{WITH(CHUNKED "5\r\nhello\r\n0\r\n"), CUT, true, 200, "hello", NULL},
	{WITH(CHUNKED "5\r\nhel"), CUT, true, 200, "hel", NULL},
	{WITH(CHUNKED "ffffffffffffffff\r\nhel"), CUT, true, 200, "hel", NULL},
	{WITH(CHUNKED "10000000000000000\r\nhel"), BAD, false, 200, "", "bad size of a chunk"},
	{WITH(CHUNKED "\r\nhello"), BAD, false, 200, "", "bad size of a chunk: \"\""},
	{WITH(CHUNKED "-1\r\nhello"), BAD, false, 200, "", "bad size of a chunk: \"-1\""},
	{WITH(CHUNKED "0x1\r\nh\r\n"), BAD, false, 200, "", "bad size of a chunk: \"0x1\""},
	{WITH(CHUNKED "1 2\r\nh\r\n"), BAD, false, 200, "", "bad size of a chunk: \"1 2\""},
	{WITH(CHUNKED "{\"a\":1}\r\n"), BAD, false, 200, "", "bad size of a chunk"},
	{WITH(CHUNKED "2\r\nhello\r\n"), BAD, false, 200, "he", "longer than its size"},
	{WITH(CHUNKED "2\r\nhe\rllo\r\n"), BAD, false, 200, "he", "control character"},

	/* headers that rule a body out, if there is one */
	{WITH(OK "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello"), BAD, false, 200, "",
	 "two different Content-Length"},
	{WITH(OK "Content-Length: 5, 5\r\n\r\nhello"), BAD, false, 200, "",
	 "bad Content-Length \"5, 5\""},
	{WITH(OK "Content-Length: -5\r\n\r\nhello"), BAD, false, 200, "",
	 "bad Content-Length \"-5\""},
	{WITH(OK "Content-Length:\r\n\r\nhello"), BAD, false, 200, "", "bad Content-Length \"\""},
	{WITH(OK "Content-Length: 18446744073709551616\r\n\r\nhello"), BAD, false, 200, "",
	 "bad Content-Length"},
	{WITH(OK "Transfer-Encoding: gzip, chunked\r\n\r\n"), BAD, false, 200, "",
	 "cannot read Transfer-Encoding gzip, chunked"},
	{WITH(CHUNKED "0\r\n\r\n"), COMPLETE, false, 200, "", NULL},
	{WITH(OK "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"), BAD, false,
	 200, "", "cannot read Transfer-Encoding chunked"},
	{WITH(OK "Transfer-Encoding: identity\r\nContent-Encoding: Identity\r\n\r\nhi"), COMPLETE,
	 true, 200, "hi", NULL},
	{WITH(OK "Content-Encoding: gzip\r\n\r\nhi"), BAD, false, 200, "",
	 "cannot read Content-Encoding gzip"},
	{WITH(OK "Content-Encoding: chunked\r\n\r\nhi"), BAD, false, 200, "",
	 "cannot read Content-Encoding chunked"},

	/* other statuses have none */
	{WITH("HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nhello"), COMPLETE, false, 404, "",
	 NULL},
	{WITH("HTTP/1.1 500 x\r\nContent-Length: x\r\nContent-Encoding: br\r\n\r\nhello"), COMPLETE,
	 false, 500, "", NULL},
	{WITH("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n"), COMPLETE, false, 204, "",
	 NULL},
	{WITH("HTTP/1.1 304 Not Modified\r\n\r\n"), COMPLETE, false, 304, "", NULL},
	{WITH("HTTP/1.1 999 \x1b[1m\r\n\r\n"), COMPLETE, false, 999, "", NULL},
	{WITH("HTTP/1.1 301 x\r\nLOCATION: https://me:secret@other/\r\n\r\n"), COMPLETE, false, 301,
	 "", "https://me:secret@other/"},

	/* interim answers */
	{WITH("HTTP/1.1 100 Continue\r\n\r\n" OK "Content-Length: 2\r\n\r\nhi"), COMPLETE, false,
	 200, "hi", NULL},
	{WITH("HTTP/1.1 103 x\r\nServer: no\r\nLocation: /no\r\nContent-Length: "
	      "9\r\nTransfer-Encoding: chunked\r\nContent-Encoding: br\r\n\r\nHTTP/1.1 "
	      "103 x\r\n"
	      "\r\n" OK "\r\nhi"),
	 COMPLETE, true, 200, "hi", NULL},
	{WITH("HTTP/1.1 100 Continue\r\n\r\n"), CUT, true, 100, "", NULL},
	{WITH("HTTP/1.1 100 Continue\r\n\r\n{}"), FOREIGN, false, 100, "", NULL},
	{WITH("HTTP/1.1 101 x\r\nUpgrade: h2c\r\n\r\n"), BAD, false, 101, "", "HTTP 101"},

	/* no HTTP at all */
	{WITH("{\"version\":\"2.0.21\"}"), FOREIGN, false, 0, "", NULL},
	{WITH("\0\0"), FOREIGN, false, 0, "", NULL},
	{WITH("\r\n" OK "\r\n"), FOREIGN, false, 0, "", NULL},
	{WITH("http/1.1 200 OK\r\n\r\n"), FOREIGN, false, 0, "", NULL},
	{WITH("HTTP 200\r\n\r\n"), FOREIGN, false, 0, "", NULL},
	{WITH(""), CUT, true, 0, "", NULL},
	{WITH("HT"), CUT, true, 0, "", NULL},
	{WITH("HTTP/"), CUT, true, 0, "", NULL},
	{WITH("HTTP/1.1 200 OK\r\nServer: x"), CUT, true, 200, "", NULL},
	{WITH(OK), CUT, true, 200, "", NULL},

	/* broken HTTP */
	{WITH("HTTP/2 200\r\n\r\n"), BAD, false, 0, "", "no status line of HTTP/1.x: HTTP/2 200"},
	{WITH("HTTP/1.1 20 OK\r\n\r\n"), BAD, false, 0, "", "no status line"},
	{WITH("HTTP/1.1 2000\r\n\r\n"), BAD, false, 0, "", "no status line"},
	{WITH("HTTP/1.1 099 x\r\n\r\n"), BAD, false, 0, "", "no status line"},
	{WITH("HTTP/1.1  200 OK\r\n\r\n"), BAD, false, 0, "", "no status line"},
	{WITH("HTTP/1.1 +20 OK\r\n\r\n"), BAD, false, 0, "", "no status line"},
	{WITH("HTTP/\n"), BAD, false, 0, "", "no status line"},
	{WITH(OK "X: a\r\n b\r\n\r\n"), BAD, false, 200, "", "a folded HTTP header"},
	{WITH(OK "\tX: a\r\n\r\n"), BAD, false, 200, "", "a folded HTTP header"},
	{WITH(OK "hello\r\n\r\n"), BAD, false, 200, "", "no HTTP header: hello"},
	{WITH(OK ": x\r\n\r\n"), BAD, false, 200, "", "no HTTP header: : x"},
	{WITH(OK "Content-Length : 5\r\n\r\n"), BAD, false, 200, "",
	 "no HTTP header: Content-Length :"},
	{WITH(OK "X: a\rb\r\n\r\n"), BAD, false, 200, "", "control character"},
	{WITH(OK "X: a\0b\r\n\r\n"), BAD, false, 200, "", "control character"},
	{WITH(OK "X: a\r\r\n\r\n"), BAD, false, 200, "", "control character"},
};

static bool keep(void *ctx, const char *bytes, size_t len)
{
	assert_true(len > 0);
	buf_add(ctx, bytes, len);
	return true;
}

/* The bytes in two pieces, as one, or one by one. Each piece has a memory of its own, so that a
 * sanitizer sees when one byte too many is read. */
static enum http_answer_state feed(struct http_answer *answer, const char *text, size_t len,
				   long cut)
{
	size_t piece_len = cut == NO_CUT ? len : cut == EACH_BYTE ? 1 : (size_t)cut;
	enum http_answer_state state = HTTP_ANSWER_MORE;

	for (size_t from = 0; from < len;) {
		char *piece;

		if (piece_len > len - from)
			piece_len = len - from;
		piece = str_dup((struct str){text + from, piece_len});
		assert_non_null(piece);
		piece = realloc(piece, piece_len + (piece_len == 0));
		state = http_answer_feed(answer, piece, piece_len);
		free(piece);
		from += piece_len;
		if (cut != EACH_BYTE)
			piece_len = len - from;
	}
	return state;
}

static void check_cut(const struct answer_case *c, long cut)
{
	enum http_answer_state fed;
	struct http_answer answer;
	struct buf body;
	const char *says = c->says == NULL ? "" : c->says;

	buf_init(&body, 1024);
	http_answer_init(&answer, keep, &body);
	fed = feed(&answer, c->text, c->len, cut);
	if ((fed == HTTP_ANSWER_MORE) != c->is_open)
		fail_msg("cut at %ld, open: %d: %s", cut, (int)fed, c->text);
	if ((int)http_answer_end(&answer) != c->state)
		fail_msg("cut at %ld: %d, %s: %s", cut, (int)answer.state, answer.err.text,
			 c->text);
	assert_int_equal(answer.status, c->status);
	if (strcmp(buf_text(&body), c->body) != 0)
		fail_msg("cut at %ld: body \"%s\": %s", cut, buf_text(&body), c->text);
	assert_true((answer.err.kind != ERR_NONE) == (c->state == BAD));
	if (c->state == BAD && strstr(answer.err.text, says) == NULL)
		fail_msg("cut at %ld: %s: %s", cut, answer.err.text, c->text);
	if (c->state != BAD)
		assert_string_equal(answer.location, says);
	assert_string_equal(answer.server, "");
	buf_free(&body);
}

static void test_every_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(answer_case); i++) {
		const struct answer_case *c = &answer_case[i];

		check_cut(c, NO_CUT);
		check_cut(c, EACH_BYTE);
		for (size_t cut = 0; cut <= c->len; cut++)
			check_cut(c, (long)cut);
	}
}

/* What ends before its end is cut, wherever that happens, and the body so far is a part of it. */
static void test_every_end(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(answer_case); i++) {
		const struct answer_case *c = &answer_case[i];

		for (size_t len = 0; c->state == COMPLETE && !c->is_open && len < c->len; len++) {
			enum http_answer_state fed;
			struct http_answer answer;
			struct buf body;

			buf_init(&body, 1024);
			http_answer_init(&answer, keep, &body);
			fed = feed(&answer, c->text, len, NO_CUT);
			if ((int)http_answer_end(&answer) !=
			    (fed == HTTP_ANSWER_MORE ? CUT : COMPLETE))
				fail_msg("after %zu bytes: %s", len, c->text);
			assert_int_equal(strncmp(c->body, buf_text(&body), body.len), 0);
			buf_free(&body);
		}
	}
}

static void test_server(void **state)
{
	static const char text[] = OK "SERVER:\t nginx/1.22.1 \xc3\xa4\x1b \r\nServers: x\r\n\r\n";
	char other[HTTP_ANSWER_SERVER_MAX] = "none";
	char exact[2 * HTTP_ANSWER_SERVER_MAX + 10] = "Server: ";
	struct http_answer answer;

	(void)state;
	for (long cut = EACH_BYTE; cut < (long)sizeof(text); cut++) {
		http_answer_init(&answer, keep, NULL);
		assert_int_equal(feed(&answer, text, sizeof(text) - 1, cut), HTTP_ANSWER_MORE);
		assert_string_equal(answer.server, "nginx/1.22.1 ???");
	}
	http_answer_take_server(STR("Servers: x\r\n"), other);
	http_answer_take_server(STR("Server x\r\n"), other);
	http_answer_take_server(STR(""), other);
	assert_string_equal(other, "none");
	memset(exact + strlen(exact), 'x', sizeof(exact) - strlen(exact) - 1);
	http_answer_take_server(str_of(exact), other);
	assert_int_equal(strlen(other), HTTP_ANSWER_SERVER_MAX - 1);
	http_answer_take_server(STR("Server:\r\n"), other);
	assert_string_equal(other, "");
}

/* An answer made of `begin`, `unit` so often, and `end`. */
struct long_case {
	const char *begin;
	const char *unit;
	size_t count;
	const char *end;
	int state;
	const char *says;
};

static const struct long_case long_case[] = {
	{OK "X: ", "x", HTTP_ANSWER_LINE_MAX - 3, "\n\n", COMPLETE, ""},
	{OK "X: ", "x", HTTP_ANSWER_LINE_MAX - 2, "\n\n", BAD,
	 "a line of the HTTP headers is longer than 8192"},
	{OK, "a:b\n", (HTTP_ANSWER_HEADERS_MAX - sizeof(OK) - 6) / 4, "ab:cd\n\n", COMPLETE, ""},
	{OK, "a:b\n", (HTTP_ANSWER_HEADERS_MAX - sizeof(OK) - 6) / 4, "abc:cd\n\n", BAD,
	 "the HTTP headers are longer than 65536 bytes"},
	{"", "HTTP/1.1 100 x\n\n", HTTP_ANSWER_HEADERS_MAX / 16 + 1, OK "\r\n", BAD,
	 "headers are longer"},
	{CHUNKED "1;", "x", HTTP_ANSWER_CHUNK_LINE_MAX - 2, "\nx\n0\n\n", COMPLETE, ""},
	{CHUNKED "1;", "x", HTTP_ANSWER_CHUNK_LINE_MAX - 1, "\nx\n0\n\n", BAD, "longer than 1024"},
	{CHUNKED "1\nx", "x", HTTP_ANSWER_CHUNK_LINE_MAX + 1, "\n0\n\n", BAD, "longer than 1024"},
	{CHUNKED, "1\nx\n", HTTP_ANSWER_HEADERS_MAX, "0\n\n", COMPLETE, ""},
	{CHUNKED "0\n", "a: b\n", HTTP_ANSWER_HEADERS_MAX / 5 - 20, "\n", COMPLETE, ""},
	{CHUNKED "0\n", "a: b\n", HTTP_ANSWER_HEADERS_MAX / 5, "\n", BAD, "headers are longer"},
	{"HTTP/1.1 ", "x", HTTP_ANSWER_LINE_MAX, "", BAD, "is longer than 8192"},
	{"{", "x", 2 * HTTP_ANSWER_HEADERS_MAX, "", FOREIGN, ""},
};

static bool count(void *ctx, const char *bytes, size_t len)
{
	size_t *sum = ctx;

	(void)bytes;
	*sum += len;
	return true;
}

static void test_ceilings(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(long_case); i++) {
		const struct long_case *c = &long_case[i];
		struct buf text;

		buf_init(&text, 1024 * 1024);
		buf_add_text(&text, c->begin);
		for (size_t j = 0; j < c->count; j++)
			buf_add_text(&text, c->unit);
		buf_add_text(&text, c->end);
		for (long cut = EACH_BYTE; cut < (long)text.len; cut += cut < 0 ? 1 : 4999) {
			struct http_answer answer;
			size_t sum = 0;

			http_answer_init(&answer, count, &sum);
			(void)feed(&answer, buf_text(&text), text.len, cut);
			if ((int)http_answer_end(&answer) != c->state ||
			    strstr(answer.err.text, c->says) == NULL)
				fail_msg("%zu, cut at %ld: %d %s", i, cut, (int)answer.state,
					 answer.err.text);
			assert_true(answer.err.kind == ERR_NONE ||
				    answer.err.kind == ERR_TOO_LARGE);
		}
		buf_free(&text);
	}
}

/* The end of a Location that is too long could hold the "@" that says what is a password. */
static void test_long_location(void **state)
{
	(void)state;
	for (size_t more = 0; more < 2; more++) {
		size_t len = HTTP_ANSWER_LOCATION_MAX - 1 + more;
		struct http_answer answer;
		struct buf text;

		buf_init(&text, 64 * 1024);
		buf_add_text(&text, "HTTP/1.1 302 x\r\nLocation: ");
		for (size_t i = 0; i < len; i++)
			buf_add_char(&text, 'x');
		buf_add_text(&text, "\r\n\r\n");
		http_answer_init(&answer, keep, NULL);
		assert_int_equal(feed(&answer, buf_text(&text), text.len, 100), COMPLETE);
		assert_int_equal(strlen(answer.location), more == 0 ? len : 0);
		buf_free(&text);
	}
}

static bool refuse(void *ctx, const char *bytes, size_t len)
{
	(void)count(ctx, bytes, len);
	return false;
}

static void test_sink_stops(void **state)
{
	struct http_answer answer;
	size_t sum = 0;

	(void)state;
	http_answer_init(&answer, refuse, &sum);
	assert_int_equal(http_answer_feed(&answer, WITH(OK "\r\nhello")), HTTP_ANSWER_STOPPED);
	assert_int_equal(http_answer_feed(&answer, WITH("more")), HTTP_ANSWER_STOPPED);
	assert_int_equal(http_answer_end(&answer), HTTP_ANSWER_STOPPED);
	assert_int_equal(sum, 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_cut),     cmocka_unit_test(test_every_end),
		cmocka_unit_test(test_server),        cmocka_unit_test(test_ceilings),
		cmocka_unit_test(test_long_location), cmocka_unit_test(test_sink_stops),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
