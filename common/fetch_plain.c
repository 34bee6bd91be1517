/* SPDX-License-Identifier: MIT */
/* fetch_plain.c - the request to an HTTP server, and its answer; see fetch_plain.h. */
#include "fetch_plain.h"

#include <assert.h>

#include "buf.h"
#include "fetch_http.h"
#include "http_answer.h"

enum { REQUEST_BYTES_MAX = 64 * 1024 };

struct fetch_plain {
	struct fetch_run_job *run;
	struct buf request;
	size_t sent;
	struct http_answer answer;
};

static_assert((size_t)HTTP_ANSWER_SERVER_MAX == (size_t)FETCH_SERVER_MAX,
	      "an answer's Server header fits into a job");

static void add_base64(struct buf *buf, struct str s)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				     "0123456789+/";

	for (size_t i = 0; i < s.len; i += 3) {
		size_t len = s.len - i < 3 ? s.len - i : 3;
		uint32_t bits = 0;

		for (size_t j = 0; j < 3; j++)
			bits = bits << 8 | (j < len ? (unsigned char)s.ptr[i + j] : 0);
		for (unsigned j = 0; j < 4; j++)
			buf_add_char(buf,
				     (char)(j > len ? '=' : digits[bits >> (18 - 6 * j) & 63]));
	}
}

static bool add_credentials(struct buf *buf, const struct fetch_run_job *run)
{
	const struct fetch_options *options = fetch_job_options(run);
	bool own = options->username == NULL;
	const char *username = own ? run->job->target->username : options->username;
	const char *password = own ? run->job->target->password : options->password;
	struct buf words;
	bool ok;

	if (username == NULL)
		return true;
	buf_init(&words, REQUEST_BYTES_MAX);
	buf_add_text(&words, username);
	buf_add_char(&words, ':');
	buf_add_text(&words, password != NULL ? password : "");
	buf_add_text(buf, "Authorization: Basic ");
	add_base64(buf, buf_str(&words));
	buf_add_text(buf, "\r\n");
	ok = buf_ok(&words);
	buf->no_memory = buf->no_memory || words.no_memory;
	buf_free(&words);
	return ok;
}

static bool add_request(struct buf *buf, const struct fetch_run_job *run)
{
	const struct target *target = run->job->target;
	char host[FETCH_HTTP_HOST_MAX];
	bool ok;

	fetch_http_host(target, fetch_job_options(run)->vhost, host);
	buf_addf(buf, "GET %s HTTP/1.1\r\nHost: %s\r\n", target->uri, host);
	ok = add_credentials(buf, run);
	buf_add_text(buf, "User-Agent: connledger/" CONNLEDGER_VERSION "\r\nAccept: */*\r\n");
	buf_add_text(buf, run->job->keep == NULL ? "Connection: close\r\n\r\n" : "\r\n");
	return ok && buf_ok(buf);
}

/* Only asked for with a 200. */
static bool take_body(void *ctx, const char *bytes, size_t len)
{
	return fetch_job_deliver(ctx, bytes, len);
}

struct fetch_plain *fetch_plain_new(struct fetch_run_job *run)
{
	struct fetch_plain *plain;

	if (!fetch_http_check_vhost(run))
		return NULL;
	plain = calloc(1, sizeof(*plain));
	if (plain == NULL) {
		fetch_job_fail(run, ERR_MEMORY, "out of memory");
		return NULL;
	}
	plain->run = run;
	http_answer_init(&plain->answer, take_body, run);
	buf_init(&plain->request, REQUEST_BYTES_MAX);
	if (add_request(&plain->request, run))
		return plain;
	if (plain->request.no_memory)
		fetch_job_fail(run, ERR_MEMORY, "out of memory");
	else
		fetch_job_fail(run, ERR_USAGE,
			       "the request would be longer than %d bytes: the user name or the "
			       "password is too long",
			       REQUEST_BYTES_MAX);
	fetch_plain_free(plain);
	return NULL;
}

struct str fetch_plain_unsent(const struct fetch_plain *plain)
{
	struct str request = buf_str(&plain->request);

	return (struct str){request.ptr + plain->sent, request.len - plain->sent};
}

void fetch_plain_sent(struct fetch_plain *plain, size_t len)
{
	plain->sent += len;
}

void fetch_plain_give_up(struct fetch_plain *plain)
{
	plain->sent = plain->request.len;
}

/* A status tells more than what was wrong with the rest of the answer. */
static void explain(struct fetch_plain *plain, enum http_answer_state state)
{
	const struct http_answer *answer = &plain->answer;

	if (answer->status > 200) {
		fetch_http_fail_status(plain->run, (long)answer->status,
				       answer->location[0] != '\0' ? answer->location : NULL);
		return;
	}
	switch (state) {
	case HTTP_ANSWER_MORE:
	case HTTP_ANSWER_COMPLETE:
	case HTTP_ANSWER_STOPPED: /* fetch_job_deliver() has said why */
		break;
	case HTTP_ANSWER_FOREIGN:
		fetch_http_fail_foreign(plain->run);
		break;
	case HTTP_ANSWER_BAD:
		fetch_job_fail(plain->run, answer->err.kind, "%s", answer->err.text);
		break;
	case HTTP_ANSWER_CUT:
		if (answer->header_bytes == 0)
			fetch_http_fail_cut(plain->run, "");
		else
			fetch_http_fail_truncated(plain->run);
		break;
	}
}

bool fetch_plain_take(struct fetch_plain *plain, const char *bytes, size_t len)
{
	enum http_answer_state state = http_answer_feed(&plain->answer, bytes, len);

	memcpy(plain->run->job->server, plain->answer.server, sizeof(plain->answer.server));
	if (state == HTTP_ANSWER_MORE)
		return false;
	explain(plain, state);
	return true;
}

void fetch_plain_end(struct fetch_plain *plain, bool is_reset)
{
	/* A body that ends with the connection has no end when that is cut. */
	explain(plain, is_reset ? HTTP_ANSWER_CUT : http_answer_end(&plain->answer));
}

bool fetch_plain_can_keep(const struct fetch_plain *plain)
{
	return plain->answer.state == HTTP_ANSWER_COMPLETE && plain->answer.status == 200 &&
	       !plain->answer.closes && plain->sent == plain->request.len;
}

bool fetch_plain_again(struct fetch_plain *plain)
{
	plain->sent = 0;
	return plain->answer.header_bytes == 0;
}

void fetch_plain_free(struct fetch_plain *plain)
{
	if (plain == NULL)
		return;
	buf_free(&plain->request);
	free(plain);
}
