/* SPDX-License-Identifier: MIT */
/* test_observe_blocked.c - which worker does not run its event loop: in made-up trees of /proc as
 * anybody sees them, and in real processes that may be looked into. */
#include "unit.h"

#include <math.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fake_proc.h"
#include "loopback.h"
#include "observe_blocked.h"

enum { PORT = 80, PID = 7 };

static const struct socket unread = {
	.state = SOCKET_ESTABLISHED,
	.inode = 5,
	.rqueue = 10,
	.has_info = true,
	.last_received_ms = 1000,
	.local = {.port = PORT},
};

/* Nginx with one worker and a listener. */
struct room {
	struct nginx_host host;
	struct listener listener;
	struct process worker;
};

static void make(struct room *room, uint32_t pid, struct endpoint at)
{
	*room = (struct room){.listener = {.kind = LISTENER_TCP, .at = at}, .worker = {.pid = pid}};
	room->host = (struct nginx_host){
		.processes_known = true,
		.listeners = {.item = &room->listener, .len = 1},
		.serving = {.item = &room->worker, .len = 1},
	};
}

/* ---- not to be looked into ------------------------------------------------------------------- */

static uint64_t blocked(struct socket one, const char *stat, double until)
{
	struct sockets sockets = {.tcp = &one, .tcp_len = 1, .has_info = true};
	struct ledger ledger = {.blocked_workers = 9, .unread_clients = 9};
	struct fake_proc proc;
	struct room room;

	fake_proc_make(&proc);
	fake_proc_file(&proc, "7/stat", stat);
	fake_proc_file(&proc, "7/status",
		       "Name:\tnginx\nvoluntary_ctxt_switches:\t12\n"
		       "nonvoluntary_ctxt_switches:\t3\n");
	make(&room, PID, (struct endpoint){.port = PORT});
	observe_blocked(&ledger, &room.host, &sockets, until, proc.dir);
	fake_proc_remove(&proc);
	assert_int_equal(ledger.unread_clients, ledger.blocked_workers);
	return ledger.blocked_workers;
}

static void what_anybody_sees(void **state)
{
	struct socket other;

	(void)state;
	assert_int_equal(blocked(unread, "7 (nginx) T 1 7", HUGE_VAL), 1);
	assert_int_equal(blocked(unread, "7 (nginx) D 1 7", HUGE_VAL), 1);
	assert_int_equal(blocked(unread, "7 (nginx) S 1 7", HUGE_VAL), 0);
	assert_int_equal(blocked(unread, "7 (nginx) R 1 7", HUGE_VAL), 0);
	assert_int_equal(blocked(unread, "7 (nginx) T 1 7", 0), 0);
	other = unread;
	other.state = SOCKET_CLOSE_WAIT;
	assert_int_equal(blocked(other, "7 (nginx) T 1 7", HUGE_VAL), 1);
}

/* All bytes are read, have come a moment ago, are not accepted, another program's, not known. */
static void who_is_no_suspect(void **state)
{
	struct socket other[5];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(other); i++)
		other[i] = unread;
	other[0].rqueue = 0;
	other[1].last_received_ms = 999;
	other[2].inode = 0;
	other[3].local.port = PORT + 1;
	other[4].has_info = false;
	for (size_t i = 0; i < ARRAY_LEN(other); i++)
		assert_int_equal(blocked(other[i], "7 (nginx) T 1 7", HUGE_VAL), 0);
}

/* ---- real processes -------------------------------------------------------------------------- */

enum wait { IN_EPOLL, IN_POLL, ELSEWHERE };

/* Accepts one client, and then waits: for events, or for anything else. */
static void be_a_worker(int listener, enum wait wait)
{
	int client = loopback_accept(listener);
	int events = epoll_create1(0);
	struct epoll_event event = {.events = EPOLLOUT | EPOLLET};

	(void)alarm(60);
	if (wait == ELSEWHERE) {
		(void)pause();
	} else if (wait == IN_POLL) {
		(void)poll(NULL, 0, -1);
	} else if (epoll_ctl(events, EPOLL_CTL_ADD, client, &event) == 0) {
		while (epoll_wait(events, &event, 1, -1) >= 0)
			;
	}
	_exit(0);
}

/* Looks until its bytes have been there for a second, and says what is found then. */
static uint64_t look_at(const struct room *room, struct endpoint at)
{
	struct sockets_filter filter = {.local_port = {at.port}, .local_port_len = 1};
	struct sockets sockets = {.tcp_len = 0};
	struct ledger ledger = {.blocked_workers = 0};
	struct sockets_reader reader;
	struct err err = {0};
	unsigned tries = 0;
	bool is_old = false;

	assert_true(sockets_open(&reader, 0, false, &err));
	while (!is_old && loopback_wait(&tries)) {
		assert_true(sockets_dump(&reader, &filter, &sockets, &err));
		for (size_t i = 0; i < sockets.tcp_len; i++)
			is_old = is_old || (sockets.tcp[i].rqueue > 0 && sockets.tcp[i].inode != 0 &&
					    sockets.tcp[i].last_received_ms >= 1000);
	}
	assert_true(is_old);
	observe_blocked(&ledger, &room->host, &sockets, HUGE_VAL, "/proc");
	sockets_free(&sockets);
	sockets_close(&reader);
	return ledger.blocked_workers;
}

static uint64_t with_worker(enum wait wait)
{
	int listener = loopback_listen("127.0.0.1", 8);
	struct endpoint at = loopback_local(listener);
	int client = loopback_connect("127.0.0.1", at.port);
	pid_t pid = fork();
	struct room room;
	uint64_t found;

	assert_true(pid >= 0);
	if (pid == 0)
		be_a_worker(listener, wait);
	make(&room, (uint32_t)pid, at);
	loopback_say(client, "GET / HTTP/1.1\r\n\r\n");
	found = look_at(&room, at);
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
	(void)close(client);
	(void)close(listener);
	return found;
}

static void what_its_owner_sees(void **state)
{
	(void)state;
	assert_int_equal(with_worker(ELSEWHERE), 1);
	assert_int_equal(with_worker(IN_EPOLL), 0);
	assert_int_equal(with_worker(IN_POLL), 0); /* nginx's own loop, with "use poll" */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_anybody_sees),
		cmocka_unit_test(who_is_no_suspect),
		cmocka_unit_test(what_its_owner_sees),
	};

	return cmocka_run_group_tests_name("observe_blocked", tests, NULL, NULL);
}
