/* SPDX-License-Identifier: MIT */
/* fetch_run() with more targets than start at once, and with more than there are descriptors. */
#include "unit.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fetch.h"
#include "server.h"

enum {
	TARGETS = 300,
	FILES_MAX = 128, /* of this process in the second test */
	SHORT_MS = 1000,
	LONG_MS = 60000,
	HANG_SECONDS = 120,
};

/* Listens and never accepts: who connects is connected, and hangs. */
struct silent {
	int fd;
	uint16_t port;
};

static void silent_start(struct silent *silent)
{
	struct sockaddr_in addr = {.sin_family = AF_INET};
	socklen_t len = sizeof(addr);

	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	silent->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(silent->fd, (struct sockaddr *)(void *)&addr, sizeof(addr)), 0);
	assert_int_equal(listen(silent->fd, 2 * TARGETS), 0);
	assert_int_equal(getsockname(silent->fd, (struct sockaddr *)(void *)&addr, &len), 0);
	silent->port = ntohs(addr.sin_port);
}

static void ignore(void *ctx, const char *bytes, size_t len)
{
	(void)ctx;
	(void)bytes;
	(void)len;
}

struct ends {
	size_t len;
	const struct fetch_job *job[TARGETS];
};

static void note(void *owner, const struct fetch_job *job)
{
	struct ends *ends = owner;

	assert_true(ends->len < TARGETS);
	assert_true(job->ok != (job->err.kind != ERR_NONE));
	assert_true(job->seconds > 0);
	ends->job[ends->len++] = job;
}

static void set_job(struct fetch_job *job, struct target *target, uint16_t port,
		    unsigned timeout_ms, struct ends *ends)
{
	struct err err = {0};
	char text[64];

	(void)snprintf(text, sizeof(text), "tcp://127.0.0.1:%u", (unsigned)port);
	assert_true(target_parse(target, text, TARGET_UWSGI, &err));
	*job = (struct fetch_job){.target = target,
				  .bytes_max = 100,
				  .timeout_ms = timeout_ms,
				  .sink = ignore,
				  .ended = note,
				  .owner = ends};
}

/* Those that answer stand behind those that hang, and end before them. */
static void test_many(void **state)
{
	/* Each server's listen queue has room for its share. */
	enum { HUNG = 200, SERVERS = 10 };
	static struct target target[TARGETS];
	static struct fetch_job job[TARGETS];
	struct ends ends = {0};
	struct silent silent;
	struct server server[SERVERS];
	struct err err = {0};

	(void)state;
	silent_start(&silent);
	for (size_t i = 0; i < SERVERS; i++)
		server_start(&server[i], SERVER_V4, SERVER_CLOSE, "{}");
	for (size_t i = 0; i < TARGETS; i++)
		set_job(&job[i], &target[i], i < HUNG ? silent.port : server[i % SERVERS].port,
			i < HUNG ? SHORT_MS : LONG_MS, &ends);
	assert_true(fetch_run(job, TARGETS, &err));
	assert_int_equal(ends.len, TARGETS);
	for (size_t i = 0; i < TARGETS; i++) {
		if (job[i].err.kind != (i < HUNG ? ERR_TIMEOUT : ERR_NONE))
			fail_msg("%zu: %s", i, job[i].err.text);
		assert_true(i >= HUNG || job[i].seconds >= SHORT_MS / 1e3);
		target_free(&target[i]);
	}
	for (size_t i = 0; i < SERVERS; i++)
		server_stop(&server[i]);
	(void)close(silent.fd);
}

static int count_files(void)
{
	int len = 0;

	for (int fd = 0; fd < FILES_MAX; fd++)
		len += fcntl(fd, F_GETFD) >= 0 ? 1 : 0;
	return len;
}

/* Each target that finds no descriptor says so; the others are asked, and some descriptors stay. */
static void test_too_few_descriptors(void **state)
{
	static struct target target[TARGETS];
	static struct fetch_job job[TARGETS];
	struct rlimit before;
	struct rlimit limit;
	struct ends ends = {0};
	struct silent silent;
	struct err err = {0};
	size_t hung = 0;
	int free_files;

	(void)state;
	silent_start(&silent);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	limit = before;
	limit.rlim_cur = FILES_MAX;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	free_files = FILES_MAX - count_files();
	for (size_t i = 0; i < TARGETS; i++)
		set_job(&job[i], &target[i], silent.port, SHORT_MS, &ends);
	assert_true(fetch_run(job, TARGETS, &err));
	for (size_t i = 0; i < TARGETS; i++) {
		if (job[i].err.kind == ERR_TIMEOUT)
			hung++;
		else if (strstr(job[i].err.text, "too many open files") == NULL)
			fail_msg("%s", job[i].err.text);
		target_free(&target[i]);
	}
	assert_int_equal(hung, free_files - FILES_MAX / 32);
	assert_int_equal(ends.len, TARGETS);
	/* Those without one ended at once. */
	assert_int_equal(ends.job[0]->err.kind, ERR_DESCRIPTORS);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	(void)close(silent.fd);
}

/* Who is told when it has become quiet, and how many had ended by then. */
struct quiet {
	const struct ends *ends;
	size_t told;
	size_t ended[TARGETS];
};

static void tell(void *ctx)
{
	struct quiet *quiet = ctx;

	assert_true(quiet->told < TARGETS);
	quiet->ended[quiet->told++] = quiet->ends->len;
}

/* Once after some have ended and others hang, and not before any has, nor after the last one. */
static void test_quiet(void **state)
{
	enum { GOOD = 5, HUNG = 3, QUIET_MS = 20 };
	static struct target target[GOOD + HUNG];
	static struct fetch_job job[GOOD + HUNG];
	struct ends ends = {.len = 0};
	struct quiet quiet = {.ends = &ends};
	const struct fetch_quiet told = {.after_ms = QUIET_MS, .tell = tell, .ctx = &quiet};
	struct server server;
	struct silent silent;
	struct err err = {0};

	(void)state;
	server_start(&server, SERVER_V4, SERVER_CLOSE, "answer");
	silent_start(&silent);
	for (size_t i = 0; i < GOOD + HUNG; i++)
		set_job(&job[i], &target[i], i < GOOD ? server.port : silent.port, SHORT_MS, &ends);
	assert_true(fetch_run_watched(job + GOOD, HUNG, &told, &err));
	assert_int_equal(ends.len, HUNG);
	assert_int_equal(quiet.told, 0);
	ends.len = 0;
	assert_true(fetch_run_watched(job, GOOD, &told, &err));
	assert_true(quiet.told == 0 || quiet.ended[quiet.told - 1] < GOOD);
	ends.len = quiet.told = 0;
	assert_true(fetch_run_watched(job, GOOD + HUNG, &told, &err));
	/* A busy machine may be quiet for so long now and then. */
	assert_true(quiet.told >= 1);
	for (size_t i = 1; i < quiet.told; i++)
		assert_true(quiet.ended[i] > quiet.ended[i - 1]);
	assert_true(quiet.ended[quiet.told - 1] >= GOOD);
	assert_true(quiet.ended[quiet.told - 1] < GOOD + HUNG);
	for (size_t i = 0; i < GOOD + HUNG; i++)
		target_free(&target[i]);
	(void)close(silent.fd);
	server_stop(&server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_too_few_descriptors),
		cmocka_unit_test(test_quiet),
	};

	(void)alarm(HANG_SECONDS);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
