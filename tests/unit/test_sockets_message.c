/* SPDX-License-Identifier: MIT */
/* What netlink sends, whole, short and odd. */
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

/* ---- TCP ------------------------------------------------------------------------------------- */

static struct inet_diag_msg inet_msg(uint8_t family)
{
	struct inet_diag_msg msg = {
		.idiag_family = family,
		.idiag_state = SOCKET_ESTABLISHED,
		.idiag_timer = SOCKET_TIMER_ZERO_WINDOW,
		.idiag_retrans = 3,
		.id = {.idiag_sport = htons(80), .idiag_dport = htons(50000)},
		.idiag_rqueue = 11,
		.idiag_wqueue = 12,
		.idiag_uid = 33,
		.idiag_inode = 4242,
	};

	if (family == AF_INET) {
		msg.id.idiag_src[0] = htonl(0x7f000001);
		msg.id.idiag_dst[0] = htonl(0xc0000207);
	} else {
		assert_int_equal(inet_pton(AF_INET6, "::1", msg.id.idiag_src), 1);
		assert_int_equal(inet_pton(AF_INET6, "2001:db8::7", msg.id.idiag_dst), 1);
	}
	return msg;
}

static void check_endpoint(const struct endpoint *endpoint, const char *text)
{
	struct buf buf;

	buf_init(&buf, 100);
	endpoint_print(endpoint, &buf);
	assert_string_equal(buf_text(&buf), text);
	buf_free(&buf);
}

static void test_tcp(void **state)
{
	struct inet_diag_msg msg = inet_msg(AF_INET);
	struct wire wire = {.len = 0};
	struct socket got;

	(void)state;
	wire_add(&wire, &msg, sizeof(msg));
	assert_true(message_tcp(wire_str(&wire), &got));
	check_endpoint(&got.local, "127.0.0.1:80");
	check_endpoint(&got.remote, "192.0.2.7:50000");
	assert_int_equal(got.state, SOCKET_ESTABLISHED);
	assert_int_equal(got.timer, SOCKET_TIMER_ZERO_WINDOW);
	assert_int_equal(got.retransmits, 3);
	assert_int_equal(got.rqueue, 11);
	assert_int_equal(got.wqueue, 12);
	assert_int_equal(got.uid, 33);
	assert_int_equal(got.inode, 4242);
	assert_false(got.has_info);

	msg = inet_msg(AF_INET6);
	wire.len = 0;
	wire_add(&wire, &msg, sizeof(msg));
	assert_true(message_tcp(wire_str(&wire), &got));
	check_endpoint(&got.local, "[::1]:80");
	check_endpoint(&got.remote, "[2001:db8::7]:50000");

	for (size_t len = 0; len < sizeof(msg); len++)
		assert_false(message_tcp((struct str){(const char *)wire.bytes, len}, &got));
	msg.idiag_family = AF_UNIX;
	wire.len = 0;
	wire_add(&wire, &msg, sizeof(msg));
	assert_false(message_tcp(wire_str(&wire), &got));
}

/* struct tcp_info of each length from nothing to more than is known today: it counts from the last
 * field that is looked at. */
static void test_info_of_any_length(void **state)
{
	enum { NEEDED = offsetof(struct tcp_info, tcpi_bytes_sent) + sizeof(uint64_t) };
	struct inet_diag_msg msg = inet_msg(AF_INET);
	unsigned char later[sizeof(struct tcp_info) + 100];
	struct tcp_info info = {.tcpi_last_data_sent = 100,
				.tcpi_last_data_recv = 200,
				.tcpi_bytes_received = 1,
				.tcpi_data_segs_in = 1,
				.tcpi_bytes_sent = 0};

	(void)state;
	memset(later, 0xff, sizeof(later));
	memcpy(later, &info, sizeof(info));
	for (size_t len = 0; len <= sizeof(later); len++) {
		struct wire wire = {.len = 0};
		struct socket got;

		wire_add(&wire, &msg, sizeof(msg));
		wire_attribute(&wire, INET_DIAG_SHUTDOWN, "", 1);
		wire_attribute(&wire, INET_DIAG_INFO, later, len);
		assert_true(message_tcp(wire_str(&wire), &got));
		assert_int_equal(got.has_info, len >= NEEDED);
		assert_int_equal(got.received_any, len >= NEEDED);
		assert_int_equal(got.received_once, len >= NEEDED);
		assert_false(got.sent_any);
		assert_int_equal(got.last_sent_ms, len >= NEEDED ? 100 : 0);
		assert_int_equal(got.last_received_ms, len >= NEEDED ? 200 : 0);
	}
}

/* A window that has room for a segment is not closed, whatever the timer is called. */
static void test_open_window(void **state)
{
	static const struct {
		uint8_t timer;
		uint32_t window, segment;
		uint8_t is;
	} cases[] = {
		{SOCKET_TIMER_ZERO_WINDOW, 0, 1448, SOCKET_TIMER_ZERO_WINDOW},
		{SOCKET_TIMER_ZERO_WINDOW, 1447, 1448, SOCKET_TIMER_ZERO_WINDOW},
		{SOCKET_TIMER_ZERO_WINDOW, 1448, 1448, SOCKET_TIMER_RETRANSMIT},
		{SOCKET_TIMER_ZERO_WINDOW, 1448, 0, SOCKET_TIMER_ZERO_WINDOW},
		{SOCKET_TIMER_KEEPALIVE, 65535, 1448, SOCKET_TIMER_KEEPALIVE},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct tcp_info info = {.tcpi_snd_mss = cases[i].segment,
					.tcpi_snd_wnd = cases[i].window};
		struct inet_diag_msg msg = inet_msg(AF_INET);
		struct wire wire = {.len = 0};
		struct wire older = {.len = 0};
		struct socket got;

		msg.idiag_timer = cases[i].timer;
		wire_add(&wire, &msg, sizeof(msg));
		wire_attribute(&wire, INET_DIAG_INFO, &info, sizeof(info));
		assert_true(message_tcp(wire_str(&wire), &got));
		assert_int_equal(got.timer, cases[i].is);
		/* A kernel that does not tell the window is taken at its word. */
		wire_add(&older, &msg, sizeof(msg));
		wire_attribute(&older, INET_DIAG_INFO, &info,
			       offsetof(struct tcp_info, tcpi_snd_wnd));
		assert_true(message_tcp(wire_str(&older), &got));
		assert_int_equal(got.timer, cases[i].timer);
	}
}

/* What a client whose window closes looked like in a real kernel, while it answered and after. */
static void test_who_answers(void **state)
{
	static const struct {
		uint8_t timer, said, backoff;
		uint32_t rto_ms, left_ms, heard_ms;
		uint8_t retransmits;
		bool is_answering;
	} cases[] = {
		/* window taken back to 0: the kernel does not count */
		{SOCKET_TIMER_RETRANSMIT, 0, 4, 3264, 280, 2984, 4, true},
		{SOCKET_TIMER_RETRANSMIT, 0, 5, 6528, 6016, 4000, 5, true},
		{SOCKET_TIMER_RETRANSMIT, 0, 6, 13056, 13044, 10156, 6, false},
		/* taken back to 500 bytes */
		{SOCKET_TIMER_RETRANSMIT, 4, 4, 3264, 2336, 928, 4, true},
		{SOCKET_TIMER_RETRANSMIT, 6, 6, 13056, 13000, 10160, 6, false},
		/* nothing is further apart than two minutes */
		{SOCKET_TIMER_RETRANSMIT, 9, 9, 120000, 119900, 120050, 9, true},
		{SOCKET_TIMER_RETRANSMIT, 9, 9, 120000, 119900, 240100, 9, false},
		/* a link of this host is down: later than the timeout says */
		{SOCKET_TIMER_RETRANSMIT, 3, 0, 204, 464, 1200, 3, false},
		/* an honest client's window: probes do not make the timeout longer */
		{SOCKET_TIMER_ZERO_WINDOW, 0, 4, 204, 2328, 100, 0, true},
		{SOCKET_TIMER_ZERO_WINDOW, 3, 7, 204, 9000, 39000, 3, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct tcp_info info = {.tcpi_backoff = cases[i].backoff,
					.tcpi_rto = cases[i].rto_ms * 1000,
					.tcpi_last_ack_recv = cases[i].heard_ms};
		struct inet_diag_msg msg = inet_msg(AF_INET);
		struct wire wire = {.len = 0};
		struct socket got;

		msg.idiag_timer = cases[i].timer;
		msg.idiag_retrans = cases[i].said;
		msg.idiag_expires = cases[i].left_ms;
		wire_add(&wire, &msg, sizeof(msg));
		wire_attribute(&wire, INET_DIAG_INFO, &info, sizeof(info));
		assert_true(message_tcp(wire_str(&wire), &got));
		assert_int_equal(got.retransmits, cases[i].retransmits);
		assert_int_equal(got.is_answering, cases[i].is_answering);
	}
}

/* An attribute whose length lies ends the list; what is before it counts. */
static void test_bad_attributes(void **state)
{
	static const unsigned short length[] = {0, 3, 5, 60000};
	struct inet_diag_msg msg = inet_msg(AF_INET);
	struct tcp_info info = {.tcpi_bytes_sent = 1};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(length); i++) {
		struct rtattr bad = {.rta_type = INET_DIAG_INFO, .rta_len = length[i]};
		struct wire wire = {.len = 0};
		struct socket got;

		wire_add(&wire, &msg, sizeof(msg));
		wire_add(&wire, &bad, sizeof(bad));
		assert_true(message_tcp(wire_str(&wire), &got));
		assert_int_equal(got.inode, 4242);
		assert_false(got.has_info);
	}
	for (unsigned extra = 1; extra < 4; extra++) {
		struct wire wire = {.len = 0};
		struct socket got;

		wire_add(&wire, &msg, sizeof(msg));
		wire_attribute(&wire, INET_DIAG_INFO, &info, sizeof(info));
		wire.len += extra;
		assert_true(message_tcp(wire_str(&wire), &got));
		assert_true(got.has_info && got.sent_any);
	}
}

static void test_listener(void **state)
{
	static const uint64_t cgroup = 0x123456789aU;
	struct inet_diag_msg msg = inet_msg(AF_INET);
	struct wire wire = {.len = 0};
	struct listener got;

	(void)state;
	wire_add(&wire, &msg, sizeof(msg));
	wire_attribute(&wire, INET_DIAG_SKV6ONLY, "\1", 1);
	wire_attribute(&wire, INET_DIAG_CGROUP_ID, &cgroup, sizeof(cgroup));
	assert_true(message_listener(wire_str(&wire), LISTENER_TCP, &got));
	assert_true(got.v6_only);
	assert_int_equal(got.kind, LISTENER_TCP);
	assert_int_equal(got.queue, 11);
	assert_int_equal(got.limit, 12);
	assert_true(got.has_uid);
	assert_int_equal(got.uid, 33);
	assert_int_equal(got.inode, 4242);
	assert_true(got.cgroup == cgroup);
	assert_string_equal(got.path, "");
	/* The queues of UDP are bytes. */
	assert_true(message_listener(wire_str(&wire), LISTENER_UDP, &got));
	assert_int_equal(got.queue, 0);
	assert_int_equal(got.limit, 0);

	wire.len = 0;
	wire_add(&wire, &msg, sizeof(msg));
	wire_attribute(&wire, INET_DIAG_CGROUP_ID, &cgroup, sizeof(cgroup) - 1);
	wire_attribute(&wire, INET_DIAG_SKV6ONLY, "", 0);
	assert_true(message_listener(wire_str(&wire), LISTENER_TCP, &got));
	assert_true(got.cgroup == 0);
	assert_false(got.v6_only);
}

/* ---- unix ------------------------------------------------------------------------------------ */

static void test_unix(void **state)
{
	static const uint32_t waiting[] = {5, 0, 7, 0, 0};
	struct unix_diag_msg msg = {.udiag_family = AF_UNIX,
				    .udiag_type = SOCK_STREAM,
				    .udiag_state = SOCKET_LISTEN,
				    .udiag_ino = 99};
	struct unix_diag_rqlen queue = {.udiag_rqueue = 5, .udiag_wqueue = 100};
	uint32_t peer = 77;
	uint32_t uid = 33;
	uint8_t shut = 1;
	uint32_t inode;
	struct wire wire = {.len = 0};
	struct unix_socket got;
	struct listener listener;

	(void)state;
	wire_add(&wire, &msg, sizeof(msg));
	wire_attribute(&wire, UNIX_DIAG_NAME, "\0app", 5);
	wire_attribute(&wire, UNIX_DIAG_PEER, &peer, sizeof(peer));
	wire_attribute(&wire, UNIX_DIAG_ICONS, waiting, sizeof(waiting));
	wire_attribute(&wire, UNIX_DIAG_RQLEN, &queue, sizeof(queue));
	wire_attribute(&wire, UNIX_DIAG_UID, &uid, sizeof(uid));
	wire_attribute(&wire, UNIX_DIAG_SHUTDOWN, &shut, sizeof(shut));
	assert_true(message_unix(wire_str(&wire), &got, NULL));
	assert_true(got.has_heard_all);
	assert_string_equal(got.path, "@app");
	assert_int_equal(got.state, SOCKET_LISTEN);
	assert_int_equal(got.inode, 99);
	assert_true(got.has_peer);
	assert_int_equal(got.peer, 77);
	assert_int_equal(got.rqueue, 5);
	assert_int_equal(got.wqueue, 100);
	assert_int_equal(got.abandoned, 3);
	assert_true(got.has_uid);
	assert_int_equal(got.uid, 33);
	for (size_t i = 0; i < ARRAY_LEN(waiting); i++) {
		assert_true(message_unix_waiting(wire_str(&wire), i, &inode));
		assert_int_equal(inode, waiting[i]);
	}
	assert_false(message_unix_waiting(wire_str(&wire), ARRAY_LEN(waiting), &inode));
	assert_true(message_listener(wire_str(&wire), LISTENER_UNIX, &listener));
	assert_string_equal(listener.path, "@app");
	assert_int_equal(listener.limit, 100);
	assert_true(listener.has_uid);
	assert_int_equal(listener.uid, 33);

	/* Cut anywhere: nothing is read beyond the end. */
	for (size_t len = 0; len < wire.len; len++) {
		unsigned char *copy = malloc(len + 1);

		assert_non_null(copy);
		memcpy(copy, wire.bytes, len);
		(void)!message_unix((struct str){(const char *)copy, len}, &got, &listener);
		(void)!message_unix_waiting((struct str){(const char *)copy, len}, 1, &inode);
		free(copy);
	}
	assert_false(
		message_unix((struct str){(const char *)wire.bytes, sizeof(msg) - 1}, &got, NULL));
	/* No name; no stream; another family. */
	assert_true(message_unix((struct str){(const char *)wire.bytes, sizeof(msg)}, &got, NULL));
	assert_string_equal(got.path, "");
	assert_false(message_listener((struct str){(const char *)wire.bytes, sizeof(msg)},
				      LISTENER_UNIX, &listener));
	msg.udiag_type = SOCK_DGRAM;
	memcpy(wire.bytes, &msg, sizeof(msg));
	assert_true(message_unix(wire_str(&wire), &got, NULL));
	assert_int_equal(got.state, 0);
	assert_int_equal(got.inode, 99);
	assert_false(message_listener(wire_str(&wire), LISTENER_UNIX, &listener));
	msg.udiag_family = AF_INET;
	memcpy(wire.bytes, &msg, sizeof(msg));
	assert_false(message_unix(wire_str(&wire), &got, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tcp),
		cmocka_unit_test(test_info_of_any_length),
		cmocka_unit_test(test_open_window),
		cmocka_unit_test(test_who_answers),
		cmocka_unit_test(test_bad_attributes),
		cmocka_unit_test(test_listener),
		cmocka_unit_test(test_unix),
	};

	return cmocka_run_group_tests_name("sockets_message", tests, NULL, NULL);
}
