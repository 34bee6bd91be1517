/* SPDX-License-Identifier: MIT */
/* http_web.c - who may ask, and over what: the web configuration in force; see http_inside.h. */
#include "http_inside.h"

#include <math.h>
#include <sys/socket.h>

#include "collect.h"

enum { SECONDS_TEXT_MAX = 24 };

struct http_gate {
	struct auth_job job; /* first: the thread hands this back */
	struct http_request *request;
};

/* ---- connections ----------------------------------------------------------------------------- */

static bool begin_tls(struct MHD_Connection *connection, const struct web_config *config)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);

	return info != NULL && info->tls_session != NULL &&
	       tls_begin(config->tls, info->tls_session);
}

/* Before the handshake. What the session uses must stay until it has ended. */
static void enter(struct exporter_http *http, struct MHD_Connection *connection,
		  struct http_client *client)
{
	if (http->web == NULL || !web_has_tls(http->web) || client == NULL)
		return;
	client->web = web_now(http->web);
	if (!begin_tls(connection, client->web))
		(void)shutdown(client->fd, SHUT_RDWR);
}

/* Where the kernel has no memory to watch a connection, libmicrohttpd ends it without a word of its
 * request. */
static struct web_config *leave(struct exporter_http *http, const struct http_client *client)
{
	http->poll.closing = client->fd;
	if (client->request != NULL)
		http_request_end(http, client->request);
	return client->web;
}

void http_web_notify(void *ctx, struct MHD_Connection *connection, void **socket_context,
		     enum MHD_ConnectionNotificationCode what)
{
	struct exporter_http *http = ctx;
	struct web_config *config = NULL;

	if (what == MHD_CONNECTION_NOTIFY_CLOSED && *socket_context != NULL)
		config = leave(http, *socket_context);
	http_clients_notify(&http->clients, connection, socket_context, what);
	web_config_release(config);
	if (what == MHD_CONNECTION_NOTIFY_STARTED)
		enter(http, connection, *socket_context);
}

/* ---- headers --------------------------------------------------------------------------------- */

/* In the place of the server's own. Takes its text before it is freed. */
static bool set_header(struct MHD_Response *response, const struct web_header *header)
{
	const char *own = MHD_get_response_header(response, header->name);

	if (own != NULL)
		(void)MHD_del_response_header(response, header->name, own);
	return MHD_add_response_header(response, header->name, header->value) == MHD_YES;
}

struct MHD_Response *http_web_headers(const struct web_config *config,
				      struct MHD_Response *response)
{
	const struct web_header *header;

	if (config == NULL || response == NULL)
		return response;
	header = config->header.item;
	for (size_t i = 0; i < config->header.len; i++) {
		if (set_header(response, &header[i]))
			continue;
		MHD_destroy_response(response);
		return NULL;
	}
	return response;
}

bool http_web_has_headers(const struct web_config *config)
{
	return config != NULL && config->header.len > 0;
}

/* ---- refusals -------------------------------------------------------------------------------- */

enum MHD_Result http_web_refuse(struct exporter_http *http, struct http_request *request,
				unsigned status, const char *text, const struct web_header *header)
{
	struct MHD_Response *response = http_make_literal(text);
	enum MHD_Result result;

	if (response != NULL && header != NULL && !set_header(response, header)) {
		MHD_destroy_response(response);
		response = NULL;
	}
	response = http_web_headers(request->web, response);
	http_clients_move(&http->clients, request->client, GUARD_TAKING);
	if (response == NULL)
		return MHD_NO;
	result = MHD_queue_response(request->connection, status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result refuse_user(struct exporter_http *http, struct http_request *request)
{
	const struct web_header header = {MHD_HTTP_HEADER_WWW_AUTHENTICATE,
					  "Basic realm=\"connledger\", charset=\"UTF-8\""};

	atomic_fetch_add(&http->self->unauthorized, 1);
	return http_web_refuse(http, request, MHD_HTTP_UNAUTHORIZED,
			       "a user and a password are needed\n", &header);
}

static enum MHD_Result refuse_rate(struct exporter_http *http, struct http_request *request,
				   double wait)
{
	char seconds[SECONDS_TEXT_MAX];
	const struct web_header header = {MHD_HTTP_HEADER_RETRY_AFTER, seconds};

	(void)snprintf(seconds, sizeof(seconds), "%.0f", ceil(wait));
	atomic_fetch_add(&http->self->limited, 1);
	return http_web_refuse(http, request, MHD_HTTP_TOO_MANY_REQUESTS, "too many requests\n",
			       &header);
}

static enum MHD_Result refuse_wait(struct exporter_http *http, struct http_request *request)
{
	const struct web_header header = {MHD_HTTP_HEADER_RETRY_AFTER, "1"};

	return http_web_refuse(http, request, MHD_HTTP_SERVICE_UNAVAILABLE,
			       "too many passwords are waiting to be checked\n", &header);
}

/* ---- requests -------------------------------------------------------------------------------- */

/* A number for an address, never 0; whoever comes over a unix socket is nobody. A host has all of
 * an IPv6 network of 64 bits. */
static uint64_t asker_of(const struct http_client *client)
{
	static const unsigned char v4[GUARD_ADDRESS_LEN / 2];
	uint64_t hash = 14695981039346656037u; /* FNV-1a */
	size_t len = GUARD_ADDRESS_LEN;

	if (client == NULL || !client->guard.has_address)
		return 0;
	if (memcmp(client->guard.address, v4, sizeof(v4)) != 0)
		len = sizeof(v4);
	for (size_t i = 0; i < len; i++)
		hash = (hash ^ client->guard.address[i]) * 1099511628211u;
	return hash | 1;
}

/* Sets the request aside until the thread has a verdict. */
static enum MHD_Result ask(struct exporter_http *http, struct http_request *request,
			   const struct auth_basic *basic)
{
	struct http_gate *gate = calloc(1, sizeof(*gate));
	struct auth_job *refused;

	if (gate == NULL)
		return refuse_wait(http, request);
	request->gate = gate;
	gate->request = request;
	auth_basic_copy(&gate->job.basic, basic);
	gate->job.hash = web_config_hash(request->web, basic->user);
	gate->job.cost = request->web->cost;
	gate->job.asker = asker_of(request->client);
	http_clients_move(&http->clients, request->client, GUARD_WAITING);
	MHD_suspend_connection(request->connection);
	request->away = true;
	refused = web_submit(http->web, &gate->job);
	if (refused != NULL)
		http_poll_resume(http, ((struct http_gate *)refused)->request);
	return MHD_YES;
}

static void on_judged(void *ctx, struct auth_job *job)
{
	struct exporter_http *http = ctx;

	(void)pthread_mutex_lock(&http->poll.lock);
	http_poll_resume(http, ((struct http_gate *)job)->request);
	(void)pthread_mutex_unlock(&http->poll.lock);
	http_poll_interrupt(http);
}

static bool check_user(struct exporter_http *http, struct http_request *request,
		       enum MHD_Result *result)
{
	const char *value = MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND,
							MHD_HTTP_HEADER_AUTHORIZATION);
	struct auth_basic basic;
	enum auth_verdict verdict = AUTH_WRONG;

	if (value != NULL && auth_basic_parse(&basic, str_of(value))) {
		verdict = web_known(http->web, request->web, &basic);
		if (verdict == AUTH_UNKNOWN)
			*result = ask(http, request, &basic);
		auth_basic_wipe(&basic);
	}
	if (verdict == AUTH_WRONG)
		*result = refuse_user(http, request);
	return verdict == AUTH_RIGHT;
}

/* After the thread's verdict. */
static bool take_verdict(struct exporter_http *http, struct http_request *request,
			 enum MHD_Result *result)
{
	const struct http_gate *gate = request->gate;

	if (gate->job.verdict == AUTH_RIGHT)
		return true;
	if (gate->job.verdict == AUTH_UNKNOWN)
		*result = refuse_wait(http, request);
	else
		*result = refuse_user(http, request);
	return false;
}

bool http_web_admit(struct exporter_http *http, struct http_request *request,
		    enum MHD_Result *result)
{
	double wait;

	if (http->web == NULL)
		return true;
	if (request->gate != NULL)
		return take_verdict(http, request, result);
	request->web = web_now(http->web);
	wait = web_take(http->web);
	if (wait > 0) {
		*result = refuse_rate(http, request, wait);
		return false;
	}
	return request->web->user.len == 0 || check_user(http, request, result);
}

void http_web_forget(struct http_request *request)
{
	web_config_release(request->web);
	free(request->gate);
}

/* ---- start ----------------------------------------------------------------------------------- */

bool http_web_start(struct exporter_http *http, struct err *err)
{
	const struct auth_client client = {.done = on_judged, .ctx = http};

	if (http->web_config_file == NULL)
		return true;
	http->web = web_new(http->web_config_file, http->log, http->self, err);
	return http->web != NULL && web_start(http->web, &client, err);
}
