/* SPDX-License-Identifier: MIT */
/* fetch_curl_set.c - what libcurl is told of one transfer; see fetch_curl.h. */
#include "fetch_curl.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <unistd.h>

#include "fetch_http.h"
#include "http_answer.h"

enum {
	PIN_MAX = sizeof("4294967295.invalid"),
	PINNED_MAX = PIN_MAX + RESOLVER_ADDRESSES_MAX * (INET6_ADDRSTRLEN + 3) + 8,
};

/* Who keeps account of this process's connections; NULL: nobody. */
static struct fetch_own *own_of(const struct transfer *transfer)
{
	const struct fetch_keep *keep = transfer->run->job->keep;

	return keep != NULL ? keep->own : NULL;
}

static void unwatch(const struct transfer *transfer, struct fetch_curl_socket *one)
{
	if (one->copy > 0) {
		fetch_own_forget(transfer->own, one->copy);
		(void)close(one->copy);
	}
	*one = (struct fetch_curl_socket){.copy = 0};
}

/* The one that was opened before all others has been given up by now. False when there is no
 * descriptor left. */
static bool watch(struct transfer *transfer, int fd)
{
	struct fetch_curl_socket *one =
		&transfer->socket[transfer->sockets++ % ARRAY_LEN(transfer->socket)];

	unwatch(transfer, one);
	*one = (struct fetch_curl_socket){fd, fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1)};
	if (one->copy > 0)
		fetch_own_add(transfer->own, one->copy);
	return one->copy > 0;
}

/* libcurl has no other addresses than it was given; but this is the one that it connects to. */
static curl_socket_t on_open(void *ctx, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct transfer *transfer = ctx;
	const struct fetch_options *options = fetch_job_options(transfer->run);
	int fd;

	(void)purpose;
	if (options->may_reach != NULL &&
	    !options->may_reach(options->may_reach_ctx, &address->addr))
		return CURL_SOCKET_BAD;
	fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
	if (fd < 0 || transfer->own == NULL || watch(transfer, fd))
		return fd;
	(void)close(fd);
	return CURL_SOCKET_BAD;
}

static int on_close(void *ctx, curl_socket_t fd)
{
	struct transfer *transfer = ctx;

	for (size_t i = 0; i < ARRAY_LEN(transfer->socket); i++) {
		if (transfer->socket[i].fd == fd)
			unwatch(transfer, &transfer->socket[i]);
	}
	return close(fd);
}

void fetch_curl_forget(struct transfer *transfer)
{
	for (size_t i = 0; i < ARRAY_LEN(transfer->socket); i++)
		unwatch(transfer, &transfer->socket[i]);
}

static size_t on_header(char *bytes, size_t size, size_t count, void *ctx)
{
	struct transfer *transfer = ctx;
	size_t len = size * count;

	transfer->header_bytes += len;
	if (transfer->header_bytes > HTTP_ANSWER_HEADERS_MAX) {
		fetch_job_fail(transfer->run, ERR_TOO_LARGE,
			       "the HTTP headers are longer than %d bytes",
			       HTTP_ANSWER_HEADERS_MAX);
		return 0;
	}
	http_answer_take_server((struct str){bytes, len}, transfer->run->job->server);
	return len;
}

/* Only a 200 has a body worth reading; for anything else the status is the answer. */
static size_t on_body(char *bytes, size_t size, size_t count, void *ctx)
{
	struct transfer *transfer = ctx;
	size_t len = size * count;
	long status = 0;

	(void)transfer->api->easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
	if (transfer->run->job->ends != NULL)
		curl_api_ends(transfer->api, transfer->easy, transfer->run->job->ends);
	return status == 200 && fetch_job_deliver(transfer->run, bytes, len) ? len : 0;
}

/* Sets an option; what could not be set is asked about once, at the end. */
#define SET(transfer, option, value)                                                               \
	((transfer)->unset |=                                                                      \
	 (transfer)->api->easy_setopt((transfer)->easy, option, value) != CURLE_OK)

/* Adds ",[address]". False when there is no room. */
static bool add_address(char *text, size_t size, const struct resolve_address *address)
{
	const struct sockaddr_in6 *v6 = (const void *)&address->addr;
	const struct sockaddr_in *v4 = (const void *)&address->addr;
	bool is_v6 = address->addr.ss_family == AF_INET6;
	char shown[INET6_ADDRSTRLEN];
	size_t len = strlen(text);
	int added;

	if (inet_ntop(address->addr.ss_family, is_v6 ? (const void *)&v6->sin6_addr : &v4->sin_addr,
		      shown, sizeof(shown)) == NULL)
		return false;
	added = snprintf(text + len, size - len, is_v6 ? "%s[%s]" : "%s%s",
			 text[len - 1] == ':' ? "" : ",", shown);
	return added > 0 && (size_t)added < size - len;
}

/* Whatever host the URL names, it is asked for at these addresses: under a name of their own, which
 * no other transfer has, in libcurl's memory of names. */
static void pin(struct transfer *transfer, size_t number, const struct resolve_address *address,
		size_t address_len)
{
	unsigned port = transfer->run->job->target->port;
	char text[PINNED_MAX];

	(void)snprintf(text, sizeof(text), "::%zu.invalid:%u", number, port);
	transfer->connect_to = transfer->api->slist_append(NULL, text);
	(void)snprintf(text, sizeof(text), "%zu.invalid:%u:", number, port);
	for (size_t i = 0; i < address_len && i < RESOLVER_ADDRESSES_MAX; i++)
		transfer->unset |= !add_address(text, sizeof(text), &address[i]);
	transfer->resolve = transfer->api->slist_append(NULL, text);
	transfer->unset |= transfer->connect_to == NULL || transfer->resolve == NULL;
	SET(transfer, CURLOPT_RESOLVE, transfer->resolve);
	SET(transfer, CURLOPT_CONNECT_TO, transfer->connect_to);
}

/* Of an address with a zone only libcurl's own text can tell the zone. */
static void set_address(struct transfer *transfer, const struct fetch_options *options,
			size_t number, const struct resolve_address *address, size_t address_len)
{
	const struct target *target = transfer->run->job->target;
	char url[FETCH_HTTP_URL_MAX];

	fetch_http_url(target, options->vhost, url);
	SET(transfer, CURLOPT_URL, url);
	if (strchr(target->host, '%') == NULL) {
		pin(transfer, number, address, address_len);
	} else if (options->vhost != NULL) {
		fetch_http_connect_to(target, url);
		transfer->connect_to = transfer->api->slist_append(NULL, url);
		transfer->unset |= transfer->connect_to == NULL;
		SET(transfer, CURLOPT_CONNECT_TO, transfer->connect_to);
	}
}

/* An empty proxy keeps libcurl from looking at http_proxy and its kin in the environment. */
static void set_http(struct transfer *transfer, const struct fetch_options *options)
{
	/* In the order of enum fetch_ip. */
	static const long ip[] = {CURL_IPRESOLVE_WHATEVER, CURL_IPRESOLVE_V4, CURL_IPRESOLVE_V6};
	const struct target *target = transfer->run->job->target;
	bool own = options->username == NULL;

	SET(transfer, CURLOPT_PROTOCOLS_STR, "https");
	SET(transfer, CURLOPT_PROXY, "");
	SET(transfer, CURLOPT_USERAGENT, "connledger/" CONNLEDGER_VERSION);
	SET(transfer, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(transfer, CURLOPT_NOSIGNAL, 1L);
	SET(transfer, CURLOPT_FORBID_REUSE, 1L);
	SET(transfer, CURLOPT_FRESH_CONNECT, 1L);
	SET(transfer, CURLOPT_IPRESOLVE, ip[options->ip]);
	/* Longer than the deadline, which is fetch.c's affair. */
	SET(transfer, CURLOPT_CONNECTTIMEOUT_MS, 2L * FETCH_TIMEOUT_MS_MAX);
	SET(transfer, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
	SET(transfer, CURLOPT_USERNAME, own ? target->username : options->username);
	SET(transfer, CURLOPT_PASSWORD, own ? target->password : options->password);
}

static void set_tls(struct transfer *transfer, const struct fetch_options *options)
{
	bool check_name = !options->insecure && !options->insecure_name;

	SET(transfer, CURLOPT_SSL_VERIFYPEER, options->insecure ? 0L : 1L);
	SET(transfer, CURLOPT_SSL_VERIFYHOST, check_name ? 2L : 0L);
	SET(transfer, CURLOPT_SSLCERT, options->client_cert);
	SET(transfer, CURLOPT_SSLKEY, options->client_key);
	if (options->ca_file != NULL) {
		/* Those authorities instead of the system's, not beside them. */
		SET(transfer, CURLOPT_CAINFO, options->ca_file);
		SET(transfer, CURLOPT_CAPATH, NULL);
	}
}

static void set_callbacks(struct transfer *transfer, struct curl_slist *headers)
{
	transfer->own = own_of(transfer);
	SET(transfer, CURLOPT_HTTPHEADER, headers);
	SET(transfer, CURLOPT_OPENSOCKETFUNCTION, on_open);
	SET(transfer, CURLOPT_OPENSOCKETDATA, transfer);
	SET(transfer, CURLOPT_CLOSESOCKETFUNCTION, on_close);
	SET(transfer, CURLOPT_CLOSESOCKETDATA, transfer);
	SET(transfer, CURLOPT_HEADERFUNCTION, on_header);
	SET(transfer, CURLOPT_HEADERDATA, transfer);
	SET(transfer, CURLOPT_WRITEFUNCTION, on_body);
	SET(transfer, CURLOPT_WRITEDATA, transfer);
	SET(transfer, CURLOPT_ERRORBUFFER, transfer->error);
	SET(transfer, CURLOPT_PRIVATE, transfer);
}

bool fetch_curl_set(struct transfer *transfer, struct curl_slist *headers, size_t number,
		    const struct resolve_address *address, size_t address_len)
{
	const struct fetch_options *options = fetch_job_options(transfer->run);

	set_address(transfer, options, number, address, address_len);
	set_http(transfer, options);
	set_tls(transfer, options);
	set_callbacks(transfer, headers);
	return !transfer->unset;
}
