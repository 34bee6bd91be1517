/* SPDX-License-Identifier: MIT */
/* What systemd hands over in the environment, and what it is told. */
#include "unit.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "prometheus_exporter/systemd.h"
#include "str.h"

enum { MESSAGE_LEN = 512 };

static const char *no_variable(const char *name)
{
	(void)name;
	return NULL;
}

static const char *variable(const char *name)
{
	return getenv(name);
}

static void set(const char *name, const char *value)
{
	if (value == NULL)
		assert_int_equal(unsetenv(name), 0);
	else
		assert_int_equal(setenv(name, value, 1), 0);
}

static void test_sockets(void **state)
{
	static const struct {
		const char *pid; /* "own": that of this process */
		const char *fds;
		int expected; /* -1: refused */
	} given[] = {
		{NULL, NULL, 0},   {"own", NULL, 0}, {NULL, "1", 0},    {"own", "1", 1},
		{"own", "2", 2},   {"1", "2", 0},    {"own", "0", 0},   {"own", "16", 16},
		{"own", "17", -1}, {"own", "x", -1}, {"own", "-1", -1}, {"x", "1", -1},
	};
	char own[32];
	struct systemd systemd;

	(void)state;
	(void)snprintf(own, sizeof(own), "%ld", (long)getpid());
	for (size_t i = 0; i < ARRAY_LEN(given); i++) {
		struct err err = {0};
		bool is_own = given[i].pid != NULL && given[i].pid[0] == 'o';
		bool ok;

		set("LISTEN_PID", is_own ? own : given[i].pid);
		set("LISTEN_FDS", given[i].fds);
		ok = systemd_read(&systemd, variable, &err);
		assert_int_equal(ok, given[i].expected >= 0);
		if (ok)
			assert_int_equal(systemd.fds, given[i].expected);
		else
			assert_non_null(strstr(err.text, "LISTEN_"));
	}
	set("LISTEN_PID", NULL);
	set("LISTEN_FDS", NULL);
}

static void hear(int fd, char message[MESSAGE_LEN])
{
	ssize_t len = recv(fd, message, MESSAGE_LEN - 1, 0);

	assert_true(len > 0);
	message[len] = '\0';
}

static void tell_and_hear(int fd, const char *address)
{
	struct systemd systemd;
	struct err err = {0};
	char message[MESSAGE_LEN];
	struct str rest;
	uint64_t usec = 0;
	struct timespec now;

	set("NOTIFY_SOCKET", address);
	assert_true(systemd_read(&systemd, variable, &err));
	systemd_ready(&systemd, "two\nlines");
	hear(fd, message);
	assert_string_equal(message, "READY=1\nSTATUS=two lines");
	systemd_reloading(&systemd);
	hear(fd, message);
	assert_non_null(strstr(message, "RELOADING=1\nMONOTONIC_USEC="));
	rest = str_of(strstr(message, "USEC=") + 5);
	assert_true(str_take_u64(&rest, &usec));
	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &now), 0);
	assert_in_range(usec, ((uint64_t)now.tv_sec - 60) * 1000000,
			((uint64_t)now.tv_sec + 1) * 1000000);
	systemd_stopping(&systemd);
	hear(fd, message);
	assert_int_equal(strncmp(message, "STOPPING=1\nSTATUS=", 18), 0);
}

static int notified_at(struct sockaddr_un *addr, size_t len)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	addr->sun_family = AF_UNIX;
	assert_int_equal(bind(fd, (const struct sockaddr *)addr,
			      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)),
			 0);
	return fd;
}

static void test_notify(void **state)
{
	struct sockaddr_un addr = {0};
	char folder[] = "/tmp/connledger-XXXXXX";
	char name[64];
	int fd;

	(void)state;
	assert_non_null(mkdtemp(folder));
	(void)snprintf(name, sizeof(name), "%s/notify", folder);
	memcpy(addr.sun_path, name, strlen(name));
	fd = notified_at(&addr, strlen(name));
	tell_and_hear(fd, name);
	(void)close(fd);
	assert_int_equal(unlink(name), 0);
	assert_int_equal(rmdir(folder), 0);
	/* One without a file: its name begins with a zero byte. */
	addr = (struct sockaddr_un){0};
	(void)snprintf(name, sizeof(name), "@connledger-test-%ld", (long)getpid());
	memcpy(addr.sun_path + 1, name + 1, strlen(name) - 1);
	fd = notified_at(&addr, strlen(name));
	tell_and_hear(fd, name);
	(void)close(fd);
}

static void test_nobody_wants_to_know(void **state)
{
	static const char *const bad[] = {"x", "relative/path", "@", "/"};
	char long_name[200] = "/";
	struct systemd systemd;
	struct err err = {0};

	(void)state;
	assert_true(systemd_read(&systemd, no_variable, &err));
	assert_int_equal(systemd.to_len, 0);
	systemd_ready(&systemd, "");
	set("NOTIFY_SOCKET", "");
	assert_true(systemd_read(&systemd, variable, &err));
	/* Nobody is there: that is no failure. */
	set("NOTIFY_SOCKET", "/no-such-folder/notify");
	assert_true(systemd_read(&systemd, variable, &err));
	systemd_stopping(&systemd);
	memset(long_name + 1, 'x', sizeof(long_name) - 2);
	set("NOTIFY_SOCKET", long_name);
	assert_false(systemd_read(&systemd, variable, &err));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		err_clear(&err);
		set("NOTIFY_SOCKET", bad[i]);
		assert_false(systemd_read(&systemd, variable, &err));
		assert_non_null(strstr(err.text, bad[i]));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sockets),
		cmocka_unit_test(test_notify),
		cmocka_unit_test(test_nobody_wants_to_know),
	};

	return cmocka_run_group_tests_name("exporter_systemd", tests, NULL, NULL);
}
