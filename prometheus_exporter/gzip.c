/* SPDX-License-Identifier: MIT */
/* gzip.c - compression by zlib; see gzip.h. */
#include "gzip.h"

#include <zlib.h>

enum {
	LEVEL = 3,      /* the higher ones take twice the time for 4 % less */
	WINDOW_MIN = 9, /* powers of two; below 9 zlib cannot */
	WINDOW_MAX = 15,
	MEMORY_MAX = 8, /* zlib's default */
	MEMORY_BELOW_WINDOW = 7,
	GZIP_FRAME = 16, /* zlib: a gzip header is wanted */
	CHUNK = 4 * 1024,
	INPUT_MAX = 1024 * 1024 * 1024, /* zlib counts with 32 bits */
};

/* No window needs to be longer than the text. */
static int window_of(size_t len)
{
	int window = WINDOW_MIN;

	while (window < WINDOW_MAX && (size_t)1 << window < len)
		window++;
	return window;
}

static bool start(z_stream *stream, size_t len)
{
	int window = window_of(len);
	int memory = window - MEMORY_BELOW_WINDOW;

	return deflateInit2(stream, LEVEL, Z_DEFLATED, window + GZIP_FRAME,
			    memory < MEMORY_MAX ? memory : MEMORY_MAX, Z_DEFAULT_STRATEGY) == Z_OK;
}

bool gzip_add(struct buf *out, struct str text)
{
	z_stream stream = {0};
	unsigned char chunk[CHUNK];
	int status = Z_OK;

	if (text.len > INPUT_MAX || !start(&stream, text.len))
		return false;
	/* zlib only reads it, its header does not say so. */
	stream.next_in = (unsigned char *)(uintptr_t)text.ptr;
	stream.avail_in = (unsigned)text.len;
	while (status == Z_OK && buf_ok(out)) {
		stream.next_out = chunk;
		stream.avail_out = sizeof(chunk);
		status = deflate(&stream, Z_FINISH);
		buf_add(out, (const char *)chunk, sizeof(chunk) - stream.avail_out);
	}
	(void)deflateEnd(&stream);
	if (status == Z_STREAM_END && buf_ok(out))
		return true;
	buf_free(out);
	return false;
}
