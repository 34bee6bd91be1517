/* SPDX-License-Identifier: MIT */
/* Any bytes as a file of --extra-opts: each word that comes out is an option or its value. */
#include "nagios/ini.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena;
	struct list word = {0};
	struct err err = {0};
	bool ok;

	arena_init(&arena, 16 * 1024 * 1024);
	ok = nagios_ini_parse((struct str){(const char *)data, size}, STR("a"), &arena, &word, &err);
	if (ok != (err.kind == ERR_NONE))
		abort();
	for (size_t i = 0; i < word.len; i++) {
		if (((char **)word.item)[i] == NULL)
			abort();
	}
	arena_free(&arena);
	return 0;
}
