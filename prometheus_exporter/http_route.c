/* SPDX-License-Identifier: MIT */
/* http_route.c - from a request to its answer; see http_inside.h. */
#include "http_inside.h"

#include <strings.h>

#include "api.h"
#include "negotiate.h"
#include "page_asset.h"

enum {
	BODY_BYTES_MAX = 16 * 1024,
	HEADER_LINES_MAX = 16, /* of one name; what comes after them is not looked at */
};

enum route {
	ROUTE_METRICS,
	ROUTE_PROBE,
	ROUTE_PAGE,
	ROUTE_API,
	ROUTE_HEALTHY,
	ROUTE_READY,
	ROUTE_RELOAD,
	ROUTE_NONE,
	ROUTE_ASSET, /* the first one; page_asset_all has their order */
};

static const char *const route_path[ROUTE_NONE] = {
	[ROUTE_PROBE] = "/probe",        [ROUTE_PAGE] = "/",
	[ROUTE_API] = EXPORTER_API_PATH, [ROUTE_HEALTHY] = EXPORTER_HEALTHY_PATH,
	[ROUTE_READY] = "/-/ready",      [ROUTE_RELOAD] = "/-/reload",
};

static size_t route_of(const struct exporter_http *http, const char *url)
{
	if (strcmp(url, http->telemetry_path) == 0)
		return ROUTE_METRICS;
	for (size_t i = 0; i < ROUTE_NONE; i++) {
		if (route_path[i] != NULL && strcmp(url, route_path[i]) == 0)
			return i;
	}
	for (size_t i = 0; i < page_asset_all_len; i++) {
		if (strcmp(url, page_asset_all[i].path) == 0)
			return ROUTE_ASSET + i;
	}
	return ROUTE_NONE;
}

/* ---- headers and parameters; all borrowed from the connection, until the request ends -------- */

struct lines {
	const char *name;
	const char *value[HEADER_LINES_MAX];
	size_t len;
};

static enum MHD_Result take_line(void *ctx, enum MHD_ValueKind kind, const char *name,
				 const char *value)
{
	struct lines *lines = ctx;

	(void)kind;
	if (value != NULL && lines->len < HEADER_LINES_MAX && strcasecmp(name, lines->name) == 0)
		lines->value[lines->len++] = value;
	return MHD_YES;
}

static struct lines lines_of(struct MHD_Connection *connection, const char *name)
{
	struct lines lines = {.name = name};

	(void)MHD_get_connection_values(connection, MHD_HEADER_KIND, take_line, &lines);
	return lines;
}

static const char *parameter(struct MHD_Connection *connection, const char *name)
{
	return MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, name);
}

static struct exporter_question question_of(struct MHD_Connection *connection, size_t route)
{
	struct lines accept = lines_of(connection, MHD_HTTP_HEADER_ACCEPT);
	struct lines encoding = lines_of(connection, MHD_HTTP_HEADER_ACCEPT_ENCODING);
	struct exporter_question question = {
		.form = exporter_negotiate(accept.value, accept.len),
		.gzip = exporter_negotiate_gzip(encoding.value, encoding.len),
	};

	if (route == ROUTE_RELOAD)
		return (struct exporter_question){.reload = true};
	if (route == ROUTE_PAGE)
		question.form = EXPORTER_PAGE;
	if (route == ROUTE_API)
		question.form = EXPORTER_API;
	if (route == ROUTE_PROBE) {
		question.target = parameter(connection, "target");
		question.module = parameter(connection, "module");
		/* No target is a mistake of the asker, not a question about the own sites. */
		if (question.target == NULL)
			question.target = "";
	}
	return question;
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

static bool is_too_long(struct MHD_Connection *connection)
{
	const char *text = MHD_lookup_connection_value(connection, MHD_HEADER_KIND,
						       MHD_HTTP_HEADER_CONTENT_LENGTH);
	uint64_t len;

	return text != NULL && (!str_to_u64(str_of(text), &len) || len > BODY_BYTES_MAX);
}

/* ---- answers -------------------------------------------------------------------------------- */

static enum MHD_Result send_fixed(struct exporter_http *http, struct http_request *request,
				  enum http_fixed fixed)
{
	http_clients_move(&http->clients, request->client, GUARD_TAKING);
	return http_send_fixed(&http->responses, request, fixed);
}

/* Sets the request aside until the queue has its answer. */
static enum MHD_Result ask(struct exporter_http *http, struct http_request *request, size_t route)
{
	request->asked = true;
	request->counted = route == ROUTE_METRICS;
	if (request->counted)
		atomic_fetch_add(&http->self->in_flight, 1);
	request->job.question = question_of(request->connection, route);
	request->job.arrived = clock_now(CLOCK_MONOTONIC);
	request->job.patience = patience_of(request->connection);
	http_clients_move(&http->clients, request->client, GUARD_WAITING);
	MHD_suspend_connection(request->connection);
	request->away = true;
	if (!exporter_queue_submit(http->queue, &request->job)) {
		request->fallback = HTTP_STOPPING;
		http_poll_resume(http, request);
	}
	return MHD_YES;
}

static void count(struct exporter_self *self, const struct http_request *request)
{
	if (!request->counted)
		return;
	if (request->shared != NULL)
		atomic_fetch_add(&self->answers_ok, 1);
	else if (request->fallback == HTTP_FAILED)
		atomic_fetch_add(&self->answers_failed, 1);
	else
		atomic_fetch_add(&self->answers_busy, 1);
}

static enum MHD_Result answer_asked(struct exporter_http *http, struct http_request *request)
{
	count(http->self, request);
	if (request->shared == NULL)
		return send_fixed(http, request, request->fallback);
	http_clients_move(&http->clients, request->client, GUARD_TAKING);
	return MHD_queue_response(request->connection, request->shared->status,
				  request->shared->response);
}

static enum MHD_Result answer_get(struct exporter_http *http, struct http_request *request,
				  size_t route)
{
	switch (route) {
	case ROUTE_HEALTHY:
		return send_fixed(http, request, HTTP_OK);
	case ROUTE_READY:
		return send_fixed(http, request,
				  atomic_load(&http->stopping) ? HTTP_STOPPING : HTTP_OK);
	case ROUTE_METRICS:
	case ROUTE_PROBE:
	case ROUTE_PAGE:
	case ROUTE_API:
		return ask(http, request, route);
	default:
		http_clients_move(&http->clients, request->client, GUARD_TAKING);
		return http_send_asset(&http->responses, request, route - ROUTE_ASSET);
	}
}

static bool is_either(const char *method, const char *a, const char *b)
{
	return strcmp(method, a) == 0 || strcmp(method, b) == 0;
}

static enum MHD_Result answer_reload(struct exporter_http *http, struct http_request *request,
				     const char *method)
{
	if (!is_either(method, MHD_HTTP_METHOD_POST, MHD_HTTP_METHOD_PUT))
		return send_fixed(http, request, HTTP_NOT_POST);
	if (!http->lifecycle)
		return send_fixed(http, request, HTTP_NO_LIFECYCLE);
	if (!http_head_is_own(request->connection))
		return send_fixed(http, request, HTTP_FOREIGN);
	return ask(http, request, ROUTE_RELOAD);
}

static enum MHD_Result answer(struct exporter_http *http, struct http_request *request,
			      const char *method)
{
	size_t route = route_of(http, request->path);

	if (request->body_len > BODY_BYTES_MAX)
		return send_fixed(http, request, HTTP_BODY);
	if (route == ROUTE_NONE)
		return send_fixed(http, request, HTTP_NOT_FOUND);
	if (route == ROUTE_RELOAD)
		return answer_reload(http, request, method);
	if (!is_either(method, MHD_HTTP_METHOD_GET, MHD_HTTP_METHOD_HEAD))
		return send_fixed(http, request, HTTP_NOT_GET);
	return answer_get(http, request, route);
}

/* ---- libmicrohttpd's callbacks -------------------------------------------------------------- */

static enum MHD_Result begin(struct exporter_http *http, struct http_request *request,
			     const char *method, const char *version)
{
	enum MHD_Result result = MHD_NO;

	request->begun = true;
	if (!http_head_admit(http, request, method, version, &result))
		return result;
	/* This early libmicrohttpd reads nothing more and closes the connection afterwards. */
	return is_too_long(request->connection) ? send_fixed(http, request, HTTP_BODY) : MHD_YES;
}

/* It calls this when the header is there, for each piece of a body, at the end of the request, and
 * again when one that was set aside goes on. An answer before the end would cost the connection. */
enum MHD_Result http_on_request(void *ctx, struct MHD_Connection *connection, const char *url,
				const char *method, const char *version, const char *body,
				size_t *body_len, void **ctx_of_request)
{
	struct http_request *request = *ctx_of_request;
	enum MHD_Result result = MHD_NO;

	(void)connection;
	(void)url; /* is read from its own text, see http_head.c */
	(void)body;
	if (request == NULL)
		return MHD_NO;
	if (!request->begun)
		return begin(ctx, request, method, version);
	if (*body_len > 0) {
		request->body_len += *body_len;
		*body_len = 0;
		return MHD_YES;
	}
	if (request->asked)
		return answer_asked(ctx, request);
	if (!http_web_admit(ctx, request, &result))
		return result;
	return answer(ctx, request, method);
}

void http_request_end(struct exporter_http *http, struct http_request *request)
{
	if (request->counted)
		atomic_fetch_sub(&http->self->in_flight, 1);
	if (request->client != NULL)
		request->client->request = NULL;
	http_clients_move(&http->clients, request->client, GUARD_IDLE);
	http_clients_release(&http->clients, request->shared);
	http_web_forget(request);
	free(request);
}

void http_on_completed(void *ctx, struct MHD_Connection *connection, void **ctx_of_request,
		       enum MHD_RequestTerminationCode why)
{
	(void)connection;
	(void)why;
	if (*ctx_of_request != NULL)
		http_request_end(ctx, *ctx_of_request);
	*ctx_of_request = NULL;
}
