/* SPDX-License-Identifier: MIT */
/* state.c - fuzzes rate_past_parse(), and checks that what it takes comes back the same. */
#include "buf.h"
#include "rate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rate_past past;
	struct rate_past again;
	struct err err = {0};
	struct buf buf;

	if (!rate_past_parse(&past, (struct str){(const char *)data, size}, &err))
		return 0;
	buf_init(&buf, 64 * 1024);
	rate_past_encode(&past, &buf);
	if (!rate_past_parse(&again, buf_str(&buf), &err) ||
	    memcmp(&past, &again, sizeof(past)) != 0)
		abort();
	buf_free(&buf);
	return 0;
}
