/* SPDX-License-Identifier: MIT */
/* Any bytes as /proc/net/netstat: what is taken has a line end, and cut off it is refused. */
#include "proc_netstat.h"

#include <stdlib.h>

static bool find(struct str text, uint64_t *ret)
{
	return proc_netstat_find(text, STR("TcpExt"), STR("ListenOverflows"), ret);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = {(const char *)data, size};
	uint64_t value = 1;
	uint64_t again = 1;

	if (!find(text, &value)) {
		if (value != 1)
			abort();
		return 0;
	}
	while (text.len > 0 && text.ptr[text.len - 1] != '\n')
		text.len--;
	if (text.len == 0 || !find(text, &again) || again != value)
		abort();
	return 0;
}
