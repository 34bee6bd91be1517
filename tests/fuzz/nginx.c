/* SPDX-License-Identifier: MIT */
/* Any bytes as a stub_status page: the parser must take or refuse them, and nothing else. */
#include "nginx.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct nginx_status status = {0};
	struct err err = {0};
	bool ok = nginx_parse(&status, (struct str){(const char *)data, size}, &err);

	if (ok != (err.kind == ERR_NONE))
		abort();
	return 0;
}
