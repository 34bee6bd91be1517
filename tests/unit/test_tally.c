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
	{"spoke once", {{2, CLIENT_SPOKE_ONCE}}, {{CLIENT_ANSWERED, 2}, {TALLY_CLIENTS, 2}}},
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
	 {{2, UNIX_CLIENT}, {3, UNIX_CLIENT_LEFT}, {4, UNIX_CLIENT_READING}, {5, UNIX_CLIENT_IS_DONE}},
	 {{CLIENT_AMBIGUOUS, 2},
	  {CLIENT_HALF_CLOSED, 8},
	  {CLIENT_UNREAD, 4},
	  {TALLY_CLIENTS, 14}}},
};

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
		room = situation_room_new(&situation);
		tally_make(&tally, &room->sockets, &room->question);
		must_be(counting[i].name, &tally, counting[i].count, ARRAY_LEN(counting[i].count));
		free(room);
	}
}

static void who_has_vanished(void **state)
{
	struct situation situation = {.group = {{1, CLIENT_HAS_VANISHED}}};
	struct situation_room *room = situation_room_new(&situation);
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
	/* Whoever answers is there, whether he takes anything or not. */
	room->tcp[0].timer = SOCKET_TIMER_RETRANSMIT;
	room->tcp[0].is_answering = true;
	tally_make(&tally, &room->sockets, &room->question);
	assert_int_equal(tally.count[CLIENT_STALLED], 1);
	room->tcp[0].timer = SOCKET_TIMER_ZERO_WINDOW;
	room->tcp[0].retransmits = TALLY_VANISHED_RETRANSMITS - 1;
	tally_make(&tally, &room->sockets, &room->question);
	assert_int_equal(tally.count[CLIENT_STALLED], 1);
	room->tcp[0].retransmits = TALLY_VANISHED_RETRANSMITS;
	tally_make(&tally, &room->sockets, &room->question);
	assert_int_equal(tally.count[CLIENT_VANISHED], 1);
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
	struct situation_room *room = situation_room_new(&situation);
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
	struct situation_room *room = situation_room_new(&situation);
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
	struct situation_room *room = situation_room_new(&situation);
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

static void other_peoples_sockets(void **state)
{
	static const struct count none[1];
	struct situation situation = {.group = {{3, CLIENT_HAS_ASKED}, {3, UWSGI_SERVES}}};
	struct situation_room *room = situation_room_new(&situation);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_in_its_place),
		cmocka_unit_test(who_has_vanished),
		cmocka_unit_test(abandoned_on_a_unix_socket),
		cmocka_unit_test(another_upstream_on_a_unix_socket_is_kept),
		cmocka_unit_test(where_the_application_is),
		cmocka_unit_test(other_peoples_sockets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
