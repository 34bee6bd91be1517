/* SPDX-License-Identifier: MIT */
/* head.c - the head of a request, read strictly; see head.h. */
#include "head.h"

#include <arpa/inet.h>
#include <strings.h>

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS  "0123456789"

enum { PORT_MAX = UINT16_MAX, VERSION_LEN = 8, LINE_END = 2 };

static bool only(struct str text, const char *allowed)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '\0' || strchr(allowed, text.ptr[i]) == NULL)
			return false;
	}
	return text.len > 0;
}

static bool is_token(struct str text)
{
	return only(text, LETTERS DIGITS "!#$%&'*+-.^_`|~");
}

static bool has_control(struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];

		if ((c < ' ' && c != '\t') || c == 0x7f)
			return true;
	}
	return false;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static void fault(struct head *head, const char *why)
{
	if (head->why == NULL)
		head->why = why;
}

/* ---- lines ----------------------------------------------------------------------------------- */

static void expect(struct head *head, const char *at)
{
	if (head->in_place && head->at != at)
		fault(head, "a line is folded, ends with a bare LF, or has a NUL byte in it\n");
}

void head_begin(struct head *head, const struct head_request *request)
{
	const char *version = request->version;

	*head = (struct head){
		.in_place = head->in_place, .begin = request->method, .at = request->method};
	head->is_1_0 = strcmp(version, "HTTP/1.0") == 0;
	if (!is_token(str_of(request->method)) || strlen(version) != VERSION_LEN)
		fault(head, "the request line is malformed\n");
	head->at += strlen(request->method) + 1;
	expect(head, request->target);
	head->at = request->target + request->target_len + 1;
	expect(head, version);
	head->at = version + strlen(version) + LINE_END;
}

static bool is_name(struct str name, const char *word)
{
	return name.len == strlen(word) && strncasecmp(name.ptr, word, name.len) == 0;
}

static void take_length(struct head *head, struct str value)
{
	uint64_t number;

	if (head->lengths++ > 0)
		fault(head, "Content-Length is given twice\n");
	if (!only(value, DIGITS) || !str_to_u64(value, &number))
		fault(head, "Content-Length is not a number\n");
}

static void take_coding(struct head *head, struct str value)
{
	head->is_chunked = true;
	if (head->codings++ > 0)
		fault(head, "Transfer-Encoding is given twice\n");
	if (!is_name(value, "chunked"))
		fault(head, "Transfer-Encoding is something else than chunked\n");
}

static void take_host(struct head *head, struct str value)
{
	struct str name;
	struct str port;

	head->host = value;
	if (head->hosts++ > 0)
		fault(head, "Host is given twice\n");
	if (!head_host(value, &name, &port))
		fault(head, "Host is not a host name with or without a port\n");
}

static struct str without_blanks(struct str text)
{
	while (text.len > 0 && is_blank(text.ptr[0]))
		text = (struct str){text.ptr + 1, text.len - 1};
	while (text.len > 0 && is_blank(text.ptr[text.len - 1]))
		text.len--;
	return text;
}

void head_line(struct head *head, struct str name, struct str value)
{
	struct str text = without_blanks(value);

	expect(head, name.ptr);
	if (head->in_place && head->why == NULL) {
		/* One byte was the colon. */
		for (head->at = name.ptr + name.len + 1; is_blank(*head->at);)
			head->at++;
		expect(head, value.ptr);
	}
	head->at = value.ptr + value.len + LINE_END;
	if (!is_token(name))
		fault(head, "the name of a header is malformed\n");
	if (has_control(value))
		fault(head, "a header has a control byte in it\n");
	if (is_name(name, "content-length"))
		take_length(head, text);
	else if (is_name(name, "transfer-encoding"))
		take_coding(head, text);
	else if (is_name(name, "host"))
		take_host(head, text);
}

const char *head_end(struct head *head, size_t size)
{
	head->at += LINE_END;
	expect(head, head->begin + size);
	if (head->hosts == 0 && !head->is_1_0)
		fault(head, "Host is missing\n");
	if (head->codings > 0 && head->lengths > 0)
		fault(head, "Content-Length is given beside Transfer-Encoding\n");
	if (head->codings > 0 && head->is_1_0)
		fault(head, "HTTP/1.0 has no Transfer-Encoding\n");
	return head->why;
}

/* ---- hosts and targets ----------------------------------------------------------------------- */

static bool is_v6(struct str text)
{
	char copy[INET6_ADDRSTRLEN];
	struct in6_addr address;

	if (text.len >= sizeof(copy) || !only(text, DIGITS "abcdefABCDEF:."))
		return false;
	memcpy(copy, text.ptr, text.len);
	copy[text.len] = '\0';
	return inet_pton(AF_INET6, copy, &address) == 1;
}

bool head_host(struct str text, struct str *name, struct str *port)
{
	uint64_t number = 0;

	if (str_take(&text, STR("["))) {
		*name = str_cut(&text, ']');
		*port = (struct str){NULL, 0};
		if (text.ptr == NULL || !is_v6(*name))
			return false;
		if (text.len == 0)
			return true;
		*port = text;
		if (!str_take(port, STR(":")))
			return false;
	} else {
		*name = str_cut(&text, ':');
		*port = text;
		if (!only(*name, LETTERS DIGITS "-._~"))
			return false;
	}
	return port->len == 0 ||
	       (only(*port, DIGITS) && str_to_u64(*port, &number) && number <= PORT_MAX);
}

static int hex(char c)
{
	const char *found = c != '\0' ? strchr("0123456789abcdef", c | 0x20) : NULL;

	if (c >= '0' && c <= '9')
		return c - '0';
	return found != NULL && c >= 'A' ? (int)(found - strchr("0123456789abcdef", 'a')) + 10 : -1;
}

/* False for a % without two digits and for one that means NUL. */
static bool decode(struct str text, char *ret)
{
	while (text.len > 0) {
		int high = 0;
		int low = 0;

		if (text.ptr[0] != '%') {
			*ret++ = text.ptr[0];
			text = (struct str){text.ptr + 1, text.len - 1};
			continue;
		}
		high = text.len > 2 ? hex(text.ptr[1]) : -1;
		low = text.len > 2 ? hex(text.ptr[2]) : -1;
		if (high < 0 || low < 0 || high + low == 0)
			return false;
		*ret++ = (char)(unsigned char)(high * 16 + low);
		text = (struct str){text.ptr + 3, text.len - 3};
	}
	*ret = '\0';
	return true;
}

static bool take_scheme(struct str *text)
{
	static const struct str scheme[] = {{"http://", 7}, {"https://", 8}};

	for (size_t i = 0; i < ARRAY_LEN(scheme); i++) {
		if (text->len < scheme[i].len ||
		    strncasecmp(text->ptr, scheme[i].ptr, scheme[i].len) != 0)
			continue;
		text->ptr += scheme[i].len;
		text->len -= scheme[i].len;
		return true;
	}
	return false;
}

const char *head_target(struct str raw, char *path, struct str *host)
{
	struct str rest = {raw.ptr, str_find(raw, '?')};
	struct str name;
	struct str port;
	size_t len;

	*host = (struct str){NULL, 0};
	path[0] = '\0';
	if (has_control(raw) || str_find(raw, ' ') < raw.len || str_find(raw, '\t') < raw.len)
		return "the path has a blank or a control byte in it\n";
	if (take_scheme(&rest)) {
		len = str_find(rest, '/');
		*host = (struct str){rest.ptr, len};
		if (!head_host(*host, &name, &port))
			return "the URL has no host name with or without a port\n";
		rest = (struct str){rest.ptr + len, rest.len - len};
		if (rest.len == 0)
			rest = STR("/");
	}
	if (!str_starts(rest, STR("/")) && !str_equal(rest, STR("*")))
		return "neither a path nor a URL is asked for\n";
	return decode(rest, path) ? NULL : "the path has a bad % in it\n";
}
