/* SPDX-License-Identifier: MIT */
/* http.c - the HTTP server; see http.h. The only file that knows libmicrohttpd. */
#include "http.h"

#include <microhttpd.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <unistd.h>

#include "api.h"
#include "collect.h"
#include "listen.h"
#include "page.h"
#include "queue.h"

enum {
	CONNECTIONS_MAX = 512, /* for each listening socket */
	CONNECTIONS_PER_IP_MAX = 256,
	CONNECTION_BYTES = 16 * 1024, /* both headers; Accept alone may be 8 KB */
	IDLE_SECONDS = 20,            /* between the usual scrape intervals of 15 s and 30 s */
	MHD_LINE_MAX = 512,
};

#define TYPE_PLAIN "text/plain; charset=utf-8"

enum fixed {
	FIXED_HEALTHY,
	FIXED_NOT_FOUND,
	FIXED_METHOD,
	FIXED_BUSY,
	FIXED_FAILED,
	FIXED_MAX,
};

struct exporter_http {
	const struct exporter_config *config; /* of the first state, for what never changes */
	struct exporter_state *state;
	const struct exporter_log *log;
	struct exporter_queue *queue;
	struct MHD_Response *fixed[FIXED_MAX]; /* what does not depend on a collection */
	struct MHD_Daemon *daemon[EXPORTER_LISTEN_MAX];
	size_t daemons;
};

/* A response that several requests share; the last one drops it. */
struct shared {
	atomic_size_t users;
	struct MHD_Response *response;
};

struct request {
	struct exporter_job job; /* first: the queue hands this back */
	struct MHD_Connection *connection;
	bool asked;            /* the queue has had it */
	struct shared *shared; /* what it asked for, when that is there */
	enum fixed fallback;   /* when it is not */
};

static const unsigned fixed_status[] = {
	[FIXED_HEALTHY] = MHD_HTTP_OK,
	[FIXED_NOT_FOUND] = MHD_HTTP_NOT_FOUND,
	[FIXED_METHOD] = MHD_HTTP_METHOD_NOT_ALLOWED,
	[FIXED_BUSY] = MHD_HTTP_SERVICE_UNAVAILABLE,
	[FIXED_FAILED] = MHD_HTTP_INTERNAL_SERVER_ERROR,
};

/* ---- responses ------------------------------------------------------------------------------ */

/* A response that owns the memory of `text`, which is empty afterwards. */
static struct MHD_Response *make_response(struct buf *text, const char *type)
{
	struct MHD_Response *response = NULL;

	buf_add(text, "", 0); /* even nothing has memory now */
	if (buf_ok(text))
		response = MHD_create_response_from_buffer(text->len, text->ptr,
							   MHD_RESPMEM_MUST_FREE);
	if (response == NULL) {
		buf_free(text);
		return NULL;
	}
	buf_init(text, text->ceiling);
	if (MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type) == MHD_YES)
		return response;
	MHD_destroy_response(response);
	return NULL;
}

static struct MHD_Response *make_fixed(const char *text)
{
	struct buf buf;

	buf_init(&buf, MHD_LINE_MAX);
	buf_add_text(&buf, text);
	return make_response(&buf, TYPE_PLAIN);
}

static bool make_all_fixed(struct exporter_http *http)
{
	struct MHD_Response **fixed = http->fixed;

	fixed[FIXED_HEALTHY] = make_fixed("ok\n");
	fixed[FIXED_NOT_FOUND] = make_fixed("not found\n");
	fixed[FIXED_METHOD] = make_fixed("only GET and HEAD are allowed\n");
	fixed[FIXED_BUSY] = make_fixed("no time for a scrape before the scraper's own deadline\n");
	fixed[FIXED_FAILED] = make_fixed("out of memory for this scrape\n");
	for (size_t i = 0; i < FIXED_MAX; i++) {
		if (fixed[i] == NULL)
			return false;
	}
	return MHD_add_response_header(fixed[FIXED_METHOD], MHD_HTTP_HEADER_ALLOW, "GET, HEAD") ==
	       MHD_YES;
}

static void release(struct shared *shared)
{
	if (shared == NULL || atomic_fetch_sub(&shared->users, 1) > 1)
		return;
	MHD_destroy_response(shared->response);
	free(shared);
}

/* ---- requests ------------------------------------------------------------------------------- */

static enum MHD_Result answer_fixed(struct exporter_http *http, struct MHD_Connection *connection,
				    enum fixed fixed)
{
	return MHD_queue_response(connection, fixed_status[fixed], http->fixed[fixed]);
}

/* The queue's answer for all who share it. A request is gone as soon as it is resumed. */
static void on_done(void *ctx, struct exporter_job *job, enum exporter_result result,
		    struct buf *text)
{
	struct shared *shared = NULL;
	size_t users = 0;

	(void)ctx;
	for (const struct exporter_job *i = job; i != NULL; i = i->next)
		users++;
	if (result == EXPORTER_OK) {
		shared = calloc(1, sizeof(*shared));
		if (shared == NULL)
			buf_free(text);
		else
			shared->response =
				make_response(text, exporter_content_type(job->question.form));
		if (shared != NULL && shared->response == NULL) {
			free(shared);
			shared = NULL;
		}
	}
	if (shared != NULL)
		atomic_init(&shared->users, users);
	while (job != NULL) {
		struct request *request = (struct request *)job;

		job = job->next;
		request->shared = shared;
		request->fallback = result == EXPORTER_BUSY ? FIXED_BUSY : FIXED_FAILED;
		MHD_resume_connection(request->connection);
	}
}

/* What the scraper says it will wait; 0 for nothing or for nonsense. */
static double patience_of(struct MHD_Connection *connection)
{
	const char *text = MHD_lookup_connection_value(connection, MHD_HEADER_KIND,
						       "X-Prometheus-Scrape-Timeout-Seconds");
	double seconds;

	if (text == NULL || !str_to_double(str_trim(str_of(text)), &seconds) || seconds <= 0)
		return 0;
	return seconds;
}

static enum MHD_Result ask(struct exporter_http *http, struct request *request,
			   enum exporter_form form)
{
	request->asked = true;
	request->job.question.form = form;
	request->job.arrived = clock_now(CLOCK_MONOTONIC);
	request->job.patience = patience_of(request->connection);
	MHD_suspend_connection(request->connection);
	if (!exporter_queue_submit(http->queue, &request->job)) {
		request->fallback = FIXED_BUSY;
		MHD_resume_connection(request->connection);
	}
	return MHD_YES;
}

static enum MHD_Result answer_asked(struct exporter_http *http, struct request *request)
{
	if (request->shared == NULL)
		return answer_fixed(http, request->connection, request->fallback);
	return MHD_queue_response(request->connection, MHD_HTTP_OK, request->shared->response);
}

static enum MHD_Result route(struct exporter_http *http, struct request *request, const char *url,
			     const char *method)
{
	bool is_metrics = strcmp(url, http->config->telemetry_path) == 0;
	bool is_page = strcmp(url, "/") == 0;
	bool is_api = strcmp(url, EXPORTER_API_PATH) == 0;

	if (!is_metrics && !is_page && !is_api && strcmp(url, EXPORTER_HEALTHY_PATH) != 0)
		return answer_fixed(http, request->connection, FIXED_NOT_FOUND);
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return answer_fixed(http, request->connection, FIXED_METHOD);
	if (is_metrics)
		return ask(http, request, EXPORTER_TEXT);
	if (is_page || is_api)
		return ask(http, request, is_page ? EXPORTER_PAGE : EXPORTER_API);
	return answer_fixed(http, request->connection, FIXED_HEALTHY);
}

/* MHD calls this when the header is there, for each piece of a body, at the end of the request, and
 * again when one that was set aside goes on. An answer before the end would cost the connection. */
static enum MHD_Result on_request(void *ctx, struct MHD_Connection *connection, const char *url,
				  const char *method, const char *version, const char *body,
				  size_t *body_len, void **ctx_of_request)
{
	struct request *request = *ctx_of_request;

	(void)version;
	(void)body;
	if (request == NULL) {
		request = calloc(1, sizeof(*request));
		*ctx_of_request = request;
		if (request == NULL)
			return MHD_NO;
		request->connection = connection;
		return MHD_YES;
	}
	if (*body_len > 0) {
		*body_len = 0;
		return MHD_YES;
	}
	return request->asked ? answer_asked(ctx, request) : route(ctx, request, url, method);
}

static void on_completed(void *ctx, struct MHD_Connection *connection, void **ctx_of_request,
			 enum MHD_RequestTerminationCode why)
{
	struct request *request = *ctx_of_request;

	(void)ctx;
	(void)connection;
	(void)why;
	if (request == NULL)
		return;
	release(request->shared);
	free(request);
	*ctx_of_request = NULL;
}

/* ---- start and stop ------------------------------------------------------------------------- */

static void on_log(void *ctx, const char *format, va_list args) PRINTF_LIKE(2, 0);
static void on_log(void *ctx, const char *format, va_list args)
{
	const struct exporter_http *http = ctx;
	char line[MHD_LINE_MAX];
	size_t len;

	if (vsnprintf(line, sizeof(line), format, args) < 0)
		return;
	len = strlen(line);
	if (len > 0 && line[len - 1] == '\n')
		line[len - 1] = '\0';
	exporter_log(http->log, EXPORTER_DEBUG, "libmicrohttpd", LOG_FIELDS({"said", line}));
}

/* One thread for a listening socket; it has the socket from now on, even when this fails. */
static struct MHD_Daemon *start_daemon(struct exporter_http *http, int fd)
{
	struct MHD_Daemon *daemon = MHD_start_daemon(
		MHD_USE_EPOLL | MHD_USE_INTERNAL_POLLING_THREAD | MHD_ALLOW_SUSPEND_RESUME |
			MHD_USE_ERROR_LOG,
		0, NULL, NULL, on_request, http, MHD_OPTION_EXTERNAL_LOGGER, on_log, http,
		MHD_OPTION_LISTEN_SOCKET, (MHD_socket)fd, MHD_OPTION_CONNECTION_LIMIT,
		(unsigned)CONNECTIONS_MAX, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
		(unsigned)CONNECTIONS_PER_IP_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
		(unsigned)IDLE_SECONDS, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		(size_t)CONNECTION_BYTES, MHD_OPTION_THREAD_STACK_SIZE,
		(size_t)EXPORTER_STACK_BYTES, MHD_OPTION_NOTIFY_COMPLETED, on_completed, http,
		MHD_OPTION_END);

	if (daemon == NULL)
		(void)close(fd);
	return daemon;
}

static bool listen_all(struct exporter_http *http, struct err *err)
{
	const char *const *address = http->config->listen.item;

	for (size_t i = 0; i < http->config->listen.len; i++) {
		char bound[EXPORTER_ADDRESS_MAX];
		int fd = exporter_listen(address[i], bound, err);

		if (fd < 0)
			return false;
		http->daemon[http->daemons] = start_daemon(http, fd);
		if (http->daemon[http->daemons] == NULL)
			return err_set(err, ERR_SYSTEM, "cannot serve at \"%.80s\"", address[i]);
		http->daemons++;
		exporter_log(http->log, EXPORTER_INFO, "listening", LOG_FIELDS({"address", bound}));
	}
	return true;
}

struct exporter_http *exporter_http_start(struct exporter_now *now, const struct exporter_log *log,
					  struct err *err)
{
	const struct exporter_client client = {.done = on_done};
	struct exporter_http *http = calloc(1, sizeof(*http));

	if (http == NULL) {
		err_set(err, ERR_MEMORY, "out of memory");
		return NULL;
	}
	http->state = exporter_now_take(now);
	http->config = &http->state->config;
	http->log = log;
	if (!make_all_fixed(http))
		err_set(err, ERR_MEMORY, "out of memory");
	else
		http->queue = exporter_queue_start(now, &client, err);
	if (http->queue != NULL && listen_all(http, err))
		return http;
	if (!exporter_http_stop(http, 1))
		err_set(err, ERR_SYSTEM, "cannot stop threads");
	return NULL;
}

bool exporter_http_stop(struct exporter_http *http, double seconds)
{
	/* First the queue, which resumes all who wait: MHD must not be stopped before that. */
	if (http->queue != NULL && !exporter_queue_stop(http->queue, seconds))
		return false;
	while (http->daemons > 0)
		MHD_stop_daemon(http->daemon[--http->daemons]);
	for (size_t i = 0; i < FIXED_MAX; i++) {
		if (http->fixed[i] != NULL)
			MHD_destroy_response(http->fixed[i]);
	}
	exporter_state_release(http->state);
	free(http);
	return true;
}
