/* SPDX-License-Identifier: MIT */
/* test_observe_own.c - this process's own connections are no clients: out of the dump, and off what
 * nginx counts. */
#include "unit.h"

#include "clock.h"
#include "observe_own.h"

enum { ROOM = 8, NGINX_PORT = 80, OTHER_PORT = 9000 };

/* An nginx that listens at two places, a process with some connections, and a dump. */
struct scene {
	struct fetch_own own;
	struct observe_own o;
	struct listener listener[2];
	struct nginx_host host;
	struct socket tcp[ROOM];
	struct unix_socket local[ROOM];
	struct sockets sockets;
	struct fetch_ends asking; /* nobody's */
	struct ledger_look look;
};

static struct endpoint at(uint16_t port)
{
	struct endpoint endpoint = {.port = 0};

	assert_true(endpoint_parse(&endpoint, STR("127.0.0.1:1")));
	endpoint.port = port;
	return endpoint;
}

static int setup(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	if (scene == NULL)
		return -1;
	*state = scene;
	fetch_own_init(&scene->own);
	scene->own.item = calloc(ROOM, sizeof(*scene->own.item));
	scene->own.cap = ROOM;
	scene->own.moment = 100;
	scene->o.own = &scene->own;
	scene->listener[0] = (struct listener){.kind = LISTENER_TCP, .at = at(NGINX_PORT)};
	scene->listener[1] = (struct listener){.kind = LISTENER_UNIX, .path = "/n.sock"};
	scene->host.listeners = (struct listeners){.item = scene->listener, .len = 2};
	scene->sockets.tcp = scene->tcp;
	scene->sockets.local = scene->local;
	scene->look.before = (struct nginx_status){.active = 50, .waiting = 20, .writing = 3};
	scene->look.after = scene->look.before;
	return scene->own.item == NULL ? -1 : 0;
}

static int teardown(void **state)
{
	struct scene *scene = *state;

	observe_own_free(&scene->o);
	fetch_own_free(&scene->own);
	free(scene);
	return 0;
}

/* The process has a connection from `ours` to `theirs`, idle or in use since that moment. */
static struct fetch_own_connection *has(struct scene *scene, size_t fd, uint16_t ours,
					uint16_t theirs, bool is_idle, uint64_t since)
{
	scene->own.item[fd] =
		(struct fetch_own_connection){.fd = (int)fd,
					      .is_idle = is_idle,
					      .since = since,
					      .ends = {.is_tcp = true,
						       .our_inode = 1000 + (uint32_t)fd,
						       .ours = at(ours),
						       .theirs = at(theirs)}};
	return &scene->own.item[fd];
}

/* The kernel lists a socket with these ends. */
static struct socket *lists(struct scene *scene, uint16_t local, uint16_t remote)
{
	struct socket *socket = &scene->tcp[scene->sockets.tcp_len++];

	*socket = (struct socket){
		.local = at(local), .remote = at(remote), .state = SOCKET_ESTABLISHED, .inode = 7};
	return socket;
}

/* Takes them out and off: expects so many sockets left, so many taken off, and not sure of. */
static void check(struct scene *scene, bool is_settled, size_t left, int64_t off, uint64_t idle,
		  uint64_t busy)
{
	struct ledger_look look = scene->look;

	observe_own_take_out(&scene->o, &scene->sockets, &scene->host, &scene->asking, 50);
	assert_int_equal(scene->sockets.tcp_len + scene->sockets.local_len, left);
	observe_own_take_off(&scene->o, &look, is_settled);
	assert_int_equal(look.before.active, 50 - off);
	assert_int_equal(look.before.waiting, 20 - off);
	assert_int_equal(look.after.active, 50 - off);
	assert_int_equal(look.after.waiting, 20 - off);
	assert_int_equal(look.before.writing, 3);
	assert_int_equal(look.own_idle, idle);
	assert_int_equal(look.own_busy, busy);
}

static void idle_ones_are_taken_off(void **state)
{
	struct scene *scene = *state;

	has(scene, 3, 4001, NGINX_PORT, true, 50);
	has(scene, 4, 4000, NGINX_PORT, true, 7);
	lists(scene, NGINX_PORT, 4000);
	lists(scene, NGINX_PORT, 4001);
	lists(scene, NGINX_PORT, 4002); /* a client */
	lists(scene, OTHER_PORT, 4000); /* another one's, that only has our port */
	check(scene, true, 2, 2, 0, 0);
	assert_int_equal(scene->tcp[0].remote.port, 4002);
	assert_int_equal(scene->tcp[1].local.port, OTHER_PORT);
	/* Unless all workers have been seen asleep, nginx may not have counted them as waiting. */
	scene->sockets.tcp_len = 0;
	lists(scene, NGINX_PORT, 4000);
	check(scene, false, 0, 1, 1, 0);
}

static void what_was_in_use_is_left_open(void **state)
{
	struct scene *scene = *state;
	struct fetch_own_connection *used;

	has(scene, 3, 4000, NGINX_PORT, false, 7); /* is being asked over */
	has(scene, 4, 4001, NGINX_PORT, true, 51); /* was, when nginx was read first */
	used = has(scene, 5, 4002, NGINX_PORT, true, 7);
	has(scene, 6, 4003, NGINX_PORT, true, 7);
	for (uint16_t port = 4000; port <= 4003; port++)
		lists(scene, NGINX_PORT, port);
	lists(scene, NGINX_PORT, 4004)->inode = 0; /* not accepted: not counted */
	has(scene, 7, 4004, NGINX_PORT, false, 60);
	observe_own_take_out(&scene->o, &scene->sockets, &scene->host, &scene->asking, 50);
	assert_int_equal(scene->sockets.tcp_len, 1);
	assert_int_equal(scene->o.idle, 2);
	used->since = 101; /* and is, before nginx is read again */
	observe_own_take_off(&scene->o, &scene->look, true);
	assert_int_equal(scene->look.before.active, 50 - 1);
	assert_int_equal(scene->look.own_busy, 3);
	assert_int_equal(scene->look.own_idle, 0);
}

/* nginx still has one that has been closed here a moment ago, and may count it or not. */
static void one_that_was_closed_a_moment_ago(void **state)
{
	struct scene *scene = *state;
	struct fetch_own_closed *closed = calloc(2, sizeof(*closed));

	assert_non_null(closed);
	for (size_t i = 0; i < 2; i++)
		closed[i] = (struct fetch_own_closed){*has(scene, 3, (uint16_t)(4000 + i),
							   NGINX_PORT, false, 60),
						      clock_now(CLOCK_MONOTONIC)};
	closed[0].connection.fd = closed[1].connection.fd = -1;
	closed[1].time -= FETCH_OWN_CLOSED_SECONDS; /* by now somebody else may have its port */
	scene->own.item[3].since = 0;
	scene->own.closed = closed;
	scene->own.closed_len = scene->own.closed_cap = 2;
	lists(scene, NGINX_PORT, 4000)->state = SOCKET_CLOSE_WAIT;
	lists(scene, NGINX_PORT, 4001);
	check(scene, true, 1, 0, 0, 1);
	assert_int_equal(scene->tcp[0].remote.port, 4001);
}

/* To another nginx, or to this one's application: nothing that this one counts. */
static void elsewhere(void **state)
{
	struct scene *scene = *state;

	has(scene, 3, 4000, OTHER_PORT, true, 7);
	has(scene, 4, 4001, NGINX_PORT, true, 7); /* not listed */
	lists(scene, OTHER_PORT, 4000);
	lists(scene, 4000, OTHER_PORT);
	lists(scene, 4001, OTHER_PORT); /* nginx's own, to its application */
	check(scene, true, 1, 0, 0, 0);
	assert_int_equal(scene->tcp[0].local.port, 4001);
}

static void the_one_that_asks_stays(void **state)
{
	struct scene *scene = *state;

	scene->asking = has(scene, 3, 4000, NGINX_PORT, true, 7)->ends;
	lists(scene, NGINX_PORT, 4000);
	check(scene, true, 1, 0, 0, 0);
}

static void unix_sockets(void **state)
{
	static const struct unix_socket local[] = {
		{.state = SOCKET_LISTEN, .path = "/n.sock"},
		{.state = SOCKET_ESTABLISHED, .has_peer = true, .peer = 1003, .path = "/n.sock"},
		{.state = SOCKET_ESTABLISHED, .has_peer = true, .peer = 1004, .path = "/app.sock"},
		{.state = SOCKET_ESTABLISHED, .has_peer = true, .peer = 9, .path = "/n.sock"},
		{.state = SOCKET_ESTABLISHED, .peer = 0, .path = "/n.sock"},
	};
	struct scene *scene = *state;

	for (size_t fd = 3; fd <= 4; fd++) {
		has(scene, fd, 0, 0, true, 7)->ends =
			(struct fetch_ends){.is_unix = true, .our_inode = 1000 + (uint32_t)fd};
	}
	memcpy(scene->local, local, sizeof(local));
	scene->sockets.local_len = ARRAY_LEN(local);
	check(scene, true, 3, 1, 0, 0);
	/* nginx is in another network, where nobody lists their other ends. */
	scene->host.net_pid = 1;
	scene->sockets.local_len = 0;
	check(scene, true, 0, 0, 0, 2);
}

static void what_has_stirred(void **state)
{
	static const struct {
		uint16_t theirs;
		bool is_idle, moved;
		uint64_t since;
	} cases[] = {
		{NGINX_PORT, true, false, 50},  {NGINX_PORT, true, true, 51},
		{NGINX_PORT, false, true, 7},   {OTHER_PORT, true, false, 51},
		{OTHER_PORT, false, false, 51},
	};
	struct scene *scene = *state;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct fetch_ends asking =
			has(scene, 3, 4000, cases[i].theirs, cases[i].is_idle, cases[i].since)
				->ends;

		if (observe_own_moved(&scene->o, &scene->host, &scene->asking, 50) !=
		    cases[i].moved)
			fail_msg("case %zu", i);
		assert_false(observe_own_moved(&scene->o, &scene->host, &asking, 50));
	}
	scene->own.item[3].since = 0;
	has(scene, 4, 0, 0, true, 51)->ends.is_unix = true;
	assert_true(observe_own_moved(&scene->o, &scene->host, &scene->asking, 50));
	scene->o.own = NULL;
	assert_false(observe_own_moved(&scene->o, &scene->host, &scene->asking, 50));
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(idle_ones_are_taken_off),
		CASE(what_was_in_use_is_left_open),
		CASE(one_that_was_closed_a_moment_ago),
		CASE(elsewhere),
		CASE(the_one_that_asks_stays),
		CASE(unix_sockets),
		CASE(what_has_stirred),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
