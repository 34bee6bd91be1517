/* SPDX-License-Identifier: MIT */
/* fetch_raw.c - a raw stats server's answer; see fetch_raw.h. */
#include "fetch_raw.h"

static const char http_prefix[] = "HTTP/";

/* Where the same server would be asked over HTTP. */
static const char *http_form(const struct target *target, char *ret, size_t size)
{
	if (target->scheme == TARGET_RAW_UNIX && target->path[0] == '@')
		return "an http:// target";
	if (target->scheme == TARGET_RAW_UNIX)
		(void)snprintf(ret, size, "unix:%s:/", target->path);
	else
		(void)snprintf(ret, size,
			       strchr(target->host, ':') ? "http://[%s]:%u/" : "http://%s:%u/",
			       target->host, (unsigned)target->port);
	return ret;
}

static void fail_silent(struct fetch_raw *raw, enum err_kind kind, const char *what)
{
	char form[128];

	fetch_job_fail(raw->run, kind,
		       "%s; a stats server with --stats-http waits for a request: use %s", what,
		       http_form(raw->run->job->target, form, sizeof(form)));
}

/* Whether the answer, up to these bytes, begins as an HTTP answer does. */
static bool is_http(struct fetch_raw *raw, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len && raw->http_len < sizeof(http_prefix) - 1; i++) {
		if (raw->http_len != raw->run->bytes + i || bytes[i] != http_prefix[raw->http_len])
			return false;
		raw->http_len++;
	}
	return raw->http_len == sizeof(http_prefix) - 1;
}

bool fetch_raw_take(struct fetch_raw *raw, const char *bytes, size_t len)
{
	char form[128];

	if (!is_http(raw, bytes, len))
		return !fetch_job_deliver(raw->run, bytes, len);
	fetch_job_fail(raw->run, ERR_PROTOCOL, "this is an HTTP server: use %s",
		       http_form(raw->run->job->target, form, sizeof(form)));
	return true;
}

void fetch_raw_end(struct fetch_raw *raw, bool is_reset)
{
	if (raw->run->bytes == 0)
		fail_silent(raw, ERR_RESET,
			    is_reset ? "connection reset without a byte" : "closed without a byte");
	else if (is_reset)
		fetch_job_fail(raw->run, ERR_TRUNCATED,
			       "connection reset in the middle of the answer, after %zu bytes",
			       raw->run->bytes);
}

void fetch_raw_late(struct fetch_raw *raw)
{
	char what[64];

	(void)snprintf(what, sizeof(what), "connected, but not a byte came within %g s",
		       fetch_job_timeout(raw->run));
	if (raw->run->bytes == 0)
		fail_silent(raw, ERR_TIMEOUT, what);
}
