/* SPDX-License-Identifier: MIT */
/* test_sockets_overflow.c - what the kernel counts of a queue that is full. */
#include "unit.h"

#include <sys/socket.h>
#include <unistd.h>

#include "loopback.h"
#include "sockets.h"

enum { BACKLOG = 1, CLIENTS = 8, ROOM = BACKLOG + 1 };

/* The sockets of that port, with the listening one first. */
static void dump(struct sockets_reader *reader, uint16_t port, struct sockets *sockets)
{
	struct sockets_filter filter = {.local_port = {port}, .local_port_len = 1};
	struct err err = {0};

	assert_true(sockets_dump(reader, &filter, sockets, &err));
	assert_true(sockets->tcp_len > 0);
	assert_int_equal(sockets->tcp[0].state, SOCKET_LISTEN);
}

/* Clients that begin to connect, and do not wait. */
static void knock(int listener, int *client)
{
	struct sockaddr_storage at;
	socklen_t len = sizeof(at);

	assert_int_equal(getsockname(listener, (struct sockaddr *)&at, &len), 0);
	for (size_t i = 0; i < CLIENTS; i++) {
		client[i] = socket(at.ss_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
		assert_true(client[i] >= 0);
		(void)!connect(client[i], (struct sockaddr *)&at, len);
	}
}

static void who_finds_no_room_is_counted(void **state)
{
	static const char *const address[] = {"127.0.0.1", "::1"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(address); i++) {
		int listener = loopback_listen(address[i], BACKLOG);
		uint16_t port = loopback_local(listener).port;
		struct sockets sockets = {.tcp_len = 0};
		struct sockets_reader netlink, proc;
		struct err err = {0};
		unsigned tries = 0;
		int client[CLIENTS];

		assert_true(sockets_open(&netlink, 0, false, &err));
		assert_true(sockets_open(&proc, 0, true, &err));
		dump(&netlink, port, &sockets);
		assert_true(sockets.tcp[0].has_drops && sockets.tcp[0].drops == 0);
		knock(listener, client);
		do {
			assert_true(loopback_wait(&tries));
			dump(&netlink, port, &sockets);
		} while (sockets.tcp[0].drops < CLIENTS - ROOM);
		dump(&proc, port, &sockets);
		assert_false(sockets.tcp[0].has_drops);
		for (size_t k = 0; k < CLIENTS; k++)
			(void)close(client[k]);
		(void)close(listener);
		sockets_close(&proc);
		sockets_close(&netlink);
		sockets_free(&sockets);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_finds_no_room_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
