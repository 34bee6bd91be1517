/* SPDX-License-Identifier: MIT */
/*
 * curl_api.h - libcurl, loaded when it is first asked for: whoever asks no HTTPS target neither
 * maps it nor needs it installed. For fetch_curl.c only. Needs libcurl 7.87.
 */
#ifndef CONNLEDGER_CURL_API_H
#define CONNLEDGER_CURL_API_H

#define CURL_DISABLE_TYPECHECK /* its macros would call the functions by name */
#include <curl/curl.h>

#include "err.h"
#include "fetch_ends.h"

/* The functions of libcurl that are used here, each under its name without "curl_". */
struct curl_api {
	CURLcode (*global_init)(long flags);
	curl_version_info_data *(*version_info)(CURLversion age);
	CURL *(*easy_init)(void);
	void (*easy_cleanup)(CURL *easy);
	CURLcode (*easy_setopt)(CURL *easy, CURLoption option, ...);
	CURLcode (*easy_getinfo)(CURL *easy, CURLINFO info, ...);
	const char *(*easy_strerror)(CURLcode code);
	CURLHcode (*easy_header)(CURL *easy, const char *name, size_t index, unsigned origin,
				 int request, struct curl_header **ret);
	CURLM *(*multi_init)(void);
	CURLMcode (*multi_cleanup)(CURLM *multi);
	CURLMcode (*multi_setopt)(CURLM *multi, CURLMoption option, ...);
	CURLMcode (*multi_add_handle)(CURLM *multi, CURL *easy);
	CURLMcode (*multi_remove_handle)(CURLM *multi, CURL *easy);
	CURLMsg *(*multi_info_read)(CURLM *multi, int *left);
	CURLMcode (*multi_socket_action)(CURLM *multi, curl_socket_t fd, int events, int *running);
	struct curl_slist *(*slist_append)(struct curl_slist *list, const char *text);
	void (*slist_free_all)(struct curl_slist *list);
};

/* Loads and initialises libcurl at the first call; it then stays for the life of the process. NULL,
 * with the same reason each time (ERR_SYSTEM), when it is not there or too old. Any thread may
 * call. */
const struct curl_api *curl_api(struct err *err) NONNULL;

/* Reads the ends of the connection that `easy` has at this moment, without the inode. */
void curl_api_ends(const struct curl_api *api, CURL *easy, struct fetch_ends *ends) NONNULL;

#endif
