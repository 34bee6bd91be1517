/* SPDX-License-Identifier: MIT */
/* site.c - what is watched together; see site.h. */
#include "site.h"

enum { WORKER_CONNECTIONS_MAX = 10 * 1000 * 1000 };

void site_init(struct site *site)
{
	*site = (struct site){.timeout_ms = FETCH_TIMEOUT_MS};
}

bool site_set_name(struct site *site, const char *name, struct err *err)
{
	size_t len = strlen(name);

	if (len == 0 || len >= sizeof(site->name))
		return err_set(err, ERR_USAGE, "site name \"%.80s\": expected 1 to %d characters",
			       name, SITE_NAME_MAX - 1);
	for (size_t i = 0; i < len; i++) {
		if (name[i] < ' ' || name[i] > '~')
			return err_set(err, ERR_USAGE,
				       "site name \"%s\": expected printable ASCII characters",
				       name);
	}
	memcpy(site->name, name, len + 1);
	return true;
}

bool site_set_nginx(struct site *site, const char *text, struct err *err)
{
	struct target target = {0};

	if (!target_parse(&target, text, TARGET_NGINX, err))
		return false;
	if (site->has_nginx) {
		err_set(err, ERR_USAGE, "target \"%s\": the site has an nginx already (\"%s\")",
			target.name, site->nginx.name);
		target_free(&target);
		return false;
	}
	site->nginx = target;
	site->has_nginx = true;
	return true;
}

bool site_add_uwsgi(struct site *site, const char *text, struct err *err)
{
	struct target target = {0};
	struct target *more;

	if (site->uwsgi_len == SITE_UWSGI_MAX)
		return err_set(err, ERR_USAGE, "more than %d uWSGI targets in one site",
			       SITE_UWSGI_MAX);
	if (!target_parse(&target, text, TARGET_UWSGI, err))
		return false;
	for (size_t i = 0; i < site->uwsgi_len; i++) {
		if (strcmp(site->uwsgi[i].name, target.name) == 0) {
			err_set(err, ERR_USAGE, "target \"%s\" is named twice", target.name);
			target_free(&target);
			return false;
		}
	}
	more = realloc(site->uwsgi, (site->uwsgi_len + 1) * sizeof(*more));
	if (more == NULL) {
		target_free(&target);
		return err_set(err, ERR_MEMORY, "out of memory");
	}
	site->uwsgi = more;
	site->uwsgi[site->uwsgi_len++] = target;
	return true;
}

static bool add_listen_path(struct site *site, struct str path, struct err *err)
{
	char **more;

	if (path.len < 2 || path.len > UNIX_PATH_MAX_LEN || path.ptr[0] != '/')
		return err_set(err, ERR_USAGE, "port \"unix:%.*s\": expected unix:/path",
			       (int)path.len, path.ptr);
	for (size_t i = 0; i < site->listen_path_len; i++) {
		if (str_equal(path, str_of(site->listen_path[i])))
			return true;
	}
	if (site->listen_path_len == SITE_PORTS_MAX)
		return err_set(err, ERR_USAGE, "more than %d unix sockets in one site",
			       SITE_PORTS_MAX);
	more = realloc(site->listen_path, (site->listen_path_len + 1) * sizeof(*more));
	if (more == NULL)
		return err_set(err, ERR_MEMORY, "out of memory");
	site->listen_path = more;
	more[site->listen_path_len] = str_dup(path);
	if (more[site->listen_path_len] == NULL)
		return err_set(err, ERR_MEMORY, "out of memory");
	site->listen_path_len++;
	return true;
}

bool site_add_port(struct site *site, const char *text, struct err *err)
{
	struct str rest = str_trim(str_of(text));
	uint64_t port = 0;

	if (str_take(&rest, STR("unix:")))
		return add_listen_path(site, rest, err);
	if (!str_to_u64(rest, &port) || port == 0 || port > UINT16_MAX)
		return err_set(err, ERR_USAGE, "port \"%.40s\": expected a number from 1 to 65535",
			       text);
	for (size_t i = 0; i < site->port_len; i++) {
		if (site->port[i] == port)
			return true;
	}
	if (site->port_len == SITE_PORTS_MAX)
		return err_set(err, ERR_USAGE, "more than %d ports in one site", SITE_PORTS_MAX);
	site->port[site->port_len++] = (uint16_t)port;
	return true;
}

bool site_add_ports(struct site *site, const char *text, struct err *err)
{
	struct str rest = str_of(text);
	size_t found = 0;

	while (rest.len > 0) {
		struct str word = {rest.ptr, 0};
		char one[sizeof("unix:") + UNIX_PATH_MAX_LEN];

		while (word.len < rest.len && strchr(", \t", rest.ptr[word.len]) == NULL)
			word.len++;
		if (word.len >= sizeof(one))
			return err_set(err, ERR_USAGE, "ports \"%.80s\": expected \"80,443\"",
				       text);
		(void)snprintf(one, sizeof(one), "%.*s", (int)word.len, word.ptr);
		if (word.len > 0 && !site_add_port(site, one, err))
			return false;
		found += word.len > 0;
		word.len += word.len < rest.len;
		rest = (struct str){rest.ptr + word.len, rest.len - word.len};
	}
	return found > 0 || err_set(err, ERR_USAGE, "ports \"%.80s\": expected \"80,443\"", text);
}

/* "127.0.0.1:9000", ":9000", "unix:/run/php.sock", "unix:@php". */
static bool parse_upstream(struct upstream *upstream, const char *text)
{
	struct str rest = str_of(text);

	*upstream = (struct upstream){.is_uwsgi = false};
	if (!str_take(&rest, STR("unix:")))
		return endpoint_parse(&upstream->at, rest);
	if (rest.len < 2 || rest.len > UNIX_PATH_MAX_LEN ||
	    (rest.ptr[0] != '/' && rest.ptr[0] != '@'))
		return false;
	memcpy(upstream->path, rest.ptr, rest.len);
	return true;
}

bool site_add_upstream(struct site *site, const char *text, struct err *err)
{
	struct upstream upstream;
	struct upstream *more;

	if (!parse_upstream(&upstream, text))
		return err_set(err, ERR_USAGE,
			       "upstream \"%.120s\": expected ADDRESS:PORT such as 127.0.0.1:9000, "
			       "or unix:/path",
			       text);
	for (size_t i = 0; i < site->upstream_len; i++) {
		if (endpoint_equal(&site->upstream[i].at, &upstream.at) &&
		    strcmp(site->upstream[i].path, upstream.path) == 0)
			return true;
	}
	if (site->upstream_len == SITE_UPSTREAMS_MAX)
		return err_set(err, ERR_USAGE, "more than %d upstreams in one site",
			       SITE_UPSTREAMS_MAX);
	more = realloc(site->upstream, (site->upstream_len + 1) * sizeof(*more));
	if (more == NULL)
		return err_set(err, ERR_MEMORY, "out of memory");
	site->upstream = more;
	site->upstream[site->upstream_len++] = upstream;
	return true;
}

bool site_set_worker_connections(struct site *site, const char *text, struct err *err)
{
	uint64_t value = 0;

	if (!str_to_u64(str_of(text), &value) || value == 0 || value > WORKER_CONNECTIONS_MAX)
		return err_set(err, ERR_USAGE,
			       "worker_connections \"%.40s\": expected a number from 1 to %d", text,
			       WORKER_CONNECTIONS_MAX);
	site->worker_connections = value;
	return true;
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool same_target(const struct target *a, const struct target *b)
{
	return a->scheme == b->scheme && a->port == b->port && same_text(a->uri, b->uri) &&
	       same_text(a->host, b->host) && same_text(a->path, b->path) &&
	       same_text(a->username, b->username) && same_text(a->password, b->password);
}

static bool same_options(const struct fetch_options *a, const struct fetch_options *b)
{
	return same_text(a->username, b->username) && same_text(a->password, b->password) &&
	       same_text(a->vhost, b->vhost) && same_text(a->ca_file, b->ca_file) &&
	       same_text(a->client_cert, b->client_cert) &&
	       same_text(a->client_key, b->client_key) && a->insecure == b->insecure &&
	       a->insecure_name == b->insecure_name && a->ip == b->ip &&
	       a->may_reach == b->may_reach && a->may_reach_ctx == b->may_reach_ctx;
}

bool site_same_page(const struct site *a, const struct site *b)
{
	return a->has_nginx && b->has_nginx && a->timeout_ms == b->timeout_ms &&
	       same_target(&a->nginx, &b->nginx) && same_options(&a->options, &b->options);
}

/* FNV-1a. */
size_t site_page_hash(const struct site *site)
{
	const char *const text[] = {site->nginx.host, site->nginx.path, site->nginx.uri};
	uint64_t hash = 0xcbf29ce484222325ULL ^ site->nginx.port;

	for (size_t i = 0; i < ARRAY_LEN(text); i++) {
		for (const char *c = text[i]; c != NULL && *c != '\0'; c++)
			hash = (hash ^ (unsigned char)*c) * 0x100000001b3ULL;
	}
	return (size_t)(hash ^ (hash >> 32));
}

void site_free(struct site *site)
{
	if (site->has_nginx)
		target_free(&site->nginx);
	for (size_t i = 0; i < site->uwsgi_len; i++)
		target_free(&site->uwsgi[i]);
	free(site->uwsgi);
	for (size_t i = 0; i < site->listen_path_len; i++)
		free(site->listen_path[i]);
	free(site->listen_path);
	free(site->upstream);
	*site = (struct site){0};
}
