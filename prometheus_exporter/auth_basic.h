/* SPDX-License-Identifier: MIT */
/* auth_basic.h - the header "Authorization: Basic dXNlcjpwYXNzd29yZA==". Pure. */
#ifndef CONNLEDGER_EXPORTER_AUTH_BASIC_H
#define CONNLEDGER_EXPORTER_AUTH_BASIC_H

#include "str.h"

/* Of "user:password". bcrypt looks at no more than 72 bytes of a password. */
enum { AUTH_BASIC_BYTES_MAX = 512 };

struct auth_basic {
	char bytes[AUTH_BASIC_BYTES_MAX + 1]; /* "user", a zero, "password", a zero */
	const char *user;
	const char *password;
};

/* Reads the header's value. False, with nothing of it kept, for another scheme, for what is not
 * base64 to the last bit, without a colon, with a control byte, or when it is too long. After use,
 * auth_basic_wipe() it. */
bool auth_basic_parse(struct auth_basic *ret, struct str value) MUST_CHECK NONNULL;
void auth_basic_wipe(struct auth_basic *basic) NONNULL;

/* Copies one to another place. */
void auth_basic_copy(struct auth_basic *ret, const struct auth_basic *basic) NONNULL;

#endif
