/* SPDX-License-Identifier: MIT */
/* One connection looked up by its ends, by netlink and by /proc. */
#include "unit.h"

#include <sys/socket.h>
#include <unistd.h>

#include "loopback.h"
#include "sockets.h"

static void check_find(struct sockets_reader *reader, const struct loopback_pair *pair)
{
	struct endpoint local = loopback_local(pair->server);
	struct endpoint remote = loopback_remote(pair->server);
	struct endpoint nobody = remote;
	struct err err = {0};
	struct socket got;

	assert_true(sockets_find(reader, &local, &remote, &got, &err));
	assert_int_equal(got.state, SOCKET_ESTABLISHED);
	assert_int_equal(got.inode, loopback_inode(pair->server));
	assert_true(sockets_find(reader, &remote, &local, &got, &err));
	assert_int_equal(got.inode, loopback_inode(pair->client));
	/* Only the listener is left then, and later not even that. */
	nobody.port = 1;
	assert_true(sockets_find(reader, &local, &nobody, &got, &err));
	assert_int_equal(got.state, 0);
	assert_true(sockets_find(reader, &nobody, &nobody, &got, &err));
	assert_int_equal(got.state, 0);
	assert_int_equal(err.kind, ERR_NONE);
}

static void test_find(void **state)
{
	static const char *const address[][2] = {
		{"127.0.0.1", "127.0.0.1"}, {"::1", "::1"}, {"::", "127.0.0.1"}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(address); i++) {
		int listener = loopback_listen(address[i][0], 8);
		struct loopback_pair pair = loopback_pair(listener, address[i][1]);

		for (int no_netlink = 0; no_netlink <= 1; no_netlink++) {
			struct sockets_reader reader;
			struct err err = {0};

			assert_true(sockets_open(&reader, 0, no_netlink == 1, &err));
			assert_true((reader.netlink_fd < 0) == (no_netlink == 1));
			check_find(&reader, &pair);
			sockets_close(&reader);
		}
		(void)close(pair.client);
		(void)close(pair.server);
		(void)close(listener);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_find)};

	return cmocka_run_group_tests_name("sockets_find", tests, NULL, NULL);
}
