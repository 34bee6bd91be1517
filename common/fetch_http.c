/* SPDX-License-Identifier: MIT */
/* fetch_http.c - HTTP status codes and their cures in words; see fetch_http.h. */
#include "fetch_http.h"

#include "plain_file.h"

enum { PORT_HTTP = 80 };

static bool only(struct str s, const char *allowed)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '\0' || strchr(allowed, s.ptr[i]) == NULL)
			return false;
	}
	return s.len > 0;
}

/* Cuts "name:port" or "[address]:port" in two; `*port` has a NULL ptr when there is none. */
static struct str cut_vhost(struct str vhost, struct str *port)
{
	size_t bracket = str_find(vhost, ']');
	size_t len = bracket < vhost.len ? bracket + 1 : 0;

	*port = (struct str){vhost.ptr + len, vhost.len - len};
	len += str_cut(port, ':').len;
	return (struct str){vhost.ptr, len};
}

static bool is_vhost(struct str vhost)
{
	struct str port;
	struct str name = cut_vhost(vhost, &port);
	uint64_t number;

	if (vhost.len >= FETCH_HTTP_VHOST_MAX ||
	    (port.ptr != NULL &&
	     (!str_to_u64(port, &number) || number == 0 || number > UINT16_MAX)))
		return false;
	if (!str_take(&name, STR("[")))
		return only(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "0123456789.-_");
	name.len -= str_ends(name, STR("]")) ? 1 : name.len;
	return only(name, "0123456789abcdefABCDEF:.");
}

bool fetch_http_check_vhost(struct fetch_run_job *run)
{
	const char *vhost = fetch_job_options(run)->vhost;

	if (vhost == NULL || is_vhost(str_of(vhost)))
		return true;
	fetch_job_fail(run, ERR_USAGE, "bad virtual host name \"%.80s\"", vhost);
	return false;
}

void fetch_http_host(const struct target *target, const char *vhost, char ret[FETCH_HTTP_HOST_MAX])
{
	bool is_v6 = vhost == NULL && target->host != NULL && strchr(target->host, ':') != NULL;
	struct str port = {NULL, 0};
	struct str name = STR("localhost");
	uint64_t number = target->port;
	int len;

	if (vhost != NULL)
		name = cut_vhost(str_of(vhost), &port);
	else if (target->host != NULL)
		name = (struct str){target->host, strcspn(target->host, "%")};
	(void)(port.ptr != NULL && str_to_u64(port, &number));
	len = snprintf(ret, FETCH_HTTP_HOST_MAX, "%s%.*s%s", is_v6 ? "[" : "", (int)name.len,
		       name.ptr, is_v6 ? "]" : "");
	if (number != 0 && number != PORT_HTTP && len > 0 && len < FETCH_HTTP_HOST_MAX)
		(void)snprintf(ret + len, (size_t)(FETCH_HTTP_HOST_MAX - len), ":%u",
			       (unsigned)number);
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
	struct str port = {NULL, 0};
	char place[FETCH_HTTP_URL_MAX];

	fetch_http_connect_to(target, place);
	if (vhost != NULL)
		(void)cut_vhost(str_of(vhost), &port);
	if (vhost == NULL)
		(void)snprintf(ret, FETCH_HTTP_URL_MAX, "https://%.*s%s", FETCH_HTTP_VHOST_MAX + 48,
			       place + 2, target->uri);
	else if (port.ptr != NULL)
		(void)snprintf(ret, FETCH_HTTP_URL_MAX, "https://%s%s", vhost, target->uri);
	else
		(void)snprintf(ret, FETCH_HTTP_URL_MAX, "https://%s:%u%s", vhost,
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

	if (target->scheme == TARGET_HTTPS)
		fetch_job_fail(run, ERR_PROTOCOL, "answered without HTTP headers");
	else if (target->host == NULL)
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
		       "the connection was closed without an answer; nginx does that when "
		       "worker_connections are used up, for return 444, and to whoever does not "
		       "speak the PROXY protocol where it is wanted");
}

void fetch_http_fail_truncated(struct fetch_run_job *run)
{
	fetch_job_fail(run, ERR_TRUNCATED, "truncated: the connection was closed after %zu bytes",
		       run->bytes);
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
	else if (strstr(error, "wrong version number") != NULL || /* OpenSSL's words, GnuTLS's */
		 strstr(error, "unexpected TLS packet") != NULL)
		fetch_job_fail(run, ERR_TLS, "no TLS there; use http:// (%s)", error);
	else
		fetch_job_fail(run, ERR_TLS, "%s", error);
}

bool fetch_http_check_files(struct fetch_run_job *run)
{
	const struct fetch_options *options = fetch_job_options(run);
	const char *const file[] = {options->ca_file, options->client_cert, options->client_key};
	struct err err = {0};

	for (size_t i = 0; i < ARRAY_LEN(file); i++) {
		if (file[i] != NULL && !plain_file_check(file[i], false, &err)) {
			fetch_job_fail(run, err_is_own(err.kind) ? err.kind : ERR_TLS, "%s",
				       err.text);
			return false;
		}
	}
	return true;
}
