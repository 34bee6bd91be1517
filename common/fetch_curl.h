/* SPDX-License-Identifier: MIT */
/*
 * fetch_curl.h - one HTTPS transfer, as fetch_curl.c runs it and fetch_curl_set.c sets it up; both
 * and curl_api.c are all that knows libcurl.
 */
#ifndef CONNLEDGER_FETCH_CURL_H
#define CONNLEDGER_FETCH_CURL_H

#include "curl_api.h"
#include "resolve_names.h"
#include "transport.h"

/* A socket of libcurl's, and a descriptor of our own for it: libcurl does not tell of each that it
 * closes, and by then another thread may have the number. Both 0: none. */
struct fetch_curl_socket {
	int fd;
	int copy; /* fetch_own.h knows it by this one */
};

struct transfer {
	const struct curl_api *api;
	struct fetch_run_job *run;
	CURL *easy;                      /* NULL when it has ended */
	const struct resolve_name *name; /* waited for; NULL: it is there */
	struct curl_slist *connect_to;
	struct curl_slist *resolve;
	struct fetch_own *own; /* who keeps account of its sockets: borrowed; NULL: nobody */
	struct fetch_curl_socket socket[RESOLVER_ADDRESSES_MAX]; /* the last ones */
	size_t sockets;                                          /* that there have been */
	bool unset; /* an option could not be set */
	size_t header_bytes;
	char error[CURL_ERROR_SIZE];
};

/* Sets all options of `transfer->easy`, which is to connect to one of the addresses, and to nothing
 * else: libcurl looks no name up. `number` tells it from others of the same instance. False when
 * memory is out. */
bool fetch_curl_set(struct transfer *transfer, struct curl_slist *headers, size_t number,
		    const struct resolve_address *address, size_t address_len) MUST_CHECK NONNULL;

/* libcurl has closed all its sockets of this transfer. */
void fetch_curl_forget(struct transfer *transfer) NONNULL;

#endif
