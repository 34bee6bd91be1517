/* SPDX-License-Identifier: MIT */
/*
 * fetch_curl.c - the transport for HTTPS: libcurl's multi interface, driven by fetch.c's loop. One
 * connection for each request, then closed. Names are looked up as they are for plain sockets.
 */
#include "fetch_curl.h"

#include "fetch_http.h"

/* Two addresses raced against each other, and room. */
enum { FD_PER_JOB = 5 };

struct instance {
	const struct curl_api *api; /* NULL: `err` says why it could not be loaded */
	struct err err;
	CURLM *multi;
	struct curl_slist *headers;
	struct pollfd *fd; /* what libcurl wants to be told about */
	size_t fd_len;
	size_t fd_max;
	struct resolve_names names;
	size_t names_len; /* how many of the descriptors in this round are theirs */
	size_t waiting;   /* transfers, for their names */
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

	resolve_names_free(&self->names);
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
	resolve_names_init(&self->names, resolver_of_process());
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
	fetch_curl_forget(transfer);
	self->api->slist_free_all(transfer->connect_to);
	self->api->slist_free_all(transfer->resolve);
	transfer->easy = NULL;
}

static bool transfer_open(struct instance *self, struct transfer *transfer,
			  const struct resolve_address *address, size_t address_len)
{
	transfer->api = self->api;
	transfer->easy = self->api->easy_init();
	return transfer->easy != NULL &&
	       fetch_curl_set(transfer, self->headers, (size_t)(transfer - self->transfer), address,
			      address_len) &&
	       self->api->multi_add_handle(self->multi, transfer->easy) == CURLM_OK;
}

/* Its name's answer is there. */
static void transfer_resolved(struct instance *self, struct transfer *transfer)
{
	struct fetch_run_job *run = transfer->run;
	struct resolve_address address[RESOLVER_ADDRESSES_MAX];
	struct err err = {0};
	size_t len = resolve_name_answer(transfer->name, run->job->target->port, address,
					 RESOLVER_ADDRESSES_MAX, &err);
	size_t chosen = fetch_job_choose(run, address, len);

	transfer->name = NULL;
	if (chosen > 0 && transfer_open(self, transfer, address, chosen))
		return;
	if (len == 0)
		fetch_job_fail(run, err.kind, "%s", err.text);
	fetch_job_fail(run, ERR_MEMORY, "out of memory"); /* if nothing else */
	transfer_close(self, transfer);
	fetch_job_end(run);
}

static void start(void *ctx, struct fetch_run_job *run)
{
	struct instance *self = ctx;
	struct transfer *transfer = &self->transfer[self->transfer_len++];
	struct err err = {0};

	transfer->run = run;
	run->own = transfer;
	if (self->api == NULL)
		fetch_job_fail(run, self->err.kind, "%s", self->err.text);
	else if (fetch_http_check_vhost(run) && fetch_http_check_files(run))
		transfer->name = resolve_names_ask(&self->names, run->job->target->host,
						   fetch_job_options(run)->ip, &err);
	if (transfer->name == NULL) {
		fetch_job_fail(run, err.kind, "%s", err.text); /* if nothing else */
		fetch_job_end(run);
	} else if (resolve_name_ready(transfer->name)) {
		transfer_resolved(self, transfer);
	} else {
		self->waiting++;
	}
}

static size_t wait(void *ctx, struct pollfd *fd, size_t fd_max)
{
	struct instance *self = ctx;
	size_t len = resolve_names_wait(&self->names, fd, fd_max);

	self->names_len = len;
	for (size_t i = 0; i < self->fd_len && len < fd_max; i++)
		fd[len++] = self->fd[i];
	return len;
}

static int timeout_ms(void *ctx)
{
	const struct instance *self = ctx;

	return fetch_ms_min(self->timer_set ? fetch_ms_until(self->timer) : -1,
			    resolve_names_timeout_ms(&self->names));
}

static void step_names(struct instance *self)
{
	resolve_names_step(&self->names);
	for (size_t i = 0; i < self->transfer_len && self->waiting > 0; i++) {
		struct transfer *transfer = &self->transfer[i];

		if (transfer->name != NULL && resolve_name_ready(transfer->name)) {
			self->waiting--;
			transfer_resolved(self, transfer);
		}
	}
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

	step_names(self);
	for (size_t i = self->names_len; i < fd_len; i++) {
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

/* Whether it is connected cannot be told: libcurl counts the handshake as a part of it. */
static void cancel(void *ctx, struct fetch_run_job *run)
{
	struct instance *self = ctx;
	struct transfer *transfer = run->own;

	if (transfer->name != NULL) {
		fetch_job_fail_unresolved(run, resolve_name_begun(transfer->name));
		transfer->name = NULL;
		self->waiting--;
	}
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
