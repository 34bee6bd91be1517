/* SPDX-License-Identifier: MIT */
/* test_fetch_request.c - what an HTTP server is sent, with which options, and what it never gets.
 */
#include "unit.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server.h"
#include "transport.h"

#define ANSWER "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"

enum { TIMEOUT_MS = 60000, HANG_SECONDS = 300 };

/* In the texts, PORT stands for the server's port. */
struct request_case {
	enum server_place place;
	const char *target; /* for a unix socket, what follows "unix:PATH" */
	struct fetch_options options;
	const char *has[4];
};

static const struct request_case request_case[] = {
	{SERVER_V4,
	 "http://127.0.0.1:PORT/s?x=1",
	 {0},
	 {"GET /s?x=1 HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n", "\r\nUser-Agent: connledger/",
	  "\r\nConnection: close\r\n"}},
	{SERVER_V6, "http://[::1]:PORT/", {0}, {"GET / HTTP/1.1\r\nHost: [::1]:PORT\r\n"}},
	{SERVER_UNIX, ":/s", {0}, {"GET /s HTTP/1.1\r\nHost: localhost\r\n"}},
	{SERVER_UNIX, ":/s", {.vhost = "a.example"}, {"\r\nHost: a.example\r\n"}},
	{SERVER_V4,
	 "http://127.0.0.1:PORT/",
	 {.vhost = "a.example"},
	 {"\r\nHost: a.example:PORT\r\n"}},
	{SERVER_V4,
	 "http://127.0.0.1:PORT/",
	 {.vhost = "a.example:81"},
	 {"\r\nHost: a.example:81\r\n"}},
	{SERVER_V6, "http://[::1]:PORT/", {.vhost = "a.example:80"}, {"\r\nHost: a.example\r\n"}},
	{SERVER_V4, "http://127.0.0.1:PORT/", {.vhost = "[::2]"}, {"\r\nHost: [::2]:PORT\r\n"}},
	{SERVER_V4,
	 "http://me:p%3Aw@127.0.0.1:PORT/",
	 {0},
	 {"Host: 127.0.0.1:PORT\r\n", "\r\nAuthorization: Basic bWU6cDp3\r\n"}},
	{SERVER_V4, "http://me:pw@127.0.0.1:PORT/", {0}, {"\r\nAuthorization: Basic bWU6cHc=\r\n"}},
	{SERVER_V4,
	 "http://127.0.0.1:PORT/",
	 {.vhost = "[2001:db8::1]:81"},
	 {"\r\nHost: [2001:db8::1]:81\r\n"}},
	{SERVER_UNIX, ":/s", {.vhost = "a.example:81"}, {"\r\nHost: a.example:81\r\n"}},
	{SERVER_UNIX,
	 ":/s",
	 {.username = "\xff\xfe>", .password = "~"},
	 {"\r\nAuthorization: Basic //4+On4=\r\n"}},
	{SERVER_V4,
	 "http://me:pw@127.0.0.1:PORT/",
	 {.username = "you", .password = "pw2"},
	 {"\r\nAuthorization: Basic eW91OnB3Mg==\r\n"}},
	{SERVER_V4, "http://me@127.0.0.1:PORT/", {0}, {"\r\nAuthorization: Basic bWU6\r\n"}},
	{SERVER_V4,
	 "http://127.0.0.1:PORT/",
	 {.ip = FETCH_IP_V4},
	 {"\r\nHost: 127.0.0.1:PORT\r\n"}},
};

static const char *const never[] = {"Cookie",  "Proxy-", "Referer", "keep-alive",
				    "Upgrade", "Range",  "Expect"};

/* Of this thread: a server's is another one. */
static _Thread_local bool sends_in_parts;

/* This takes the place of the C library's. A SIGPIPE ends the whole program, so MSG_NOSIGNAL has to
 * be there each time. */
EXPORTED ssize_t send(int fd, const void *bytes, size_t len, int flags)
{
	static _Thread_local unsigned calls;

	if ((flags & MSG_NOSIGNAL) == 0)
		abort();
	if (!sends_in_parts)
		return sendto(fd, bytes, len, flags, NULL, 0);
	if (calls++ % 2 == 0) {
		errno = EAGAIN;
		return -1;
	}
	return sendto(fd, bytes, 1, flags, NULL, 0);
}

static void ignore(void *ctx, const char *bytes, size_t len)
{
	(void)ctx;
	(void)bytes;
	(void)len;
}

/* `text` with the server's port for PORT. */
static void with_port(const char *text, const struct server *server, char *ret, size_t size)
{
	const char *port = strstr(text, "PORT");

	if (port == NULL)
		(void)snprintf(ret, size, "%s", text);
	else
		(void)snprintf(ret, size, "%.*s%u%s", (int)(port - text), text,
			       (unsigned)server->port, port + 4);
}

static void fetch(struct target *target, const char *text, const struct fetch_options *options,
		  struct fetch_job *job)
{
	struct err err = {0};

	*job = (struct fetch_job){
		.target = target,
		.options = options,
		.bytes_max = 100,
		.timeout_ms = TIMEOUT_MS,
		.sink = ignore,
	};
	if (!target_parse(target, text, TARGET_UWSGI, &err) || !fetch_run(job, 1, &err))
		fail_msg("%s", err.text);
}

static void check_request(const struct request_case *c)
{
	struct fetch_job job;
	struct server server;
	struct target target;
	char text[512];
	char want[256];

	server_start(&server, c->place, SERVER_ANSWER, ANSWER);
	with_port(c->target, &server, want, sizeof(want));
	(void)snprintf(text, sizeof(text), "%s%s%s", server.path[0] != '\0' ? "unix:" : "",
		       server.path, want);
	fetch(&target, text, &c->options, &job);
	server_stop(&server);
	if (!job.ok)
		fail_msg("%s", job.err.text);
	for (size_t i = 0; i < ARRAY_LEN(c->has) && c->has[i] != NULL; i++) {
		with_port(c->has[i], &server, want, sizeof(want));
		if (strstr(server.request, want) == NULL)
			fail_msg("%s: no \"%s\" in: %s", text, want, server.request);
	}
	for (size_t i = 0; i < ARRAY_LEN(never); i++) {
		if (strstr(server.request, never[i]) != NULL)
			fail_msg("%s: %s", never[i], server.request);
	}
	if (target.username == NULL && c->options.username == NULL &&
	    strstr(server.request, "Authorization") != NULL)
		fail_msg("%s", server.request);
	target_free(&target);
}

static void test_requests(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(request_case); i++)
		check_request(&request_case[i]);
}

/* The socket takes a byte now and then, as one with a full buffer may. */
static void test_requests_in_parts(void **state)
{
	sends_in_parts = true;
	test_requests(state);
	sends_in_parts = false;
}

static void test_whole_request(void **state)
{
	struct server server;
	struct target target;
	struct fetch_job job;
	char text[128];

	(void)state;
	server_start(&server, SERVER_UNIX, SERVER_ANSWER, ANSWER);
	(void)snprintf(text, sizeof(text), "unix:%s:/s", server.path);
	fetch(&target, text, &(struct fetch_options){.username = "me"}, &job);
	server_stop(&server);
	assert_true(job.ok);
	assert_string_equal(server.request, "GET /s HTTP/1.1\r\n"
					    "Host: localhost\r\n"
					    "Authorization: Basic bWU6\r\n"
					    "User-Agent: connledger/" CONNLEDGER_VERSION "\r\n"
					    "Accept: */*\r\n"
					    "Connection: close\r\n\r\n");
	target_free(&target);
}

/* A user name without an end is nobody's. */
static void test_endless_credentials(void **state)
{
	static char endless[100 * 1024];
	struct target target;
	struct fetch_job job;

	(void)state;
	memset(endless, 'x', sizeof(endless) - 1);
	fetch(&target, "unix:/none:/", &(struct fetch_options){.username = endless}, &job);
	assert_int_equal(job.err.kind, ERR_USAGE);
	assert_non_null(strstr(job.err.text, "the user name or the password is too long"));
	target_free(&target);
}

/* A daemon's environment must not send its scrapes, with a password in them, somewhere else. */
static void test_environment(void **state)
{
	static const char *const name[] = {"http_proxy", "HTTP_PROXY", "https_proxy",
					   "all_proxy",  "ALL_PROXY",  "HTTPS_PROXY"};
	struct server server;
	struct server proxy;
	struct fetch_job job;
	struct target target;
	char text[64];

	(void)state;
	server_start(&proxy, SERVER_V4, SERVER_ANSWER, "HTTP/1.1 500 x\r\n\r\n");
	server_start(&server, SERVER_V4, SERVER_ANSWER, ANSWER);
	(void)snprintf(text, sizeof(text), "http://127.0.0.1:%u", (unsigned)proxy.port);
	for (size_t i = 0; i < ARRAY_LEN(name); i++)
		(void)setenv(name[i], text, 1);
	(void)snprintf(text, sizeof(text), "http://127.0.0.1:%u/", (unsigned)server.port);
	fetch(&target, text, NULL, &job);
	for (size_t i = 0; i < ARRAY_LEN(name); i++)
		(void)unsetenv(name[i]);
	assert_true(job.ok);
	server_stop(&proxy);
	server_stop(&server);
	assert_int_equal(proxy.received, 0);
	assert_true(server.received > 0);
	target_free(&target);
}

/* Options that cannot work, against a server that answers everything with 401. */
static const struct bad_case {
	const char *target;
	struct fetch_options options;
	enum err_kind kind;
	const char *says;
} bad_case[] = {
	{"http://127.0.0.1:PORT/", {.vhost = "a/b"}, ERR_USAGE, "bad virtual host name \"a/b\""},
	{"http://127.0.0.1:PORT/", {.vhost = "a@b"}, ERR_USAGE, "bad virtual host name"},
	{"http://127.0.0.1:PORT/", {.vhost = "a\r\nX: y"}, ERR_USAGE, "bad virtual host name"},
	{"http://127.0.0.1:PORT/", {.vhost = ""}, ERR_USAGE, "bad virtual host name"},
	{"http://127.0.0.1:PORT/", {.vhost = "a:"}, ERR_USAGE, "bad virtual host name"},
	{"http://127.0.0.1:PORT/", {.vhost = "a:b"}, ERR_USAGE, "bad virtual host name"},
	{"http://127.0.0.1:PORT/", {.vhost = "a:65536"}, ERR_USAGE, "bad virtual host name"},
	{"http://127.0.0.1:PORT/", {.vhost = ":80"}, ERR_USAGE, "bad virtual host name"},
	{"http://127.0.0.1:PORT/", {.vhost = "::1"}, ERR_USAGE, "bad virtual host name"},
	{"http://127.0.0.1:PORT/", {.vhost = "[::1"}, ERR_USAGE, "bad virtual host name"},
	{"http://127.0.0.1:PORT/", {.vhost = "[::1]a"}, ERR_USAGE, "bad virtual host name"},
	{"http://127.0.0.1:PORT/", {.vhost = "[a.example]"}, ERR_USAGE, "bad virtual host name"},
	{"https://127.0.0.1:PORT/", {.vhost = "a@b"}, ERR_USAGE, "bad virtual host name"},
	{"http://127.0.0.1:PORT/",
	 {.ip = FETCH_IP_V6},
	 ERR_RESOLVE,
	 "cannot resolve 127.0.0.1 to an IPv6 address"},
	{"https://127.0.0.1:PORT/",
	 {.ip = FETCH_IP_V6},
	 ERR_RESOLVE,
	 "cannot resolve 127.0.0.1 to an IPv6 address"},
	{"tcp://127.0.0.1:PORT", {.ip = FETCH_IP_V6}, ERR_RESOLVE, "cannot resolve 127.0.0.1"},
	{"https://127.0.0.1:PORT/", {.ca_file = "/nonexistent.pem"}, ERR_TLS, "/nonexistent.pem"},
	{"https://127.0.0.1:PORT/",
	 {.client_cert = "/nonexistent.pem"},
	 ERR_TLS,
	 "nonexistent.pem"},
	{"http://127.0.0.1:PORT/", {0}, ERR_HTTP_STATUS, "it wants a user name"},
	{"http://127.0.0.1:PORT/",
	 {.username = "me", .password = "hunter2"},
	 ERR_HTTP_STATUS,
	 "the user name or the password is wrong"},
	{"http://me:hunter2@127.0.0.1:PORT/", {0}, ERR_HTTP_STATUS, "the password is wrong"},
};

static void test_bad_options(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad_case); i++) {
		const struct bad_case *c = &bad_case[i];
		struct fetch_job job;
		struct server server;
		struct target target;
		char text[256];

		server_start(&server, SERVER_V4, SERVER_ANSWER, "HTTP/1.1 401 x\r\n\r\n");
		with_port(c->target, &server, text, sizeof(text));
		fetch(&target, text, &c->options, &job);
		server_stop(&server);
		if (job.ok || job.err.kind != c->kind || strstr(job.err.text, c->says) == NULL)
			fail_msg("%s: %s: %s", text, err_kind_name(job.err.kind), job.err.text);
		if (strstr(job.err.text, "hunter2") != NULL)
			fail_msg("%s", job.err.text);
		target_free(&target);
	}
}

/* What no test can bring about everywhere. */
static void test_connect_errors(void **state)
{
	static const struct {
		const char *target;
		int errnum;
		enum err_kind kind;
		const char *says;
	} c[] = {
		{"unix:/x", EACCES, ERR_ACCESS,
		 "unix:/x: permission denied: this user may not write"},
		{"tcp://h:1", EHOSTUNREACH, ERR_SYSTEM,
		 "tcp://h:1: cannot connect: No route to host"},
		{"http://h/", ETIMEDOUT, ERR_TIMEOUT, "cannot connect: Connection timed out"},
		{"http://h/", 0, ERR_SYSTEM, "http://h/: cannot connect"},
		{"unix:@a", ECONNREFUSED, ERR_REFUSED, "nobody listens there"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(c); i++) {
		struct target target;
		struct fetch_job job = {.target = &target};
		struct fetch_run_job run = {.job = &job};
		struct err err = {0};

		assert_true(target_parse(&target, c[i].target, TARGET_UWSGI, &err));
		fetch_job_fail_connect(&run, c[i].errnum);
		assert_int_equal(job.err.kind, c[i].kind);
		if (strstr(job.err.text, c[i].says) == NULL)
			fail_msg("%s", job.err.text);
		target_free(&target);
	}
}

static void test_endless_headers(void **state)
{
	static char answer[200 * 1024];
	struct fetch_job job;
	struct server server;
	struct target target;
	size_t len = (size_t)snprintf(answer, sizeof(answer), "HTTP/1.1 200 OK\r\n");
	char text[64];

	(void)state;
	while (len < sizeof(answer) - 16)
		len += (size_t)snprintf(answer + len, sizeof(answer) - len, "X-Y: zzzzz\r\n");
	server_start(&server, SERVER_V4, SERVER_ANSWER, answer);
	(void)snprintf(text, sizeof(text), "http://127.0.0.1:%u/", (unsigned)server.port);
	fetch(&target, text, NULL, &job);
	server_stop(&server);
	assert_int_equal(job.err.kind, ERR_TOO_LARGE);
	assert_non_null(strstr(job.err.text, "headers"));
	target_free(&target);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_requests),
		cmocka_unit_test(test_environment),
		cmocka_unit_test(test_requests_in_parts),
		cmocka_unit_test(test_whole_request),
		cmocka_unit_test(test_endless_credentials),
		cmocka_unit_test(test_bad_options),
		cmocka_unit_test(test_connect_errors),
		cmocka_unit_test(test_endless_headers),
	};

	(void)alarm(HANG_SECONDS);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
