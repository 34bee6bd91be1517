/* SPDX-License-Identifier: MIT */
/* program_nginx.c - what is particular to check_nginx: where it asks, and what it says. */
#include "check.h"
#include "encode.h"
#include "nginx_room.h"

#define DEFAULT_HOST   "127.0.0.1"
#define DEFAULT_URI    "/nginx_status"
#define STATUS(member) offsetof(struct nginx_status, member)

enum { WORKERS_MAX = 100000 };

enum option_id {
	OPTION_URL = NAGIOS_OWN_OPTION,
	OPTION_HOST,
	OPTION_PORT,
	OPTION_SOCKET,
	OPTION_TLS,
	OPTION_EXCLUDE_SELF,
	OPTION_WORKER_CONNECTIONS,
	OPTION_WORKER_PROCESSES,
	OPTION_VHOST,
	OPTION_ANY_NAME,
	OPTION_USER,
	OPTION_PASSWORD,
	OPTION_IGNORED,
	OPTION_WARNING,
};

static const struct option_spec option[] = {
	{OPTION_URL, 'u', "url", "TARGET",
	 "the status page: http://HOST[:PORT]/PATH, https://...,"
	 " unix:SOCKET:/PATH; or only its /PATH, with one of the next two [" DEFAULT_URI "]",
	 false},
	{OPTION_HOST, 'H', "hostname", "HOST", "name or address of the host [" DEFAULT_HOST "]",
	 false},
	{OPTION_SOCKET, 0, "unix", "SOCKET", "ask over this unix socket instead", false},
	{OPTION_PORT, 'p', "port", "PORT", "port of HOST [80, with --ssl 443]", false},
	{OPTION_TLS, 'S', "ssl", NULL, "ask HOST over HTTPS", false},
	{OPTION_EXCLUDE_SELF, 0, "exclude-self", NULL,
	 "leave this check's own connection and request out of active and writing;"
	 " rates count them, one for each run",
	 false},
	{OPTION_WORKER_CONNECTIONS, 0, "worker-connections", "N",
	 "nginx's directive, for active_percent [read from its configuration file, when nginx"
	 " is on this host and the file may be read]",
	 false},
	{OPTION_WORKER_PROCESSES, 0, "worker-processes", "N",
	 "how many workers nginx has, for active_percent [counted on this host]", false},
	/* Icinga's CheckCommand nginx_status; its other options are above and in settings.c. */
	{OPTION_VHOST, 's', "servername", "NAME", NULL, false},
	{OPTION_ANY_NAME, 0, "disable-sslverifyhostname", NULL, NULL, false},
	{OPTION_USER, 0, "user", "NAME", NULL, false},
	{OPTION_PASSWORD, 0, "pass", "PASSWORD", NULL, false},
	{OPTION_IGNORED, 0, "realm", "REALM", NULL, false},
	{OPTION_IGNORED, 0, "maxreach", "NUMBER", NULL, false},
	{OPTION_WARNING, 0, "warn", "RANGE", NULL, false},
};

/* ---- options --------------------------------------------------------------------------------- */

static bool set_worker_processes(struct nagios_settings *settings, const char *value,
				 struct err *err)
{
	uint64_t number = 0;

	if (!str_to_u64(str_of(value), &number) || number == 0 || number > WORKERS_MAX)
		return err_set(err, ERR_USAGE,
			       "worker_processes \"%.40s\": expected a number from 1 to %d", value,
			       WORKERS_MAX);
	settings->worker_processes = number;
	return true;
}

static bool handle(struct nagios_settings *settings, int id, const char *value, struct err *err)
{
	struct nagios_address *address = &settings->address;
	struct fetch_options *options = &settings->site.options;

	switch ((enum option_id)id) {
	case OPTION_URL:
		*(value[0] == '/' ? &address->uri : &address->url) = value;
		return true;
	case OPTION_HOST:
		address->host = value;
		return true;
	case OPTION_PORT:
		address->port = value;
		return true;
	case OPTION_SOCKET:
		address->socket = value;
		return true;
	case OPTION_TLS:
		address->tls = true;
		return true;
	case OPTION_EXCLUDE_SELF:
		settings->exclude_self = true;
		return true;
	case OPTION_WORKER_CONNECTIONS:
		return site_set_worker_connections(&settings->site, value, err);
	case OPTION_WORKER_PROCESSES:
		return set_worker_processes(settings, value, err);
	case OPTION_VHOST:
		options->vhost = value;
		return true;
	case OPTION_ANY_NAME:
		options->insecure_name = true;
		return true;
	case OPTION_USER:
		options->username = value;
		return true;
	case OPTION_PASSWORD:
		options->password = value;
		return true;
	case OPTION_IGNORED:
		return true;
	case OPTION_WARNING:
		break;
	}
	return nagios_set_threshold(settings, false, value, err);
}

/* Beside a host, Icinga's command takes "nginx_status" for "/nginx_status". */
static void take_bare_path(struct nagios_address *address)
{
	struct str url = str_of(address->url);

	if (address->host == NULL || url.ptr == NULL || str_starts(url, STR("unix:")) ||
	    strstr(url.ptr, "://") != NULL)
		return;
	address->uri = address->url;
	address->url = NULL;
}

static bool check_pieces(const struct nagios_address *address, struct err *err)
{
	uint64_t port = 0;
	bool host = address->host != NULL || address->port != NULL || address->tls;

	if (address->url != NULL && (host || address->socket != NULL))
		return err_set(err, ERR_USAGE,
			       "--url \"%.100s\" is a whole target: expected no -H, -p, -S, --unix "
			       "with it",
			       address->url);
	if (address->socket != NULL && host)
		return err_set(err, ERR_USAGE, "--unix \"%.100s\": expected no -H, -p, -S with it",
			       address->socket);
	if (address->port != NULL &&
	    (!str_to_u64(str_of(address->port), &port) || port < 1 || port > 65535))
		return err_set(err, ERR_USAGE, "bad port \"%.40s\": expected 1 to 65535",
			       address->port);
	if (address->host != NULL &&
	    (*address->host == '\0' || strpbrk(address->host, "/@?# ") != NULL))
		return err_set(err, ERR_USAGE, "bad host \"%.100s\": expected a name or an address",
			       address->host);
	return true;
}

/* An IPv6 address may come with brackets or (NRPE refuses them) without. */
static void add_pieces(const struct nagios_address *address, struct buf *text)
{
	const char *host = address->host == NULL ? DEFAULT_HOST : address->host;
	const char *uri = address->uri == NULL ? DEFAULT_URI : address->uri;
	bool brackets = strchr(host, ':') != NULL && host[0] != '[';

	if (address->socket != NULL) {
		buf_addf(text, "unix:%s:%s", address->socket, uri);
		return;
	}
	buf_addf(text, "%s://%s%s%s", address->tls ? "https" : "http", brackets ? "[" : "", host,
		 brackets ? "]" : "");
	if (address->port != NULL)
		buf_addf(text, ":%s", address->port);
	if (*uri != '/')
		buf_add_char(text, '/');
	buf_add_text(text, uri);
}

static bool finish(struct nagios_settings *settings, struct err *err)
{
	struct nagios_address *address = &settings->address;
	struct buf text;
	bool ok;

	take_bare_path(address);
	if (!check_pieces(address, err))
		return false;
	if (address->url != NULL)
		return site_set_nginx(&settings->site, address->url, err);
	buf_init(&text, TARGET_TEXT_MAX);
	add_pieces(address, &text);
	ok = buf_ok(&text) ? site_set_nginx(&settings->site, buf_text(&text), err)
			   : err_set(err, ERR_USAGE, "the target is longer than %d characters",
				     TARGET_TEXT_MAX);
	buf_free(&text);
	return ok;
}

/* ---- beside the page ------------------------------------------------------------------------- */

/* A counter that is off may say that there is nobody, not even we. */
static void exclude_self(struct nginx_status *status)
{
	status->active -= status->active > 0 ? 1 : 0;
	status->writing -= status->writing > 0 ? 1 : 0;
}

static void refine(const struct nagios_settings *settings, struct scrape *scrape, struct err *why)
{
	struct nginx_status *status = &scrape->nginx;
	struct nginx_room room = {.connections = settings->site.worker_connections,
				  .workers = settings->worker_processes};

	if (settings->exclude_self)
		exclude_self(status);
	if (!nginx_room_find(&room, &settings->site.nginx, why))
		return;
	status->room = room.connections * room.workers;
	status->active_percent = 100.0 * (double)status->active / (double)status->room;
}

static bool explains(size_t offset)
{
	return offset == STATUS(active_percent);
}

/* ---- text ------------------------------------------------------------------------------------ */

static void describe(struct nagios_items *items, const struct scrape *scrape, struct buf *out)
{
	const struct nginx_status *status = &scrape->nginx;

	buf_add_i64(out, status->active);
	buf_add_text(out, " active (");
	buf_add_i64(out, status->reading);
	buf_add_text(out, " reading, ");
	buf_add_i64(out, status->writing);
	buf_add_text(out, " writing, ");
	buf_add_i64(out, status->waiting);
	buf_add_text(out, " waiting)");
	nagios_add_rate(items, ROOT_NGINX, STATUS(requests), "requests", true, out);
	nagios_add_rate(items, ROOT_NGINX, STATUS(dropped), "dropped", false, out);
}

/* The reasons themselves say most of it. */
static const char *hint(enum err_kind kind)
{
	switch (kind) {
	case ERR_REFUSED:
		return "is nginx running?";
	case ERR_TIMEOUT:
		return "is nginx hung, or a firewall in between?";
	case ERR_TLS:
		return "see --vhost, --cafile and --insecure";
	case ERR_TOO_LARGE:
	case ERR_PARSE:
		return "does the path lead to a location with stub_status?";
	case ERR_NONE:
	case ERR_USAGE:
	case ERR_MEMORY:
	case ERR_DESCRIPTORS:
	case ERR_SYSTEM:
	case ERR_RESOLVE:
	case ERR_NOT_FOUND:
	case ERR_ACCESS:
	case ERR_FENCED:
	case ERR_RESET:
	case ERR_TRUNCATED:
	case ERR_HTTP_STATUS:
	case ERR_PROTOCOL:
		break;
	}
	return "";
}

/* ---- program --------------------------------------------------------------------------------- */

static const enum entity_root root[] = {ROOT_NGINX, ROOT_NGINX_PROBE};

/* Active connections, requests a second, connections a second. */
static const size_t list[NAGIOS_LIST_MAX] = {STATUS(active), STATUS(requests), STATUS(accepts)};

const struct nagios_program nagios_program_nginx = {
	.name = "check_nginx",
	.service = "NGINX",
	.summary = "reads nginx's stub_status page",
	.usage = "  check_nginx --url TARGET [OPTION]...\n"
		 "  check_nginx -H HOST [-p PORT] [-u /PATH] [-S] [OPTION]...\n"
		 "  check_nginx --unix SOCKET [-u /PATH] [OPTION]...\n",
	.examples = "  check_nginx -H 127.0.0.1 -u /nginx_status -w 400 -c 500\n"
		    "  check_nginx --url http://web1/nginx_status -w dropped_per_second=0\n"
		    "  check_nginx --unix /run/nginx/status.sock --sample 2\n",
	.compatible =
		"The long options of Icinga's CheckCommand nginx_status are understood too, and "
		"its "
		"lists: -w ACTIVE,REQUESTS_PER_SECOND,CONNECTIONS_PER_SECOND, where reaching a "
		"number alerts and -1 is none.",
	.about = "Reads the page of nginx's stub_status module, or of a derivative of nginx, and "
		 "judges the connections and the rates of requests, of connections and of "
		 "connections that nginx had no room for. Whatever is not exactly such a page is "
		 "CRITICAL, with the reason. The numbers are those of the whole nginx, whichever "
		 "server or port the page is read from.",
	.root = root,
	.root_len = ARRAY_LEN(root),
	.option = option,
	.option_len = ARRAY_LEN(option),
	.handle = handle,
	.finish = finish,
	.refine = refine,
	.explains = explains,
	.describe = describe,
	.hint = hint,
	.list = list,
};
