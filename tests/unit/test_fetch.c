/* SPDX-License-Identifier: MIT */
/*
 * test_fetch.c - fetch_run() against servers that behave well, badly or not at all: each alone, and
 * all of them side by side. What is checked is what came out, never how long it took.
 */
#include "unit.h"

#include <unistd.h>

#include "buf.h"
#include "fetch.h"
#include "server.h"

#define OK     "HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nConnection: close\r\n"
#define STATUS "Active connections: 1 \n"
#define JSON   "{\"version\":\"2.0.21\"}"

enum {
	HANG_SECONDS = 300, /* the test program ends by SIGALRM */
	BYTES_MAX = 1024,
	SHORT_MS = 5000, /* for those that are meant to run into it */
	LONG_MS = 60000, /* for those that are not */
};

enum form { HTTP, HTTPS, RAW };

struct fetch_case {
	const char *name;
	enum server_place place;
	enum server_act act;
	const char *text;
	enum form form;
	enum err_kind kind;
	const char *says; /* a part of the message, or the body when kind is ERR_NONE */
};

static const struct fetch_case fetch_case[] = {
	{"good", SERVER_V4, SERVER_ANSWER, OK "\r\n" STATUS, HTTP, ERR_NONE, STATUS},
	{"good over IPv6", SERVER_V6, SERVER_ANSWER, OK "\r\n" STATUS, HTTP, ERR_NONE, STATUS},
	{"good over unix", SERVER_UNIX, SERVER_ANSWER, OK "\r\n" STATUS, HTTP, ERR_NONE, STATUS},
	{"good HTTP/1.0", SERVER_V4, SERVER_ANSWER, "HTTP/1.0 200 OK\r\n\r\n" JSON, HTTP, ERR_NONE,
	 JSON},
	{"good chunked", SERVER_V4, SERVER_ANSWER,
	 OK "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", HTTP, ERR_NONE,
	 "abcde"},
	{"good after an interim answer", SERVER_UNIX, SERVER_ANSWER,
	 "HTTP/1.1 103 x\r\nServer: no\r\n\r\nHTTP/1.1 200 OK\r\n\r\n" STATUS, HTTP, ERR_NONE,
	 STATUS},
	{"good, and more than announced", SERVER_V4, SERVER_FLOOD, OK "Content-Length: 1\r\n\r\nx",
	 HTTP, ERR_NONE, "x"},
	{"compressed", SERVER_V4, SERVER_ANSWER, OK "Content-Encoding: gzip\r\n\r\nx", HTTP,
	 ERR_PROTOCOL, "cannot read Content-Encoding gzip"},
	{"broken header", SERVER_UNIX, SERVER_ANSWER, OK "{}\r\n\r\n", HTTP, ERR_PROTOCOL,
	 "no HTTP header: {}"},
	{"HTTP/2", SERVER_V4, SERVER_ANSWER, "HTTP/2 200\r\n\r\n", HTTP, ERR_PROTOCOL,
	 "no status line of HTTP/1.x"},
	{"404", SERVER_V4, SERVER_ANSWER, "HTTP/1.1 404 Nope\r\n\r\n<html>", HTTP, ERR_HTTP_STATUS,
	 "HTTP 404 Not Found; no status page at this path"},
	{"500 with a good body", SERVER_V4, SERVER_ANSWER, "HTTP/1.1 500 x\r\n\r\n" STATUS, HTTP,
	 ERR_HTTP_STATUS, "HTTP 500 Internal Server Error"},
	{"204", SERVER_V4, SERVER_ANSWER, "HTTP/1.1 204 x\r\n\r\n", HTTP, ERR_HTTP_STATUS,
	 "HTTP 204 No Content"},
	{"599", SERVER_V4, SERVER_ANSWER, "HTTP/1.1 599 \x1b[1m\r\n\r\n", HTTP, ERR_HTTP_STATUS,
	 ": HTTP 599"},
	{"401", SERVER_V4, SERVER_ANSWER, "HTTP/1.1 401 x\r\n\r\n", HTTP, ERR_HTTP_STATUS,
	 "HTTP 401 Unauthorized; it wants a user name"},
	{"403", SERVER_V4, SERVER_ANSWER, "HTTP/1.1 403 x\r\n\r\n", HTTP, ERR_HTTP_STATUS,
	 "HTTP 403 Forbidden; the server must allow this host"},
	{"302", SERVER_V4, SERVER_ANSWER,
	 "HTTP/1.1 302 x\r\nLocation: https://me:hunter2@other/s?a@b\r\n\r\n<html>", HTTP,
	 ERR_HTTP_STATUS, "HTTP 302: redirect to https://other/s?a@b; give that URL as the target"},
	{"302 relative", SERVER_V4, SERVER_ANSWER, "HTTP/1.1 302 x\r\nLocation: /in\r\n\r\n", HTTP,
	 ERR_HTTP_STATUS, "redirect to the path /in; give that path"},
	{"302 cut", SERVER_V4, SERVER_ANSWER, "HTTP/1.1 302 x\r\nLocation: /in\r\n", HTTP,
	 ERR_HTTP_STATUS, "redirect to the path /in; give that path"},
	{"302 to nowhere", SERVER_V4, SERVER_ANSWER, "HTTP/1.1 302 x\r\n\r\n", HTTP,
	 ERR_HTTP_STATUS, "HTTP 302 Found"},
	{"HTTP/0.9", SERVER_V4, SERVER_SEND, JSON, HTTP, ERR_PROTOCOL,
	 "a raw uWSGI stats socket? then use tcp://127.0.0.1:"},
	{"raw asked by HTTP", SERVER_V6, SERVER_CLOSE, JSON, HTTP, ERR_PROTOCOL,
	 "a raw uWSGI stats socket? then use tcp://[::1]:"},
	{"raw asked by HTTP over unix", SERVER_UNIX, SERVER_SEND, JSON, HTTP, ERR_PROTOCOL,
	 "a raw uWSGI stats socket? then use unix:/tmp/"},
	{"raw asked by HTTP, and cut", SERVER_V4, SERVER_RESET, JSON, HTTP, ERR_PROTOCOL,
	 "a raw uWSGI stats socket? then use tcp://127.0.0.1:"},
	{"raw asked by HTTP over unix, and closed", SERVER_UNIX, SERVER_CLOSE, JSON, HTTP,
	 ERR_PROTOCOL, "a raw uWSGI stats socket? then use unix:/tmp/"},
	{"HTTP hangs", SERVER_V4, SERVER_HANG, "", HTTP, ERR_TIMEOUT, "no answer within 5 s"},
	{"HTTP body drips", SERVER_V4, SERVER_DRIP, OK "\r\n" STATUS, HTTP, ERR_TIMEOUT,
	 "not complete after 5 s"},
	{"HTTP header drips", SERVER_V4, SERVER_DRIP, OK, HTTP, ERR_TIMEOUT, "no answer within"},
	{"HTTP floods", SERVER_V4, SERVER_FLOOD, OK "\r\n", HTTP, ERR_TOO_LARGE,
	 "longer than 1024 bytes"},
	{"HTTP announces a flood", SERVER_V4, SERVER_FLOOD, OK "Content-Length: 99999999\r\n\r\n",
	 HTTP, ERR_TOO_LARGE, "longer than 1024 bytes"},
	{"404 floods", SERVER_V4, SERVER_FLOOD, "HTTP/1.1 404 x\r\n\r\n", HTTP, ERR_HTTP_STATUS,
	 "HTTP 404"},
	{"HTTP truncated", SERVER_V4, SERVER_ANSWER, OK "Content-Length: 99\r\n\r\n" STATUS, HTTP,
	 ERR_TRUNCATED, "truncated"},
	{"HTTP truncated chunks", SERVER_V4, SERVER_ANSWER,
	 OK "Transfer-Encoding: chunked\r\n\r\n9\r\nabc", HTTP, ERR_TRUNCATED, "truncated"},
	{"HTTP closed", SERVER_V4, SERVER_ANSWER, "", HTTP, ERR_RESET, "worker_connections"},
	{"HTTP reset", SERVER_V4, SERVER_ANSWER_RESET, "", HTTP, ERR_RESET, "worker_connections"},
	{"HTTP closed unasked", SERVER_UNIX, SERVER_CLOSE, "", HTTP, ERR_RESET,
	 "worker_connections"},
	{"HTTP reset unasked", SERVER_V6, SERVER_RESET, "", HTTP, ERR_RESET, "worker_connections"},
	{"HTTP truncated headers", SERVER_V4, SERVER_ANSWER, OK, HTTP, ERR_TRUNCATED, "truncated"},
	{"HTTP reset in a body without a length", SERVER_V4, SERVER_ANSWER_RESET, OK "\r\n" STATUS,
	 HTTP, ERR_TRUNCATED, "truncated: the connection was closed after 23 bytes"},
	{"HTTP reset in the body", SERVER_V4, SERVER_ANSWER_RESET,
	 OK "Content-Length: 99\r\n\r\n" STATUS, HTTP, ERR_TRUNCATED, "truncated"},
	{"HTTP dead port", SERVER_DEAD, SERVER_HANG, "", HTTP, ERR_REFUSED, "connection refused"},
	{"HTTP stale socket", SERVER_STALE, SERVER_HANG, "", HTTP, ERR_REFUSED, "nobody listens"},
	{"HTTP no socket", SERVER_MISSING, SERVER_HANG, "", HTTP, ERR_NOT_FOUND,
	 "no such socket file"},
	{"HTTP full queue", SERVER_FULL, SERVER_HANG, "", HTTP, ERR_TIMEOUT,
	 "the listen queue was full for 5 s"},
	{"no TLS there", SERVER_V4, SERVER_ANSWER, OK "\r\n" STATUS, HTTPS, ERR_TIMEOUT,
	 "no answer within"},
	{"no TLS there, and it says so", SERVER_V4, SERVER_CLOSE, OK "\r\n" STATUS, HTTPS, ERR_TLS,
	 "no TLS there; use http://"},

	{"raw", SERVER_V4, SERVER_SEND, JSON, RAW, ERR_NONE, JSON},
	{"raw over IPv6", SERVER_V6, SERVER_SEND, JSON, RAW, ERR_NONE, JSON},
	{"raw over unix", SERVER_UNIX, SERVER_SEND, JSON, RAW, ERR_NONE, JSON},
	{"raw, abstract", SERVER_ABSTRACT, SERVER_SEND, JSON, RAW, ERR_NONE, JSON},
	{"raw, abstract with NUL", SERVER_ABSTRACT_NUL, SERVER_SEND, JSON, RAW, ERR_NONE, JSON},
	{"raw, closed by the server", SERVER_UNIX, SERVER_CLOSE, JSON, RAW, ERR_NONE, JSON},
	{"raw, almost HTTP", SERVER_V4, SERVER_SEND, "HTTP", RAW, ERR_NONE, "HTTP"},
	{"raw, never sends", SERVER_V4, SERVER_HANG, "", RAW, ERR_TIMEOUT,
	 "not a byte came within 5 s; a stats server with --stats-http waits for a request: use "
	 "http://127.0.0.1:"},
	{"raw, never sends, IPv6", SERVER_V6, SERVER_HANG, "", RAW, ERR_TIMEOUT,
	 "use http://[::1]:"},
	{"raw, HTTP server waits", SERVER_UNIX, SERVER_ANSWER, OK, RAW, ERR_TIMEOUT, "/socket:/"},
	{"raw, abstract and silent", SERVER_ABSTRACT, SERVER_CLOSE, "", RAW, ERR_RESET,
	 "use an http:// target"},
	{"raw, HTTP server speaks", SERVER_V4, SERVER_SEND, "HTTP/1.1 408 x\r\n\r\n", RAW,
	 ERR_PROTOCOL, "this is an HTTP server: use http://127.0.0.1:"},
	{"raw drips", SERVER_V4, SERVER_DRIP, JSON, RAW, ERR_TIMEOUT, "not complete after 5 s"},
	{"raw floods", SERVER_UNIX, SERVER_FLOOD, JSON, RAW, ERR_TOO_LARGE,
	 "longer than 1024 bytes"},
	{"raw closed", SERVER_V4, SERVER_CLOSE, "", RAW, ERR_RESET,
	 "closed without a byte; a stats server with --stats-http"},
	{"raw reset", SERVER_V4, SERVER_RESET, "", RAW, ERR_RESET, "reset without a byte"},
	{"raw reset after data", SERVER_V4, SERVER_RESET, JSON, RAW, ERR_TRUNCATED,
	 "reset in the middle of the answer, after 20 bytes"},
	{"raw dead port", SERVER_DEAD, SERVER_HANG, "", RAW, ERR_REFUSED, "connection refused"},
	{"raw stale socket", SERVER_STALE, SERVER_HANG, "", RAW, ERR_REFUSED, "nobody listens"},
	{"raw no socket", SERVER_MISSING, SERVER_HANG, "", RAW, ERR_NOT_FOUND,
	 "no such socket file"},
	{"raw full queue", SERVER_FULL, SERVER_HANG, "", RAW, ERR_TIMEOUT,
	 "the listen queue was full"},
};

enum { CASES = ARRAY_LEN(fetch_case) };

/* One case under way. */
struct attempt {
	const struct fetch_case *c;
	struct server server;
	struct target target;
	struct buf body;
};

static void collect(void *ctx, const char *bytes, size_t len)
{
	buf_add(ctx, bytes, len);
}

static void attempt_start(struct attempt *attempt, const struct fetch_case *c,
			  struct fetch_job *job)
{
	const struct server *server = &attempt->server;
	const char *host = c->place == SERVER_V6 ? "[::1]" : "127.0.0.1";
	struct err err = {0};
	char text[256];

	attempt->c = c;
	server_start(&attempt->server, c->place, c->act, c->text);
	if (server->path[0] != '\0')
		(void)snprintf(text, sizeof(text), "unix:%s%s", server->path,
			       c->form == RAW ? "" : ":/status");
	else
		(void)snprintf(text, sizeof(text), "%s://%s:%u%s",
			       c->form == RAW     ? "tcp"
			       : c->form == HTTPS ? "https"
						  : "http",
			       host, (unsigned)server->port, c->form == RAW ? "" : "/status");
	if (!target_parse(&attempt->target, text, TARGET_UWSGI, &err))
		fail_msg("%s", err.text);
	buf_init(&attempt->body, 2 * BYTES_MAX);
	*job = (struct fetch_job){
		.target = &attempt->target,
		.bytes_max = BYTES_MAX,
		.timeout_ms = c->kind == ERR_TIMEOUT ? SHORT_MS : LONG_MS,
		.sink = collect,
		.ctx = &attempt->body,
	};
}

static void attempt_check(const struct attempt *attempt, const struct fetch_job *job)
{
	const struct fetch_case *c = attempt->c;
	const struct err *err = &job->err;
	const char *name = attempt->target.name;

	if (err->kind != c->kind || job->ok != (c->kind == ERR_NONE))
		fail_msg("%s: %s: %s", c->name, err_kind_name(err->kind), err->text);
	if (strstr(job->ok ? buf_text(&attempt->body) : err->text, c->says) == NULL)
		fail_msg("%s: %s, %s", c->name, buf_text(&attempt->body), err->text);
	if (!job->ok && strncmp(err->text, name, strlen(name)) != 0)
		fail_msg("%s: not the target's name: %s", c->name, err->text);
	if (strstr(err->text, "hunter2") != NULL)
		fail_msg("%s: %s", c->name, err->text);
	assert_string_equal(job->server, strncmp(c->text, OK, strlen(OK)) == 0 && c->form == HTTP &&
							 c->act != SERVER_HANG
						 ? "nginx/1.22.1"
						 : "");
	assert_true(attempt->body.len <= BYTES_MAX);
	assert_true(job->seconds >= 0);
}

static void attempt_stop(struct attempt *attempt)
{
	server_stop(&attempt->server);
	if (attempt->c->form == RAW && attempt->server.received > 0)
		fail_msg("%s: %zu bytes were sent", attempt->c->name, attempt->server.received);
	target_free(&attempt->target);
	buf_free(&attempt->body);
}

static void test_each_alone(void **state)
{
	(void)state;
	for (size_t i = 0; i < CASES; i++) {
		struct err err = {0};
		struct attempt attempt;
		struct fetch_job job;

		if (fetch_case[i].kind == ERR_TIMEOUT) /* they take their time: only side by side */
			continue;
		attempt_start(&attempt, &fetch_case[i], &job);
		assert_true(fetch_run(&job, 1, &err));
		attempt_check(&attempt, &job);
		attempt_stop(&attempt);
	}
}

static void side_by_side(void)
{
	static _Thread_local struct attempt attempt[CASES];
	static _Thread_local struct fetch_job job[CASES];
	struct err err = {0};

	for (size_t i = 0; i < CASES; i++)
		attempt_start(&attempt[i], &fetch_case[i], &job[i]);
	assert_true(fetch_run(job, CASES, &err));
	for (size_t i = 0; i < CASES; i++)
		attempt_check(&attempt[i], &job[i]);
	for (size_t i = 0; i < CASES; i++)
		attempt_stop(&attempt[i]);
}

static void test_side_by_side(void **state)
{
	(void)state;
	side_by_side();
}

static void test_nothing_to_do(void **state)
{
	struct fetch_job none;
	struct err err = {0};

	(void)state;
	assert_true(fetch_run(&none, 0, &err));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_alone),
		cmocka_unit_test(test_side_by_side),
		cmocka_unit_test(test_nothing_to_do),
	};

	(void)alarm(HANG_SECONDS);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
