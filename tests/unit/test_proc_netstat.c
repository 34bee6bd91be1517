/* SPDX-License-Identifier: MIT */
/* The counters of /proc/net/netstat. */
#include "unit.h"

#include "proc_netstat.h"

enum { UNTOUCHED = 77 };

static const struct {
	const char *text;
	bool ok;
	uint64_t value;
} netstat_case[] = {
	{"TcpExt: EmbryonicRsts ListenOverflows ListenDrops\nTcpExt: 1 12 13\n", true, 12},
	{"TcpExt: ListenOverflows\nTcpExt: 0\n", true, 0},
	{"TcpExt: ListenOverflows ListenDrops\nTcpExt: 18446744073709551615 1\n", true, UINT64_MAX},
	/* Other groups, before and after; what is in them is no matter of ours. */
	{"IpExt: InOctets ListenOverflows\nIpExt: -1 5\nTcpExt: A ListenOverflows\nTcpExt: 1 2\n"
	 "MPTcpExt: B\nMPTcpExt: 3\n",
	 true, 2},
	{"TcpExtra: ListenOverflows\nTcpExtra: 1\nTcpExt: ListenOverflows\nTcpExt: 2\n", true, 2},
	{"TcpExt: ListenOverflows\nTcpExt: 1\ngarbage", true, 1},
	/* An old kernel, no kernel at all. */
	{"TcpExt: ListenDrops\nTcpExt: 13\n", false, 0},
	{"TcpExt: ListenOverflowsX XListenOverflows\nTcpExt: 1 2\n", false, 0},
	{"IpExt: ListenOverflows\nIpExt: 1\n", false, 0},
	{"", false, 0},
	{"\n", false, 0},
	{"\n\n", false, 0},
	/* Names and numbers that do not match. */
	{"TcpExt: ListenOverflows ListenDrops\nTcpExt: 1\n", false, 0},
	{"TcpExt: ListenOverflows\nTcpExt: 1 2\n", false, 0},
	{"TcpExt: ListenOverflows ListenOverflows\nTcpExt: 1 1\n", false, 0},
	{"TcpExt: ListenOverflows\nIpExt: 1\n", false, 0},
	{"TcpExt: ListenOverflows\n\nTcpExt: 1\n", false, 0},
	{"TcpExt: ListenOverflows\nTcpExt:\n", false, 0},
	{"TcpExt:\nTcpExt:\n", false, 0},
	{"TcpExt: \nTcpExt: \n", false, 0},
	{"TcpExt: ListenOverflows \nTcpExt: 1 \n", false, 0},
	{"TcpExt:  ListenOverflows\nTcpExt:  1\n", false, 0},
	{"TcpExt: ListenOverflows  A\nTcpExt: 1 2 3\n", false, 0},
	/* No number. */
	{"TcpExt: ListenOverflows\nTcpExt: -1\n", false, 0},
	{"TcpExt: ListenOverflows\nTcpExt: 1x\n", false, 0},
	{"TcpExt: ListenOverflows A\nTcpExt: 1 x\n", false, 0},
	{"TcpExt: ListenOverflows\nTcpExt: 18446744073709551616\n", false, 0},
};

static bool find(struct str text, uint64_t *ret)
{
	return proc_netstat_find(text, STR("TcpExt"), STR("ListenOverflows"), ret);
}

static void counters(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(netstat_case); i++) {
		uint64_t value = UNTOUCHED;

		if (find(str_of(netstat_case[i].text), &value) != netstat_case[i].ok)
			fail_msg("%s", netstat_case[i].text);
		assert_int_equal(value, netstat_case[i].ok ? netstat_case[i].value : UNTOUCHED);
	}
}

/* A text that is cut off is no shorter number. */
static void cut_off(void **state)
{
	static const char text[] = "TcpExt: A ListenOverflows\nTcpExt: 1 1234567\n";

	(void)state;
	for (size_t len = 0; len < sizeof(text); len++) {
		uint64_t value = UNTOUCHED;

		assert_int_equal(find((struct str){text, len}, &value), len == sizeof(text) - 1);
		assert_int_equal(value, len == sizeof(text) - 1 ? 1234567 : UNTOUCHED);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counters),
		cmocka_unit_test(cut_off),
	};

	return cmocka_run_group_tests_name("proc_netstat", tests, NULL, NULL);
}
