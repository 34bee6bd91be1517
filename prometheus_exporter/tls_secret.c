/* SPDX-License-Identifier: MIT */
/* tls_secret.c - see tls_secret.h. */
#include "tls_secret.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

bool secret_random(void *bytes, size_t len)
{
	return gnutls_rnd(GNUTLS_RND_KEY, bytes, len) == 0;
}

bool secret_digest(unsigned char ret[SECRET_DIGEST_BYTES],
		   const unsigned char key[SECRET_KEY_BYTES], const struct str *text,
		   size_t text_len)
{
	gnutls_hmac_hd_t hmac;
	bool ok = true;

	if (gnutls_hmac_init(&hmac, GNUTLS_MAC_SHA256, key, SECRET_KEY_BYTES) != 0)
		return false;
	for (size_t i = 0; ok && i < text_len; i++) {
		uint64_t len = text[i].len;

		ok = gnutls_hmac(hmac, &len, sizeof(len)) == 0 &&
		     (len == 0 || gnutls_hmac(hmac, text[i].ptr, text[i].len) == 0);
	}
	gnutls_hmac_deinit(hmac, ret);
	return ok;
}

bool secret_equal(const void *a, const void *b, size_t len)
{
	return gnutls_memcmp(a, b, len) == 0;
}

void secret_wipe(void *bytes, size_t len)
{
	gnutls_memset(bytes, 0, len);
}
