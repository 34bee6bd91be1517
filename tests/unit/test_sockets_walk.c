/* SPDX-License-Identifier: MIT */
/* A netlink answer's messages: whole, stale, cut, errors. */
#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <linux/unix_diag.h>
#include <sys/socket.h>

#include "sockets_message.h"
#include "wire.h"

enum { SEQUENCE = 7 };

static struct wire number(int32_t value)
{
	struct wire wire = {.len = 0};

	wire_add(&wire, &value, sizeof(value));
	return wire;
}

static struct message_walk walk_over(const struct wire *wire)
{
	return (struct message_walk){.rest = wire_str(wire), .sequence = SEQUENCE};
}

/* ---- the walk -------------------------------------------------------------------------------- */

static void test_walk(void **state)
{
	struct wire wire = {.len = 0};
	struct wire body = number(1);
	struct wire stale = number(2);
	struct wire end = number(0);
	struct message_walk walk;
	struct str got;

	(void)state;
	wire_message(&wire, SOCK_DIAG_BY_FAMILY, NLM_F_MULTI, SEQUENCE, &body);
	wire_message(&wire, SOCK_DIAG_BY_FAMILY, NLM_F_MULTI, SEQUENCE - 1, &stale);
	wire_message(&wire, NLMSG_NOOP, 0, SEQUENCE, &body);
	wire_message(&wire, SOCK_DIAG_BY_FAMILY, NLM_F_MULTI | NLM_F_DUMP_INTR, SEQUENCE, &body);
	walk = walk_over(&wire);
	assert_true(message_next(&walk, &got));
	assert_int_equal(got.len, 4);
	assert_memory_equal(got.ptr, body.bytes, 4);
	assert_false(walk.interrupted);
	assert_true(message_next(&walk, &got));
	assert_true(walk.interrupted);
	assert_false(message_next(&walk, &got));
	assert_int_equal(walk.state, WALK_MORE);

	wire_message(&wire, NLMSG_DONE, NLM_F_MULTI, SEQUENCE, &end);
	wire_message(&wire, SOCK_DIAG_BY_FAMILY, NLM_F_MULTI, SEQUENCE, &body);
	walk = walk_over(&wire);
	assert_true(message_next(&walk, &got));
	assert_true(message_next(&walk, &got));
	assert_false(message_next(&walk, &got));
	assert_int_equal(walk.state, WALK_DONE);
	assert_int_equal(walk.error, 0);
	assert_false(message_next(&walk, &got));
}

static void test_errors(void **state)
{
	static const struct {
		unsigned type;
		int32_t error;
		int want;
	} error_case[] = {
		{NLMSG_ERROR, -ENOENT, ENOENT},
		{NLMSG_DONE, -EINVAL, EINVAL},
		{NLMSG_ERROR, 0, 0},
		{NLMSG_DONE, 5, 0},
		{NLMSG_ERROR, INT32_MIN, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(error_case); i++) {
		struct wire wire = {.len = 0};
		struct wire body = number(error_case[i].error);
		struct message_walk walk;
		struct str got;

		wire_message(&wire, error_case[i].type, 0, SEQUENCE, &body);
		walk = walk_over(&wire);
		assert_false(message_next(&walk, &got));
		assert_int_equal(walk.state, WALK_DONE);
		assert_int_equal(walk.error, error_case[i].want);
	}
}

/* A message cut at each of its bytes, and one with a length that lies. */
static void test_cut_messages(void **state)
{
	struct wire whole = {.len = 0};
	struct wire body = number(1);
	struct nlmsghdr head = {.nlmsg_len = sizeof(head) - 1, .nlmsg_seq = SEQUENCE};
	struct message_walk walk;
	struct str got;

	(void)state;
	wire_message(&whole, SOCK_DIAG_BY_FAMILY, 0, SEQUENCE, &body);
	for (size_t len = 1; len < whole.len; len++) {
		walk = (struct message_walk){.rest = {(const char *)whole.bytes, len},
					     .sequence = SEQUENCE};
		assert_false(message_next(&walk, &got));
		assert_int_equal(walk.state, WALK_BAD);
		assert_false(message_next(&walk, &got));
	}
	whole.len = 0;
	wire_add(&whole, &head, sizeof(head));
	walk = walk_over(&whole);
	assert_false(message_next(&walk, &got));
	assert_int_equal(walk.state, WALK_BAD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_walk),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_cut_messages),
	};

	return cmocka_run_group_tests_name("sockets_walk", tests, NULL, NULL);
}
