/* SPDX-License-Identifier: MIT */
/* target.c - fuzzes target_parse(): the first byte chooses the role, the rest is the text. */
#include "target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct target target;
	struct err err = {0};
	char *text = size > 0 ? str_dup((struct str){(const char *)data + 1, size - 1}) : NULL;

	if (text == NULL)
		return 0;
	if (!target_parse(&target, text, data[0] % 2 ? TARGET_UWSGI : TARGET_NGINX, &err) &&
	    err.kind != ERR_USAGE)
		abort();
	target_free(&target);
	free(text);
	return 0;
}
