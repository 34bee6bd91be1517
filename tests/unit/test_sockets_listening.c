/* SPDX-License-Identifier: MIT */
/* Who listens, unix sockets, and where there is nothing to read: by netlink and by /proc. */
#include "unit.h"

#include <sys/stat.h>
#include <unistd.h>

#include "loopback.h"
#include "sockets.h"

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
			       sockets_open(&readers.proc, (uint32_t)getpid(), false, &err)
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

static void swap_in(struct sockets *sockets, size_t place, enum socket_state state)
{
	for (size_t i = place + 1; i < sockets->local_len; i++) {
		if (sockets->local[i].state == state) {
			struct unix_socket first = sockets->local[place];

			sockets->local[place] = sockets->local[i];
			sockets->local[i] = first;
		}
	}
}

/* The sockets at `path`: the listener first, if it is there, then one that it has accepted; the
 * caller frees. */
static struct sockets dump_path(struct sockets_reader *reader, const char *path)
{
	struct sockets_filter filter = {.path = {path}, .path_len = 1};
	struct sockets sockets = {.tcp_len = 0};
	struct err err = {0};

	assert_true(sockets_dump(reader, &filter, &sockets, &err));
	assert_int_equal(sockets.tcp_len, 0);
	swap_in(&sockets, 0, SOCKET_LISTEN);
	swap_in(&sockets, 1, SOCKET_ESTABLISHED);
	return sockets;
}

static void test_unix_queue(void **state)
{
	struct readers *readers = *state;
	char path[100];
	struct sockets sockets;
	int client[4];
	int listener;
	int server;

	loopback_path(path, sizeof(path), "queue");
	listener = loopback_listen_unix(path, false, 5);
	for (size_t i = 0; i < ARRAY_LEN(client); i++)
		client[i] = loopback_connect_unix(path, false);
	server = loopback_accept(listener);
	loopback_say(server, "abc");
	loopback_say(client[0], "hello");
	(void)close(client[2]);

	sockets = dump_path(&readers->netlink, path);
	assert_int_equal(sockets.local_len, 2 + 2); /* two wait, and one has left */
	assert_int_equal(sockets.local[0].state, SOCKET_LISTEN);
	assert_int_equal(sockets.local[0].inode, loopback_inode(listener));
	assert_int_equal(sockets.local[0].rqueue, 3);
	assert_int_equal(sockets.local[0].wqueue, 5);
	assert_int_equal(sockets.local[0].abandoned, 1);
	assert_string_equal(sockets.local[0].path, path);
	assert_int_equal(sockets.local[1].state, SOCKET_ESTABLISHED);
	assert_int_equal(sockets.local[1].inode, loopback_inode(server));
	assert_true(sockets.local[1].has_peer);
	assert_int_equal(sockets.local[1].peer, loopback_inode(client[0]));
	assert_int_equal(sockets.local[1].rqueue, 5);
	assert_true(sockets.local[1].wqueue > 0);
	sockets_free(&sockets);

	/* /proc has no queues; those who wait can be counted all the same. */
	sockets = dump_path(&readers->proc, path);
	assert_int_equal(sockets.local_len, 2);
	assert_int_equal(sockets.local[0].rqueue, 3);
	assert_int_equal(sockets.local[0].wqueue, 0);
	assert_int_equal(sockets.local[1].inode, loopback_inode(server));
	assert_false(sockets.local[1].has_peer);
	sockets_free(&sockets);

	(void)close(client[0]);
	sockets = dump_path(&readers->netlink, path);
	assert_true(sockets.local[1].has_peer);
	assert_int_equal(sockets.local[1].peer, 0);
	sockets_free(&sockets);
	(void)close(client[1]);
	(void)close(client[3]);
	(void)close(server);
	(void)close(listener);
	(void)unlink(path);
}

static void test_abstract(void **state)
{
	struct readers *readers = *state;

	for (int with_nul = 0; with_nul < 2; with_nul++) {
		char name[64];
		int listener;
		int client;

		(void)snprintf(name, sizeof(name), "@connledger-test-%ld", (long)getpid());
		listener = loopback_listen_unix(name, with_nul != 0, 5);
		client = loopback_connect_unix(name, with_nul != 0);
		for (int way = 0; way < 2; way++) {
			struct sockets sockets =
				dump_path(way == 0 ? &readers->netlink : &readers->proc, name);

			assert_int_equal(sockets.local_len, way == 0 ? 2 : 1);
			assert_string_equal(sockets.local[0].path, name);
			assert_int_equal(sockets.local[0].rqueue, 1);
			sockets_free(&sockets);
		}
		(void)close(client);
		(void)close(listener);
	}
}

/* The one listener with this socket; inode 0 when there is none. */
static struct listener find(const struct listeners *all, int fd)
{
	for (size_t i = 0; i < all->len; i++) {
		if (all->item[i].inode == loopback_inode(fd))
			return all->item[i];
	}
	return (struct listener){.inode = 0};
}

static bool has(const struct listeners *all, int fd)
{
	return find(all, fd).inode != 0;
}

static void check_inet(const struct listeners *all, int fd, enum listener_kind kind)
{
	struct listener one = find(all, fd);
	struct endpoint at = loopback_local(fd);

	assert_int_not_equal(one.inode, 0);
	assert_int_equal(one.kind, kind);
	assert_true(endpoint_equal(&one.at, &at));
	assert_true(one.has_uid);
	assert_int_equal(one.uid, geteuid());
	assert_string_equal(one.path, "");
}

static void check_listening(struct sockets_reader *reader, bool is_netlink)
{
	char path[100];
	int v4 = loopback_listen("127.0.0.1", 9);
	int v6 = loopback_listen("::1", 9);
	int both = loopback_listen("::", 9);
	int only = loopback_listen_v6_only(9);
	int udp = loopback_udp("127.0.0.1");
	int udp6 = loopback_udp("::");
	struct loopback_pair pair = loopback_pair(v4, "127.0.0.1");
	int waiting = loopback_connect("127.0.0.1", loopback_local(v4).port);
	struct listeners all = {.len = 0};
	struct err err = {0};
	int local;

	loopback_path(path, sizeof(path), "listen");
	local = loopback_listen_unix(path, false, 11);
	assert_true(sockets_listening(reader, &all, &err));
	check_inet(&all, v4, LISTENER_TCP);
	check_inet(&all, v6, LISTENER_TCP);
	check_inet(&all, both, LISTENER_TCP);
	check_inet(&all, only, LISTENER_TCP);
	assert_false(find(&all, both).v6_only);
	assert_int_equal(find(&all, only).v6_only, is_netlink);
	check_inet(&all, udp, LISTENER_UDP);
	check_inet(&all, udp6, LISTENER_UDP);
	assert_false(has(&all, pair.client));
	assert_false(has(&all, pair.server));
	assert_int_equal(find(&all, v4).queue, 1);
	assert_int_equal(find(&all, v4).limit, is_netlink ? 9 : 0);
	assert_int_equal(find(&all, local).kind, LISTENER_UNIX);
	assert_string_equal(find(&all, local).path, path);
	assert_int_equal(find(&all, local).limit, is_netlink ? 11 : 0);
	if (find(&all, local).has_uid)
		assert_int_equal(find(&all, local).uid, geteuid());
	assert_true(find(&all, v4).cgroup == find(&all, udp6).cgroup);

	/* Read again: what is gone is gone. */
	(void)close(v6);
	assert_true(sockets_listening(reader, &all, &err));
	assert_true(has(&all, v4));
	listeners_free(&all);
	(void)close(v4);
	(void)close(both);
	(void)close(only);
	(void)close(udp);
	(void)close(udp6);
	(void)close(pair.client);
	(void)close(pair.server);
	(void)close(waiting);
	(void)close(local);
	(void)unlink(path);
}

static void test_listening(void **state)
{
	struct readers *readers = *state;

	check_listening(&readers->netlink, true);
	check_listening(&readers->proc, false);
}

static void test_connected_udp(void **state)
{
	struct readers *readers = *state;
	int server = loopback_udp("127.0.0.1");
	int client = loopback_udp("127.0.0.1");
	struct listeners all = {.len = 0};
	struct err err = {0};

	assert_true(sockets_listening(&readers->netlink, &all, &err));
	assert_true(has(&all, client));
	loopback_connect_udp(client, server);
	assert_true(sockets_listening(&readers->netlink, &all, &err));
	assert_false(has(&all, client));
	assert_true(sockets_listening(&readers->proc, &all, &err));
	assert_false(has(&all, client));
	assert_true(has(&all, server));
	listeners_free(&all);
	(void)close(client);
	(void)close(server);
}

/* ---- where there is nothing, or nonsense, to read -------------------------------------------- */

static void test_no_such_process(void **state)
{
	struct sockets_reader reader;
	struct err err = {0};

	(void)state;
	assert_false(sockets_open(&reader, UINT32_MAX, false, &err));
	assert_non_null(strstr(err.text, "4294967295"));
	sockets_close(&reader);
	err_clear(&err);
	assert_false(sockets_open_proc(&reader, "/nonexistent", 0, &err));
	assert_int_equal(err.kind, ERR_NOT_FOUND);
	sockets_close(&reader);
	sockets_close(&reader);
}

static void write_file(const char *dir, const char *name, const char *text)
{
	char path[200];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

/* A tree of our own: no tcp6 at all, then a line that is not one. */
static void test_own_tree(void **state)
{
	static const char line[] = "   0: 0100007F:1F90 0100007F:DE1A 01 00000000:00000000 "
				   "00:00000000 00000000    33  "
				   "      0 42 1\n";
	struct sockets_filter filter = {.local_port = {8080}, .local_port_len = 1};
	struct sockets sockets = {.tcp_len = 0};
	struct sockets_reader reader;
	struct err err = {0};
	char text[300];
	char dir[100];
	char net[120];

	(void)state;
	loopback_path(dir, sizeof(dir), "tree");
	(void)snprintf(net, sizeof(net), "%s/77/net", dir);
	assert_int_equal(mkdir(dir, 0700), 0);
	net[strlen(dir) + 3] = '\0';
	assert_int_equal(mkdir(net, 0700), 0);
	net[strlen(dir) + 3] = '/';
	assert_int_equal(mkdir(net, 0700), 0);
	(void)snprintf(text, sizeof(text), "heading\n%s", line);
	write_file(net, "tcp", text);
	assert_true(sockets_open_proc(&reader, dir, 77, &err));
	assert_true(sockets_dump(&reader, &filter, &sockets, &err));
	assert_int_equal(sockets.tcp_len, 1);
	assert_int_equal(sockets.tcp[0].inode, 42);

	(void)snprintf(text, sizeof(text), "heading\n%snonsense\n", line);
	write_file(net, "tcp6", text);
	assert_false(sockets_dump(&reader, &filter, &sockets, &err));
	assert_int_equal(err.kind, ERR_PARSE);
	assert_string_equal(err.text, "line 3 of net/tcp6 is not understood");
	sockets_free(&sockets);
	sockets_close(&reader);
	(void)snprintf(text, sizeof(text), "%s/tcp", net);
	(void)unlink(text);
	(void)snprintf(text, sizeof(text), "%s/tcp6", net);
	(void)unlink(text);
	(void)rmdir(net);
	net[strlen(dir) + 3] = '\0';
	(void)rmdir(net);
	(void)rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unix_queue),      cmocka_unit_test(test_abstract),
		cmocka_unit_test(test_listening),       cmocka_unit_test(test_connected_udp),
		cmocka_unit_test(test_no_such_process), cmocka_unit_test(test_own_tree),
	};

	return cmocka_run_group_tests_name("sockets_listening", tests, setup, teardown);
}
