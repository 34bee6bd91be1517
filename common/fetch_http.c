/* SPDX-License-Identifier: MIT */
/* fetch_http.c - HTTP status codes and their cures in words; see fetch_http.h. */
#include "fetch_http.h"

#include <strings.h>

bool fetch_http_is_vhost(const char *vhost)
{
	size_t len = strspn(vhost, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789.-_:[]");

	return len > 0 && len < FETCH_HTTP_VHOST_MAX && vhost[len] == '\0';
}

void fetch_http_connect_to(const struct target *target, char ret[FETCH_HTTP_URL_MAX])
{
	bool is_v6 = strchr(target->host, ':') != NULL;
	struct str zone = str_of(target->host);
	struct str host = str_cut(&zone, '%');

	(void)snprintf(ret, FETCH_HTTP_URL_MAX, "::%s%.*s%s%.*s%s:%u", is_v6 ? "[" : "",
		       (int)host.len, host.ptr, zone.len > 0 ? "%25" : "", (int)zone.len,
		       zone.len > 0 ? zone.ptr : "", is_v6 ? "]" : "", (unsigned)target->port);
}

void fetch_http_url(const struct target *target, const char *vhost, char ret[FETCH_HTTP_URL_MAX])
{
	const char *scheme = target->scheme == TARGET_HTTPS ? "https" : "http";
	const char *colon = vhost == NULL ? NULL : strrchr(vhost, ':');
	bool has_port = colon != NULL && strchr(colon, ']') == NULL;
	char place[FETCH_HTTP_URL_MAX] = "::localhost";

	if (target->host != NULL)
		fetch_http_connect_to(target, place);
	if (vhost == NULL)
		(void)snprintf(ret, FETCH_HTTP_URL_MAX, "%s://%.*s%s", scheme,
			       FETCH_HTTP_VHOST_MAX + 48, place + 2, target->uri);
	else if (has_port || target->host == NULL)
		(void)snprintf(ret, FETCH_HTTP_URL_MAX, "%s://%s%s", scheme, vhost, target->uri);
	else
		(void)snprintf(ret, FETCH_HTTP_URL_MAX, "%s://%s:%u%s", scheme, vhost,
			       (unsigned)target->port, target->uri);
}

struct status_word {
	long status;
	const char *reason;
	const char *cure; /* begins with its punctuation; "" without one */
};

static const struct status_word status_word[] = {
	{204, "No Content", ""},
	{301, "Moved Permanently", ""},
	{302, "Found", ""},
	{303, "See Other", ""},
	{304, "Not Modified", ""},
	{307, "Temporary Redirect", ""},
	{308, "Permanent Redirect", ""},
	{400, "Bad Request", "; is it an https:// port, or does it want a client certificate?"},
	{401, "Unauthorized", ""},
	{403, "Forbidden", "; the server must allow this host (nginx: allow ADDRESS; deny all;)"},
	{404, "Not Found", "; no status page at this path or for this host name"},
	{405, "Method Not Allowed", ""},
	{408, "Request Timeout", ""},
	{421, "Misdirected Request", "; the TLS name and the Host header differ"},
	{429, "Too Many Requests", "; a limit_req applies to the status page"},
	{500, "Internal Server Error", ""},
	{501, "Not Implemented", ""},
	{502, "Bad Gateway", ""},
	{503, "Service Unavailable", ""},
	{504, "Gateway Timeout", ""},
};

/* Shows the URL without a user name and password. */
static void fail_redirect(struct fetch_run_job *run, long status, const char *location)
{
	struct str url = str_of(location);
	struct str scheme = {url.ptr, 0};
	size_t secret = 0;
	bool is_path = str_starts(url, STR("/")) && !str_starts(url, STR("//"));

	for (size_t i = 0; !is_path && i + 2 < url.len && scheme.len == 0; i++) {
		if (url.ptr[i] == '/' && url.ptr[i + 1] == '/')
			scheme.len = i + 2;
	}
	url.ptr += scheme.len;
	url.len -= scheme.len;
	for (size_t i = 0; i < url.len && strchr("/?#", url.ptr[i]) == NULL; i++) {
		if (url.ptr[i] == '@')
			secret = i + 1;
	}
	url.ptr += secret;
	url.len -= secret;
	fetch_job_fail(run, ERR_HTTP_STATUS,
		       scheme.len > 0
			       ? "HTTP %ld: redirect to %.*s%.*s%s; give that URL as the target"
			       : "HTTP %ld: redirect to the path %.*s%.*s%s; give that path "
				 "in the target",
		       status, (int)(scheme.len > 16 ? 16 : scheme.len), scheme.ptr,
		       (int)(url.len > 80 ? 80 : url.len), url.ptr, url.len > 80 ? "..." : "");
}

static bool has_credentials(const struct fetch_run_job *run)
{
	return fetch_job_options(run)->username != NULL || run->job->target->username != NULL;
}

void fetch_http_fail_status(struct fetch_run_job *run, long status, const char *location)
{
	const char *reason = "";
	const char *cure = "";

	if (status >= 300 && status < 400 && location != NULL) {
		fail_redirect(run, status, location);
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(status_word); i++) {
		if (status_word[i].status == status) {
			reason = status_word[i].reason;
			cure = status_word[i].cure;
		}
	}
	if (status == 401)
		cure = has_credentials(run) ? "; the user name or the password is wrong"
					    : "; it wants a user name and a password";
	fetch_job_fail(run, ERR_HTTP_STATUS, "HTTP %ld%s%s%s", status, reason[0] != '\0' ? " " : "",
		       reason, cure);
}

void fetch_http_fail_foreign(struct fetch_run_job *run)
{
	const struct target *target = run->job->target;
	const char *what = "answered without HTTP headers; a raw uWSGI stats socket? then use";

	if (target->host == NULL)
		fetch_job_fail(run, ERR_PROTOCOL, "%s unix:%s", what, target->path);
	else
		fetch_job_fail(run, ERR_PROTOCOL,
			       strchr(target->host, ':') ? "%s tcp://[%.80s]:%u"
							 : "%s tcp://%.80s:%u",
			       what, target->host, (unsigned)target->port);
}

static void fail_reset(struct fetch_run_job *run)
{
	fetch_job_fail(run, ERR_RESET,
		       "the connection was closed without an answer; nginx closes at once when "
		       "worker_connections are used up");
}

void fetch_http_fail_truncated(struct fetch_run_job *run)
{
	fetch_job_fail(run, ERR_RESET, "truncated: the connection was closed after %zu bytes",
		       run->bytes);
}

void fetch_http_fail_unasked(struct fetch_run_job *run)
{
	fetch_job_fail(run, ERR_RESET,
		       "cut before it was asked: the listen queue is full, nginx has no free "
		       "worker_connections, or it is a raw uWSGI stats socket: then use unix:%s",
		       run->job->target->path);
}

void fetch_http_fail_cut(struct fetch_run_job *run, const char *error)
{
	if (strstr(error, "alert") != NULL)
		fetch_job_fail(run, ERR_TLS, "%s", error);
	else
		fail_reset(run);
}

void fetch_http_fail_tls(struct fetch_run_job *run, const char *error)
{
	if (strstr(error, "SSL_ERROR_SYSCALL") != NULL || strstr(error, "reset by peer") != NULL)
		fail_reset(run);
	else if (strstr(error, "wrong version number") != NULL)
		fetch_job_fail(run, ERR_TLS, "no TLS there; use http:// (%s)", error);
	else
		fetch_job_fail(run, ERR_TLS, "%s", error);
}

void fetch_http_take_server(struct fetch_job *job, struct str line)
{
	static const char name[] = "server:";
	size_t len;

	if (line.len < sizeof(name) - 1 || strncasecmp(line.ptr, name, sizeof(name) - 1) != 0)
		return;
	line = str_trim((struct str){line.ptr + sizeof(name) - 1, line.len - (sizeof(name) - 1)});
	len = line.len < sizeof(job->server) - 1 ? line.len : sizeof(job->server) - 1;
	for (size_t i = 0; i < len; i++)
		job->server[i] = (char)(line.ptr[i] < ' ' || line.ptr[i] > '~' ? '?' : line.ptr[i]);
	job->server[len] = '\0';
}
