/* SPDX-License-Identifier: MIT */
/* authorization.c - fuzzes auth_basic_parse(): what it takes has a user and a password in it. */
#include "prometheus_exporter/auth_basic.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct auth_basic basic;
	struct auth_basic copy;

	if (!auth_basic_parse(&basic, (struct str){(const char *)data, size}))
		return 0;
	auth_basic_copy(&copy, &basic);
	if (copy.user != copy.bytes || copy.password != copy.bytes + strlen(copy.user) + 1 ||
	    strchr(copy.user, ':') != NULL ||
	    strlen(copy.user) + 1 + strlen(copy.password) > AUTH_BASIC_BYTES_MAX ||
	    size < (strlen(copy.user) + 1 + strlen(copy.password)) * 4 / 3)
		abort();
	auth_basic_wipe(&basic);
	auth_basic_wipe(&copy);
	return 0;
}
