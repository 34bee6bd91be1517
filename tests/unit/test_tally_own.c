/* SPDX-License-Identifier: MIT */
/* test_tally_own.c - whose a socket is: our own, nginx's, or somebody else's. */
#include "unit.h"

#include "nginx_conf.h"
#include "situation.h"

static struct endpoint endpoint_of(const char *text)
{
	struct endpoint endpoint;

	assert_true(endpoint_parse(&endpoint, str_of(text)));
	return endpoint;
}

/* Six listeners at ports 81 to 86, and one client at each of `len` of them. All have our own client
 * end if `is_own`. */
static struct tally tally_of(size_t len, const unsigned *ways, const char *own_peer, bool is_own)
{
	struct socket socket[6] = {{.state = 0}};
	struct listener listener[6] = {{.kind = LISTENER_TCP}};
	struct sockets sockets = {.tcp = socket, .tcp_len = len, .has_info = true};
	struct endpoint own = endpoint_of("127.0.0.1:4000");
	struct endpoint peer = endpoint_of(own_peer);
	struct tally_question question = {.listener = listener,
					  .listener_len = ARRAY_LEN(listener),
					  .own = &own,
					  .own_peer = &peer};
	struct tally tally;

	for (size_t i = 0; i < ARRAY_LEN(socket); i++) {
		listener[i].at = endpoint_of("127.0.0.1:81");
		listener[i].at.port = (uint16_t)(81 + i);
		listener[i].ways = ways[i];
		socket[i] = (struct socket){.local = listener[i].at,
					    .remote = own,
					    .state = SOCKET_CLOSE_WAIT,
					    .inode = 1};
		socket[i].remote.port = (uint16_t)(is_own ? 4000 : 5000 + i);
	}
	tally_make(&tally, &sockets, &question);
	return tally;
}

static const unsigned any[6] = {0};

static void own_is_told_by_both_ends(void **state)
{
	struct tally tally = tally_of(1, any, "127.0.0.1:81", true);

	(void)state;
	assert_true(tally.own_is_found && tally.count[TALLY_CLIENTS] == 0);
	/* A client of another listener has the same port as we. */
	tally = tally_of(2, any, "127.0.0.1:81", true);
	assert_true(tally.own_is_found && tally.count[TALLY_CLIENTS] == 1);
	assert_int_equal(tally.count[CLIENT_HALF_CLOSED], 1);
	assert_int_equal(tally.group[0].count[CLIENT_HALF_CLOSED], 1);
	/* Our question goes to an address that is translated on the way. */
	tally = tally_of(1, any, "10.0.0.1:80", true);
	assert_true(tally.own_is_found && tally.count[TALLY_CLIENTS] == 0);
	assert_int_equal(tally.group[0].count[CLIENT_HALF_CLOSED], 0);
	tally = tally_of(2, any, "10.0.0.1:80", true);
	assert_true(!tally.own_is_found && tally.count[TALLY_CLIENTS] == 2);
	tally = tally_of(2, any, "127.0.0.1:81", false);
	assert_true(!tally.own_is_found && tally.count[TALLY_CLIENTS] == 2);
}

/* In another namespace the kernel says of no unix socket who is at its other end. */
static void own_is_one_of_those_that_look_alike(void **state)
{
	struct unix_socket socket[] = {
		{.state = SOCKET_ESTABLISHED, .inode = 1, .path = "/other"},
		{.state = SOCKET_ESTABLISHED, .inode = 2, .path = "/ours"},
		{.state = SOCKET_ESTABLISHED, .inode = 3, .path = "/ours"},
	};
	const struct listener listener[] = {
		{.kind = LISTENER_UNIX, .path = "/other", .ways = NGINX_STREAM},
		{.kind = LISTENER_UNIX, .path = "/ours", .ways = NGINX_HTTP1},
	};
	const struct sockets sockets = {.local = socket, .local_len = ARRAY_LEN(socket)};
	struct tally_question question = {.listener = listener,
					  .listener_len = ARRAY_LEN(listener),
					  .own_inode = 9,
					  .own_path = "/ours"};
	struct tally tally;

	(void)state;
	tally_make(&tally, &sockets, &question);
	assert_true(tally.own_is_found);
	assert_int_equal(tally.groups, 2);
	for (size_t i = 0; i < tally.groups; i++)
		assert_int_equal(tally.group[i].count[CLIENT_AMBIGUOUS], 1);
	question.own_is_hidden = true;
	tally_make(&tally, &sockets, &question);
	assert_true(tally.own_is_found);
	assert_int_equal(tally.count[TALLY_CLIENTS], 3);
	question.own_path = "/a proxy's";
	tally_make(&tally, &sockets, &question);
	assert_false(tally.own_is_found);
	question.own_is_hidden = false;
	tally_make(&tally, &sockets, &question);
	assert_false(tally.own_is_found);
	assert_int_equal(tally.count[TALLY_CLIENTS], 3);
}

/* Others ask the same application: of whom is known by the user of their sockets. */
static void others_connections_are_not_nginxs(void **state)
{
	struct listener listener = {.kind = LISTENER_TCP, .ways = NGINX_HTTP1};
	struct upstream upstream = {.is_uwsgi = true};
	struct socket socket[] = {
		{.state = SOCKET_LISTEN, .rqueue = 1},
		{.state = SOCKET_ESTABLISHED, .inode = 1, .uid = 33},
		{.state = SOCKET_ESTABLISHED,
		 .inode = 2,
		 .uid = 33,
		 .has_info = true,
		 .sent_any = true},
		{.state = SOCKET_ESTABLISHED,
		 .inode = 3,
		 .uid = 1000,
		 .has_info = true,
		 .sent_any = true},
		{.state = SOCKET_SYN_SENT, .inode = 4, .uid = 1000},
		{.state = SOCKET_ESTABLISHED, .inode = 5, .has_info = true, .received_any = true},
	};
	const struct sockets sockets = {.tcp = socket, .tcp_len = ARRAY_LEN(socket)};
	const struct tally_question question = {
		.listener = &listener, .listener_len = 1, .upstream = &upstream, .upstream_len = 1};
	struct tally tally;

	(void)state;
	listener.at = endpoint_of("127.0.0.1:80");
	upstream.at = endpoint_of("127.0.0.1:9000");
	socket[0].local = upstream.at;
	socket[1].local = listener.at;
	for (size_t i = 2; i <= 4; i++)
		socket[i].remote = upstream.at;
	socket[5].local = upstream.at;
	tally_make(&tally, &sockets, &question);
	assert_int_equal(tally.count[TALLY_WAITING], 1);
	assert_int_equal(tally.count[TALLY_QUEUEING], 0);
	assert_int_equal(tally.count[TALLY_MAY_QUEUE], 1);
	assert_false(tally.apps_are_shared);
	socket[3].uid = 33; /* as far as that tells */
	tally_make(&tally, &sockets, &question);
	assert_int_equal(tally.count[TALLY_WAITING], 2);
	assert_int_equal(tally.count[TALLY_QUEUEING], 1);
	assert_int_equal(tally.count[TALLY_MAY_QUEUE], 1);
	socket[1].inode = 0; /* nginx's user is not known */
	tally_make(&tally, &sockets, &question);
	assert_int_equal(tally.count[TALLY_WAITING], 3);
	assert_true(tally.apps_are_shared);
}

/* The same over a unix socket, of both whom the application serves and who waits. */
static void others_on_a_unix_socket(void **state)
{
	struct situation situation = {
		.group = {{2, CLIENT_HAS_ASKED}, {3, UNIX_SERVES}, {4, UNIX_LISTENS}}};
	struct situation_room *room = situation_room_new(&situation);
	struct tally tally;

	(void)state;
	for (size_t i = 0; i < room->sockets.local_len; i++)
		room->local[i].peer_uid = i % 2 == 0 ? 0 : 1000;
	tally_make(&tally, &room->sockets, &room->question);
	assert_int_equal(tally.count[TALLY_IN_SERVICE], 3);
	assert_int_equal(tally.count[TALLY_QUEUED], 4);
	assert_int_equal(tally.count[TALLY_WAITING], 2 + 2);
	assert_int_equal(tally.count[TALLY_QUEUEING], 2);
	assert_int_equal(tally.count[TALLY_MAY_QUEUE], 2);
	assert_false(tally.apps_are_shared);
	room->local[0].has_peer_uid = false;
	tally_make(&tally, &room->sockets, &room->question);
	assert_true(tally.apps_are_shared);
	free(room);
}

static void groups_carry_the_same(void **state)
{
	static const unsigned few[6] = {NGINX_HTTP1, NGINX_STREAM, NGINX_HTTP1, 0, NGINX_STREAM, 0};
	static const unsigned many[6] = {1, 2, 3, 4, 5, 6};
	struct tally tally = tally_of(6, few, "127.0.0.1:80", false);

	(void)state;
	assert_int_equal(tally.groups, 3);
	for (size_t i = 0; i < 3; i++) {
		static const unsigned ways[] = {NGINX_HTTP1, NGINX_STREAM, NGINX_ANY};

		assert_int_equal(tally.group[i].ways, ways[i]);
		assert_int_equal(tally.group[i].count[CLIENT_HALF_CLOSED], 2);
	}
	tally = tally_of(6, many, "127.0.0.1:80", false);
	assert_int_equal(tally.groups, TALLY_GROUPS_MAX);
	assert_int_equal(tally.group[3].ways, 4 | 5 | 6);
	assert_int_equal(tally.group[3].count[CLIENT_HALF_CLOSED], 3);
	assert_int_equal(tally.count[TALLY_CLIENTS], 6);
}

static void ways_of_all_listeners(void **state)
{
	struct listener listener[2] = {{.kind = LISTENER_TCP, .ways = NGINX_HTTP1},
				       {.kind = LISTENER_UNIX, .ways = NGINX_HTTP2}};
	struct tally_question question = {.listener = listener, .listener_len = 2};
	struct sockets nobody = {.tcp_len = 0};
	struct tally tally;

	(void)state;
	tally_make(&tally, &nobody, &question);
	assert_int_equal(tally.ways, NGINX_HTTP1 | NGINX_HTTP2);
	listener[1].ways = 0; /* not known */
	tally_make(&tally, &nobody, &question);
	assert_int_equal(tally.ways, NGINX_ANY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(own_is_told_by_both_ends),
		cmocka_unit_test(own_is_one_of_those_that_look_alike),
		cmocka_unit_test(others_connections_are_not_nginxs),
		cmocka_unit_test(others_on_a_unix_socket),
		cmocka_unit_test(groups_carry_the_same),
		cmocka_unit_test(ways_of_all_listeners),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
