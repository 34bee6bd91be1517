/* SPDX-License-Identifier: MIT */
/* Which listening sockets are nginx's, in our own network. */
#include "unit.h"

#include <unistd.h>

#include "host.h"

/* ---- descriptors ----------------------------------------------------------------------------- */

static void test_descriptors(void **state)
{
	struct host *host = *state;

	host_add_nginx(host, MASTER, 1, 1000);
	fake_proc_socket(&host->proc, MASTER, 6, loopback_inode(host->status));
	fake_proc_socket(&host->proc, MASTER, 7, loopback_inode(host->local));
	fake_proc_socket(&host->proc, MASTER, 8, loopback_inode(host->pair.client));
	host_ask(host);
	host_check(host, LISTENERS_FDS, true);
	assert_int_equal(host->found.listeners.len, 2);
	assert_true(host_has(host, host->status));
	assert_true(host_has(host, host->local));
	assert_false(host->found.has_udp);
	assert_int_equal(host->found.net_pid, 0);
	assert_true(host->found.processes_known);
	assert_int_equal(host->found.master_pid, MASTER);
	assert_int_equal(host->found.masters, 1);
	assert_int_equal(host->found.workers, 1);
	assert_int_equal(host->found.draining, 0);
	assert_int_equal(host->found.fd_limit, 4096);
	assert_true(host->found.workers_started == host->found.worker_newest);
	assert_true(host->found.workers_started > host->found.master_started);

	fake_proc_socket(&host->proc, MASTER, 9, loopback_inode(host->udp));
	host_ask(host);
	assert_int_equal(host->found.listeners.len, 3);
	assert_true(host->found.has_udp);
}

/* The page came over the unix socket. */
static void test_unix_target(void **state)
{
	struct host *host = *state;

	host->question = (struct listeners_question){.path = host->path};
	host_add_nginx(host, MASTER, 1, 1000);
	fake_proc_socket(&host->proc, MASTER, 6, loopback_inode(host->other));
	fake_proc_socket(&host->proc, MASTER, 7, loopback_inode(host->local));
	host_ask(host);
	host_check(host, LISTENERS_FDS, true);
	assert_int_equal(host->found.listeners.len, 2);

	host->question.path = "/nonexistent/nginx.sock";
	host_ask(host);
	host_check(host, LISTENERS_NONE, false);
	assert_non_null(strstr(host->found.reason, "/nonexistent/nginx.sock"));
}

/* Several nginx on one host: the one counts that holds the listener. */
static void test_several_masters(void **state)
{
	struct host *host = *state;

	host_add_nginx(host, MASTER, 1, 1000);
	fake_proc_socket(&host->proc, MASTER, 6, loopback_inode(host->other));
	host_add_nginx(host, 200, 1, 5000);
	fake_proc_socket(&host->proc, 200, 6, loopback_inode(host->status));
	fake_proc_process(&host->proc, 203, 200, "nginx", "nginx: worker process", 9000);
	fake_proc_process(&host->proc, 204, 200, "nginx", "nginx: worker process is shutting down",
			  5001);
	host_ask(host);
	host_check(host, LISTENERS_FDS, true);
	assert_int_equal(host->found.listeners.len, 1);
	assert_true(host_has(host, host->status));
	assert_int_equal(host->found.master_pid, 200);
	assert_int_equal(host->found.masters, 1);
	assert_int_equal(host->found.workers, 2);
	assert_int_equal(host->found.draining, 1);
	assert_true(host->found.worker_newest > host->found.workers_started);
}

/* A new binary's master is the old one's child; both hold the listeners. */
static void test_upgrade(void **state)
{
	struct host *host = *state;

	host_add_nginx(host, MASTER, 1, 1000);
	host_add_nginx(host, 200, MASTER, 5000);
	for (unsigned master = MASTER; master <= 200; master += 100)
		fake_proc_socket(&host->proc, master, 6, loopback_inode(host->status));
	host_ask(host);
	host_check(host, LISTENERS_FDS, true);
	assert_int_equal(host->found.listeners.len, 1);
	assert_int_equal(host->found.masters, 2);
	assert_int_equal(host->found.workers, 2);
	assert_int_equal(host->found.master_pid, 200);

	/* The new one has no workers yet: the old one answers. */
	fake_proc_process(&host->proc, 201, 200, "nginx", "nginx: cache manager process", 5100);
	host_ask(host);
	assert_int_equal(host->found.master_pid, MASTER);
	assert_int_equal(host->found.workers, 1);

	/* The old one has been told to end its workers. */
	fake_proc_process(&host->proc, 101, MASTER, "nginx",
			  "nginx: worker process is shutting down", 1100);
	fake_proc_process(&host->proc, 201, 200, "nginx", "nginx: worker process", 5100);
	host_ask(host);
	assert_int_equal(host->found.master_pid, 200);
	assert_int_equal(host->found.workers, 1);
	assert_int_equal(host->found.draining, 1);
}

/* A reload: what has just been forked has its master's title until it gives itself another, and its
 * listeners. */
static void test_a_worker_that_has_just_begun(void **state)
{
	struct host *host = *state;

	host_add_nginx(host, MASTER, 1, 1000);
	fake_proc_process(&host->proc, 102, MASTER, "nginx", "nginx: master process nginx", 9000);
	fake_proc_process(&host->proc, 103, MASTER, "nginx", "nginx: master process nginx", 9000);
	fake_proc_link(&host->proc, "self/net/tcp", "102/net/tcp");
	fake_proc_link(&host->proc, "self/net/tcp", "103/net/tcp");
	for (unsigned one = 0; one < 4; one++)
		fake_proc_socket(&host->proc, MASTER + one, 6, loopback_inode(host->status));
	host_ask(host);
	host_check(host, LISTENERS_FDS, true);
	assert_int_equal(host->found.masters, 1);
	assert_int_equal(host->found.master_pid, MASTER);
	assert_int_equal(host->found.workers, 1);
	/* One of them was a new binary's master. */
	fake_proc_process(&host->proc, 104, 103, "nginx", "nginx: worker process", 9100);
	host_ask(host);
	assert_int_equal(host->found.masters, 2);
	assert_int_equal(host->found.workers, 2);
}

static void test_single_process(void **state)
{
	struct host *host = *state;

	fake_proc_process(&host->proc, MASTER, 1, "nginx", "/usr/sbin/nginx", 1000);
	fake_proc_link(&host->proc, "self/net/tcp", "100/net/tcp");
	fake_proc_socket(&host->proc, MASTER, 6, loopback_inode(host->status));
	host_ask(host);
	host_check(host, LISTENERS_FDS, true);
	assert_int_equal(host->found.masters, 1);
	assert_int_equal(host->found.workers, 1);
	assert_true(host->found.workers_started == host->found.master_started);
}

/* haproxy, docker-proxy: the socket is somebody else's. */
static void test_proxy(void **state)
{
	struct host *host = *state;

	host_add_nginx(host, MASTER, 1, 1000);
	fake_proc_socket(&host->proc, MASTER, 6, loopback_inode(host->other));
	host_ask(host);
	host_check(host, LISTENERS_NONE, false);
	assert_non_null(strstr(host->found.reason, "proxy"));
	assert_false(host->found.processes_known);
}

/* ---- ports ----------------------------------------------------------------------------------- */

static void test_target_only(void **state)
{
	struct host *host = *state;

	host_add_nginx(host, MASTER, 1, 1000);
	host_ask(host);
	host_check(host, LISTENERS_TARGET, false);
	assert_int_equal(host->found.listeners.len, 1);
	assert_true(host_has(host, host->status));
	assert_non_null(strstr(host->found.reason, "127.0.0.1:"));
	assert_int_equal(host->found.master_pid, MASTER);
	assert_int_equal(host->found.workers, 1);
}

/* Whoever stays knows from the first time which nginx it is, and cannot look into it now either. */
static void test_known_and_hidden(void **state)
{
	struct host *host = *state;

	fake_proc_process(&host->proc, 1, 0, "init", "/sbin/init", 1);
	fake_proc_file(&host->proc, "100/task/100/children", "101 ");
	host_add_nginx(host, MASTER, 1, 1000);
	host->question.known_pid = MASTER;
	host_ask(host);
	host_check(host, LISTENERS_TARGET, false);
	assert_true(host_has(host, host->status));
	assert_int_equal(host->found.master_pid, MASTER);
	assert_int_equal(host->found.workers, 1);
}

static void test_named_ports(void **state)
{
	struct host *host = *state;
	uint16_t port[2] = {loopback_local(host->other).port, loopback_local(host->udp).port};

	host->question.port = port;
	host->question.port_len = 1;
	host_ask(host);
	host_check(host, LISTENERS_PORTS, true);
	assert_int_equal(host->found.listeners.len, 2);
	assert_true(host_has(host, host->status));
	assert_true(host_has(host, host->other));
	assert_false(host->found.processes_known);
	host->question.port_len = 2;
	host_ask(host);
	assert_true(host_has(host, host->udp));
	assert_true(host->found.has_udp);
}

/* Nothing says which of two it is, unless one began the other. */
static void test_two_hidden_masters(void **state)
{
	struct host *host = *state;

	host_add_nginx(host, MASTER, 1, 1000);
	host_add_nginx(host, 200, 1, 5000);
	host_ask(host);
	host_check(host, LISTENERS_TARGET, false);
	assert_false(host->found.processes_known);
	assert_int_equal(host->found.masters, 0);
	host_add_nginx(host, 300, 200, 5000);
	host_ask(host);
	assert_false(host->found.processes_known);
}

static void test_hidden_upgrade(void **state)
{
	struct host *host = *state;

	host_add_nginx(host, MASTER, 1, 1000);
	host_add_nginx(host, 200, MASTER, 5000);
	host_ask(host);
	host_check(host, LISTENERS_TARGET, false);
	assert_int_equal(host->found.masters, 2);
	assert_int_equal(host->found.master_pid, 200);
}

/* The masters that are to be seen do not hold it; a hidden one may. */
static void test_hidden_among_others(void **state)
{
	struct host *host = *state;

	host_add_nginx(host, MASTER, 1, 1000);
	fake_proc_socket(&host->proc, MASTER, 6, loopback_inode(host->other));
	host_add_nginx(host, 200, 1, 5000);
	host_ask(host);
	host_check(host, LISTENERS_TARGET, false);
	assert_int_equal(host->found.master_pid, 200);
}

/* ---- other pages ----------------------------------------------------------------------------- */

/* A page that came over a connection to `listener`. */
static struct listeners_mate mate_at(const struct loopback_pair *pair)
{
	return (struct listeners_mate){.has_connection = true,
				       .ours = loopback_local(pair->client),
				       .theirs = loopback_remote(pair->client),
				       .is_same = true};
}

enum mate { MATE_OTHER, MATE_LOCAL, MATE_STRANGER, MATE_CLOSED, MATES };

static void check_mates(struct host *host, struct listeners_mate *mate, const char *expected)
{
	host_ask(host);
	for (size_t i = 0; i < MATES; i++) {
		if (mate[i].is_same != (expected[i] == 'y'))
			fail_msg("mate %zu, of %s: %d", i, expected, mate[i].is_same);
	}
}

/* Of one nginx are the pages that came from its other listeners, by whatever connection; not those
 * of another nginx, nor what came from elsewhere. */
static void test_mates(void **state)
{
	struct host *host = *state;
	int stranger = loopback_listen("127.0.0.1", 8);
	struct loopback_pair pair[] = {loopback_pair(host->other, "127.0.0.1"),
				       loopback_pair(stranger, "127.0.0.1"),
				       loopback_pair(host->other, "127.0.0.1")};
	struct listeners_mate mate[] = {[MATE_OTHER] = mate_at(&pair[0]),
					[MATE_LOCAL] = {.path = host->path},
					[MATE_STRANGER] = mate_at(&pair[1]),
					[MATE_CLOSED] = mate_at(&pair[2])};

	(void)close(pair[2].client);
	(void)close(pair[2].server);
	host->question.mate = mate;
	host->question.mate_len = MATES;
	host_add_nginx(host, MASTER, 1, 1000);
	fake_proc_socket(&host->proc, MASTER, 6, loopback_inode(host->status));
	fake_proc_socket(&host->proc, MASTER, 7, loopback_inode(host->other));
	host_add_nginx(host, 300, 1, 1000);
	fake_proc_socket(&host->proc, 300, 6, loopback_inode(stranger));
	check_mates(host, mate, "ynny");
	fake_proc_socket(&host->proc, MASTER, 8, loopback_inode(host->local));
	check_mates(host, mate, "yyny");

	/* Two masters have what the page came from: which of them has the others? */
	fake_proc_socket(&host->proc, 300, 7, loopback_inode(host->status));
	check_mates(host, mate, "nnnn");
	for (size_t i = 0; i < 2; i++) {
		(void)close(pair[i].client);
		(void)close(pair[i].server);
	}
	(void)close(stranger);
}

/* Where nginx's files are hidden, ports are no proof. */
static void test_hidden_mates(void **state)
{
	struct host *host = *state;
	uint16_t port[] = {loopback_remote(host->pair.client).port,
			   loopback_local(host->other).port};
	struct loopback_pair pair = loopback_pair(host->other, "127.0.0.1");
	struct listeners_mate mate = mate_at(&pair);

	host->question.mate = &mate;
	host->question.mate_len = 1;
	host->question.port = port;
	host->question.port_len = ARRAY_LEN(port);
	host_add_nginx(host, MASTER, 1, 1000);
	host_ask(host);
	host_check(host, LISTENERS_PORTS, true);
	assert_true(host_has(host, host->other));
	assert_false(mate.is_same);
	(void)close(pair.client);
	(void)close(pair.server);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, host_setup, host_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_mates),
		CASE(test_hidden_mates),
		CASE(test_descriptors),
		CASE(test_unix_target),
		CASE(test_several_masters),
		CASE(test_upgrade),
		CASE(test_a_worker_that_has_just_begun),
		CASE(test_single_process),
		CASE(test_proxy),
		CASE(test_target_only),
		CASE(test_known_and_hidden),
		CASE(test_named_ports),
		CASE(test_two_hidden_masters),
		CASE(test_hidden_upgrade),
		CASE(test_hidden_among_others),
	};

	return cmocka_run_group_tests_name("listeners", tests, NULL, NULL);
}
