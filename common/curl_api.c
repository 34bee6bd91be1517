/* SPDX-License-Identifier: MIT */
/* curl_api.c - dlopen() of libcurl; see curl_api.h. */
#include "curl_api.h"

#include <assert.h>
#include <dlfcn.h>
#include <pthread.h>

enum { VERSION_MIN = 0x075700 }; /* 7.87.0 */

/* What the one load of this process came to. */
struct load {
	pthread_once_t once;
	struct curl_api api;
	struct err err; /* clear when it went well */
};

#define SYMBOL(name)                                                                               \
	{                                                                                          \
		"curl_" #name, offsetof(struct curl_api, name)                                     \
	}

static const struct {
	const char *name;
	size_t offset;
} symbol[] = {
	SYMBOL(global_init),         SYMBOL(version_info),    SYMBOL(easy_init),
	SYMBOL(easy_cleanup),        SYMBOL(easy_setopt),     SYMBOL(easy_getinfo),
	SYMBOL(easy_strerror),       SYMBOL(easy_header),     SYMBOL(multi_init),
	SYMBOL(multi_cleanup),       SYMBOL(multi_setopt),    SYMBOL(multi_add_handle),
	SYMBOL(multi_remove_handle), SYMBOL(multi_info_read), SYMBOL(multi_socket_action),
	SYMBOL(slist_append),        SYMBOL(slist_free_all),
};

static_assert(sizeof(void *) == sizeof(void (*)(void)), "POSIX: a function's address fits");
static_assert(ARRAY_LEN(symbol) * sizeof(void *) == sizeof(struct curl_api),
	      "each function has its name");

/* The library that TLS is best known with comes first; both have the same interface. */
static void *open_library(struct err *err)
{
	static const char *const name[] = {"libcurl.so.4", "libcurl-gnutls.so.4"};

	for (size_t i = 0; i < ARRAY_LEN(name); i++) {
		void *library = dlopen(name[i], RTLD_NOW | RTLD_LOCAL);

		if (library != NULL)
			return library;
		(void)err_set(err, ERR_SYSTEM, "https needs libcurl, which is not installed (%s)",
			      dlerror());
	}
	return NULL;
}

static void load_library(struct load *load)
{
	struct err err = {0};
	void *library = open_library(&err);

	if (library == NULL) {
		load->err = err;
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(symbol); i++) {
		void *address = dlsym(library, symbol[i].name);

		memcpy((char *)&load->api + symbol[i].offset, &address, sizeof(address));
		if (address == NULL)
			(void)err_set(
				&load->err, ERR_SYSTEM,
				"https needs libcurl 7.87 or newer; the one installed lacks %s",
				symbol[i].name);
	}
	if (load->err.kind != ERR_NONE)
		return;
	if (load->api.version_info(CURLVERSION_NOW)->version_num < VERSION_MIN)
		(void)err_set(&load->err, ERR_SYSTEM, "https needs libcurl 7.87 or newer, not %s",
			      load->api.version_info(CURLVERSION_NOW)->version);
	/* A failure shows again in easy_init(). */
	else
		(void)load->api.global_init(CURL_GLOBAL_DEFAULT);
}

static struct load *the_load(void)
{
	static struct load load = {.once = PTHREAD_ONCE_INIT};

	return &load;
}

static void load_once(void)
{
	load_library(the_load());
}

const struct curl_api *curl_api(struct err *err)
{
	struct load *load = the_load();

	(void)pthread_once(&load->once, load_once);
	if (load->err.kind == ERR_NONE)
		return &load->api;
	(void)err_set(err, load->err.kind, "%s", load->err.text);
	return NULL;
}

static bool end_of(const struct curl_api *api, CURL *easy, CURLINFO address, CURLINFO port,
		   struct endpoint *ret)
{
	const char *text = NULL;
	long number = 0;

	if (api->easy_getinfo(easy, address, &text) != CURLE_OK || text == NULL ||
	    api->easy_getinfo(easy, port, &number) != CURLE_OK ||
	    !endpoint_parse_address(ret, str_of(text)))
		return false;
	ret->port = (uint16_t)number;
	return ret->port != 0;
}

/* CURLINFO_ACTIVESOCKET does not tell the socket of a transfer that still runs. */
void curl_api_ends(const struct curl_api *api, CURL *easy, struct fetch_ends *ends)
{
	*ends = (struct fetch_ends){.is_tcp = false};
	ends->is_tcp = end_of(api, easy, CURLINFO_LOCAL_IP, CURLINFO_LOCAL_PORT, &ends->ours) &&
		       end_of(api, easy, CURLINFO_PRIMARY_IP, CURLINFO_PRIMARY_PORT, &ends->theirs);
}
