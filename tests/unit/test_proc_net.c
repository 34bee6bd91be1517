/* SPDX-License-Identifier: MIT */
/* The lines of /proc/net, as Linux 6.18 printed them on a little-endian machine. */
#include "unit.h"

#include "proc_net.h"

static const char heading[] = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when "
			      "retrnsmt   uid  timeout inode";

struct inet_case {
	const char *line;
	const char *local; /* as endpoint_print() has it */
	const char *remote;
	struct socket want; /* endpoints apart */
};

static const struct inet_case inet_case[] = {
	{"   0: 0100007F:1F90 00000000:0000 0A 00000000:00000003 00:00000000 00000000  1000        "
	 "0 "
	 "2651448 1 000000002fd9a7ae 100 0 0 10 0",
	 "127.0.0.1:8080",
	 "*:0",
	 {.state = SOCKET_LISTEN, .rqueue = 3, .uid = 1000, .inode = 2651448}},
	{"  12: 0100007F:1F90 0100007F:DE1A 01 00000005:00000011 01:00000014 00000002    33        "
	 "7 "
	 "2651460 3 00000000a2d70d6f 20 4 30 10 -1",
	 "127.0.0.1:8080",
	 "127.0.0.1:56858",
	 {.state = SOCKET_ESTABLISHED,
	  .timer = SOCKET_TIMER_RETRANSMIT,
	  .retransmits = 2,
	  .wqueue = 5,
	  .rqueue = 17,
	  .uid = 33,
	  .inode = 2651460}},
	/* Nothing that a listener's first column says is its backlog. */
	{"   0: 0100007F:1F90 00000000:0000 0A 00000007:00000000 00:00000000 00000000  1000        "
	 "0 "
	 "2651448 1",
	 "127.0.0.1:8080",
	 "*:0",
	 {.state = SOCKET_LISTEN, .uid = 1000, .inode = 2651448}},
	/* A zero window: the probes stand under "timeout". */
	{"   1: 0100007F:1F90 0100007F:DE1A 01 0027AC40:00000000 04:0000022B 00000001    33        "
	 "5 "
	 "2651460 2 00000000a2d70d6f 20 4 30 10 -1",
	 "127.0.0.1:8080",
	 "127.0.0.1:56858",
	 {.state = SOCKET_ESTABLISHED,
	  .timer = SOCKET_TIMER_ZERO_WINDOW,
	  .retransmits = 5,
	  .wqueue = 2600000,
	  .uid = 33,
	  .inode = 2651460}},
	/* No timer: nothing is being retransmitted. */
	{"   1: 0100007F:1F90 0100007F:DE1A 08 00000000:00000001 00:00000000 00000009    33        "
	 "4 "
	 "0 1 00000000a2d70d6f 20 4 30 10 -1",
	 "127.0.0.1:8080",
	 "127.0.0.1:56858",
	 {.state = SOCKET_CLOSE_WAIT, .rqueue = 1, .uid = 33}},
	{"1048575: 0A00A8C0:0050 FE01A8C0:D431 06 00000000:00000000 03:00000F9E 00000000     0     "
	 "  "
	 " 0 0 3 00000000",
	 "192.168.0.10:80",
	 "192.168.1.254:54321",
	 {.state = SOCKET_TIME_WAIT, .timer = SOCKET_TIMER_TIME_WAIT}},
	{"   3: 00000000000000000000000001000000:01BB 00000000000000000000000001000000:BEEF 01 "
	 "00000000:00000000 02:000AFC8E 00000000 4294967295        0 4294967295 2",
	 "[::1]:443",
	 "[::1]:48879",
	 {.state = SOCKET_ESTABLISHED,
	  .timer = SOCKET_TIMER_KEEPALIVE,
	  .uid = UINT32_MAX,
	  .inode = UINT32_MAX}},
	{"   4: 0000000000000000FFFF00000100007F:0050 0000000000000000FFFF00000100007F:C350 01 "
	 "00000000:00000000 00:00000000 00000000     0        0 7 1",
	 "127.0.0.1:80",
	 "127.0.0.1:50000",
	 {.state = SOCKET_ESTABLISHED, .inode = 7}},
	{"   5: B80D0120000000000000000001000000:0050 00000000000000000000000000000000:0000 0A "
	 "00000000:00000000 00:00000000 00000000     0        0 8",
	 "[2001:db8::1]:80",
	 "[::]:0",
	 {.state = SOCKET_LISTEN, .inode = 8}},
	/* udp: the same columns, and the drops at the end */
	{" 3119: 3500007F:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000   101       "
	 " 0 "
	 "17031 2 0000000000000000 0",
	 "127.0.0.53:53",
	 "*:0",
	 {.state = SOCKET_CLOSE, .uid = 101, .inode = 17031}},
};

static void check_endpoint(const struct endpoint *endpoint, const char *text)
{
	struct buf buf;

	buf_init(&buf, 100);
	endpoint_print(endpoint, &buf);
	assert_string_equal(buf_text(&buf), text);
	buf_free(&buf);
}

static void test_inet(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(inet_case); i++) {
		const struct socket *want = &inet_case[i].want;
		struct socket got;

		assert_true(proc_net_inet(str_of(inet_case[i].line), &got));
		check_endpoint(&got.local, inet_case[i].local);
		check_endpoint(&got.remote, inet_case[i].remote);
		assert_int_equal(got.state, want->state);
		assert_int_equal(got.timer, want->timer);
		assert_int_equal(got.retransmits, want->retransmits);
		assert_int_equal(got.rqueue, want->rqueue);
		assert_int_equal(got.wqueue, want->wqueue);
		assert_int_equal(got.uid, want->uid);
		assert_int_equal(got.inode, want->inode);
		assert_false(got.has_info);
	}
}

/* Every shorter line that ends before the inode is refused, and so is every line with one character
 * of its structure changed. */
static void test_inet_damage(void **state)
{
	const char *line = inet_case[1].line;
	const char *inode = strstr(line, "2651460");
	struct socket got;

	(void)state;
	assert_non_null(inode);
	for (size_t len = 0; len < (size_t)(inode - line); len++)
		assert_false(proc_net_inet((struct str){line, len}, &got));
	assert_false(proc_net_inet(str_of(heading), &got));
	for (const char *c = line; c < inode; c++) {
		char copy[256];

		(void)snprintf(copy, sizeof(copy), "%s", line);
		copy[c - line] = 'x';
		if (*c != ' ' || c[1] != ' ')
			assert_false(proc_net_inet(str_of(copy), &got));
	}
}

static void test_inet_refused(void **state)
{
	static const char *const line[] = {
		"",
		" ",
		"0:",
		/* an address of 7, 9, 31 digits; a port of 5 */
		"0: 100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 1",
		"0: 00100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 1",
		"0: 0000000000000000000000000000000:1F90 00000000000000000000000000000000:0000 0A "
		"00000000:00000000 00:00000000 00000000 0 0 1",
		"0: 0100007F:01F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 1",
		/* a queue of 9 digits, an inode that is no number, a uid above 32 bits */
		"0: 0100007F:1F90 00000000:0000 0A 000000000:00000000 00:00000000 00000000 0 0 1",
		"0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 x",
		"0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 1x",
		"0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000 "
		"4294967296 "
		"0 1",
		"0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 "
		"18446744073709551616",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(line); i++) {
		struct socket got;

		assert_false(proc_net_inet(str_of(line[i]), &got));
	}
}

static void test_unix(void **state)
{
	static const struct {
		const char *line;
		uint8_t state;
		uint32_t inode;
		const char *path;
	} unix_case[] = {
		{"0000000034e5caa1: 00000002 00000000 00010000 0001 01 2651448 /tmp/k/u.sock",
		 SOCKET_LISTEN, 2651448, "/tmp/k/u.sock"},
		{"000000007a7b559f: 00000003 00000000 00000000 0001 03 2651454 /tmp/k/u.sock",
		 SOCKET_ESTABLISHED, 2651454, "/tmp/k/u.sock"},
		{"000000000f95f75f: 00000003 00000000 00000000 0001 02     0 /tmp/k/u.sock",
		 SOCKET_ESTABLISHED, 0, "/tmp/k/u.sock"},
		{"000000004d2eba69: 00000003 00000000 00000000 0001 03   554", SOCKET_ESTABLISHED,
		 554, ""},
		{"0000000047f28e99: 00000002 00000000 00010000 0001 01 2651455 @ktest@",
		 SOCKET_LISTEN, 2651455, "@ktest"},
		{"0000000047f28e99: 00000002 00000000 00010000 0001 01 2651455 @a@b@@@",
		 SOCKET_LISTEN, 2651455, "@a@b"},
		{"0000000047f28e99: 00000002 00000000 00010000 0001 01 7 /a path/with blanks ",
		 SOCKET_LISTEN, 7, "/a path/with blanks "},
		{"0000000047f28e99: 00000002 00000000 00000000 0001 01 8 /bound", SOCKET_CLOSE, 8,
		 "/bound"},
		/* a datagram and a packet socket */
		{"0000000047f28e99: 00000002 00000000 00000000 0002 01 9 /run/systemd/notify", 0, 9,
		 "/run/systemd/notify"},
		{"0000000047f28e99: 00000002 00000000 00010000 0005 01 10 /run/udev/control", 0, 10,
		 "/run/udev/control"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(unix_case); i++) {
		struct unix_socket got;

		assert_true(proc_net_unix(str_of(unix_case[i].line), &got));
		assert_int_equal(got.state, unix_case[i].state);
		assert_int_equal(got.inode, unix_case[i].inode);
		assert_string_equal(got.path, unix_case[i].path);
		assert_false(got.has_peer);
	}
}

static void test_unix_long_path(void **state)
{
	char line[512];
	struct unix_socket got;

	(void)state;
	(void)snprintf(line, sizeof(line),
		       "0000000047f28e99: 00000002 00000000 00010000 0001 01 7 /%0300d", 0);
	assert_true(proc_net_unix(str_of(line), &got));
	assert_int_equal(strlen(got.path), UNIX_PATH_MAX_LEN);
}

static void test_unix_refused(void **state)
{
	static const char line[] =
		"0000000034e5caa1: 00000002 00000000 00010000 0001 01 2651448 /tmp/u.sock";
	struct unix_socket got;

	(void)state;
	for (size_t len = 0; len < (size_t)(strstr(line, "2651448") - line); len++)
		assert_false(proc_net_unix((struct str){line, len}, &got));
	assert_false(proc_net_unix(STR("Num       RefCount Protocol Flags    Type St Inode Path"),
				   &got));
	assert_false(proc_net_unix(
		STR("0000000034e5caa1: 00000002 00000000 00010000 0001 01 12x /tmp"), &got));
	assert_false(proc_net_unix(STR("rest of a path"), &got));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_inet),           cmocka_unit_test(test_inet_damage),
		cmocka_unit_test(test_inet_refused),   cmocka_unit_test(test_unix),
		cmocka_unit_test(test_unix_long_path), cmocka_unit_test(test_unix_refused),
	};

	return cmocka_run_group_tests_name("proc_net", tests, NULL, NULL);
}
