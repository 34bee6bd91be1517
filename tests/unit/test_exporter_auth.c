/* SPDX-License-Identifier: MIT */
/* Passwords: the header that brings them, and bcrypt. */
#include "unit.h"

#include <math.h>

#include "buf.h"
#include "clock.h"
#include "prometheus_exporter/auth.h"
#include "prometheus_exporter/auth_bcrypt.h"
#include "web_folder.h"

static void test_basic(void **state)
{
	static const struct {
		const char *value;
		const char *user; /* NULL: refused */
		const char *password;
	} given[] = {
		{"Basic YWxpY2U6c2VjcmV0", "alice", "secret"},
		{"basic YWxpY2U6c2VjcmV0", "alice", "secret"},
		{"BASIC   YWxpY2U6c2VjcmV0", "alice", "secret"},
		{"Basic YTpiOmM=", "a", "b:c"},
		{"Basic YTo=", "a", ""},
		{"Basic OmI=", "", "b"},
		{"Basic Og==", "", ""},
		{"Basic w6Q6w7Y=", "\xc3\xa4", "\xc3\xb6"},
		{"Basic YT+/Og==", "a?\xbf", ""},
		{"", NULL, NULL},
		{"Basic", NULL, NULL},
		{"Basic ", NULL, NULL},
		{"BasicYTo=", NULL, NULL},
		{"Bearer YTpi", NULL, NULL},
		{"Basix YTpi", NULL, NULL},
		{"Basic YTpi ", NULL, NULL},
		{"Basic\tYTpi", NULL, NULL},
		{"Basic YWxpY2U=", NULL, NULL},  /* no colon */
		{"Basic YTo", NULL, NULL},       /* no padding */
		{"Basic YTp=", NULL, NULL},      /* bits left over */
		{"Basic Oh==", NULL, NULL},      /* bits left over */
		{"Basic O===", NULL, NULL},      /* too much padding */
		{"Basic YT=i", NULL, NULL},      /* padding in the middle */
		{"Basic YTp-", NULL, NULL},      /* the alphabet of URLs */
		{"Basic YT pi", NULL, NULL},     /* a blank inside */
		{"Basic YToAYg==", NULL, NULL},  /* a zero byte, where crypt() would stop */
		{"Basic YQo6Yg==", NULL, NULL},  /* a newline */
		{"Basic YTp/", NULL, NULL},      /* DEL */
		{"Basic YTpi,YTpi", NULL, NULL}, /* two of them */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(given); i++) {
		struct auth_basic basic;
		struct auth_basic copy;
		bool ok = auth_basic_parse(&basic, str_of(given[i].value));

		if (ok != (given[i].user != NULL))
			fail_msg("\"%s\"", given[i].value);
		if (!ok)
			continue;
		auth_basic_copy(&copy, &basic);
		auth_basic_wipe(&basic);
		assert_null(basic.user);
		assert_int_equal(basic.bytes[0], 0);
		assert_string_equal(copy.user, given[i].user);
		assert_string_equal(copy.password, given[i].password);
		assert_ptr_equal(copy.user, copy.bytes);
	}
}

/* "Basic " and `len` letters that mean a colon and `len` / 4 * 3 - 1 other characters. */
static bool parse_long(size_t len, struct auth_basic *basic)
{
	struct buf text;
	bool ok;

	buf_init(&text, 10000);
	buf_add_text(&text, "Basic Olpa");
	while (text.len < strlen("Basic ") + len)
		buf_add_text(&text, "Wlpa");
	ok = auth_basic_parse(basic, buf_str(&text));
	buf_free(&text);
	return ok;
}

static void test_basic_long(void **state)
{
	struct auth_basic basic;

	(void)state;
	assert_true(parse_long(680, &basic)); /* 510 bytes */
	assert_int_equal(strlen(basic.password), 509);
	assert_false(parse_long(684, &basic)); /* 513 */
	assert_false(parse_long(8000, &basic));
}

static void test_hash(void **state)
{
	static const struct {
		const char *hash;
		unsigned cost; /* 0: none of bcrypt */
	} given[] = {
		{WEB_HASH_SECRET, 4},
		{"$2y$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi", 10},
		{"$2a$31$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi", 31},
		{"$2y$03$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi", 0},
		{"$2y$32$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi", 0},
		{"$2y$1x$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi", 0},
		{"$2x$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi", 0},
		{"$2y$10.QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi", 0},
		{"$2y$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeS", 0},
		{"$2y$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSii", 0},
		{"$2y$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ:VcEd00UAV/LDeSi", 0},
		{"$1$abc$def", 0},
		{"secret", 0},
		{"", 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(given); i++) {
		unsigned cost = 0;
		bool ok = auth_hash_cost(given[i].hash, &cost);

		if (ok != (given[i].cost != 0) || cost != given[i].cost)
			fail_msg("\"%s\"", given[i].hash);
	}
}

static void test_password(void **state)
{
	(void)state;
	assert_true(auth_password_ok(WEB_HASH_SECRET, "secret", 4));
	assert_true(auth_password_ok(WEB_HASH_SECRET, "secret", 6));
	assert_true(auth_password_ok(WEB_HASH_GEHEIM, "geheim", 5));
	assert_false(auth_password_ok(WEB_HASH_SECRET, "secreT", 4));
	assert_false(auth_password_ok(WEB_HASH_SECRET, "", 4));
	assert_false(auth_password_ok(WEB_HASH_SECRET, "geheim", 5));
	assert_false(auth_password_ok(NULL, "secret", 4));
	assert_false(auth_password_ok("secret", "secret", 4));
}

/* Processor time of this thread alone: the shortest of three. */
static double work_of(const char *hash, unsigned cost)
{
	double best = (double)INFINITY;

	for (unsigned i = 0; i < 3; i++) {
		double begin = clock_now(CLOCK_THREAD_CPUTIME_ID);
		double work;

		assert_false(auth_password_ok(hash, "wrong", cost));
		work = clock_now(CLOCK_THREAD_CPUTIME_ID) - begin;
		best = work < best ? work : best;
	}
	return best;
}

/* Six more of cost are 64 times the work, for a cheap hash and for a user whom nobody knows. */
static void test_work(void **state)
{
	double cheap = work_of(WEB_HASH_SECRET, 4);

	(void)state;
	assert_true(work_of(WEB_HASH_SECRET, 10) > 16 * cheap);
	assert_true(work_of(NULL, 10) > 16 * cheap);
	assert_true(work_of(NULL, 4) < 4 * cheap);
}

/* ---- what is remembered ---------------------------------------------------------------------- */

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_basic), cmocka_unit_test(test_basic_long),
		cmocka_unit_test(test_hash),  cmocka_unit_test(test_password),
		cmocka_unit_test(test_work),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
