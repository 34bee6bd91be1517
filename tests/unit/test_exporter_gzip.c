/* SPDX-License-Identifier: MIT */
/* What is compressed is the same when it is unpacked, whatever its length. */
#include "unit.h"

#include <zlib.h>

#include "prometheus_exporter/gzip.h"

enum { LEN_MAX = 300 * 1000, CEILING = 1024 * 1024, GZIP_FRAME = 16 };

/* A little like an exposition: words that come again, numbers that do not. */
static void fill(char *text, size_t len)
{
	uint32_t seed = 1;

	for (size_t i = 0; i < len; i++) {
		seed = seed * 1103515245U + 12345U;
		text[i] = i % 16 < 12 ? "uwsgi_worker"[i % 12] : (char)(seed >> 24);
	}
}

static size_t unpack(const struct buf *packed, char *ret)
{
	z_stream stream = {0};

	stream.next_in = (unsigned char *)packed->ptr;
	stream.avail_in = (unsigned)packed->len;
	stream.next_out = (unsigned char *)ret;
	stream.avail_out = LEN_MAX;
	assert_int_equal(inflateInit2(&stream, MAX_WBITS + GZIP_FRAME), Z_OK);
	assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
	assert_int_equal(inflateEnd(&stream), Z_OK);
	return stream.total_out;
}

static void test_same(void **state)
{
	static const size_t len[] = {0,    1,    300,   511,   512,   513,    1024,   4096,
				     4097, 9000, 32768, 32769, 70000, 150000, LEN_MAX};
	char *text = malloc(LEN_MAX);
	char *again = malloc(LEN_MAX);

	(void)state;
	assert_non_null(text);
	assert_non_null(again);
	fill(text, LEN_MAX);
	for (size_t i = 0; i < ARRAY_LEN(len); i++) {
		struct buf packed;

		buf_init(&packed, CEILING);
		assert_true(gzip_add(&packed, (struct str){text, len[i]}));
		assert_int_equal(unpack(&packed, again), len[i]);
		assert_memory_equal(text, again, len[i]);
		assert_true(len[i] < GZIP_BYTES_MIN || packed.len < len[i] / 2);
		buf_free(&packed);
	}
	free(text);
	free(again);
}

/* What does not fit leaves nothing behind, however much of it did. */
static void test_ceiling(void **state)
{
	static const size_t ceiling[] = {100, 20000};
	char *text = malloc(LEN_MAX);

	(void)state;
	assert_non_null(text);
	fill(text, LEN_MAX);
	for (size_t i = 0; i < ARRAY_LEN(ceiling); i++) {
		struct buf packed;

		buf_init(&packed, ceiling[i]);
		assert_false(gzip_add(&packed, (struct str){text, LEN_MAX}));
		assert_int_equal(packed.len, 0);
		assert_null(packed.ptr);
	}
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_ceiling),
	};

	return cmocka_run_group_tests_name("exporter_gzip", tests, NULL, NULL);
}
