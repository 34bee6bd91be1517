/* SPDX-License-Identifier: MIT */
/* nginx_conf_listen.c - see nginx_conf_listen.h. Where it cannot be told whether a directive has
 * its effect, it counts: what is said is what may be. */
#include "nginx_conf_listen.h"

enum { PORT_DEFAULT = 80, PORT_DEFAULT_NO_ROOT = 8000 };

static bool is_one_of(struct str word, const char *const *list)
{
	for (size_t i = 0; list[i] != NULL; i++) {
		if (str_equal(word, str_of(list[i])))
			return true;
	}
	return false;
}

static bool has(struct str word, struct str part)
{
	while (word.len >= part.len && !str_starts(word, part))
		word = (struct str){word.ptr + 1, word.len - 1};
	return word.len >= part.len;
}

/* Modules that ask an application beside, before or after the request itself. Of a connection to
 * one that is kept for later the last word is the application's, but for HTTP/2 (gRPC). */
static bool makes_subrequests(struct str name)
{
	static const char *const list[] = {
		"mirror",      "auth_request", "ssi",       "add_before_body", "add_after_body",
		"post_action", "slice",        "perl",      "perl_set",        "js_content",
		"js_access",   "js_set",       "js_filter", "grpc_pass",       NULL,
	};

	return is_one_of(name, list) || str_ends(name, STR("_cache_background_update")) ||
	       has(name, STR("_by_lua"));
}

/* An answer for a cache or a file is wanted when its client is gone, too. */
static bool ignores_aborts(struct str name)
{
	static const char *const list[] = {
		"proxy_cache", "uwsgi_cache", "fastcgi_cache", "scgi_cache",  "post_action",
		"proxy_store", "uwsgi_store", "fastcgi_store", "scgi_store", NULL,
	};

	return is_one_of(name, list) || str_ends(name, STR("_ignore_client_abort")) ||
	       has(name, STR("_by_lua"));
}

/* Who is behind a proxy, or what the admin has written, in place of the end of the connection. */
static bool renames_clients(const struct str *word, size_t len)
{
	if (!str_equal(word[0], STR("uwsgi_param")) || len < 3)
		return str_equal(word[0], STR("set_real_ip_from"));
	return (str_equal(word[1], STR("REMOTE_ADDR")) &&
		!str_equal(word[2], STR("$remote_addr"))) ||
	       (str_equal(word[1], STR("REMOTE_PORT")) && !str_equal(word[2], STR("$remote_port")));
}

/* ---- listen ---------------------------------------------------------------------------------- */

static bool take_ports(struct str text, struct nginx_listen *listen)
{
	struct str first = str_cut(&text, '-');
	uint64_t from, to;

	if (!str_to_u64(first, &from) || from == 0 || from > UINT16_MAX)
		return false;
	to = from;
	if (text.ptr != NULL && (!str_to_u64(text, &to) || to < from || to > UINT16_MAX))
		return false;
	listen->first = (uint16_t)from;
	listen->last = (uint16_t)to;
	return true;
}

/* "80", "*:80", "127.0.0.1:80", "[::1]:80", "localhost", "[::1]", "unix:/path" */
static void take_address(struct str text, struct nginx_listen *listen)
{
	size_t colon = text.len;

	listen->first = listen->last = PORT_DEFAULT;
	if (str_take(&text, STR("unix:"))) {
		listen->first = listen->last = 0;
		if (text.len <= NGINX_LISTEN_PATH_MAX)
			memcpy(listen->path, text.ptr, text.len);
		return;
	}
	if (take_ports(text, listen))
		return;
	while (colon > 0 && text.ptr[colon - 1] != ':' && text.ptr[colon - 1] != ']')
		colon--;
	if (colon > 0 && text.ptr[colon - 1] == ':')
		(void)take_ports((struct str){text.ptr + colon, text.len - colon}, listen);
}

static bool add(struct nginx_conf *conf, const struct nginx_listen *listen)
{
	if (conf->listen_len >= NGINX_LISTEN_MAX)
		return false;
	conf->listen[conf->listen_len++] = *listen;
	return true;
}

static bool take_listen(struct nginx_conf *conf, enum nginx_place place, const struct str *word,
			size_t len)
{
	struct nginx_listen listen = {.ways = place == NGINX_SERVER ? NGINX_HTTP1 : NGINX_STREAM};

	if (len < 2)
		return true;
	take_address(word[1], &listen);
	for (size_t i = 2; i < len && place == NGINX_SERVER; i++) {
		if (str_equal(word[i], STR("ssl")))
			listen.ways |= NGINX_TLS;
		else if (str_equal(word[i], STR("http2")) || str_equal(word[i], STR("spdy")))
			listen.ways |= NGINX_HTTP2;
		else if (str_equal(word[i], STR("proxy_protocol")))
			listen.ways |= NGINX_PROXY;
	}
	return add(conf, &listen);
}

/* ---- directives ------------------------------------------------------------------------------ */

static bool is_on(const struct str *word, size_t len)
{
	return len != 2 || !str_equal(word[1], STR("off"));
}

static void take_switch(struct nginx_conf *conf, enum nginx_place place, const struct str *word,
			size_t len)
{
	bool is_http2 = str_equal(word[0], STR("http2"));
	bool is_ssl = str_equal(word[0], STR("ssl"));

	if (!is_on(word, len))
		return;
	if (place == NGINX_HTTP) {
		conf->http2 = conf->http2 || is_http2;
		conf->ssl = conf->ssl || is_ssl;
	} else if (place == NGINX_SERVER) {
		conf->server_http2 = conf->server_http2 || is_http2;
		conf->server_ssl = conf->server_ssl || is_ssl;
	}
	conf->has_subrequests = conf->has_subrequests || makes_subrequests(word[0]);
	conf->ignores_aborts = conf->ignores_aborts || ignores_aborts(word[0]);
	conf->renames_clients = conf->renames_clients || renames_clients(word, len);
}

bool conf_listen_take(struct nginx_conf *conf, enum nginx_place place, const struct str *word,
		      size_t len)
{
	if ((place == NGINX_SERVER || place == NGINX_OTHER) && str_equal(word[0], STR("listen")))
		return take_listen(conf, place, word, len);
	if (place != NGINX_OTHER)
		take_switch(conf, place, word, len);
	return true;
}

void conf_server_begin(struct nginx_conf *conf)
{
	conf->server_listen = conf->listen_len;
	conf->server_http2 = false;
	conf->server_ssl = false;
}

/* A server without the directive listens at port 80, or 8000 when it is not root's. */
static bool add_default(struct nginx_conf *conf)
{
	static const uint16_t port[] = {PORT_DEFAULT, PORT_DEFAULT_NO_ROOT};
	bool ok = true;

	for (size_t i = 0; i < ARRAY_LEN(port) && ok; i++)
		ok = add(conf, &(struct nginx_listen){
				       .ways = NGINX_HTTP1, .first = port[i], .last = port[i]});
	return ok;
}

bool conf_server_end(struct nginx_conf *conf)
{
	unsigned more = (conf->server_ssl ? NGINX_TLS : 0) | (conf->server_http2 ? NGINX_HTTP2 : 0);

	if (conf->listen_len == conf->server_listen && !add_default(conf))
		return false;
	for (size_t i = conf->server_listen; i < conf->listen_len; i++)
		conf->listen[i].ways |= more;
	return true;
}

/* ---- result ---------------------------------------------------------------------------------- */

unsigned nginx_conf_ways(const struct nginx_conf *conf, uint16_t port, const char *path)
{
	unsigned more = (conf->ssl ? NGINX_TLS : 0) | (conf->http2 ? NGINX_HTTP2 : 0);
	unsigned ways = 0;

	for (size_t i = 0; i < conf->listen_len; i++) {
		const struct nginx_listen *listen = &conf->listen[i];
		bool is_it = port > 0 ? listen->first <= port && port <= listen->last
				      : listen->first == 0 && strcmp(listen->path, path) == 0;

		if (is_it)
			ways |= listen->ways | ((listen->ways & NGINX_HTTP1) != 0 ? more : 0);
	}
	return ways != 0 ? ways : NGINX_ANY;
}
