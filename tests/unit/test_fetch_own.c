/* SPDX-License-Identifier: MIT */
/* Which connections to status pages this process has: while they are asked over, kept, and gone. */
#include "unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fetch.h"
#include "loopback.h"
#include "server.h"

enum { TIMEOUT_MS = 60000 };

#define WHOLE "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

/* How many of them are still open, and have been closed a moment ago. */
static size_t count(struct fetch_own *own, bool are_open, struct fetch_own_connection *first)
{
	struct fetch_own_connection *item;
	size_t listed = fetch_own_list(own, &item);
	size_t len = 0;

	*first = (struct fetch_own_connection){.fd = -1};
	for (size_t i = 0; i < listed; i++) {
		if ((item[i].fd >= 0) == are_open && len++ == 0)
			*first = item[i];
	}
	free(item);
	return len;
}

/* Fails unless `len` of them are open, and returns the first one. */
static struct fetch_own_connection only(struct fetch_own *own, size_t len)
{
	struct fetch_own_connection first;

	assert_int_equal(count(own, true, &first), len);
	return first;
}

static void a_connection_has_its_ends_until_it_is_closed(void **state)
{
	int listener = loopback_listen("127.0.0.1", 8);
	struct loopback_pair pair = loopback_pair(listener, "127.0.0.1");
	struct fetch_own_connection busy, idle;
	struct fetch_own own;
	uint64_t moment;
	int fd;

	(void)state;
	fetch_own_init(&own);
	moment = fetch_own_moment(&own);
	fetch_own_note(&own, pair.client, false);
	busy = only(&own, 1);
	assert_true(busy.ends.is_tcp && !busy.is_idle && busy.since > moment);
	assert_int_equal(busy.ends.theirs.port, loopback_local(listener).port);
	assert_int_equal(busy.ends.ours.port, loopback_local(pair.client).port);
	assert_int_equal(busy.ends.our_inode, loopback_inode(pair.client));
	assert_false(fetch_own_is_still_idle(&own, &busy));

	moment = fetch_own_moment(&own);
	fetch_own_note(&own, pair.client, true);
	idle = only(&own, 1);
	assert_true(idle.is_idle && idle.since > moment);
	assert_true(fetch_own_is_still_idle(&own, &idle));
	/* Used, and idle again: not all the time. */
	fetch_own_note(&own, pair.client, false);
	assert_false(fetch_own_is_still_idle(&own, &idle));
	fetch_own_note(&own, pair.client, true);
	assert_false(fetch_own_is_still_idle(&own, &idle));
	idle = only(&own, 1);
	assert_true(fetch_own_is_still_idle(&own, &idle));

	/* Another connection by the same descriptor. */
	fetch_own_forget(&own, pair.client);
	(void)only(&own, 0);
	assert_false(fetch_own_is_still_idle(&own, &idle));
	fd = pair.client;
	(void)close(pair.client);
	(void)close(pair.server);
	pair = loopback_pair(listener, "127.0.0.1");
	assert_int_equal(pair.client, fd);
	fetch_own_note(&own, pair.client, true);
	assert_int_equal(only(&own, 1).ends.ours.port, loopback_local(pair.client).port);
	assert_false(fetch_own_is_still_idle(&own, &idle));
	fetch_own_forget(&own, pair.client);
	(void)close(pair.client);
	(void)close(pair.server);
	(void)close(listener);
	fetch_own_free(&own);
}

/* Far more of them than there is room for at first; any order. */
static void there_may_be_many(void **state)
{
	enum { MANY = 100 };
	int listener = loopback_listen("127.0.0.1", MANY);
	struct loopback_pair pair[MANY];
	struct fetch_own_connection *item;
	struct fetch_own own;

	(void)state;
	fetch_own_init(&own);
	for (size_t i = 0; i < MANY; i++)
		pair[i] = loopback_pair(listener, "127.0.0.1");
	for (size_t i = 0; i < MANY; i++)
		fetch_own_note(&own, pair[(i * 37) % MANY].client, i % 2 == 0);
	assert_int_equal(fetch_own_list(&own, &item), MANY);
	for (size_t i = 0; i < MANY; i++)
		assert_int_equal(item[i].ends.ours.port, loopback_local(item[i].fd).port);
	free(item);
	for (size_t i = 0; i < MANY; i++) {
		fetch_own_forget(&own, pair[i].client);
		(void)close(pair[i].client);
		(void)close(pair[i].server);
	}
	(void)only(&own, 0);
	(void)close(listener);
	fetch_own_free(&own);
}

/* nginx takes notice a little later that a connection was closed here. */
static void known_for_a_moment_when_it_is_closed(void **state)
{
	int listener = loopback_listen("127.0.0.1", 8);
	struct loopback_pair pair[] = {loopback_pair(listener, "127.0.0.1"),
				       loopback_pair(listener, "127.0.0.1")};
	struct endpoint ours = loopback_local(pair[0].client);
	struct fetch_own_connection closed;
	struct fetch_own own;
	unsigned tries = 0;

	(void)state;
	fetch_own_init(&own);
	fetch_own_note(&own, pair[0].client, true);
	fetch_own_note(&own, pair[1].client, true);
	/* Who has been closed by nginx is done with. */
	(void)close(pair[1].server);
	fetch_own_forget(&own, pair[1].client);
	assert_int_equal(count(&own, false, &closed), 0);
	fetch_own_forget(&own, pair[0].client);
	assert_int_equal(count(&own, false, &closed), 1);
	assert_true(endpoint_equal(&closed.ends.ours, &ours) && !closed.is_idle);
	assert_false(fetch_own_is_still_idle(&own, &closed));
	while (count(&own, false, &closed) > 0)
		assert_true(loopback_wait(&tries));
	(void)close(pair[0].client);
	(void)close(pair[0].server);
	(void)close(pair[1].client);
	(void)close(listener);
	fetch_own_free(&own);
}

/* It gets its other end when it is connected. */
static void known_before_it_is_connected(void **state)
{
	int listener = loopback_listen("127.0.0.1", 8);
	struct endpoint at = loopback_local(listener);
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_port = htons(at.port),
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct fetch_own own;

	(void)state;
	fetch_own_init(&own);
	fetch_own_add(&own, fd);
	assert_false(only(&own, 1).ends.is_tcp);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(only(&own, 1).ends.theirs.port, at.port);
	fetch_own_forget(&own, fd);
	(void)close(fd);
	(void)close(listener);
	fetch_own_free(&own);
}

static void nobody_asks(void **state)
{
	struct fetch_own_connection *item;

	(void)state;
	fetch_own_note(NULL, 3, true);
	fetch_own_forget(NULL, 3);
	assert_int_equal(fetch_own_moment(NULL), 0);
	assert_int_equal(fetch_own_list(NULL, &item), 0);
	assert_null(item);
}

/* ---- fetches ----------------------------------------------------------------------------------
 */

/* What was known of the connection when the first bytes came. */
struct watch {
	struct fetch_own *own;
	struct fetch_own_connection seen;
	size_t told;
};

static void sink(void *ctx, const char *bytes, size_t len)
{
	struct watch *watch = ctx;

	(void)bytes;
	(void)len;
	if (watch->told++ == 0)
		watch->seen = only(watch->own, 1);
}

/* Fails unless the answer came as it should. */
static struct fetch_ends ask(const struct target *target, struct fetch_keep *keep,
			     struct watch *watch, bool ok)
{
	struct fetch_ends ends = {0};
	struct fetch_job job = {.target = target,
				.bytes_max = 1000,
				.timeout_ms = TIMEOUT_MS,
				.keep = keep,
				.ends = &ends,
				.sink = sink,
				.ctx = watch};
	struct err err = {0};

	*watch = (struct watch){.own = keep->own};
	assert_true(fetch_run(&job, 1, &err));
	assert_int_equal(job.ok, ok);
	return ends;
}

struct fetch_case {
	enum server_place place;
	enum server_act act;
	const char *text;
	bool ok, is_kept;
};

/* A server, and somebody who keeps one connection to it. */
struct scene {
	struct server server;
	struct target target;
	struct fetch_own own;
	struct fetch_keep keep;
};

static void scene_open(struct scene *scene, const struct fetch_case *one, const char *scheme)
{
	struct server *server = &scene->server;
	struct err err = {0};
	char text[200];

	server_start(server, one->place, one->act, one->text);
	if (one->place == SERVER_UNIX)
		(void)snprintf(text, sizeof(text), "unix:%s:/", server->path);
	else
		(void)snprintf(text, sizeof(text), "%s://%s:%u/", scheme,
			       one->place == SERVER_V6 ? "[::1]" : "127.0.0.1",
			       (unsigned)server->port);
	assert_true(target_parse(&scene->target, text, TARGET_NGINX, &err));
	fetch_own_init(&scene->own);
	fetch_keep_init(&scene->keep, &scene->own);
}

static void scene_close(struct scene *scene)
{
	fetch_keep_free(&scene->keep);
	(void)only(&scene->own, 0);
	fetch_own_free(&scene->own);
	target_free(&scene->target);
	server_stop(&scene->server);
}

static void check_fetch(const struct fetch_case *one)
{
	struct scene scene;
	struct fetch_ends ends;
	struct watch watch;

	scene_open(&scene, one, "http");
	ends = ask(&scene.target, &scene.keep, &watch, one->ok);
	if (one->act == SERVER_ANSWER) {
		assert_false(watch.seen.is_idle);
		assert_int_equal(watch.seen.ends.is_unix, one->place == SERVER_UNIX);
		assert_int_equal(watch.seen.ends.our_inode, ends.our_inode);
		assert_true(endpoint_equal(&watch.seen.ends.ours, &ends.ours));
	}
	assert_int_equal(only(&scene.own, one->is_kept).is_idle, one->is_kept);
	scene_close(&scene);
}

static void known_while_it_is_asked_and_while_it_is_kept(void **state)
{
	static const struct fetch_case cases[] = {
		{SERVER_V4, SERVER_ANSWER, WHOLE, true, true},
		{SERVER_V6, SERVER_ANSWER, WHOLE, true, true},
		{SERVER_UNIX, SERVER_ANSWER, WHOLE, true, true},
		/* Its end is the end of the connection; it is broken; there is none. */
		{SERVER_V4, SERVER_ANSWER, "HTTP/1.0 200 OK\r\n\r\nok", true, false},
		{SERVER_V4, SERVER_ANSWER, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok", false,
		 false},
		{SERVER_DEAD, SERVER_HANG, "", false, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		check_fetch(&cases[i]);
}

/* libcurl connects; the server says nothing, talks no TLS, or is not there. */
static void over_https(void **state)
{
	static const struct fetch_case cases[] = {{SERVER_V4, SERVER_HANG, "", false, false},
						  {SERVER_V4, SERVER_ANSWER, WHOLE, false, false},
						  {SERVER_DEAD, SERVER_HANG, "", false, false}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct scene scene;
		struct fetch_job job = {.target = &scene.target,
					.bytes_max = 1000,
					.timeout_ms = 300,
					.keep = &scene.keep};
		struct err err = {0};
		uint64_t moment;

		scene_open(&scene, &cases[i], "https");
		moment = fetch_own_moment(&scene.own);
		assert_true(fetch_run(&job, 1, &err) && !job.ok);
		assert_true(fetch_own_moment(&scene.own) > moment);
		scene_close(&scene);
	}
}

/* One that the other side has closed is replaced by another. */
static void one_that_went_while_it_was_kept(void **state)
{
	static const struct fetch_case one = {SERVER_V4, SERVER_ANSWER, WHOLE, true, true};
	struct scene scene;
	struct watch watch;

	(void)state;
	scene_open(&scene, &one, "http");
	for (size_t i = 0; i < 3; i++) {
		uint64_t first = fetch_own_moment(&scene.own);

		(void)ask(&scene.target, &scene.keep, &watch, true);
		assert_true(watch.seen.since > first);
		assert_true(only(&scene.own, 1).is_idle);
	}
	scene_close(&scene);
}

/* The place is taken: the second one is closed. */
static void a_place_for_one(void **state)
{
	int listener = loopback_listen("127.0.0.1", 8);
	struct loopback_pair pair[] = {loopback_pair(listener, "127.0.0.1"),
				       loopback_pair(listener, "127.0.0.1")};
	struct fetch_own own;
	struct fetch_keep keep;

	(void)state;
	fetch_own_init(&own);
	fetch_keep_init(&keep, &own);
	for (size_t i = 0; i < ARRAY_LEN(pair); i++)
		fetch_keep_put(&keep, pair[i].client);
	assert_int_equal(only(&own, 1).fd, pair[0].client);
	assert_true(only(&own, 1).is_idle);
	assert_int_equal(fetch_keep_take(&keep), pair[0].client);
	assert_false(only(&own, 1).is_idle);
	fetch_keep_put(&keep, pair[0].client);
	/* Gone when it is to be taken. */
	(void)close(pair[0].server);
	for (unsigned tries = 0; fetch_keep_take(&keep) >= 0;) {
		assert_true(loopback_wait(&tries));
		fetch_keep_put(&keep, pair[0].client);
	}
	(void)only(&own, 0);
	(void)close(pair[1].server);
	(void)close(listener);
	fetch_keep_free(&keep);
	fetch_own_free(&own);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_connection_has_its_ends_until_it_is_closed),
		cmocka_unit_test(there_may_be_many),
		cmocka_unit_test(known_for_a_moment_when_it_is_closed),
		cmocka_unit_test(known_before_it_is_connected),
		cmocka_unit_test(nobody_asks),
		cmocka_unit_test(known_while_it_is_asked_and_while_it_is_kept),
		cmocka_unit_test(over_https),
		cmocka_unit_test(one_that_went_while_it_was_kept),
		cmocka_unit_test(a_place_for_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
