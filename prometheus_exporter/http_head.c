/* SPDX-License-Identifier: MIT */
/*
 * http_head.c - from libmicrohttpd's view of a request's head to a verdict on it; see
 * http_inside.h.
 *
 * libmicrohttpd 1.0 is strict by itself when it is asked to be. 0.9 takes NUL bytes, bare LFs,
 * folded lines and lengths that contradict each other, and keeps no copy of what came. But it cuts
 * the head into strings where it lies, so that a line that was not what it seems leaves a gap
 * between them. All it hides is a NUL byte in the very place of the CR at a line's end.
 */
#include "http_inside.h"

#include <strings.h>

enum { HOST_SHOWN = 80 };

static const double line_seconds = 60; /* between two log lines about hosts */

static bool is_strict_itself(void)
{
	return !str_starts(str_of(MHD_get_version()), STR("0."));
}

/* All that 0.9 does more is to miss a host, and to say so twice. */
int http_head_strictness(void)
{
	return is_strict_itself() ? 1 : 0;
}

/* ---- the first line -------------------------------------------------------------------------- */

/* Decodes the path itself: libmicrohttpd would end it at a %00, and does not know the form with a
 * host. */
void *http_head_line(void *ctx, const char *target, struct MHD_Connection *connection)
{
	const struct str raw = str_of(target);
	struct http_request *request = calloc(1, sizeof(*request) + 2 * (raw.len + 1));
	char *host;

	(void)ctx;
	if (request == NULL)
		return NULL;
	request->connection = connection;
	request->client = http_client_of(connection);
	if (request->client != NULL)
		request->client->request = request;
	request->fallback = HTTP_FAILED;
	request->target = target;
	request->target_len = raw.len;
	request->fault = head_target(raw, request->path, &request->target_host);
	host = request->path + raw.len + 1;
	if (request->target_host.ptr != NULL) {
		memcpy(host, request->target_host.ptr, request->target_host.len);
		request->target_host.ptr = host;
	}
	return request;
}

/* ---- the whole ------------------------------------------------------------------------------- */

static enum MHD_Result take_line(void *ctx, enum MHD_ValueKind kind, const char *name,
				 size_t name_len, const char *value, size_t value_len)
{
	(void)kind;
	head_line(ctx, (struct str){name, name_len},
		  value != NULL ? (struct str){value, value_len} : STR(""));
	return MHD_YES;
}

static const char *read_head(const struct http_request *request, const char *method,
			     const char *version, struct head *head)
{
	const struct head_request line = {method, request->target, request->target_len, version};
	const union MHD_ConnectionInfo *size = MHD_get_connection_info(
		request->connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);

	head->in_place = !is_strict_itself() && size != NULL;
	head_begin(head, &line);
	(void)MHD_get_connection_values_n(request->connection, MHD_HEADER_KIND, take_line, head);
	return head_end(head, size != NULL ? size->header_size : 0);
}

static void log_host(struct exporter_http *http, struct str host)
{
	char text[HOST_SHOWN];

	if (ratelimit_take(&http->host_lines, clock_now(CLOCK_MONOTONIC)) > 0)
		return;
	(void)snprintf(text, sizeof(text), "%.*s", (int)host.len, host.ptr);
	exporter_log(http->log, EXPORTER_WARN,
		     "asked under a host name that is not among --web.hosts",
		     LOG_FIELDS({"host", text}));
}

static bool may_ask(struct exporter_http *http, struct str host)
{
	/* Nothing is named in HTTP/1.0 only, which no browser speaks. */
	if (host.ptr == NULL || hosts_allow(http->host, http->hosts, host))
		return true;
	ratelimit_set(&http->host_lines, line_seconds, 1, clock_now(CLOCK_MONOTONIC));
	atomic_fetch_add(&http->self->misdirected, 1);
	log_host(http, host);
	return false;
}

bool http_head_admit(struct exporter_http *http, struct http_request *request, const char *method,
		     const char *version, enum MHD_Result *result)
{
	static const struct web_header end = {MHD_HTTP_HEADER_CONNECTION, "close"};
	struct http_client *client = request->client;
	struct head head;
	const char *fault;

	*result = MHD_NO;
	if (client != NULL && client->is_last)
		return false;
	fault = read_head(request, method, version, &head);
	if (request->fault != NULL)
		fault = request->fault;
	/* Chunks can be read in more than one way too. */
	if (client != NULL)
		client->is_last = fault != NULL || head.is_chunked;
	if (fault != NULL)
		*result = http_web_refuse(http, request, MHD_HTTP_BAD_REQUEST, fault, &end);
	else if (!may_ask(http, head.host) || !may_ask(http, request->target_host))
		*result =
			http_web_refuse(http, request, MHD_HTTP_MISDIRECTED_REQUEST,
					"this host name is not among those of --web.hosts\n", NULL);
	else
		return true;
	return false;
}

/* ---- whose page asks ------------------------------------------------------------------------- */

struct origin {
	const char *host;
	bool is_foreign;
};

static bool is_same_host(const char *origin, const char *host)
{
	struct str rest = str_of(origin);
	struct str own = str_trim(str_of(host));

	if (!str_take(&rest, STR("http://")) && !str_take(&rest, STR("https://")))
		return false;
	return rest.len == own.len && strncasecmp(rest.ptr, own.ptr, own.len) == 0;
}

static enum MHD_Result take_origin(void *ctx, enum MHD_ValueKind kind, const char *name,
				   const char *value)
{
	struct origin *origin = ctx;

	(void)kind;
	if (value == NULL)
		return MHD_YES;
	if (strcasecmp(name, "Origin") == 0 && !is_same_host(value, origin->host))
		origin->is_foreign = true;
	if (strcasecmp(name, "Sec-Fetch-Site") == 0 && strcmp(value, "same-origin") != 0 &&
	    strcmp(value, "none") != 0)
		origin->is_foreign = true;
	return MHD_YES;
}

bool http_head_is_own(struct MHD_Connection *connection)
{
	const char *host =
		MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_HOST);
	struct origin origin = {.host = host != NULL ? host : ""};

	(void)MHD_get_connection_values(connection, MHD_HEADER_KIND, take_origin, &origin);
	return !origin.is_foreign;
}
