/* SPDX-License-Identifier: MIT */
/* Which listening sockets are nginx's where nginx has another network, or none that is known. */
#include "unit.h"

#include <unistd.h>

#include "host.h"

/* The table of another network: a listener, and the other end of our connection if `local` is told.
 */
static void write_table(const struct host *host, const char *local, unsigned uid, char *ret,
			size_t size)
{
	const uint8_t *ours = host->question.ours.address + 12;
	uint32_t address;

	memcpy(&address, ours, sizeof(address));
	(void)snprintf(ret, size,
		       "heading\n"
		       "   0: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 "
		       "00000000 0 0 71 1\n"
		       "   1: 00000000:01BB 00000000:0000 0A 00000000:00000000 00:00000000 "
		       "00000000 0 0 72 1\n"
		       "   2: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 "
		       "00000000 0 0 73 1\n"
		       "   3: %s %08X:%04X 01 00000000:00000000 00:00000000 00000000 %u 0 74 1\n",
		       local, address, host->question.ours.port, uid);
}

static void add_elsewhere(struct host *host, unsigned master, const char *local, unsigned uid)
{
	char table[1000];
	char name[64];

	fake_proc_process(&host->proc, master, 1, "nginx", "nginx: master process nginx", 1000);
	fake_proc_process(&host->proc, master + 1, master, "nginx", "nginx: worker process", 1001);
	write_table(host, local, uid, table, sizeof(table));
	(void)snprintf(name, sizeof(name), "%u/net/tcp", master);
	fake_proc_file(&host->proc, name, table);
	(void)snprintf(name, sizeof(name), "%u/net/udp", master);
	fake_proc_file(
		&host->proc, name,
		"heading\n"
		"   0: 00000000:01BB 00000000:0000 07 00000000:00000000 00:00000000 00000000 0 "
		"0 75 1\n");
	(void)snprintf(name, sizeof(name), "%u/net/unix", master);
	fake_proc_file(
		&host->proc, name,
		"heading\n0000000034e5caa1: 00000002 00000000 00010000 0001 01 76 /n.sock\n");
}

/* The other end is not where it would be if it were here. */
static void move_away(struct host *host)
{
	host->question.ours = (struct endpoint){.address = {0}, .port = 40000};
	assert_true(endpoint_parse_address(&host->question.ours, STR("192.0.2.1")));
	host->question.ours.port = 40000;
	host->question.theirs = host->question.ours;
	host->question.theirs.port = 9;
}

static void test_other_network(void **state)
{
	struct host *host = *state;
	uint16_t port[] = {80, 443};
	struct listeners_mate mate = {.path = "/n.sock", .is_same = true};

	move_away(host);
	host_ask(host);
	host_check(host, LISTENERS_NONE, false);
	assert_non_null(strstr(host->found.reason, "another host"));

	/* A container: its port 80 is another one outside. */
	add_elsewhere(host, 200, "020011AC:0050", geteuid());
	host_ask(host);
	host_check(host, LISTENERS_TARGET, false);
	assert_int_equal(host->found.net_pid, 200);
	assert_int_equal(host->reader.pid, 200);
	assert_int_equal(host->found.listeners.len, 1);
	assert_int_equal(host->found.listeners.item[0].inode, 71);
	assert_int_equal(host->found.master_pid, 200);
	assert_non_null(strstr(host->found.reason, "172.17.0.2:80"));

	/* Once more from the start, with ports. */
	host_reopen(host);
	host->question.port = port;
	host->question.port_len = 2;
	host_ask(host);
	host_check(host, LISTENERS_PORTS, true);
	assert_int_equal(host->found.listeners.len, 3);
	assert_true(host->found.has_udp);

	host_reopen(host);
	fake_proc_socket(&host->proc, 200, 6, 72);
	fake_proc_socket(&host->proc, 200, 7, 71);
	fake_proc_socket(&host->proc, 200, 8, 76);
	host->question.mate = &mate;
	host->question.mate_len = 1;
	host_ask(host);
	host_check(host, LISTENERS_FDS, true);
	assert_int_equal(host->found.listeners.len, 3);
	assert_false(host->found.has_udp);
	/* What a path, or an address, means there is not what it means here. */
	assert_false(mate.is_same);
}

/* Containers without our connection are not it. */
static void test_wrong_network(void **state)
{
	struct host *host = *state;

	move_away(host);
	host->question.ours.port = 40001;
	add_elsewhere(host, 200, "020011AC:0050", geteuid());
	host->question.ours.port = 40000;
	host_ask(host);
	host_check(host, LISTENERS_NONE, false);
	assert_int_equal(host->found.net_pid, 0);
	assert_int_equal(host->reader.pid, 0);
}

/* Our connection was accepted by a user who is no worker's. */
static void test_foreign_user(void **state)
{
	struct host *host = *state;

	move_away(host);
	add_elsewhere(host, 200, "020011AC:0050", geteuid() + 1);
	host_ask(host);
	host_check(host, LISTENERS_NONE, false);
	assert_non_null(strstr(host->found.reason, "172.17.0.2:80"));
	assert_non_null(strstr(host->found.reason, "proxy"));
}

/* A unix socket that only a container has; and masters that are only in containers. */
static void test_away(void **state)
{
	struct host *host = *state;

	add_elsewhere(host, 200, "020011AC:0050", geteuid());
	host_ask(host);
	host_check(host, LISTENERS_NONE, false);
	assert_non_null(strstr(host->found.reason, "proxy"));

	host->question = (struct listeners_question){.path = "/n.sock"};
	host_ask(host);
	host_check(host, LISTENERS_TARGET, false);
	assert_int_equal(host->found.net_pid, 200);
	assert_int_equal(host->found.listeners.len, 1);
	assert_string_equal(host->found.listeners.item[0].path, "/n.sock");
}

/* The connection has been closed meanwhile: who listens where it went to is the next best. */
static void test_closed_connection(void **state)
{
	struct host *host = *state;

	(void)close(host->pair.server);
	(void)close(host->pair.client);
	host->pair = loopback_pair(host->status, "127.0.0.1");
	host->question.ours.port = 1;
	host_add_nginx(host, MASTER, 1, 1000);
	fake_proc_socket(&host->proc, MASTER, 6, loopback_inode(host->status));
	host_ask(host);
	host_check(host, LISTENERS_FDS, true);

	host->question.theirs.port = 1;
	host_ask(host);
	host_check(host, LISTENERS_NONE, false);
}

/* Neither a connection nor a path is known: the named ports are all. */
static void test_ports_alone(void **state)
{
	struct host *host = *state;
	uint16_t port[] = {loopback_local(host->other).port};

	host->question = (struct listeners_question){.port = port, .port_len = 1};
	host_ask(host);
	host_check(host, LISTENERS_PORTS, true);
	assert_int_equal(host->found.listeners.len, 1);
	host->question.port_len = 0;
	host_ask(host);
	host_check(host, LISTENERS_NONE, false);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, host_setup, host_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_other_network), CASE(test_wrong_network),     CASE(test_foreign_user),
		CASE(test_away),          CASE(test_closed_connection), CASE(test_ports_alone),
	};

	return cmocka_run_group_tests_name("listeners_network", tests, NULL, NULL);
}
