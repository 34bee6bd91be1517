/* SPDX-License-Identifier: MIT */
/* target.c - reads the target grammar; see target.h. Knows no socket and no URL library. */
#include "target.h"

#include <arpa/inet.h>

enum { HOST_MAX = 253, QUOTE_MAX = 80, PORT_HTTP = 80, PORT_HTTPS = 443 };

#define EXPECTED_NGINX                                                                             \
	"expected http://host[:port]/path, https://... or unix:/path/to.sock:/uri for nginx"
#define EXPECTED_UWSGI                                                                             \
	"expected tcp://host:port, unix:/path, unix:@name or http://host:port/ for uWSGI"

/* What one target_parse() works on. */
struct reader {
	struct target *target;
	struct str text;
	enum target_role role;
	struct err *err;
};

static size_t find_last(struct str s, char c)
{
	size_t i = s.len;

	while (i > 0 && s.ptr[i - 1] != c)
		i--;
	return i > 0 ? i - 1 : s.len;
}

static struct str tail(struct str s, size_t from)
{
	return (struct str){s.ptr + from, s.len - from};
}

static struct str head(struct str s, size_t len)
{
	return (struct str){s.ptr, len};
}

/* Where the authority of a URL ends. */
static size_t authority_len(struct str s)
{
	size_t i = 0;

	while (i < s.len && s.ptr[i] != '/' && s.ptr[i] != '?' && s.ptr[i] != '#')
		i++;
	return i;
}

static bool only(struct str s, const char *allowed)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '\0' || strchr(allowed, s.ptr[i]) == NULL)
			return false;
	}
	return true;
}

/* The part of `rest` (what follows a scheme) that cannot hold a password, however broken the text
 * is: nothing before an "@", and no "port" that is none ("http://user:secret" without a host). */
static struct str without_secrets(struct str rest, const char **ret_before, const char **ret_after)
{
	size_t at = find_last(rest, '@');
	size_t colon = str_find(rest, ':');

	*ret_before = *ret_after = "";
	if (at < rest.len) {
		*ret_before = "...@";
		return tail(rest, at + 1);
	}
	if (colon == 0 || colon == rest.len || rest.ptr[0] == '/' || rest.ptr[0] == '[')
		return rest;
	if (only(head(tail(rest, colon + 1), authority_len(tail(rest, colon + 1))), "0123456789"))
		return rest;
	*ret_after = "...";
	return head(rest, colon + 1);
}

/* Refuses the text, quoting it. */
static bool refuse(const struct reader *r, const char *why)
{
	const char *before = "";
	const char *after = "";
	struct str shown = r->text;
	size_t scheme = 0;

	if (!str_starts(r->text, STR("unix:"))) {
		size_t colon = str_find(r->text, ':');

		if (str_starts(tail(r->text, colon), STR("://")))
			scheme = colon + 3;
		shown = without_secrets(tail(r->text, scheme), &before, &after);
	}
	if (shown.len > QUOTE_MAX) {
		shown.len = QUOTE_MAX;
		after = "...";
	}
	scheme = scheme > QUOTE_MAX ? 0 : scheme;
	return err_set(r->err, ERR_USAGE, "target \"%.*s%s%.*s%s\": %s", (int)scheme, r->text.ptr,
		       before, (int)shown.len, shown.ptr, after, why);
}

static bool refuse_form(const struct reader *r)
{
	return refuse(r, r->role == TARGET_NGINX ? EXPECTED_NGINX : EXPECTED_UWSGI);
}

static bool keep(const struct reader *r, char **ret, struct str s)
{
	*ret = str_dup(s);
	return *ret != NULL || err_set(r->err, ERR_MEMORY, "out of memory");
}

/* Only what may stand in a request line: printable ASCII without a space. */
static bool is_url_text(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] <= ' ' || s.ptr[i] > '~')
			return false;
	}
	return true;
}

static bool has_control(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		if ((unsigned char)s.ptr[i] < ' ' || s.ptr[i] == 127)
			return true;
	}
	return false;
}

static bool is_host_name(struct str s)
{
	return s.len > 0 && s.len <= HOST_MAX &&
	       only(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_");
}

/* "::1" or "fe80::1%eth0"; a URL writes the percent sign as %25. */
static bool read_ipv6(const struct reader *r, struct str s)
{
	struct str address = str_cut(&s, '%');
	unsigned char binary[sizeof(struct in6_addr)];
	char text[128];
	bool has_zone = s.ptr != NULL;

	(void)str_take(&s, STR("25"));
	if (address.len >= INET6_ADDRSTRLEN || s.len > 32 || (has_zone && !is_host_name(s)))
		return refuse(r, "bad IPv6 address in brackets");
	(void)snprintf(text, sizeof(text), "%.*s", (int)address.len, address.ptr);
	if (inet_pton(AF_INET6, text, binary) != 1)
		return refuse(r, "bad IPv6 address in brackets");
	if (has_zone)
		(void)snprintf(text + address.len, sizeof(text) - address.len, "%%%.*s", (int)s.len,
			       s.ptr);
	return keep(r, &r->target->host, str_of(text));
}

static bool read_port(const struct reader *r, struct str s, unsigned port_default)
{
	uint64_t port = port_default;

	if (s.len == 0 && port == 0)
		return refuse(r, "expected a port: host:port");
	if (s.len > 0 &&
	    (s.ptr[0] != ':' || !str_to_u64(tail(s, 1), &port) || port > UINT16_MAX || port == 0))
		return refuse(r, "the port must be a number from 1 to 65535");
	r->target->port = (uint16_t)port;
	return true;
}

/* host, host:port, [v6] or [v6]:port; `port_default` 0 means that the port must be there. */
static bool read_host(const struct reader *r, struct str s, unsigned port_default)
{
	size_t end = str_find(s, ':');

	if (str_starts(s, STR("["))) {
		end = str_find(s, ']');
		if (end == s.len)
			return refuse(r, "\"]\" is missing after the IPv6 address");
		return read_ipv6(r, (struct str){s.ptr + 1, end - 1}) &&
		       read_port(r, tail(s, end + 1), port_default);
	}
	if (end < s.len && str_find(tail(s, end + 1), ':') < s.len - end - 1)
		return refuse(r, "an IPv6 address needs brackets, as in [::1]:1717");
	if (!is_host_name(head(s, end)))
		return refuse(r, end == 0 ? "the host is missing, as in 127.0.0.1:1717"
					  : "bad host name");
	return keep(r, &r->target->host, head(s, end)) && read_port(r, tail(s, end), port_default);
}

static int hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	const char *at = memchr(digits, c, sizeof(digits) - 1);

	return at == NULL ? -1 : (int)(at - digits) % 16;
}

static bool read_percent(const struct reader *r, char **ret, struct str s)
{
	size_t len = 0;

	if (!keep(r, ret, s))
		return false;
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];

		if (c == '%') {
			int high = i + 2 < s.len ? hex_digit(s.ptr[i + 1]) : -1;
			int low = high >= 0 ? hex_digit(s.ptr[i + 2]) : -1;

			if (low < 0)
				return refuse(r, "bad percent code in the user name or password");
			c = (char)(high * 16 + low);
			i += 2;
		}
		(*ret)[len++] = c;
	}
	(*ret)[len] = '\0';
	if (has_control(head((struct str){*ret, len}, len)))
		return refuse(r, "control character in the user name or password");
	return true;
}

static bool read_userinfo(const struct reader *r, struct str s)
{
	struct str user = str_cut(&s, ':');

	return read_percent(r, &r->target->username, user) &&
	       (s.ptr == NULL || read_percent(r, &r->target->password, s));
}

static bool read_uri(const struct reader *r, struct str s)
{
	char uri[TARGET_TEXT_MAX + 2];

	if (!is_url_text(s))
		return refuse(r,
			      "a URL is printable ASCII without spaces; write other bytes as %XX");
	if (str_find(s, '#') < s.len)
		return refuse(r, "a fragment (#...) has no meaning here");
	(void)snprintf(uri, sizeof(uri), "%s%.*s", str_starts(s, STR("/")) ? "" : "/", (int)s.len,
		       s.len > 0 ? s.ptr : "");
	return keep(r, &r->target->uri, str_of(uri));
}

/* `s` is what follows "http://" or "https://". */
static bool read_http(const struct reader *r, struct str s, unsigned port_default)
{
	struct str authority = head(s, authority_len(s));
	struct str uri = tail(s, authority.len);
	size_t at = find_last(authority, '@');
	size_t scheme_len = r->text.len - s.len;
	char name[TARGET_TEXT_MAX + 1];

	/* "http://user:12/34@host/" is a password with a raw slash, and must not become a name. */
	if (str_find(uri, '@') < uri.len)
		return refuse(r,
			      "write \"@\" after the host as %40, and \"/\" in a password as %2F");
	if (!is_url_text(authority))
		return refuse(r,
			      "a URL is printable ASCII without spaces; write other bytes as %XX");
	if (at < authority.len) {
		if (!read_userinfo(r, head(authority, at)))
			return false;
		authority = tail(authority, at + 1);
	}
	(void)snprintf(name, sizeof(name), "%.*s%.*s%.*s", (int)scheme_len, r->text.ptr,
		       (int)authority.len, authority.ptr, (int)uri.len, uri.ptr);
	return read_host(r, authority, port_default) && read_uri(r, uri) &&
	       keep(r, &r->target->name, str_of(name));
}

/* `s` is what follows "unix:" */
static bool read_unix(const struct reader *r, struct str s)
{
	struct str path;
	size_t colon;

	if (str_starts(s, STR("///")))
		s = tail(s, 2);
	path = s;
	colon = s.len;
	for (size_t i = 1; i + 1 < s.len; i++) {
		if (s.ptr[i] == ':' && s.ptr[i + 1] == '/')
			colon = i;
	}
	path.len = colon;
	if (path.len < 2 || (path.ptr[0] != '/' && path.ptr[0] != '@') ||
	    str_starts(path, STR("//")))
		return refuse(
			r,
			"expected an absolute path or an abstract name: unix:/path or unix:@name");
	if (has_control(path))
		return refuse(r, "control character in the path");
	if (path.len > TARGET_SOCKET_PATH_MAX)
		return refuse(r, "a socket path has at most 107 bytes");
	if (path.ptr[0] == '@' && (colon < s.len || r->role == TARGET_NGINX))
		return refuse(r, colon < s.len
					 ? "no HTTP over an abstract socket: expected unix:@name"
					 : "expected unix:/path/to.sock:/uri for nginx");
	if (colon == s.len && r->role == TARGET_NGINX)
		return refuse(r, "expected unix:/path/to.sock:/uri for nginx");
	if (colon == s.len && str_ends(s, STR(":")))
		return refuse(r, "a /uri is missing after the last colon: unix:/path/to.sock:/uri");
	r->target->scheme = colon < s.len ? TARGET_HTTP_UNIX : TARGET_RAW_UNIX;
	return (colon == s.len || read_uri(r, tail(s, colon + 1))) &&
	       keep(r, &r->target->path, path) && keep(r, &r->target->name, r->text);
}

/* "host:port", with or without "tcp://" before it. */
static bool read_tcp(const struct reader *r, struct str s)
{
	if (r->role == TARGET_NGINX || str_find(s, '/') < s.len || str_find(s, '@') < s.len)
		return refuse_form(r);
	r->target->scheme = TARGET_RAW_TCP;
	return read_host(r, s, 0) && keep(r, &r->target->name, r->text);
}

static bool read_target(const struct reader *r)
{
	struct str rest = r->text;

	if (rest.len == 0)
		return refuse_form(r);
	if (rest.len > TARGET_TEXT_MAX)
		return refuse(r, "longer than 1024 bytes");
	if (str_take(&rest, STR("unix:")))
		return read_unix(r, rest);
	if (rest.ptr[0] == '/') {
		char why[QUOTE_MAX + 32];

		(void)snprintf(why, sizeof(why), "did you mean unix:%.*s%s?",
			       (int)(rest.len > QUOTE_MAX ? QUOTE_MAX : rest.len), rest.ptr,
			       r->role == TARGET_NGINX ? ":/uri" : "");
		return refuse(r, why);
	}
	r->target->scheme = TARGET_HTTP;
	if (str_take(&rest, STR("http://")))
		return read_http(r, rest, PORT_HTTP);
	r->target->scheme = TARGET_HTTPS;
	if (str_take(&rest, STR("https://")))
		return read_http(r, rest, PORT_HTTPS);
	(void)str_take(&rest, STR("tcp://"));
	return read_tcp(r, rest);
}

bool target_parse(struct target *target, const char *text, enum target_role role, struct err *err)
{
	struct reader r = {target, str_of(text), role, err};

	*target = (struct target){0};
	if (read_target(&r))
		return true;
	target_free(target);
	return false;
}

bool target_is_http(const struct target *target)
{
	switch (target->scheme) {
	case TARGET_HTTP:
	case TARGET_HTTPS:
	case TARGET_HTTP_UNIX:
		return true;
	case TARGET_RAW_TCP:
	case TARGET_RAW_UNIX:
		break;
	}
	return false;
}

void target_free(struct target *target)
{
	free(target->name);
	free(target->host);
	free(target->path);
	free(target->uri);
	free(target->username);
	free(target->password);
	*target = (struct target){0};
}
