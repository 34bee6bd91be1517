/* SPDX-License-Identifier: MIT */
/* auth_bcrypt.c - see auth_bcrypt.h. The only file that knows libcrypt. */
#include "auth_bcrypt.h"

#include <crypt.h>

#include "tls_secret.h"

enum { HASH_LEN = 60, COST_AT = 4, SALT_AT = 7 };

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '.' && c <= '9');
}

bool auth_hash_cost(const char *hash, unsigned *cost)
{
	struct str rest = str_of(hash);
	uint64_t number;

	if (rest.len != HASH_LEN || !(str_take(&rest, STR("$2a$")) ||
				      str_take(&rest, STR("$2b$")) || str_take(&rest, STR("$2y$"))))
		return false;
	if (hash[SALT_AT - 1] != '$' || !str_to_u64((struct str){rest.ptr, 2}, &number) ||
	    number < AUTH_COST_MIN || number > AUTH_COST_MAX)
		return false;
	for (size_t i = SALT_AT; i < HASH_LEN; i++) {
		if (!is_letter(hash[i]))
			return false;
	}
	*cost = (unsigned)number;
	return true;
}

/* Work whose result nobody wants. */
static void spend(struct crypt_data *data, const char *password, unsigned cost)
{
	char setting[] = "$2b$00$abcdefghijklmnopqrstuu";

	setting[COST_AT] = (char)('0' + cost / 10);
	setting[COST_AT + 1] = (char)('0' + cost % 10);
	(void)crypt_rn(password, setting, data, (int)sizeof(*data));
}

bool auth_password_ok(const char *hash, const char *password, unsigned cost)
{
	struct crypt_data *data = calloc(1, sizeof(*data));
	unsigned own = cost;
	bool ok = false;

	if (data == NULL)
		return false;
	if (hash == NULL) {
		spend(data, password, cost);
	} else if (auth_hash_cost(hash, &own)) {
		const char *result = crypt_rn(password, hash, data, (int)sizeof(*data));

		ok = result != NULL && strlen(result) == HASH_LEN &&
		     secret_equal(result, hash, HASH_LEN);
	}
	/* 2^own + 2^own + 2^(own+1) ... + 2^(cost-1) rounds are 2^cost. */
	for (unsigned i = own; i < cost; i++)
		spend(data, password, i);
	secret_wipe(data, sizeof(*data));
	free(data);
	return ok;
}
