/* SPDX-License-Identifier: MIT */
/* Connections that are kept between two fetches: when they are used again, and when they must not
 * be. */
#include "unit.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "buf.h"
#include "fetch.h"

enum { ANSWER_MAX = 200, TIMEOUT_MS = 20000 };

/* What a server does for each request that comes, in order; a new connection is accepted whenever
 * the one before is closed. */
struct step {
	const char *answer; /* NULL: closes without one */
	bool closes;        /* closes behind it */
};

struct server {
	const struct step *step;
	size_t step_len;
	int listener;
	uint16_t port;
	size_t accepted;
	size_t asked;
	size_t asked_to_close;
	pthread_t thread;
};

#define PAGE "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

/* Reads one request. False when the other side has closed. */
static bool read_request(struct server *server, int fd)
{
	char bytes[2048];
	size_t len = 0;

	while (len < 4 || memcmp(bytes + len - 4, "\r\n\r\n", 4) != 0) {
		ssize_t more = recv(fd, bytes + len, sizeof(bytes) - 1 - len, 0);

		if (more <= 0)
			return false;
		len += (size_t)more;
	}
	bytes[len] = '\0';
	server->asked++;
	server->asked_to_close += strstr(bytes, "Connection: close") != NULL ? 1 : 0;
	return true;
}

static void *serve(void *ctx)
{
	struct server *server = ctx;
	size_t done = 0;

	while (done < server->step_len) {
		int fd = accept(server->listener, NULL, NULL);
		bool open = fd >= 0;

		server->accepted++;
		while (open && done < server->step_len) {
			const struct step *step = &server->step[done];

			if (!read_request(server, fd))
				break;
			done++;
			if (step->answer != NULL)
				(void)send(fd, step->answer, strlen(step->answer), MSG_NOSIGNAL);
			open = step->answer != NULL && !step->closes;
		}
		(void)close(fd);
	}
	return NULL;
}

static void start(struct server *server, const struct step *step, size_t step_len)
{
	struct sockaddr_in addr = {.sin_family = AF_INET};
	socklen_t len = sizeof(addr);

	*server = (struct server){.step = step, .step_len = step_len};
	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(server->listener, (struct sockaddr *)(void *)&addr, sizeof(addr)), 0);
	assert_int_equal(listen(server->listener, 8), 0);
	assert_int_equal(getsockname(server->listener, (struct sockaddr *)(void *)&addr, &len), 0);
	server->port = ntohs(addr.sin_port);
	assert_int_equal(pthread_create(&server->thread, NULL, serve, server), 0);
}

static void stop(struct server *server)
{
	(void)pthread_join(server->thread, NULL);
	(void)close(server->listener);
}

static void add(void *ctx, const char *bytes, size_t len)
{
	buf_add(ctx, bytes, len);
}

/* One fetch that must bring "ok". */
static void fetch(const struct server *server, struct fetch_keep *keep)
{
	char text[64];
	struct target target = {0};
	struct err err = {0};
	struct buf body;
	struct fetch_job job = {.target = &target,
				.bytes_max = ANSWER_MAX,
				.timeout_ms = TIMEOUT_MS,
				.keep = keep,
				.sink = add,
				.ctx = &body};

	buf_init(&body, ANSWER_MAX);
	(void)snprintf(text, sizeof(text), "http://127.0.0.1:%u/", (unsigned)server->port);
	assert_true(target_parse(&target, text, TARGET_NGINX, &err));
	assert_true(fetch_run(&job, 1, &err));
	if (!job.ok)
		fail_msg("%s", job.err.text);
	assert_string_equal(buf_text(&body), "ok");
	buf_free(&body);
	target_free(&target);
}

static void expect(const struct step *step, size_t step_len, size_t fetches, size_t accepted)
{
	struct server server;
	struct fetch_keep keep;

	start(&server, step, step_len);
	fetch_keep_init(&keep, NULL);
	for (size_t i = 0; i < fetches; i++)
		fetch(&server, &keep);
	fetch_keep_free(&keep);
	stop(&server);
	assert_int_equal(server.asked, step_len);
	assert_int_equal(server.accepted, accepted);
	assert_int_equal(server.asked_to_close, 0);
}

static void test_is_used_again(void **state)
{
	static const struct step step[] = {
		{PAGE, false},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
		 false},
		{"HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok", false},
	};

	(void)state;
	expect(step, ARRAY_LEN(step), 3, 1);
}

static void test_is_not_used_again(void **state)
{
	static const struct step step[] = {
		{"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", false},
		{"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", false},
		{"HTTP/1.1 200 OK\r\n\r\nok", true},
		{PAGE "more than was asked", false},
		{PAGE, false},
	};

	(void)state;
	expect(step, ARRAY_LEN(step), 5, 5);
}

static void test_closed_meanwhile(void **state)
{
	/* Behind the answer; then while the next question is on its way. */
	static const struct step step[] = {
		{PAGE, true}, {PAGE, false}, {NULL, true}, {PAGE, false}};

	(void)state;
	expect(step, ARRAY_LEN(step), 3, 3);
}

static void test_one_shot(void **state)
{
	static const struct step step[] = {{PAGE, false}, {PAGE, false}};
	struct server server;

	(void)state;
	start(&server, step, ARRAY_LEN(step));
	fetch(&server, NULL);
	fetch(&server, NULL);
	stop(&server);
	assert_int_equal(server.accepted, 2);
	assert_int_equal(server.asked_to_close, 2);
}

static void test_place_holds_one(void **state)
{
	struct fetch_keep keep;
	int pair[2];
	char byte;

	(void)state;
	fetch_keep_init(&keep, NULL);
	assert_int_equal(fetch_keep_take(&keep), -1);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	fetch_keep_put(&keep, pair[0]);
	fetch_keep_put(&keep, dup(pair[1]));
	assert_int_equal(fetch_keep_take(&keep), pair[0]);
	fetch_keep_put(&keep, pair[0]);
	fetch_keep_free(&keep);
	assert_int_equal(fetch_keep_take(&keep), -1);
	assert_int_equal(recv(pair[1], &byte, 1, 0), 0);
	(void)close(pair[1]);
}

/* What comes unasked ("HTTP/1.1 408 Request Timeout") is no answer to the next question. */
static void test_place_gives_none_that_speaks(void **state)
{
	struct fetch_keep keep;
	int pair[2];

	(void)state;
	fetch_keep_init(&keep, NULL);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	fetch_keep_put(&keep, pair[0]);
	assert_int_equal(send(pair[1], "HTTP/1.1 408", 12, MSG_NOSIGNAL), 12);
	assert_int_equal(fetch_keep_take(&keep), -1);
	(void)close(pair[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_is_used_again),
		cmocka_unit_test(test_is_not_used_again),
		cmocka_unit_test(test_closed_meanwhile),
		cmocka_unit_test(test_one_shot),
		cmocka_unit_test(test_place_holds_one),
		cmocka_unit_test(test_place_gives_none_that_speaks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
