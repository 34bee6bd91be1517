/* SPDX-License-Identifier: MIT */
/* munin_memory.c - fuzzes munin_memory_parse(), and checks that what it takes comes back the same.
 */
#include "munin/memory.h"

enum { TEXT_MAX = 128 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct munin_memory memory;
	struct munin_memory again;
	struct err err = {0};
	struct buf first;
	struct buf second;

	if (!munin_memory_parse(&memory, (struct str){(const char *)data, size}, &err))
		return 0;
	buf_init(&first, TEXT_MAX);
	buf_init(&second, TEXT_MAX);
	munin_memory_encode(&memory, &first);
	if (!munin_memory_parse(&again, buf_str(&first), &err))
		abort();
	munin_memory_encode(&again, &second);
	if (!str_equal(buf_str(&first), buf_str(&second)))
		abort();
	buf_free(&first);
	buf_free(&second);
	return 0;
}
