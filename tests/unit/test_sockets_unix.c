/* SPDX-License-Identifier: MIT */
/* test_sockets_unix.c - real unix sockets: who is served, who waits, and whose the other ends are.
 */
#include "unit.h"

#include <sys/socket.h>
#include <unistd.h>

#include "loopback.h"
#include "sockets.h"
#include "sockets_store.h"

enum { SERVED = 2, WAITING = 3, LEFT = 1 };

static const char *path;

static bool dump(struct sockets *sockets, bool no_netlink, bool every)
{
	struct sockets_filter filter = {.every = every};
	struct sockets_reader reader;
	struct err err = {0};

	if (!every)
		filter.path[filter.path_len++] = path;
	assert_true(sockets_open(&reader, 0, no_netlink, &err));
	assert_true(sockets_dump(&reader, &filter, sockets, &err));
	sockets_close(&reader);
	for (size_t i = 0; i < sockets->local_len; i++) {
		if (sockets->local[i].has_peer_uid)
			return true;
	}
	return false;
}

static size_t count(const struct sockets *sockets, enum socket_state state)
{
	size_t len = 0;

	for (size_t i = 0; i < sockets->local_len; i++) {
		const struct unix_socket *one = &sockets->local[i];

		assert_string_equal(one->path, path);
		if (one->state != state)
			continue;
		len++;
		if (state == SOCKET_LISTEN || !one->has_peer_uid)
			continue;
		assert_int_equal(one->peer_uid, geteuid());
		assert_true(one->has_peer && one->peer != 0);
		assert_int_equal(one->inode != 0, state == SOCKET_ESTABLISHED);
	}
	return len;
}

static bool has_inode(const struct sockets *sockets, uint32_t inode)
{
	for (size_t i = 0; i < sockets->local_len; i++) {
		if (sockets->local[i].inode == inode)
			return true;
	}
	return false;
}

static void who_is_there(void **state)
{
	int fd[2 * SERVED + WAITING + LEFT];
	struct sockets sockets = {.local_len = 0};
	char place[64];
	size_t len = 0;
	int listener;

	(void)state;
	loopback_path(place, sizeof(place), "unix");
	path = place;
	listener = loopback_listen_unix(path, false, 20);
	for (size_t i = 0; i < SERVED; i++) {
		fd[len++] = loopback_connect_unix(path, false);
		fd[len++] = loopback_accept(listener);
	}
	for (size_t i = 0; i < WAITING; i++)
		fd[len++] = loopback_connect_unix(path, false);
	for (size_t i = 0; i < LEFT; i++)
		assert_int_equal(close(loopback_connect_unix(path, false)), 0);

	if (dump(&sockets, false, false)) {
		assert_int_equal(count(&sockets, SOCKET_LISTEN), 1);
		assert_int_equal(count(&sockets, SOCKET_ESTABLISHED), SERVED);
		assert_int_equal(count(&sockets, SOCKET_SYN_RECV), WAITING);
	}
	assert_false(dump(&sockets, true, false));
	assert_int_equal(count(&sockets, SOCKET_ESTABLISHED), SERVED);
	assert_int_equal(count(&sockets, SOCKET_SYN_RECV), 0);

	/* All there are, those without a name and those that nobody listens for, too. */
	for (int no_netlink = 0; no_netlink <= 1; no_netlink++) {
		int pair[2];

		assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair), 0);
		(void)dump(&sockets, no_netlink != 0, true);
		assert_true(has_inode(&sockets, loopback_inode(pair[0])));
		assert_true(has_inode(&sockets, loopback_inode(pair[1])));
		assert_true(has_inode(&sockets, loopback_inode(fd[0])));
		assert_true(has_inode(&sockets, loopback_inode(listener)));
		(void)close(pair[0]);
		(void)close(pair[1]);
	}
	while (len > 0)
		(void)close(fd[--len]);
	(void)close(listener);
	(void)unlink(path);
	sockets_free(&sockets);
}

/* A network namespace may have no unix socket at all, and the list then no memory. */
static void nobody_is_there(void **state)
{
	struct sockets sockets = {.local_len = 0};

	(void)state;
	sockets_join_ends(&sockets);
	assert_int_equal(sockets.local_len, 0);
	sockets_free(&sockets);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_is_there),
		cmocka_unit_test(nobody_is_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
