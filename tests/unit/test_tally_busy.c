/* SPDX-License-Identifier: MIT */
/* test_tally_busy.c - which of uWSGI's busy cores works for which client. */
#include "unit.h"

#include "situation.h"

/* Busy cores are looked up among the clients, by address and port. */
static void join(void **state)
{
	struct situation situation = {
		.group = {{5, CLIENT_HAS_ASKED}, {1, CLIENT_HAS_CLOSED}, {1, CLIENT_LINGERS}},
		.busy = 7,
	};
	struct situation_room *room = situation_room_new(&situation);
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
	struct situation_room *room = situation_room_new(&situation);
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

/* ---- for certain ----------------------------------------------------------------------------- */

enum { NOW = 1010 };

/* Three who have asked half a second ago, and uWSGI is at work for them. */
static struct situation_room *three_at_work(const struct group *more)
{
	struct situation situation = {
		.group = {{3, CLIENT_HAS_ASKED}, {0, UWSGI_LISTENS}, {3, UWSGI_SERVES}, *more},
		.busy = 3,
	};
	struct situation_room *room = situation_room_new(&situation);

	room->question.upstream_len = 1;
	room->question.cores = 3;
	room->question.asked_ms = 20;
	for (size_t i = 0; i < 3; i++)
		room->busy[i].request_start = NOW - 1;
	return room;
}

static uint64_t served(struct situation_room *room, enum client_class class)
{
	struct tally tally;

	tally_make(&tally, &room->sockets, &room->question);
	assert_true(tally.count[TALLY_JOINED] >= 3);
	return tally.group[0].served[class];
}

static void who_is_served_for_certain(void **state)
{
	static const struct group none = {0, LOOK_END};
	static const struct group orphan = {1, UWSGI_ORPHANED};
	struct situation_room *room = three_at_work(&none);

	(void)state;
	assert_int_equal(served(room, CLIENT_UNANSWERED), 3);
	/* Half-closed clients, and those whose answer has begun. */
	room->tcp[0].state = SOCKET_CLOSE_WAIT;
	room->tcp[1].sent_any = true;
	room->tcp[1].last_sent_ms = 499;
	assert_int_equal(served(room, CLIENT_HALF_CLOSED), 1);
	assert_int_equal(served(room, CLIENT_ANSWERED), 1);
	assert_int_equal(served(room, CLIENT_UNANSWERED), 1);
	/* A core of which no client is told is busy, too. */
	room->question.cores = 4;
	assert_int_equal(served(room, CLIENT_UNANSWERED), 0);
	free(room);

	/* A request that nginx has given up, and whose client may have another in work. */
	room = three_at_work(&orphan);
	assert_int_equal(served(room, CLIENT_UNANSWERED), 0);
	free(room);
	/* Whether an application on another host still has a connection cannot be seen. */
	room = three_at_work(&none);
	room->question.upstream_len = 2;
	assert_int_equal(served(room, CLIENT_UNANSWERED), 0);
	free(room);
}

/* Two clients may come from one address and port if they go to two listeners: whichever it is. */
static void a_name_of_two_proves_nothing(void **state)
{
	static const struct group none = {0, LOOK_END};
	struct situation_room *room = three_at_work(&none);
	struct socket *other = &room->tcp[room->sockets.tcp_len++];

	(void)state;
	*other = room->tcp[0];
	assert_int_equal(served(room, CLIENT_UNANSWERED), 2);
	other->sent_any = true;
	other->last_sent_ms = 499;
	assert_int_equal(served(room, CLIENT_UNANSWERED), 2);
	assert_int_equal(served(room, CLIENT_ANSWERED), 0);
	free(room);
}

/* What may have happened after uWSGI was asked. */
static void whoever_has_stirred_since_is_not_certain(void **state)
{
	static const struct group none = {0, LOOK_END};
	struct situation_room *room = three_at_work(&none);
	struct socket *client = &room->tcp[0];
	struct socket before = *client;

	(void)state;
	room->busy[0].request_start = NOW; /* in the same second */
	client->last_received_ms = 20;
	assert_int_equal(served(room, CLIENT_UNANSWERED), 2);
	client->last_received_ms = 21;
	assert_int_equal(served(room, CLIENT_UNANSWERED), 3);
	client->sent_any = true;
	client->last_sent_ms = 20;
	assert_int_equal(served(room, CLIENT_ANSWERED), 0);
	*client = before;
	room->busy[0].request_start = NOW - 1;
	/* The answer may be complete, and wait for the client to take it. */
	client->wqueue = 1000;
	client->timer = SOCKET_TIMER_ZERO_WINDOW;
	assert_int_equal(served(room, CLIENT_STALLED), 0);
	client->state = SOCKET_CLOSE_WAIT;
	assert_int_equal(served(room, CLIENT_HALF_CLOSED), 0);
	*client = before;
	/* The client has spoken after the core had begun: it may be at an earlier request. */
	room->busy[0].request_start = NOW - 3;
	assert_int_equal(served(room, CLIENT_UNANSWERED), 2);
	room->busy[0].request_start = 0;
	assert_int_equal(served(room, CLIENT_UNANSWERED), 2);
	free(room);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(join),
		cmocka_unit_test(several_cores_work_for_one_client),
		cmocka_unit_test(who_is_served_for_certain),
		cmocka_unit_test(a_name_of_two_proves_nothing),
		cmocka_unit_test(whoever_has_stirred_since_is_not_certain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
