/* SPDX-License-Identifier: MIT */
/* test_tally.c - each kind of socket is counted where it belongs, and nowhere else. */
#include "unit.h"

#include "nginx_conf.h"
#include "situation.h"

struct count {
	unsigned number; /* enum client_class or enum tally_number */
	uint64_t n;
};

static const struct {
	const char *name;
	struct group group[4];
	struct count count[7];
} counting[] = {
	{"silent", {{2, CLIENT_IS_SILENT}}, {{CLIENT_SILENT, 2}, {TALLY_CLIENTS, 2}}},
	{"asked", {{2, CLIENT_HAS_ASKED}}, {{CLIENT_UNANSWERED, 2}, {TALLY_CLIENTS, 2}}},
	{"answered", {{2, CLIENT_WAS_ANSWERED}}, {{CLIENT_ANSWERED, 2}, {TALLY_CLIENTS, 2}}},
	{"same tick", {{2, CLIENT_SAME_TICK}}, {{CLIENT_AMBIGUOUS, 2}, {TALLY_CLIENTS, 2}}},
	{"no info", {{2, CLIENT_NO_INFO}}, {{CLIENT_AMBIGUOUS, 2}, {TALLY_CLIENTS, 2}}},
	{"reading", {{2, CLIENT_IS_READING}}, {{CLIENT_SENDING, 2}, {TALLY_CLIENTS, 2}}},
	{"stalled", {{2, CLIENT_HAS_STALLED}}, {{CLIENT_STALLED, 2}, {TALLY_CLIENTS, 2}}},
	{"vanished", {{2, CLIENT_HAS_VANISHED}}, {{CLIENT_VANISHED, 2}, {TALLY_CLIENTS, 2}}},
	{"closed", {{2, CLIENT_HAS_CLOSED}}, {{CLIENT_HALF_CLOSED, 2}, {TALLY_CLIENTS, 2}}},
	{"lingers", {{2, CLIENT_LINGERS}}, {{CLIENT_LINGERING, 2}, {TALLY_CLIENTS, 2}}},
	{"accept queue",
	 {{2, CLIENT_NOT_ACCEPTED}, {3, CLIENT_LEFT_QUEUE}},
	 {{TALLY_NOT_ACCEPTED, 5}}},
	{"disowned", {{2, CLIENT_DISOWNED}}, {{0, 0}}},
	{"ourselves", {{1, CLIENT_IS_SELF}, {1, UNIX_SELF}}, {{0, 0}}},
	{"nginx waits",
	 {{2, NGINX_WAITS}, {3, NGINX_CONNECTS}, {4, OTHER_WAITS}},
	 {{TALLY_WAITING, 9}, {TALLY_MAY_QUEUE, 9}}},
	{"streamed",
	 {{2, NGINX_IS_STREAMED}, {3, OTHER_IS_KEPT}},
	 {{TALLY_STREAMING, 2}, {TALLY_KEPT, 3}}},
	{"blocked", {{2, NGINX_DOES_NOT_READ}}, {{TALLY_BLOCKED, 2}}},
	{"nginx has left", {{2, NGINX_HAS_LEFT}}, {{0, 0}}},
	{"uWSGI",
	 {{2, UWSGI_SERVES}, {3, UWSGI_ORPHANED}, {4, UWSGI_ABANDONED}, {5, UWSGI_QUEUES}},
	 {{TALLY_IN_SERVICE, 2}, {TALLY_ORPHANED, 3}, {TALLY_ABANDONED, 4}}},
	{"uWSGI's queue",
	 {{7, UWSGI_LISTENS}, {5, NGINX_WAITS}, {2, UWSGI_SERVES}, {9, UWSGI_HALF_OPEN}},
	 {{TALLY_QUEUED, 7},
	  {TALLY_WAITING, 5},
	  {TALLY_IN_SERVICE, 2},
	  {TALLY_QUEUEING, 3},
	  {TALLY_MAY_QUEUE, 5}}}, /* others may be in its queue, and more of ours */
	{"uWSGI serves others too",
	 {{0, UWSGI_LISTENS}, {1, NGINX_WAITS}, {4, UWSGI_SERVES}},
	 {{TALLY_WAITING, 1}, {TALLY_IN_SERVICE, 4}}},
	{"uWSGI on a unix socket",
	 {{7, UNIX_LISTENS}, {2, UNIX_SERVES}, {3, UNIX_BLOCKED}, {1, UNIX_ORPHANED}},
	 {{TALLY_QUEUED, 7},
	  {TALLY_WAITING, 9},
	  {TALLY_IN_SERVICE, 5},
	  {TALLY_BLOCKED, 3},
	  {TALLY_ORPHANED, 1},
	  {TALLY_QUEUEING, 7},
	  {TALLY_MAY_QUEUE, 7}}},
	{"nginx on a unix socket",
	 {{2, UNIX_CLIENT}, {3, UNIX_CLIENT_LEFT}, {4, UNIX_CLIENT_READING}},
	 {{CLIENT_AMBIGUOUS, 2}, {CLIENT_HALF_CLOSED, 3}, {CLIENT_SENDING, 4}, {TALLY_CLIENTS, 9}}},
};

static struct situation_room *room_of(const struct situation *situation)
{
	struct situation_room *room = calloc(1, sizeof(*room));

	assert_non_null(room);
	situation_build(room, situation);
	return room;
}

static void must_be(const char *name, const struct tally *tally, const struct count *count,
		    size_t len)
{
	for (unsigned i = 0; i < TALLY_NUMBERS; i++) {
		uint64_t must = 0;

		for (size_t k = 0; k < len; k++)
			must += count[k].number == i ? count[k].n : 0;
		if (tally->count[i] != must)
			fail_msg("%s: number %u is %lu, not %lu", name, i,
				 (unsigned long)tally->count[i], (unsigned long)must);
	}
}

static void each_kind_in_its_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(counting); i++) {
		struct situation situation = {.name = counting[i].name};
		struct situation_room *room;
		struct tally tally;

		memcpy(situation.group, counting[i].group, sizeof(counting[i].group));
		room = room_of(&situation);
		tally_make(&tally, &room->sockets, &room->question);
		must_be(counting[i].name, &tally, counting[i].count, ARRAY_LEN(counting[i].count));
		free(room);
	}
}

static void a_clients_retransmit_once_or_twice_is_no_vanishing(void **state)
{
	struct situation situation = {.group = {{1, CLIENT_HAS_VANISHED}}};
	struct situation_room *room = room_of(&situation);
	struct tally tally;

	(void)state;
	room->tcp[0].retransmits = TALLY_VANISHED_RETRANSMITS - 1;
	tally_make(&tally, &room->sockets, &room->question);
	assert_int_equal(tally.count[CLIENT_SENDING], 1);
	/* Retransmits of old are no sign either: another timer runs now. */
	room->tcp[0].retransmits = 9;
	room->tcp[0].timer = SOCKET_TIMER_KEEPALIVE;
	tally_make(&tally, &room->sockets, &room->question);
	assert_int_equal(tally.count[CLIENT_SENDING], 1);
	free(room);
}

/* What pending connections have been left counts neither as asked nor as waiting. */
static void abandoned_on_a_unix_socket(void **state)
{
	static const struct count count[] = {{TALLY_QUEUED, 7},
					     {TALLY_ABANDONED, 3},
					     {TALLY_WAITING, 4},
					     {TALLY_QUEUEING, 4},
					     {TALLY_MAY_QUEUE, 4}};
	struct situation situation = {.group = {{7, UNIX_LISTENS}}};
	struct situation_room *room = room_of(&situation);
	struct tally tally;

	(void)state;
	room->local[0].abandoned = 3;
	room->sockets.local_len = 1 + 4;
	tally_make(&tally, &room->sockets, &room->question);
	must_be("abandoned", &tally, count, ARRAY_LEN(count));
	/* Without the list of who waits, these are counted all the same. */
	room->sockets.local_len = 1;
	tally_make(&tally, &room->sockets, &room->question);
	must_be("abandoned, no list", &tally, count, ARRAY_LEN(count));
	assert_true(tally.apps_are_shared);
	/* The kernel walks while connections come and go. */
	room->local[0].abandoned = 8;
	tally_make(&tally, &room->sockets, &room->question);
	assert_int_equal(tally.count[TALLY_ABANDONED], 7);
	assert_int_equal(tally.count[TALLY_WAITING], 0);
	free(room);
}

static void another_upstream_on_a_unix_socket_is_kept(void **state)
{
	struct situation situation = {.group = {{2, UNIX_SERVES}}};
	struct situation_room *room = room_of(&situation);
	struct tally tally;

	(void)state;
	room->upstream[2].is_uwsgi = false;
	tally_make(&tally, &room->sockets, &room->question);
	assert_int_equal(tally.count[TALLY_KEPT], 2);
	assert_int_equal(tally.count[TALLY_WAITING], 0);
	assert_int_equal(tally.count[TALLY_IN_SERVICE], 2);
	free(room);
}

static void where_the_application_is(void **state)
{
	struct situation situation = {.group = {{0, UWSGI_LISTENS}, {0, UNIX_LISTENS}}};
	struct situation_room *room = room_of(&situation);
	struct tally tally;

	(void)state;
	tally_make(&tally, &room->sockets, &room->question);
	assert_true(tally.app_is_here);
	assert_true(tally.app_is_away); /* the other upstream has no listening socket here */
	room->question.upstream_len = 1;
	tally_make(&tally, &room->sockets, &room->question);
	assert_true(tally.app_is_here);
	assert_false(tally.app_is_away);
	room->question.upstream_len = 0;
	tally_make(&tally, &room->sockets, &room->question);
	assert_false(tally.app_is_here);
	assert_false(tally.app_is_away);
	free(room);
}

/* Busy cores are looked up among the clients, by address and port. */
static void join(void **state)
{
	struct situation situation = {
		.group = {{5, CLIENT_HAS_ASKED}, {1, CLIENT_HAS_CLOSED}, {1, CLIENT_LINGERS}},
		.busy = 7,
	};
	struct situation_room *room = room_of(&situation);
	struct tally tally;

	(void)state;
	tally_make(&tally, &room->sockets, &room->question);
	assert_int_equal(tally.count[TALLY_JOINED], 7);
	assert_int_equal(tally.count[TALLY_JOINED_CLOSED], 2);
	assert_int_equal(tally.count[TALLY_JOINED_LASTING], 0);
	assert_int_equal(tally.count[TALLY_MISSING], 0);

	/* A client seen twice, from two sides say, is one. */
	room->tcp[1] = room->tcp[0];
	tally_make(&tally, &room->sockets, &room->question);
	assert_int_equal(tally.count[TALLY_JOINED], 6);
	assert_int_equal(tally.count[TALLY_MISSING], 1);

	/* Gone: only what has lasted counts, and what uWSGI was told. */
	room->sockets.tcp_len = 0;
	room->busy[0].client.port = 0;
	room->busy[1].request_start = 0;
	room->busy[2].request_start = 1010 - TALLY_SETTLED_SECONDS;
	room->busy[3].request_start = 1010 - TALLY_SETTLED_SECONDS + 1;
	tally_make(&tally, &room->sockets, &room->question);
	assert_int_equal(tally.count[TALLY_JOINED], 0);
	assert_int_equal(tally.count[TALLY_MISSING], 4);
	free(room);
}

/* HTTP/2: one connection, several requests. */
static void several_cores_work_for_one_client(void **state)
{
	struct situation situation = {.group = {{5, CLIENT_HAS_ASKED}}, .busy = 5};
	struct situation_room *room = room_of(&situation);
	struct endpoint gone = room->busy[0].client;
	struct tally tally;

	(void)state;
	room->busy[1].client = room->busy[2].client = room->busy[0].client;
	room->busy[4].client = room->busy[3].client;
	for (size_t i = 0; i < 5; i++)
		room->busy[i].request_start = 1010 - 10 * TALLY_SETTLED_SECONDS;
	tally_make(&tally, &room->sockets, &room->question);
	assert_int_equal(tally.count[TALLY_JOINED], 2);
	assert_int_equal(tally.count[TALLY_MISSING], 0);

	for (size_t i = 0; i < room->sockets.tcp_len; i++) {
		if (endpoint_compare(&room->tcp[i].remote, &gone) == 0)
			room->tcp[i].remote.port = 1;
	}
	tally_make(&tally, &room->sockets, &room->question);
	assert_int_equal(tally.count[TALLY_JOINED], 1);
	assert_int_equal(tally.count[TALLY_MISSING], 3);
	free(room);
}

static void other_peoples_sockets(void **state)
{
	static const struct count none[1];
	struct situation situation = {.group = {{3, CLIENT_HAS_ASKED}, {3, UWSGI_SERVES}}};
	struct situation_room *room = room_of(&situation);
	struct tally tally;

	(void)state;
	/* The same ports at another address. */
	room->listener[0].at.address[15] = 9;
	room->upstream[0].at.address[15] = 9;
	tally_make(&tally, &room->sockets, &room->question);
	must_be("other address", &tally, none, 1);
	/* UDP is no stream. */
	room->listener[0].at.address[15] = 1;
	room->listener[0].kind = LISTENER_UDP;
	tally_make(&tally, &room->sockets, &room->question);
	must_be("UDP", &tally, none, 1);
	free(room);
}

/* ---- our own connection, and kinds of listeners ---------------------------------------------- */

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
	struct situation_room *room = room_of(&situation);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_in_its_place),
		cmocka_unit_test(a_clients_retransmit_once_or_twice_is_no_vanishing),
		cmocka_unit_test(abandoned_on_a_unix_socket),
		cmocka_unit_test(another_upstream_on_a_unix_socket_is_kept),
		cmocka_unit_test(where_the_application_is),
		cmocka_unit_test(join),
		cmocka_unit_test(several_cores_work_for_one_client),
		cmocka_unit_test(other_peoples_sockets),
		cmocka_unit_test(own_is_told_by_both_ends),
		cmocka_unit_test(own_is_one_of_those_that_look_alike),
		cmocka_unit_test(others_connections_are_not_nginxs),
		cmocka_unit_test(others_on_a_unix_socket),
		cmocka_unit_test(groups_carry_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
