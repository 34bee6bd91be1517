/* SPDX-License-Identifier: MIT */
/* What the kernel says of TCP sockets that the test itself holds, by netlink and by /proc. */
#include "unit.h"

#include <sys/socket.h>
#include <unistd.h>

#include "loopback.h"
#include "sockets.h"

/* Both ways to the same kernel. */
struct readers {
	struct sockets_reader netlink;
	struct sockets_reader proc;
};

static int setup(void **state)
{
	static struct readers readers;
	struct err err = {0};

	*state = &readers;
	return sockets_open(&readers.netlink, 0, false, &err) &&
			       sockets_open(&readers.proc, 0, true, &err) &&
			       readers.netlink.netlink_fd >= 0 && readers.proc.netlink_fd < 0
		       ? 0
		       : -1;
}

static int teardown(void **state)
{
	struct readers *readers = *state;

	sockets_close(&readers->netlink);
	sockets_close(&readers->proc);
	return 0;
}

/* The sockets whose local port this is; the caller frees. */
static struct sockets dump_port(struct sockets_reader *reader, uint16_t port)
{
	struct sockets_filter filter = {.local_port = {port}, .local_port_len = 1};
	struct sockets sockets = {.tcp_len = 0};
	struct err err = {0};

	assert_true(sockets_dump(reader, &filter, &sockets, &err));
	assert_int_equal(sockets.has_info, reader->netlink_fd >= 0);
	return sockets;
}

/* How many sockets with these ends one dump of `reader` has; `found` is the last of them. */
static size_t look_for(struct sockets_reader *reader, const struct endpoint *local,
		       const struct endpoint *remote, struct socket *found)
{
	struct sockets sockets = dump_port(reader, local->port);
	size_t count = 0;

	for (size_t i = 0; i < sockets.tcp_len; i++) {
		const struct socket *one = &sockets.tcp[i];

		if (one->state != SOCKET_LISTEN && endpoint_equal(&one->local, local) &&
		    endpoint_equal(&one->remote, remote)) {
			*found = *one;
			count++;
		}
	}
	sockets_free(&sockets);
	return count;
}

/* The one socket with these ends, as `reader` has it. While other programs connect, /proc may tell
 * of a socket twice. */
static struct socket see(struct sockets_reader *reader, const struct endpoint *local,
			 const struct endpoint *remote)
{
	struct socket found = {.state = 0};

	while (look_for(reader, local, remote, &found) > 1)
		assert_true(reader->netlink_fd < 0);
	return found;
}

/* The same by netlink, after a look that /proc agrees in all that it knows. */
static struct socket see_both(struct readers *readers, const struct endpoint *local,
			      const struct endpoint *remote)
{
	struct socket netlink = see(&readers->netlink, local, remote);
	struct socket proc = see(&readers->proc, local, remote);

	assert_int_equal(proc.state, netlink.state);
	assert_int_equal(proc.timer, netlink.timer);
	assert_int_equal(proc.rqueue, netlink.rqueue);
	assert_int_equal(proc.wqueue, netlink.wqueue);
	assert_int_equal(proc.inode, netlink.inode);
	assert_int_equal(proc.uid, netlink.uid);
	assert_false(proc.has_info);
	return netlink;
}

static struct socket see_server(struct readers *readers, const struct loopback_pair *pair)
{
	struct endpoint local = loopback_local(pair->server);
	struct endpoint remote = loopback_remote(pair->server);

	return see_both(readers, &local, &remote);
}

static void close_pair(const struct loopback_pair *pair)
{
	(void)close(pair->client);
	(void)close(pair->server);
}

static void test_talk(void **state)
{
	int listener = loopback_listen("127.0.0.1", 8);
	struct loopback_pair pair = loopback_pair(listener, "127.0.0.1");
	struct socket got = see_server(*state, &pair);
	char bytes[8];

	assert_int_equal(got.state, SOCKET_ESTABLISHED);
	assert_int_equal(got.inode, loopback_inode(pair.server));
	assert_int_equal(got.uid, geteuid());
	assert_true(got.has_info);
	assert_false(got.sent_any);
	assert_false(got.received_any);
	assert_false(got.received_once);

	loopback_say(pair.client, "hello");
	got = see_server(*state, &pair);
	assert_int_equal(got.rqueue, 5);
	assert_true(got.received_any);
	assert_true(got.received_once);
	assert_false(got.sent_any);

	assert_int_equal(recv(pair.server, bytes, sizeof(bytes), 0), 5);
	loopback_say(pair.server, "yes");
	assert_int_equal(recv(pair.client, bytes, sizeof(bytes), 0), 3);
	got = see_server(*state, &pair);
	assert_int_equal(got.rqueue, 0);
	assert_true(got.received_any);
	assert_true(got.sent_any);
	assert_true(got.last_received_ms >= got.last_sent_ms);
	assert_true(got.received_once);

	loopback_say(pair.client, "again");
	assert_false(see_server(*state, &pair).received_once);
	close_pair(&pair);
	(void)close(listener);
}

static void test_accept_queue(void **state)
{
	struct readers *readers = *state;
	int listener = loopback_listen("127.0.0.1", 7);
	uint16_t port = loopback_local(listener).port;
	int client[3];

	for (size_t i = 0; i < ARRAY_LEN(client); i++)
		client[i] = loopback_connect("127.0.0.1", port);
	for (int way = 0; way < 2; way++) {
		struct sockets_reader *reader = way == 0 ? &readers->netlink : &readers->proc;
		struct sockets sockets = dump_port(reader, port);
		size_t listening = 0;

		assert_int_equal(sockets.tcp_len, 4);
		for (size_t i = 0; i < sockets.tcp_len; i++) {
			const struct socket *one = &sockets.tcp[i];

			if (one->state != SOCKET_LISTEN) {
				assert_int_equal(one->state, SOCKET_ESTABLISHED);
				assert_int_equal(one->inode, 0);
				continue;
			}
			listening++;
			assert_int_equal(one->rqueue, 3);
			assert_int_equal(one->wqueue, way == 0 ? 7 : 0);
			assert_int_equal(one->inode, loopback_inode(listener));
		}
		assert_int_equal(listening, 1);
		sockets_free(&sockets);
	}
	for (size_t i = 0; i < ARRAY_LEN(client); i++)
		(void)close(client[i]);
	(void)close(listener);
}

/* Waits until the socket with these ends is in `want`. */
static struct socket wait_for(struct readers *readers, const struct endpoint *local,
			      const struct endpoint *remote, enum socket_state want)
{
	struct socket got = see(&readers->netlink, local, remote);
	unsigned tries = 0;

	while (got.state != want) {
		assert_true(loopback_wait(&tries));
		got = see(&readers->netlink, local, remote);
	}
	return see_both(readers, local, remote);
}

static void test_closing(void **state)
{
	int listener = loopback_listen("127.0.0.1", 8);
	struct loopback_pair half = loopback_pair(listener, "127.0.0.1");
	struct loopback_pair linger = loopback_pair(listener, "127.0.0.1");
	struct endpoint local = loopback_local(half.server);
	struct endpoint remote = loopback_remote(half.server);
	struct socket got;

	/* The client has closed: its own end has no process any more, ours waits for us. */
	(void)close(half.client);
	got = wait_for(*state, &local, &remote, SOCKET_CLOSE_WAIT);
	assert_int_equal(got.inode, loopback_inode(half.server));
	got = wait_for(*state, &remote, &local, SOCKET_FIN_WAIT2);
	assert_int_equal(got.inode, 0);

	/* We have closed one direction and hold the socket. */
	local = loopback_local(linger.server);
	remote = loopback_remote(linger.server);
	assert_int_equal(shutdown(linger.server, SHUT_WR), 0);
	got = wait_for(*state, &local, &remote, SOCKET_FIN_WAIT2);
	assert_int_equal(got.inode, loopback_inode(linger.server));

	/* TIME_WAIT is not shown. */
	(void)close(linger.server);
	(void)close(linger.client);
	(void)wait_for(*state, &local, &remote, (enum socket_state)0);
	(void)close(half.server);
	(void)close(listener);
}

static void test_zero_window(void **state)
{
	struct readers *readers = *state;
	int listener = loopback_listen("127.0.0.1", 8);
	struct loopback_pair pair = loopback_pair(listener, "127.0.0.1");
	struct endpoint local = loopback_local(pair.server);
	struct endpoint remote = loopback_remote(pair.server);
	struct socket got = {.timer = SOCKET_TIMER_NONE};
	struct socket proc;
	unsigned tries = 0;

	while (got.timer != SOCKET_TIMER_ZERO_WINDOW) {
		assert_true(loopback_wait(&tries));
		loopback_flood(pair.server);
		got = see(&readers->netlink, &local, &remote);
	}
	assert_true(got.wqueue > 0);
	assert_true(got.sent_any);
	proc = see(&readers->proc, &local, &remote);
	assert_int_equal(proc.timer, SOCKET_TIMER_ZERO_WINDOW);
	assert_true(proc.wqueue > 0);
	close_pair(&pair);
	(void)close(listener);
}

/* An IPv4 client of an IPv6 socket has the same form as one of an IPv4 socket. */
static void test_families(void **state)
{
	static const struct {
		const char *listen;
		const char *connect;
		const char *local; /* without the port */
	} family[] = {
		{"::1", "::1", "::1"},
		{"::", "::1", "::1"},
		{"::", "127.0.0.1", "127.0.0.1"},
		{"0.0.0.0", "127.0.0.1", "127.0.0.1"},
	};

	for (size_t i = 0; i < ARRAY_LEN(family); i++) {
		int listener = loopback_listen(family[i].listen, 8);
		struct loopback_pair pair = loopback_pair(listener, family[i].connect);
		struct endpoint local = loopback_local(pair.server);
		struct endpoint want;
		struct socket got = see_server(*state, &pair);

		assert_true(endpoint_parse_address(&want, str_of(family[i].local)));
		want.port = local.port;
		assert_true(endpoint_equal(&got.local, &want));
		assert_int_equal(got.inode, loopback_inode(pair.server));
		close_pair(&pair);
		(void)close(listener);
	}
}

/* Whether the dump has a socket with this inode. */
static bool dump_has(struct sockets_reader *reader, const struct sockets_filter *filter, int fd)
{
	struct sockets sockets = {.tcp_len = 0};
	struct err err = {0};
	bool found = false;

	assert_true(sockets_dump(reader, filter, &sockets, &err));
	for (size_t i = 0; i < sockets.tcp_len; i++)
		found = found || sockets.tcp[i].inode == loopback_inode(fd);
	sockets_free(&sockets);
	return found;
}

static void check_filters(struct sockets_reader *reader, const struct loopback_pair *pair,
			  uint16_t port)
{
	struct sockets_filter local = {.local_port = {port}, .local_port_len = 1};
	struct sockets_filter remote = {.remote_port = {port}, .remote_port_len = 1};
	struct sockets_filter both = {.local_port = {port},
				      .local_port_len = 1,
				      .remote_port = {port},
				      .remote_port_len = 1};
	struct sockets_filter many = {.local_port_len = SOCKETS_PORTS_MAX,
				      .remote_port_len = SOCKETS_PORTS_MAX};
	struct sockets_filter none = {.path_len = 0};
	struct sockets sockets = {.tcp_len = 0};
	struct err err = {0};

	assert_true(dump_has(reader, &local, pair->server));
	assert_false(dump_has(reader, &local, pair->client));
	assert_false(dump_has(reader, &remote, pair->server));
	assert_true(dump_has(reader, &remote, pair->client));
	assert_true(dump_has(reader, &both, pair->server));
	assert_true(dump_has(reader, &both, pair->client));
	for (size_t i = 0; i < SOCKETS_PORTS_MAX; i++) {
		many.local_port[i] = (uint16_t)(2 * i + 1);
		many.remote_port[i] = (uint16_t)(2 * i + 1);
	}
	assert_false(dump_has(reader, &many, pair->server));
	many.local_port[77] = port;
	assert_true(dump_has(reader, &many, pair->server));
	assert_false(dump_has(reader, &many, pair->client));
	many.remote_port[SOCKETS_PORTS_MAX - 1] = port;
	assert_true(dump_has(reader, &many, pair->client));
	assert_true(sockets_dump(reader, &none, &sockets, &err));
	assert_int_equal(sockets.tcp_len, 0);
	assert_int_equal(sockets.local_len, 0);
	sockets_free(&sockets);
}

static void test_filters(void **state)
{
	struct readers *readers = *state;
	int listener = loopback_listen("127.0.0.1", 8);
	struct loopback_pair pair = loopback_pair(listener, "127.0.0.1");
	uint16_t port = loopback_local(listener).port;

	check_filters(&readers->netlink, &pair, port);
	check_filters(&readers->proc, &pair, port);
	close_pair(&pair);
	(void)close(listener);
}

/* More sockets than one answer of netlink holds; the memory is used again. */
static void test_many(void **state)
{
	enum { MANY = 300 };
	struct readers *readers = *state;
	int listener = loopback_listen("127.0.0.1", 8);
	struct sockets_filter filter = {.local_port = {loopback_local(listener).port},
					.local_port_len = 1};
	struct loopback_pair pair[MANY];
	struct sockets sockets = {.tcp_len = 0};
	struct err err = {0};
	size_t cap;

	for (size_t i = 0; i < MANY; i++)
		pair[i] = loopback_pair(listener, "127.0.0.1");
	assert_true(sockets_dump(&readers->netlink, &filter, &sockets, &err));
	assert_int_equal(sockets.tcp_len, MANY + 1);
	cap = sockets.tcp_cap;
	do /* see look_for() */
		assert_true(sockets_dump(&readers->proc, &filter, &sockets, &err));
	while (sockets.tcp_len != MANY + 1);
	assert_true(sockets.tcp_cap < 2 * cap);
	for (size_t i = 0; i < MANY; i++)
		close_pair(&pair[i]);
	sockets_free(&sockets);
	(void)close(listener);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_talk),     cmocka_unit_test(test_accept_queue),
		cmocka_unit_test(test_closing),  cmocka_unit_test(test_zero_window),
		cmocka_unit_test(test_families), cmocka_unit_test(test_filters),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests_name("sockets", tests, setup, teardown);
}
