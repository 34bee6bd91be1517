/* SPDX-License-Identifier: MIT */
/* A list of sockets that is not over in time, by netlink and by /proc. */
#include "unit.h"

#include <unistd.h>

#include "clock.h"
#include "loopback.h"
#include "sockets.h"

static void check(struct sockets_reader *reader, uint16_t port)
{
	const struct sockets_filter filter = {.local_port = {port}, .local_port_len = 1};
	struct sockets sockets = {.tcp_len = 0};
	struct err err = {0};

	assert_true(sockets_dump(reader, &filter, &sockets, &err));
	assert_int_equal(sockets.tcp_len, 1);
	reader->deadline = clock_now(CLOCK_MONOTONIC) - 0.001;
	assert_false(sockets_dump(reader, &filter, &sockets, &err));
	assert_int_equal(err.kind, ERR_TIMEOUT);
	/* The reader is as good as before. */
	reader->deadline = clock_now(CLOCK_MONOTONIC) + 600;
	err_clear(&err);
	assert_true(sockets_dump(reader, &filter, &sockets, &err));
	assert_int_equal(sockets.tcp_len, 1);
	sockets_free(&sockets);
}

static void test_deadline(void **state)
{
	int listener = loopback_listen("127.0.0.1", 4);
	struct endpoint at = loopback_local(listener);
	struct sockets_reader reader;
	struct err err = {0};

	(void)state;
	assert_true(sockets_open(&reader, 0, false, &err));
	check(&reader, at.port);
	sockets_close(&reader);
	assert_true(sockets_open(&reader, (uint32_t)getpid(), false, &err));
	check(&reader, at.port);
	sockets_close(&reader);
	assert_int_equal(close(listener), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_deadline)};

	return cmocka_run_group_tests_name("sockets deadline", tests, NULL, NULL);
}
