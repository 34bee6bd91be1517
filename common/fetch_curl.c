/* SPDX-License-Identifier: MIT */
/*
 * fetch_curl.c - the transport for HTTPS: libcurl's multi interface, driven by fetch.c's loop. With
 * curl_api.c, which loads it, all that knows libcurl. One connection for each request, then closed.
 */
#include <sys/socket.h>

#include "curl_api.h"
#include "fetch_http.h"
#include "http_answer.h"

/* Two addresses raced against each other, the resolver's own, and room. */
enum { FD_PER_JOB = 5 };

struct transfer {
	const struct curl_api *api;
	struct fetch_run_job *run;
	CURL *easy; /* NULL when it has ended */
	struct curl_slist *connect_to;
	bool unset; /* an option could not be set */
	size_t header_bytes;
	char error[CURL_ERROR_SIZE];
};

struct instance {
	const struct curl_api *api; /* NULL: `err` says why it could not be loaded */
	struct err err;
	CURLM *multi;
	struct curl_slist *headers;
	struct pollfd *fd; /* what libcurl wants to be told about */
	size_t fd_len;
	size_t fd_max;
	bool timer_set;
	double timer; /* when libcurl wants to go on */
	size_t transfer_len;
	struct transfer transfer[];
};

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *ctx, void *unused)
{
	struct instance *self = ctx;
	size_t i = 0;

	(void)easy;
	(void)unused;
	while (i < self->fd_len && self->fd[i].fd != fd)
		i++;
	if (what == CURL_POLL_REMOVE) {
		if (i < self->fd_len)
			self->fd[i] = self->fd[--self->fd_len];
		return 0;
	}
	if (i == self->fd_max)
		return -1;
	if (i == self->fd_len)
		self->fd_len++;
	self->fd[i].fd = fd;
	self->fd[i].events = (short)(((what & CURL_POLL_IN) != 0 ? POLLIN : 0) |
				     ((what & CURL_POLL_OUT) != 0 ? POLLOUT : 0));
	return 0;
}

static int on_timer(CURLM *multi, long timeout, void *ctx)
{
	struct instance *self = ctx;

	(void)multi;
	self->timer_set = timeout >= 0;
	self->timer = clock_now(CLOCK_MONOTONIC) + (double)timeout / 1e3;
	return 0;
}

static curl_socket_t on_open(void *ctx, curlsocktype purpose, struct curl_sockaddr *address)
{
	(void)ctx;
	(void)purpose;
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
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

static void set_address(struct transfer *transfer, const struct fetch_options *options)
{
	const struct target *target = transfer->run->job->target;
	char url[FETCH_HTTP_URL_MAX];

	fetch_http_url(target, options->vhost, url);
	SET(transfer, CURLOPT_URL, url);
	if (options->vhost == NULL)
		return;
	/* The URL names the virtual host: it is asked for at the target's own address. */
	fetch_http_connect_to(target, url);
	transfer->connect_to = transfer->api->slist_append(NULL, url);
	transfer->unset = transfer->unset || transfer->connect_to == NULL;
	SET(transfer, CURLOPT_CONNECT_TO, transfer->connect_to);
}

/* An empty proxy keeps libcurl from looking at http_proxy and its kin in the environment;
 * QUICK_EXIT from waiting for a name server that hangs. */
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
	SET(transfer, CURLOPT_QUICK_EXIT, 1L);
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

static void set_callbacks(struct transfer *transfer, const struct instance *self)
{
	SET(transfer, CURLOPT_HTTPHEADER, self->headers);
	SET(transfer, CURLOPT_OPENSOCKETFUNCTION, on_open);
	SET(transfer, CURLOPT_HEADERFUNCTION, on_header);
	SET(transfer, CURLOPT_HEADERDATA, transfer);
	SET(transfer, CURLOPT_WRITEFUNCTION, on_body);
	SET(transfer, CURLOPT_WRITEDATA, transfer);
	SET(transfer, CURLOPT_ERRORBUFFER, transfer->error);
	SET(transfer, CURLOPT_PRIVATE, transfer);
}

/* Codes whose own text says enough. */
static const struct {
	CURLcode code;
	enum err_kind kind;
} cause[] = {
	{CURLE_OUT_OF_MEMORY, ERR_MEMORY},          {CURLE_URL_MALFORMAT, ERR_USAGE},
	{CURLE_COULDNT_RESOLVE_HOST, ERR_RESOLVE},  {CURLE_OPERATION_TIMEDOUT, ERR_TIMEOUT},
	{CURLE_PEER_FAILED_VERIFICATION, ERR_TLS},  {CURLE_SSL_CERTPROBLEM, ERR_TLS},
	{CURLE_SSL_CACERT_BADFILE, ERR_TLS},        {CURLE_SSL_ENGINE_INITFAILED, ERR_TLS},
	{CURLE_BAD_CONTENT_ENCODING, ERR_PROTOCOL},
};

static void fail_code(struct transfer *transfer, CURLcode code)
{
	const char *text =
		transfer->error[0] != '\0' ? transfer->error : transfer->api->easy_strerror(code);

	for (size_t i = 0; i < ARRAY_LEN(cause); i++) {
		if (cause[i].code == code)
			fetch_job_fail(transfer->run, cause[i].kind, "%s", text);
	}
	fetch_job_fail(transfer->run, ERR_SYSTEM, "%s", text);
}

static void explain(struct transfer *transfer, CURLcode code)
{
	struct curl_header *location = NULL;
	long status = 0;
	long errnum = 0;
	bool is_cut = code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR ||
		      code == CURLE_GOT_NOTHING || code == CURLE_PARTIAL_FILE;

	(void)transfer->api->easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
	(void)transfer->api->easy_header(transfer->easy, "Location", 0, CURLH_HEADER, -1,
					 &location);
	(void)transfer->api->easy_getinfo(transfer->easy, CURLINFO_OS_ERRNO, &errnum);
	if (transfer->run->job->err.kind != ERR_NONE || (code == CURLE_OK && status == 200))
		return;
	if (status > 200)
		fetch_http_fail_status(transfer->run, status, location ? location->value : NULL);
	else if (code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_WEIRD_SERVER_REPLY)
		fetch_http_fail_foreign(transfer->run);
	else if (code == CURLE_COULDNT_CONNECT)
		fetch_job_fail_connect(transfer->run, (int)errnum);
	else if (code == CURLE_SSL_CONNECT_ERROR)
		fetch_http_fail_tls(transfer->run, transfer->error);
	else if (status == 200 && is_cut)
		fetch_http_fail_truncated(transfer->run);
	else if (is_cut)
		fetch_http_fail_cut(transfer->run, transfer->error);
	else
		fail_code(transfer, code);
}

static void instance_close(void *ctx)
{
	struct instance *self = ctx;

	if (self->api != NULL) {
		(void)self->api->multi_cleanup(self->multi);
		self->api->slist_free_all(self->headers);
	}
	free(self->fd);
	free(self);
}

static bool instance_set_up(struct instance *self, size_t job_max)
{
	const struct curl_api *api = self->api;

	self->fd_max = job_max * FD_PER_JOB;
	self->fd = calloc(self->fd_max, sizeof(*self->fd));
	self->multi = api->multi_init();
	self->headers = api->slist_append(NULL, "Connection: close");
	return self->fd != NULL && self->headers != NULL && self->multi != NULL &&
	       api->multi_setopt(self->multi, CURLMOPT_SOCKETFUNCTION, on_socket) == CURLM_OK &&
	       api->multi_setopt(self->multi, CURLMOPT_SOCKETDATA, self) == CURLM_OK &&
	       api->multi_setopt(self->multi, CURLMOPT_TIMERFUNCTION, on_timer) == CURLM_OK &&
	       api->multi_setopt(self->multi, CURLMOPT_TIMERDATA, self) == CURLM_OK;
}

/* Without libcurl there is an instance all the same, whose jobs fail one by one: the targets that
 * do not need it are asked. */
static void *instance_open(size_t job_max)
{
	struct instance *self = calloc(1, sizeof(*self) + job_max * sizeof(self->transfer[0]));

	if (self == NULL)
		return NULL;
	self->api = curl_api(&self->err);
	if (self->api == NULL || instance_set_up(self, job_max))
		return self;
	instance_close(self);
	return NULL;
}

static void transfer_close(const struct instance *self, struct transfer *transfer)
{
	if (transfer->easy == NULL)
		return;
	(void)self->api->multi_remove_handle(self->multi, transfer->easy);
	self->api->easy_cleanup(transfer->easy);
	self->api->slist_free_all(transfer->connect_to);
	transfer->easy = NULL;
}

static bool transfer_open(struct instance *self, struct transfer *transfer)
{
	const struct fetch_options *options = fetch_job_options(transfer->run);

	transfer->api = self->api;
	transfer->easy = self->api->easy_init();
	if (transfer->easy == NULL)
		return false;
	set_address(transfer, options);
	set_http(transfer, options);
	set_tls(transfer, options);
	set_callbacks(transfer, self);
	return !transfer->unset &&
	       self->api->multi_add_handle(self->multi, transfer->easy) == CURLM_OK;
}

static void start(void *ctx, struct fetch_run_job *run)
{
	struct instance *self = ctx;
	struct transfer *transfer = &self->transfer[self->transfer_len++];

	transfer->run = run;
	run->own = transfer;
	if (self->api == NULL)
		fetch_job_fail(run, self->err.kind, "%s", self->err.text);
	else if (fetch_http_check_vhost(run) && transfer_open(self, transfer))
		return;
	fetch_job_fail(run, ERR_MEMORY, "cannot set up an HTTPS request"); /* if nothing else */
	transfer_close(self, transfer);
	fetch_job_end(run);
}

static size_t wait(void *ctx, struct pollfd *fd, size_t fd_max)
{
	const struct instance *self = ctx;
	size_t len = self->fd_len < fd_max ? self->fd_len : fd_max;

	for (size_t i = 0; i < len; i++)
		fd[i] = self->fd[i];
	return len;
}

static int timeout_ms(void *ctx)
{
	const struct instance *self = ctx;

	return self->timer_set ? fetch_ms_until(self->timer) : -1;
}

static void end_finished(struct instance *self)
{
	int left = 0;

	while (self->api != NULL) {
		struct CURLMsg *message = self->api->multi_info_read(self->multi, &left);
		struct transfer *transfer = NULL;
		void *private = NULL;

		if (message == NULL)
			return;
		(void)self->api->easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &private);
		transfer = private;
		explain(transfer, message->data.result);
		transfer_close(self, transfer);
		fetch_job_end(transfer->run);
	}
}

static void step(void *ctx, const struct pollfd *fd, size_t fd_len)
{
	struct instance *self = ctx;
	int running = 0;

	for (size_t i = 0; i < fd_len; i++) {
		int events = ((fd[i].revents & (POLLIN | POLLHUP)) != 0 ? CURL_CSELECT_IN : 0) |
			     ((fd[i].revents & POLLOUT) != 0 ? CURL_CSELECT_OUT : 0) |
			     ((fd[i].revents & (POLLERR | POLLNVAL)) != 0 ? CURL_CSELECT_ERR : 0);

		if (events != 0)
			(void)self->api->multi_socket_action(self->multi, fd[i].fd, events,
							     &running);
	}
	if (self->timer_set && self->timer <= clock_now(CLOCK_MONOTONIC)) {
		self->timer_set = false;
		(void)self->api->multi_socket_action(self->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	}
	end_finished(self);
}

static void cancel(void *ctx, struct fetch_run_job *run)
{
	struct instance *self = ctx;
	struct transfer *transfer = run->own;
	curl_off_t resolved = 0;

	/* Whether it is connected cannot be told: libcurl counts the handshake as a part of it. */
	(void)self->api->easy_getinfo(transfer->easy, CURLINFO_NAMELOOKUP_TIME_T, &resolved);
	if (resolved == 0)
		fetch_job_fail_late(run, false);
	transfer_close(self, transfer);
}

const struct transport transport_curl = {
	.open = instance_open,
	.start = start,
	.wait = wait,
	.timeout_ms = timeout_ms,
	.step = step,
	.cancel = cancel,
	.close = instance_close,
	.fd_per_job = FD_PER_JOB,
};
