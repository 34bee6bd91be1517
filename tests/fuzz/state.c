/* SPDX-License-Identifier: MIT */
/* state.c - fuzzes rate_sample_parse(), and checks that what it takes comes back the same. */
#include "buf.h"
#include "rate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rate_sample sample;
	struct rate_sample again;
	struct err err = {0};
	struct buf buf;

	if (!rate_sample_parse(&sample, (struct str){(const char *)data, size}, &err))
		return 0;
	buf_init(&buf, 64 * 1024);
	rate_sample_encode(&sample, &buf);
	if (!rate_sample_parse(&again, buf_str(&buf), &err) ||
	    memcmp(&sample, &again, sizeof(sample)) != 0)
		abort();
	buf_free(&buf);
	return 0;
}
