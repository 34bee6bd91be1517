/* SPDX-License-Identifier: MIT */
/* Versions in Server headers, and their order. */
#include "unit.h"

#include "nginx_version.h"

static const struct header_case {
	const char *server;
	bool known;
	unsigned major, minor, patch;
} header_case[] = {
	{"nginx/1.22.1", true, 1, 22, 1},
	{"nginx/1.22.1 (Ubuntu)", true, 1, 22, 1},
	{"nginx/0.1.18", true, 0, 1, 18},
	{"nginx/1.31.5 (my build)", true, 1, 31, 5},
	{"openresty/1.21.4.1", true, 1, 21, 4},
	{"freenginx/1.27.2", true, 1, 27, 2},
	{"nginx", false, 0, 0, 0},
	{"", false, 0, 0, 0},
	{"nginx/", false, 0, 0, 0},
	{"nginx/1", false, 0, 0, 0},
	{"nginx/1.22", false, 0, 0, 0},
	{"nginx/1.22.", false, 0, 0, 0},
	{"nginx/1.22.x", false, 0, 0, 0},
	{"nginx/1..1", false, 0, 0, 0},
	{"nginx/-1.2.3", false, 0, 0, 0},
	{"nginx/99999999999999999999.1.1", false, 0, 0, 0},
	{"nginx/1.2.4000000000", false, 0, 0, 0},
	{" nginx/1.22.1", false, 0, 0, 0},
	{"Nginx/1.22.1", false, 0, 0, 0},
	{"mynginx/1.22.1", false, 0, 0, 0},
	/* These count their own versions. */
	{"Tengine/3.2.0", false, 0, 0, 0},
	{"Angie/1.13.0", false, 0, 0, 0},
	{"Apache/2.4.57", false, 0, 0, 0},
	{"cloudflare", false, 0, 0, 0},
};

static void test_headers(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(header_case); i++) {
		const struct header_case *c = &header_case[i];
		struct nginx_version version = nginx_version_of(c->server);

		if (version.known != c->known)
			fail_msg("\"%s\": known %d", c->server, version.known);
		if (!c->known)
			continue;
		assert_int_equal(version.major, c->major);
		assert_int_equal(version.minor, c->minor);
		assert_int_equal(version.patch, c->patch);
	}
}

static void test_order(void **state)
{
	static const struct {
		unsigned major, minor, patch;
		int order; /* of 1.22.1 against it */
	} row[] = {
		{1, 22, 1, 0},  {1, 22, 0, 1}, {1, 22, 2, -1}, {1, 21, 9, 1}, {1, 23, 0, -1},
		{0, 99, 99, 1}, {2, 0, 0, -1}, {1, 9, 15, 1},  {1, 3, 14, 1}, {1, 100, 0, -1},
	};
	struct nginx_version version = nginx_version_of("nginx/1.22.1");

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		int order =
			nginx_version_compare(version, row[i].major, row[i].minor, row[i].patch);

		if ((order > 0) - (order < 0) != row[i].order)
			fail_msg("1.22.1 and %u.%u.%u: %d", row[i].major, row[i].minor,
				 row[i].patch, order);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
