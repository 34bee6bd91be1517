/* SPDX-License-Identifier: MIT */
/*
 * nginx.c - reads the page of ngx_http_stub_status_module, which has looked the same since 0.1.18:
 *
 *     Active connections: 291 \n
 *     server accepts handled requests\n
 *      16630948 16630946 31070465 \n
 *     Reading: 6 Writing: 179 Waiting: 106 \n
 *
 * tengine adds " request_time" to the second line and a fourth number to the third. Nothing else is
 * taken for a status page: a page that is half there must not be read as zeros.
 */
#include "nginx.h"

enum { QUOTE_MAX = 40 };

/* What is left to read, and why reading stopped. */
struct cursor {
	struct str rest;
	bool failed;
	bool overflow;
	bool cut; /* in the middle of a word */
};

static void skip_blanks(struct cursor *c)
{
	while (c->rest.len > 0 && (c->rest.ptr[0] == ' ' || c->rest.ptr[0] == '\t')) {
		c->rest.ptr++;
		c->rest.len--;
	}
}

static void expect(struct cursor *c, struct str word)
{
	if (c->failed)
		return;
	skip_blanks(c);
	if (!str_take(&c->rest, word)) {
		c->failed = true;
		c->cut = str_starts(word, c->rest);
	}
}

static void expect_line_end(struct cursor *c)
{
	if (c->failed)
		return;
	skip_blanks(c);
	(void)str_take(&c->rest, STR("\r"));
	if (!str_take(&c->rest, STR("\n")))
		c->failed = true;
}

static uint64_t number(struct cursor *c)
{
	uint64_t value = 0;

	if (c->failed)
		return 0;
	skip_blanks(c);
	if (!str_take_u64(&c->rest, &value)) {
		c->overflow = c->rest.len > 0 && c->rest.ptr[0] >= '0' && c->rest.ptr[0] <= '9';
		c->failed = true;
	}
	return value;
}

/* nginx prints its gauges as unsigned: one that fell below zero appears as 2^64 less a little, or
 * 2^32 less a little from a 32 bit build. No nginx has two thousand million connections. */
static int64_t gauge(struct cursor *c)
{
	uint64_t value = number(c);

	if (value > INT64_MAX)
		return -(int64_t)(UINT64_MAX - value) - 1;
	if (value > INT32_MAX && value <= UINT32_MAX)
		return (int64_t)value - ((int64_t)UINT32_MAX + 1);
	return (int64_t)value;
}

static void read_page(struct cursor *c, struct nginx_status *status)
{
	expect(c, STR("Active connections:"));
	status->active = gauge(c);
	expect_line_end(c);
	expect(c, STR("server accepts handled requests"));
	if (!c->failed) {
		skip_blanks(c);
		status->has_request_time = str_take(&c->rest, STR("request_time"));
	}
	expect_line_end(c);
	status->accepts = number(c);
	status->handled = number(c);
	status->requests = number(c);
	if (status->has_request_time)
		status->request_time_ms = number(c);
	expect_line_end(c);
	expect(c, STR("Reading:"));
	status->reading = gauge(c);
	expect(c, STR("Writing:"));
	status->writing = gauge(c);
	expect(c, STR("Waiting:"));
	status->waiting = gauge(c);
}

/* The first line of the page, as far as it is fit to be quoted. */
static struct str first_line(struct str page)
{
	struct str rest = str_trim(page);
	struct str line = str_cut(&rest, '\n');

	line = str_trim(line);
	if (line.len > QUOTE_MAX)
		line.len = QUOTE_MAX;
	return line;
}

static bool explain(const struct cursor *c, struct str page, struct err *err)
{
	struct str text = str_trim(page);
	struct str line = first_line(page);
	size_t offset = page.len - c->rest.len;

	if (text.len == 0)
		return err_set(err, ERR_PARSE, "an empty page instead of stub_status");
	if (text.ptr[0] == '{' || text.ptr[0] == '[')
		return err_set(err, ERR_PARSE,
			       "JSON instead of stub_status: is this a uWSGI stats server?");
	if (text.ptr[0] == '<')
		return err_set(
			err, ERR_PARSE,
			"an HTML page instead of stub_status: is stub_status on at this URL?");
	if (!str_starts(text, STR("Active connections:")))
		return err_set(err, ERR_PARSE, "no stub_status page: it begins \"%.*s\"",
			       (int)line.len, line.ptr);
	if (c->overflow)
		return err_set(
			err, ERR_PARSE,
			"a number at byte %zu of the stub_status page does not fit in 64 bits",
			offset);
	if (c->cut || str_trim(c->rest).len == 0)
		return err_set(err, ERR_PARSE, "the stub_status page is cut off after %zu bytes",
			       page.len);
	return err_set(err, ERR_PARSE, "not a stub_status page: unexpected text at byte %zu",
		       offset);
}

bool nginx_parse(struct nginx_status *status, struct str page, struct err *err)
{
	struct cursor c = {.rest = page};
	struct nginx_status found = {.requests_per_connection = NOT_KNOWN};

	read_page(&c, &found);
	/* "Waiting: 10" without the line's end could be the front half of "Waiting: 106". */
	if (!c.failed)
		expect_line_end(&c);
	if (c.failed) {
		memset(status, 0, sizeof(*status));
		return explain(&c, page, err);
	}
	if (str_trim(c.rest).len > 0) {
		memset(status, 0, sizeof(*status));
		return err_set(err, ERR_PARSE,
			       "%zu bytes of other text follow the stub_status page", c.rest.len);
	}
	memcpy(found.server, status->server, sizeof(found.server));
	/* nginx reads the two counters one after the other, so that handled may seem ahead. */
	found.dropped = found.accepts > found.handled ? found.accepts - found.handled : 0;
	if (found.handled > 0)
		found.requests_per_connection = (double)found.requests / (double)found.handled;
	*status = found;
	return true;
}
