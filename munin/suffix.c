/* SPDX-License-Identifier: MIT */
/* suffix.c - a target as the end of a file name, and back; see suffix.h. */
#include "suffix.h"

#define UWSGI_PREFIX    STR("uwsgi:")
#define ABSTRACT_PREFIX STR("abstract:")
#define DEFAULT_HOST    STR("127.0.0.1")
#define DEFAULT_URI     STR("nginx_status")

static bool is_port(struct str text)
{
	uint64_t port;

	return str_to_u64(text, &port) && port > 0 && port <= 65535;
}

/* Munin's own rule for the name of a plugin. */
static bool is_legal(struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		bool word = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
			    (c >= 'A' && c <= 'Z') || c == '_';

		if (!word && c != '-' && c != '.' && c != ':')
			return false;
	}
	return text.len > 0;
}

/* Cuts off what follows the last colon: an IPv6 address has colons of its own. */
static struct str cut_last(struct str *rest)
{
	struct str part = *rest;
	size_t at = rest->len;

	while (at > 0 && rest->ptr[at - 1] != ':')
		at--;
	part.ptr += at;
	part.len -= at;
	rest->len = at == 0 ? 0 : at - 1;
	return part;
}

static void add_host(struct buf *out, struct str host)
{
	bool brackets = str_find(host, ':') < host.len;

	if (brackets)
		buf_add_char(out, '[');
	buf_add_str(out, host);
	if (brackets)
		buf_add_char(out, ']');
}

/* Colons stand for slashes. */
static bool parse_path(struct str suffix, struct buf *out)
{
	bool is_abstract = str_take(&suffix, ABSTRACT_PREFIX);
	bool is_whole = !is_abstract && str_take(&suffix, STR(":"));

	if (suffix.len == 0)
		return false;
	buf_add_text(out, is_abstract ? "unix:@" : is_whole ? "unix:" : "unix:" MUNIN_SOCKET_DIR);
	if (is_abstract) {
		buf_add_str(out, suffix);
		return str_find(suffix, ':') == suffix.len;
	}
	while (suffix.ptr != NULL) {
		struct str part = str_cut(&suffix, ':');

		if (part.len == 0 || part.ptr[0] == '.')
			return false;
		buf_add_char(out, '/');
		buf_add_str(out, part);
	}
	return true;
}

static bool parse_uwsgi(struct str suffix, struct buf *out)
{
	struct str host = suffix;
	struct str port = cut_last(&host);

	if (host.len > 0 && is_port(port)) {
		buf_add_text(out, "tcp://");
		add_host(out, host);
		buf_add_char(out, ':');
		buf_add_str(out, port);
		return true;
	}
	return parse_path(suffix, out);
}

static bool parse_nginx(struct str suffix, struct buf *out)
{
	struct str host = suffix;
	struct str port = cut_last(&host);
	struct str uri = DEFAULT_URI;

	if (!is_port(port)) {
		uri = port;
		port = cut_last(&host);
	} else if (host.len == 0) {
		host = DEFAULT_HOST;
	}
	if (host.len == 0 || uri.len == 0 || !is_port(port))
		return false;
	buf_add_text(out, "http://");
	add_host(out, host);
	buf_add_char(out, ':');
	buf_add_str(out, port);
	buf_add_char(out, '/');
	buf_add_str(out, uri);
	return true;
}

bool munin_suffix_parse(struct str suffix, enum target_role *role, struct buf *out)
{
	if (!is_legal(suffix))
		return false;
	*role = str_take(&suffix, UWSGI_PREFIX) ? TARGET_UWSGI : TARGET_NGINX;
	return *role == TARGET_UWSGI ? parse_uwsgi(suffix, out) : parse_nginx(suffix, out);
}

/* `word` has to come back from the suffix as it went in: no colon, and no number that would be
 * taken for a port. */
static bool is_plain_word(struct str word)
{
	return is_legal(word) && str_find(word, ':') == word.len && !is_port(word);
}

static bool encode_tcp(const struct target *target, struct buf *out)
{
	if (!is_legal(str_of(target->host)))
		return false;
	buf_addf(out, "%s:%u", target->host, (unsigned)target->port);
	return true;
}

static bool encode_path(struct str path, struct buf *out)
{
	struct str part;

	if (str_take(&path, STR("@"))) {
		buf_add_str(out, ABSTRACT_PREFIX);
		buf_add_str(out, path);
		return is_plain_word(path);
	}
	if (!str_take(&path, STR(MUNIN_SOCKET_DIR "/"))) {
		buf_add_char(out, ':');
		if (!str_take(&path, STR("/")))
			return false;
	}
	do {
		part = str_cut(&path, '/');
		if (!is_legal(part) || str_find(part, ':') < part.len || part.ptr[0] == '.')
			return false;
		buf_add_str(out, part);
		if (path.ptr != NULL)
			buf_add_char(out, ':');
	} while (path.ptr != NULL);
	return !is_port(part);
}

bool munin_suffix_encode(const struct target *target, enum target_role role, struct buf *out)
{
	struct str word;

	if (role == TARGET_NGINX) {
		word = str_of(target->uri);
		if (target->scheme != TARGET_HTTP || target->username != NULL ||
		    !str_take(&word, STR("/")) || !is_plain_word(word) || !encode_tcp(target, out))
			return false;
		buf_add_char(out, ':');
		buf_add_str(out, word);
		return true;
	}
	buf_add_str(out, UWSGI_PREFIX);
	if (target->scheme == TARGET_RAW_TCP)
		return encode_tcp(target, out);
	if (target->scheme != TARGET_RAW_UNIX)
		return false;
	return encode_path(str_of(target->path), out);
}
