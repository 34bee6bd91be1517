/* SPDX-License-Identifier: MIT */
/* http_response.c - what is sent; see http_inside.h. */
#include "http_inside.h"

#include "page.h"
#include "page_asset.h"

enum { TEXT_MAX = 1024 };

#define TYPE_PLAIN "text/plain; charset=utf-8"

struct header {
	const char *name;
	const char *value;
};

static const struct {
	unsigned status;
	const char *text;
	const char *allow;
} fixed_text[HTTP_FIXED_MAX] = {
	[HTTP_OK] = {MHD_HTTP_OK, "ok\n", NULL},
	[HTTP_STOPPING] = {MHD_HTTP_SERVICE_UNAVAILABLE, "stopping\n", NULL},
	[HTTP_NOT_FOUND] = {MHD_HTTP_NOT_FOUND, "not found\n", NULL},
	[HTTP_NOT_GET] = {MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD are allowed\n",
			  "GET, HEAD"},
	[HTTP_NOT_POST] = {MHD_HTTP_METHOD_NOT_ALLOWED, "only POST and PUT are allowed\n",
			   "POST, PUT"},
	[HTTP_NO_LIFECYCLE] = {MHD_HTTP_FORBIDDEN,
			       "Lifecycle API is not enabled; --web.enable-lifecycle turns it on\n",
			       NULL},
	[HTTP_FOREIGN] = {MHD_HTTP_FORBIDDEN, "a page of another site may not ask for this\n",
			  NULL},
	[HTTP_BODY] = {MHD_HTTP_CONTENT_TOO_LARGE, "no body is needed, and this one is too long\n",
		       NULL},
	[HTTP_BUSY] = {MHD_HTTP_SERVICE_UNAVAILABLE,
		       "no time for a scrape before the scraper's own deadline\n", NULL},
	[HTTP_FAILED] = {MHD_HTTP_INTERNAL_SERVER_ERROR, "out of memory for this scrape\n", NULL},
};

static const struct header page_header[] = {
	{MHD_HTTP_HEADER_CONTENT_SECURITY_POLICY, EXPORTER_PAGE_POLICY},
	{MHD_HTTP_HEADER_CACHE_CONTROL, "no-store"},
	{MHD_HTTP_HEADER_VARY, "Accept-Encoding"},
};
static const struct header api_header[] = {
	{MHD_HTTP_HEADER_CACHE_CONTROL, "no-store"},
	{MHD_HTTP_HEADER_VARY, "Accept-Encoding"},
};
static const struct header exposition_header[] = {
	{MHD_HTTP_HEADER_VARY, "Accept, Accept-Encoding"},
};
static const struct header asset_header[] = {
	{MHD_HTTP_HEADER_CACHE_CONTROL, "max-age=31536000, immutable"},
};

/* NULL, with the response destroyed, when memory is out. Accepts NULL. */
static struct MHD_Response *add_headers(struct MHD_Response *response, const struct header *header,
					size_t len)
{
	for (size_t i = 0; response != NULL && i < len; i++) {
		if (MHD_add_response_header(response, header[i].name, header[i].value) == MHD_YES)
			continue;
		MHD_destroy_response(response);
		response = NULL;
	}
	return response;
}

/* What every response has. */
static struct MHD_Response *add_type(struct MHD_Response *response, const char *type)
{
	const struct header header[] = {
		{MHD_HTTP_HEADER_CONTENT_TYPE, type},
		{"X-Content-Type-Options", "nosniff"},
	};

	return add_headers(response, header, ARRAY_LEN(header));
}

/* A response that owns the memory of `text`, which is empty afterwards. */
static struct MHD_Response *make_response(struct buf *text, const char *type)
{
	struct MHD_Response *response = NULL;

	buf_add(text, "", 0); /* even nothing has memory now */
	if (buf_ok(text))
		response = MHD_create_response_from_buffer(text->len, text->ptr,
							   MHD_RESPMEM_MUST_FREE);
	if (response == NULL)
		buf_free(text);
	else
		buf_init(text, text->ceiling);
	return add_type(response, type);
}

static struct MHD_Response *make_text(const char *text, const char *allow)
{
	const struct header header = {MHD_HTTP_HEADER_ALLOW, allow};
	struct MHD_Response *response;
	struct buf buf;

	buf_init(&buf, TEXT_MAX);
	buf_add_text(&buf, text);
	response = make_response(&buf, TYPE_PLAIN);
	return add_headers(response, &header, allow == NULL ? 0 : 1);
}

static const char *type_of(struct str path)
{
	static const struct {
		const char *end;
		const char *type;
	} known[] = {
		{".css", "text/css; charset=utf-8"},
		{".js", "text/javascript; charset=utf-8"},
		{".svg", "image/svg+xml"},
		{".png", "image/png"},
		{".ico", "image/x-icon"},
		{".html", "text/html; charset=utf-8"},
	};

	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		if (str_ends(path, str_of(known[i].end)))
			return known[i].type;
	}
	return "application/octet-stream";
}

static struct MHD_Response *make_asset(const struct page_asset *asset)
{
	/* libmicrohttpd only reads it, its header does not say so. */
	struct MHD_Response *response = MHD_create_response_from_buffer(
		asset->len, (void *)(uintptr_t)asset->bytes, MHD_RESPMEM_PERSISTENT);

	response = add_type(response, type_of(str_of(asset->path)));
	return add_headers(response, asset_header, ARRAY_LEN(asset_header));
}

bool http_responses_init(struct http_responses *responses)
{
	*responses = (struct http_responses){
		.asset = calloc(page_asset_all_len + 1, sizeof(struct MHD_Response *))};
	if (responses->asset == NULL)
		return false;
	for (size_t i = 0; i < HTTP_FIXED_MAX; i++) {
		responses->fixed[i] = make_text(fixed_text[i].text, fixed_text[i].allow);
		if (responses->fixed[i] == NULL)
			return false;
	}
	for (size_t i = 0; i < page_asset_all_len; i++) {
		responses->asset[i] = make_asset(&page_asset_all[i]);
		if (responses->asset[i] == NULL)
			return false;
	}
	return true;
}

void http_responses_free(struct http_responses *responses)
{
	for (size_t i = 0; i < HTTP_FIXED_MAX; i++) {
		if (responses->fixed[i] != NULL)
			MHD_destroy_response(responses->fixed[i]);
	}
	for (size_t i = 0; responses->asset != NULL && i < page_asset_all_len; i++) {
		if (responses->asset[i] != NULL)
			MHD_destroy_response(responses->asset[i]);
	}
	free(responses->asset);
}

/* Sends a response that nobody else has. Accepts NULL. */
static enum MHD_Result send_own(const struct http_responses *responses,
				const struct http_request *request, unsigned status,
				struct MHD_Response *response)
{
	enum MHD_Result result;

	response = http_web_headers(request->web, response);
	if (response == NULL)
		return MHD_queue_response(request->connection, MHD_HTTP_INTERNAL_SERVER_ERROR,
					  responses->fixed[HTTP_FAILED]);
	result = MHD_queue_response(request->connection, status, response);
	MHD_destroy_response(response);
	return result;
}

/* Those that are shared cannot have headers that may change. */
enum MHD_Result http_send_fixed(const struct http_responses *responses,
				const struct http_request *request, enum http_fixed fixed)
{
	if (http_web_has_headers(request->web))
		return send_own(responses, request, fixed_text[fixed].status,
				make_text(fixed_text[fixed].text, fixed_text[fixed].allow));
	return MHD_queue_response(request->connection, fixed_text[fixed].status,
				  responses->fixed[fixed]);
}

enum MHD_Result http_send_asset(const struct http_responses *responses,
				const struct http_request *request, size_t asset)
{
	if (http_web_has_headers(request->web))
		return send_own(responses, request, MHD_HTTP_OK,
				make_asset(&page_asset_all[asset]));
	return MHD_queue_response(request->connection, MHD_HTTP_OK, responses->asset[asset]);
}

struct MHD_Response *http_make_literal(const char *text)
{
	return make_text(text, NULL);
}

/* ---- replies -------------------------------------------------------------------------------- */

static struct MHD_Response *make_answer(struct exporter_reply *reply, enum exporter_form form)
{
	const struct header gzip = {MHD_HTTP_HEADER_CONTENT_ENCODING, "gzip"};
	struct MHD_Response *response = make_response(&reply->text, exporter_content_type(form));

	response = add_headers(response, &gzip, reply->gzip ? 1 : 0);
	if (form == EXPORTER_PAGE)
		return add_headers(response, page_header, ARRAY_LEN(page_header));
	if (form == EXPORTER_API)
		return add_headers(response, api_header, ARRAY_LEN(api_header));
	return add_headers(response, exposition_header, ARRAY_LEN(exposition_header));
}

static unsigned status_of(enum exporter_result result)
{
	switch (result) {
	case EXPORTER_OK:
	case EXPORTER_RELOADED:
		return MHD_HTTP_OK;
	case EXPORTER_REFUSED:
		return MHD_HTTP_BAD_REQUEST;
	case EXPORTER_FORBIDDEN:
		return MHD_HTTP_FORBIDDEN;
	case EXPORTER_BUSY:
		return MHD_HTTP_SERVICE_UNAVAILABLE;
	case EXPORTER_FAILED:
	case EXPORTER_KEPT:
		break;
	}
	return MHD_HTTP_INTERNAL_SERVER_ERROR;
}

struct http_shared *http_shared_new(struct exporter_reply *reply,
				    const struct exporter_question *question,
				    const struct web_config *web)
{
	struct http_shared *shared = NULL;

	if (reply->result != EXPORTER_BUSY && reply->result != EXPORTER_FAILED)
		shared = calloc(1, sizeof(*shared));
	if (shared == NULL) {
		buf_free(&reply->text);
		return NULL;
	}
	shared->status = status_of(reply->result);
	shared->response = reply->result == EXPORTER_OK ? make_answer(reply, question->form)
							: make_response(&reply->text, TYPE_PLAIN);
	shared->response = http_web_headers(web, shared->response);
	if (shared->response != NULL)
		return shared;
	free(shared);
	return NULL;
}

void http_shared_free(struct http_shared *shared)
{
	MHD_destroy_response(shared->response);
	free(shared);
}
