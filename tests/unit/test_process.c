/* SPDX-License-Identifier: MIT */
/* nginx's processes, in a tree like /proc and in the real one. */
#include "unit.h"

#include <math.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "fake_proc.h"
#include "loopback.h"
#include "process.h"
#include "process_title.h"

static int setup(void **state)
{
	static struct fake_proc proc;

	fake_proc_make(&proc);
	*state = &proc;
	return 0;
}

static int teardown(void **state)
{
	fake_proc_remove(*state);
	return 0;
}

/* ---- titles ---------------------------------------------------------------------------------- */

enum { NOT_NGINX = -1, SINGLE = 100 };

/* Arguments are parted by '|' here. */
static const struct {
	const char *comm;
	const char *cmdline;
	int want;
} title_case[] = {
	{"nginx", "nginx: master process /usr/sbin/nginx -g daemon on;", PROCESS_MASTER},
	{"nginx", "nginx: worker process", PROCESS_WORKER},
	{"nginx", "nginx: worker process is shutting down", PROCESS_DRAINING},
	{"nginx", "nginx: cache manager process", PROCESS_HELPER},
	{"nginx", "nginx: cache loader process", PROCESS_HELPER},
	{"nginx", "nginx: privileged agent process", PROCESS_HELPER},
	{"angie", "angie: master process v1.13.0 #1 [/usr/sbin/angie -c /a.conf]", PROCESS_MASTER},
	{"angie", "angie: single process v1.13.0 #1 [angie]", SINGLE},
	{"angie", "angie: worker process #2", PROCESS_WORKER},
	{"angie", "angie: worker process is shutting down #1", PROCESS_DRAINING},
	{"openresty", "nginx: worker process", PROCESS_WORKER},
	{"tengine", "nginx: worker process", PROCESS_WORKER},
	{"nginx-debug", "nginx: worker process", PROCESS_WORKER},
	/* no master process: no title */
	{"nginx", "/usr/sbin/nginx|-c|/etc/nginx/nginx.conf|-g|daemon off;", SINGLE},
	{"nginx", "nginx", SINGLE},
	{"nginx", "nginx|-q|-p/srv|-e|stderr", SINGLE},
	{"nginx", "/usr/sbin/nginx|-qc|/a.conf", SINGLE},
	{"openresty", "/usr/bin/openresty|-p|/srv", SINGLE},
	/* called to say something and end */
	{"nginx", "nginx|-t", NOT_NGINX},
	{"nginx", "nginx|-qt", NOT_NGINX},
	{"nginx", "nginx|-c|/a.conf|-s|reload", NOT_NGINX},
	{"nginx", "nginx|-V", NOT_NGINX},
	{"nginx", "nginx|-s|stop", NOT_NGINX},
	{"nginx", "nginx|start", NOT_NGINX},
	/* others */
	{"nginx", "/bin/sh|/etc/init.d/nginx|start", NOT_NGINX},
	{"sh", "sh|-c|nginx: master process", NOT_NGINX},
	{"vi", "vi|/etc/nginx/nginx.conf", NOT_NGINX},
	{"nginx-prometheu", "/usr/bin/nginx-prometheus-exporter", NOT_NGINX},
	{"nginx", "", NOT_NGINX},
	{"", "", NOT_NGINX},
};

static void test_titles(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(title_case); i++) {
		char cmdline[200];
		char comm[32];
		struct process got = {.pid = 1};
		int role = NOT_NGINX;
		int len = snprintf(cmdline, sizeof(cmdline), "%s", title_case[i].cmdline);

		for (int k = 0; k < len; k++)
			cmdline[k] = (char)(cmdline[k] == '|' ? '\0' : cmdline[k]);
		(void)snprintf(comm, sizeof(comm), "%s\n", title_case[i].comm);
		if (process_is_candidate(str_of(comm)) &&
		    process_role_of((struct str){cmdline, (size_t)len + 1}, str_of(comm), &got))
			role = got.is_single ? SINGLE : (int)got.role;
		if (role != title_case[i].want)
			print_error("%s: %s\n", title_case[i].comm, title_case[i].cmdline);
		assert_int_equal(role, title_case[i].want);
		if (role == SINGLE)
			assert_int_equal(got.role, PROCESS_MASTER);
	}
}

/* ---- the list -------------------------------------------------------------------------------- */

/* Two masters, one of them a daemon, with what else runs on a host. */
static void fill(const struct fake_proc *proc)
{
	fake_proc_process(proc, 1, 0, "systemd", "/sbin/init", 0);
	fake_proc_process(proc, 2, 0, "kthreadd", "", 0);
	fake_proc_process(proc, 3, 2, "nginx", "nginx: worker process", 0);
	fake_proc_file(proc, "2/task/2/children", "3 4 ");
	fake_proc_process(proc, 100, 1, "nginx", "nginx: master process /usr/sbin/nginx", 1000);
	fake_proc_process(proc, 101, 100, "nginx", "nginx: worker process", 1010);
	fake_proc_process(proc, 102, 100, "nginx", "nginx: worker process is shutting down", 1001);
	fake_proc_process(proc, 103, 100, "nginx", "nginx: cache manager process", 1002);
	fake_proc_process(proc, 104, 100, "nginx", "nginx: master process /usr/sbin/nginx", 2000);
	fake_proc_process(proc, 105, 104, "nginx", "nginx: worker process", 2010);
	fake_proc_file(proc, "1/task/1/children", "100 300 77 ");
	fake_proc_file(proc, "100/task/100/children", "101 102 103 104");
	fake_proc_file(proc, "104/task/104/children", "105 ");
	/* 200 is no child of 1; 300 is a shell, 400 has gone but for its name */
	fake_proc_process(proc, 200, 199, "nginx", "nginx: master process nginx", 3000);
	fake_proc_process(proc, 300, 1, "sh", "sh -c nginx: worker process", 0);
	fake_proc_file(proc, "400/comm", "nginx\n");
	fake_proc_file(proc, "500/stat", "");
	fake_proc_file(proc, "version", "Linux");
	fake_proc_file(proc, "12x/comm", "nginx\n");
}

static void check_pids(const struct processes *got, const uint32_t *want, size_t len)
{
	assert_int_equal(got->len, len);
	for (size_t i = 0; i < len; i++)
		assert_int_equal(got->item[i].pid, want[i]);
}

static double boot_time(void)
{
	struct timespec now;
	struct timespec up;

	assert_int_equal(clock_gettime(CLOCK_REALTIME, &now), 0);
	assert_int_equal(clock_gettime(CLOCK_BOOTTIME, &up), 0);
	return (double)(now.tv_sec - up.tv_sec) + (double)(now.tv_nsec - up.tv_nsec) / 1e9;
}

static void test_everywhere(void **state)
{
	static const uint32_t want[] = {100, 101, 102, 103, 104, 105, 200};
	const struct fake_proc *proc = *state;
	struct processes got;
	struct err err = {0};

	fill(proc);
	assert_true(processes_find(&got, proc->dir, PROCESS_EVERYWHERE, 0, &err));
	check_pids(&got, want, ARRAY_LEN(want));
	assert_int_equal(got.item[0].role, PROCESS_MASTER);
	assert_int_equal(got.item[0].ppid, 1);
	assert_false(got.item[0].is_single);
	assert_true(fabs(got.item[0].started -
			 (boot_time() + 1000.0 / (double)sysconf(_SC_CLK_TCK))) < 0.5);
	assert_true(fabs(got.item[1].started - got.item[0].started -
			 10.0 / (double)sysconf(_SC_CLK_TCK)) < 1e-3);
	assert_int_equal(got.item[1].role, PROCESS_WORKER);
	assert_int_equal(got.item[1].ppid, 100);
	assert_int_equal(got.item[2].role, PROCESS_DRAINING);
	assert_int_equal(got.item[3].role, PROCESS_HELPER);
	processes_free(&got);
	processes_free(&got);
}

static void test_daemons(void **state)
{
	static const uint32_t want[] = {100, 101, 102, 103, 104, 105};
	const struct fake_proc *proc = *state;
	struct processes got;
	struct err err = {0};

	fill(proc);
	assert_true(processes_find(&got, proc->dir, PROCESS_DAEMONS, 0, &err));
	check_pids(&got, want, ARRAY_LEN(want));
	processes_free(&got);
}

/* A master that is nobody's daemon is found by what is remembered of it, with its workers, and with
 * the old master that has started it; a pid that has become somebody else's is no harm. */
static void test_known(void **state)
{
	static const uint32_t family[] = {900, 910, 911};
	const struct fake_proc *proc = *state;
	struct processes got;
	struct err err = {0};

	fill(proc);
	fake_proc_process(proc, 900, 899, "nginx", "nginx: master process nginx", 5);
	fake_proc_process(proc, 910, 900, "nginx", "nginx: master process nginx", 6);
	fake_proc_process(proc, 911, 910, "nginx", "nginx: worker process", 7);
	fake_proc_process(proc, 899, 1, "bash", "bash", 4);
	fake_proc_file(proc, "900/task/900/children", "910 ");
	fake_proc_file(proc, "910/task/910/children", "911 ");
	for (uint32_t known = 900; known <= 910; known += 10) {
		assert_true(processes_find(&got, proc->dir, PROCESS_KNOWN, known, &err));
		check_pids(&got, family, ARRAY_LEN(family));
		processes_free(&got);
	}
	for (uint32_t known = 0; known <= 899; known += 899) {
		assert_true(processes_find(&got, proc->dir, PROCESS_KNOWN, known, &err));
		assert_int_equal(got.len, 0);
		processes_free(&got);
	}
	assert_true(processes_find(&got, proc->dir, PROCESS_KNOWN, 77777, &err));
	assert_int_equal(got.len, 0);
	processes_free(&got);
}

/* nginx is process 1 of its container; it is seen once. */
static void test_container(void **state)
{
	static const uint32_t want[] = {1, 7, 8};
	const struct fake_proc *proc = *state;
	struct processes got;
	struct err err = {0};

	fake_proc_process(proc, 1, 0, "nginx", "nginx: master process nginx -g daemon off;", 5);
	fake_proc_process(proc, 7, 1, "nginx", "nginx: worker process", 6);
	fake_proc_process(proc, 8, 1, "nginx", "nginx: worker process", 6);
	fake_proc_file(proc, "1/task/1/children", "7 8 7 ");
	assert_true(processes_find(&got, proc->dir, PROCESS_DAEMONS, 0, &err));
	check_pids(&got, want, ARRAY_LEN(want));
	processes_free(&got);
}

/* The kernel hands over what it has: any character may stand in a name, and a file may be cut. */
static void test_odd_stat(void **state)
{
	static const struct {
		const char *stat;
		bool ok;
	} stat_case[] = {
		{"100 (nginx) S 7 1 1 0 -1 1 1 0 0 0 0 0 0 0 20 0 1 0 900 1 1", true},
		{"100 (ng) S 1 ) inx) S 7 1 1 0 -1 1 1 0 0 0 0 0 0 0 20 0 1 0 900 1 1", true},
		{"100 (nginx) S 7 1 1 0 -1 1 1 0 0 0 0 0 0 0 20 0 1 0 900", true},
		{"100 (nginx) S 7 1 1 0 -1 1 1 0 0 0 0 0 0 0 20 0 1 0", false},
		{"100 (nginx) S x 1 1 0 -1 1 1 0 0 0 0 0 0 0 20 0 1 0 900 1 1", false},
		{"100 (nginx) S 7 1 1 0 -1 1 1 0 0 0 0 0 0 0 20 0 1 0 9a0 1 1", false},
		{"100 (nginx)", false},
		{"100 (nginx) ", false},
		{"", false},
		{"100 nginx S 7", false},
	};
	const struct fake_proc *proc = *state;

	fake_proc_process(proc, 100, 1, "nginx", "nginx: worker process", 5);
	for (size_t i = 0; i < ARRAY_LEN(stat_case); i++) {
		struct processes got;
		struct err err = {0};

		fake_proc_file(proc, "100/stat", stat_case[i].stat);
		assert_true(processes_find(&got, proc->dir, PROCESS_EVERYWHERE, 0, &err));
		assert_int_equal(got.len, stat_case[i].ok);
		if (stat_case[i].ok)
			assert_int_equal(got.item[0].ppid, 7);
		processes_free(&got);
	}
}

static void test_no_proc(void **state)
{
	struct processes got;
	struct err err = {0};

	(void)state;
	assert_false(processes_find(&got, "/nonexistent", PROCESS_EVERYWHERE, 0, &err));
	assert_int_equal(err.kind, ERR_NOT_FOUND);
	processes_free(&got);
}

/* ---- one process ----------------------------------------------------------------------------- */

static void test_facts(void **state)
{
	const struct fake_proc *proc = *state;
	uint32_t inode[8];
	size_t len;

	fake_proc_socket(proc, 100, 6, 5000);
	fake_proc_socket(proc, 100, 7, 40);
	fake_proc_socket(proc, 100, 8, UINT32_MAX);
	fake_proc_file(proc, "100/fd/1", "");
	assert_true(process_socket_inodes(proc->dir, 100, inode, ARRAY_LEN(inode), &len));
	assert_int_equal(len, 3);
	assert_int_equal(inode[0], 40);
	assert_int_equal(inode[1], 5000);
	assert_int_equal(inode[2], UINT32_MAX);
	assert_true(process_socket_inodes(proc->dir, 100, inode, 2, &len));
	assert_int_equal(len, 2);
	assert_false(process_socket_inodes(proc->dir, 101, inode, ARRAY_LEN(inode), &len));
	assert_int_equal(len, 0);

	fake_proc_file(
		proc, "100/limits",
		"Limit                     Soft Limit           Hard Limit           Units\n"
		"Max processes             95981                95981                processes\n"
		"Max open files            1024                 524288               files\n");
	assert_int_equal(process_fd_limit(proc->dir, 100), 1024);
	fake_proc_file(proc, "101/limits", "Max open files            unlimited   unlimited\n");
	assert_int_equal(process_fd_limit(proc->dir, 101), 0);
	assert_int_equal(process_fd_limit(proc->dir, 102), 0);
}

static void test_network(void **state)
{
	const struct fake_proc *proc = *state;

	assert_int_equal(process_network(proc->dir, 0), 0);
	fake_proc_file(proc, "self/net/tcp", "");
	fake_proc_link(proc, "self/net/tcp", "100/net/tcp");
	fake_proc_file(proc, "101/net/tcp", "");
	assert_true(process_network(proc->dir, 0) != 0);
	assert_true(process_network(proc->dir, 100) == process_network(proc->dir, 0));
	assert_true(process_network(proc->dir, 101) != process_network(proc->dir, 0));
	assert_true(process_network("/proc", (uint32_t)getpid()) == process_network("/proc", 0));
}

/* This process itself, as the kernel shows it. */
static void test_real(void **state)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	uint32_t pid = (uint32_t)getpid();
	uint32_t inode[64];
	uint32_t uid;
	bool found = false;
	size_t len;

	(void)state;
	assert_true(process_socket_inodes("/proc", pid, inode, ARRAY_LEN(inode), &len));
	for (size_t i = 0; i < len; i++)
		found = found || inode[i] == loopback_inode(fd);
	assert_true(found);
	assert_int_equal(process_fd_limit("/proc", pid), sysconf(_SC_OPEN_MAX));
	assert_true(process_uid("/proc", pid, &uid));
	assert_int_equal(uid, geteuid());
	assert_false(process_uid("/proc", UINT32_MAX, &uid));
	(void)close(fd);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_titles),
		CASE(test_everywhere),
		CASE(test_daemons),
		CASE(test_known),
		CASE(test_container),
		CASE(test_odd_stat),
		CASE(test_no_proc),
		CASE(test_facts),
		CASE(test_network),
		CASE(test_real),
	};

	return cmocka_run_group_tests_name("process", tests, NULL, NULL);
}
