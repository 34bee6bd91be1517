/* SPDX-License-Identifier: MIT */
/* test_process_rest.c - whether a process has anything to do, and which TCP sockets it holds. */
#include "unit.h"

#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fake_proc.h"
#include "loopback.h"
#include "process.h"
#include "process_rest.h"

static const struct {
	const char *syscall; /* NULL: not to be read */
	const char *stat;
	enum process_rest want;
} rest_case[] = {
	{"running\n", "7 (nginx) R 1 7", REST_RUNS},
	{"230 0x0 0x0", "7 (nginx) S 1 7", REST_SLEEPS},
	{"271 0x0 0x0", "7 (nginx) S 1 7", SYS_ppoll == 271 ? REST_POLLS : REST_SLEEPS},
	{NULL, "7 (nginx) S 1 7", REST_SLEEPS},
	{NULL, "7 (nginx) R 1 7", REST_RUNS},
	{NULL, "7 (nginx) D 1 7", REST_HELD},
	{NULL, "7 (nginx) T 1 7", REST_HELD},
	{NULL, "7 (nginx) t 1 7", REST_HELD},
	{NULL, "7 (nginx) Z 1 7", REST_UNKNOWN},
	{NULL, "7 (a) R (b) S 1 7", REST_SLEEPS},
	{NULL, "7 (a)", REST_UNKNOWN},
	{NULL, "7", REST_UNKNOWN},
	{NULL, "", REST_UNKNOWN},
};

static void what_proc_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rest_case); i++) {
		struct fake_proc proc;

		fake_proc_make(&proc);
		fake_proc_file(&proc, "7/stat", rest_case[i].stat);
		if (rest_case[i].syscall != NULL)
			fake_proc_file(&proc, "7/syscall", rest_case[i].syscall);
		assert_int_equal(process_rest_of(proc.dir, 7), rest_case[i].want);
		assert_int_equal(process_rest_of(proc.dir, 8), REST_UNKNOWN);
		fake_proc_remove(&proc);
	}
}

/* A process that is stopped does not deal with its events. */
static void who_waits_for_events(void **state)
{
	struct fake_proc proc;
	char text[40];

	(void)state;
	fake_proc_make(&proc);
	(void)snprintf(text, sizeof(text), "%d 0x8 0x1", SYS_epoll_pwait);
	fake_proc_file(&proc, "7/syscall", text);
	fake_proc_file(&proc, "7/stat", "7 (nginx) S 1 7");
	assert_int_equal(process_rest_of(proc.dir, 7), REST_WAITS);
	fake_proc_file(&proc, "7/stat", "7 (nginx) T 1 7");
	assert_int_equal(process_rest_of(proc.dir, 7), REST_HELD);
	fake_proc_remove(&proc);
}

/* Until it is so: a child needs its time to get there. */
static void wait_for(pid_t child, enum process_rest want)
{
	unsigned tries = 0;

	while (process_rest_of("/proc", (uint32_t)child) != want)
		assert_true(loopback_wait(&tries));
}

static pid_t start(bool has_events)
{
	pid_t child = fork();
	struct epoll_event event;

	assert_true(child >= 0);
	if (child > 0)
		return child;
	if (has_events)
		(void)epoll_wait(epoll_create1(0), &event, 1, -1);
	for (;;)
		(void)pause();
}

static void a_real_process(void **state)
{
	FILE *own = fopen("/proc/self/syscall", "r");
	pid_t child = start(true);
	pid_t other = start(false);

	(void)state;
	wait_for(child, own != NULL ? REST_WAITS : REST_SLEEPS);
	wait_for(other, REST_SLEEPS);
	assert_int_equal(kill(child, SIGSTOP), 0);
	wait_for(child, REST_HELD);
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(kill(other, SIGKILL), 0);
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_int_equal(waitpid(other, NULL, 0), other);
	assert_int_equal(process_rest_of("/proc", (uint32_t)child), REST_UNKNOWN);
	if (own != NULL)
		(void)fclose(own);
}

static bool has(const uint32_t *inode, size_t len, int fd)
{
	uint32_t one = loopback_inode(fd);

	for (size_t i = 0; i < len; i++) {
		if (inode[i] == one)
			return true;
	}
	return false;
}

/* Also one whose client has reset it, which the kernel does not list any more. */
static void connections(void **state)
{
	const struct linger abort_it = {.l_onoff = 1};
	int listener = loopback_listen("127.0.0.1", 8);
	struct loopback_pair pair = loopback_pair(listener, "127.0.0.1");
	int other = socket(AF_UNIX, SOCK_STREAM, 0);
	int udp = loopback_udp("127.0.0.1");
	uint32_t inode[100];
	size_t len;

	(void)state;
	assert_int_equal(
		setsockopt(pair.client, SOL_SOCKET, SO_LINGER, &abort_it, sizeof(abort_it)), 0);
	assert_int_equal(close(pair.client), 0);
	assert_true(process_connection_inodes("/proc", (uint32_t)getpid(), inode, ARRAY_LEN(inode),
					      &len));
	assert_true(has(inode, len, listener) && has(inode, len, pair.server) &&
		    has(inode, len, other));
	assert_false(has(inode, len, udp));
	assert_false(process_connection_inodes("/proc", (uint32_t)getpid(), inode, 1, &len));
	(void)close(listener);
	(void)close(pair.server);
	(void)close(other);
	(void)close(udp);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_proc_says),
		cmocka_unit_test(who_waits_for_events),
		cmocka_unit_test(a_real_process),
		cmocka_unit_test(connections),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
