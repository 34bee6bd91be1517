/* SPDX-License-Identifier: MIT */
/* discover_places.c - the places where status pages may be; see discover_places.h. */
#include "discover_places.h"

#include <dirent.h>
#include <sys/stat.h>

#include "buf.h"

enum {
	PORT_HTTP = 80,
	PORT_HTTPS = 443,   /* has no page in plain HTTP */
	PORT_GITLAB = 8060, /* GitLab's own nginx has its page there */
	FOLDERS_DEEP = 2,   /* below the folder of sockets: Debian has /run/uwsgi/app/NAME */
	ENTRIES_MAX = 4096, /* of one folder */
	HOST_BYTES_MAX = 64,
};

static const char *const usual_page[] = {"nginx_status", "stub_status", "basic_status", "status"};
static const char *const usual_host[] = {"127.0.0.1", "::1"}; /* IPv4, IPv6 */
static const char *const usual_stats[] = {"tcp://127.0.0.1:1717", "tcp://127.0.0.1:9191"};
static const char *const socket_dir_of_old = "/var/run/uwsgi";

static bool is_there(const struct munin_places *places, const char *name)
{
	for (size_t i = 0; i < places->len; i++) {
		if (str_equal(str_of(places->place[i].target.name), str_of(name)))
			return true;
	}
	return false;
}

static void add_place(struct munin_places *places, enum target_role role, uint64_t server,
		      const char *text)
{
	struct munin_place *place = &places->place[places->len];
	struct err ignored = {0};

	if (places->len == MUNIN_PLACES_MAX || is_there(places, text))
		return;
	*place = (struct munin_place){.role = role, .server = server};
	/* A socket whose path is too long for an address is no place to look at. */
	if (target_parse(&place->target, text, role, &ignored))
		places->len++;
}

/* ---- nginx ----------------------------------------------------------------------------------- */

/* Whose socket takes connections to `at`: the master's pid, or a number that stands for the port
 * where no master is known. */
static uint64_t server_at(const struct nearby *nearby, const struct endpoint *at)
{
	uint64_t server = ((uint64_t)1 << 32) + at->port;
	bool exact = false;

	for (size_t i = 0; i < nearby->port_len && !exact; i++) {
		exact = endpoint_equal(&nearby->port[i].at, at);
		if (exact || endpoint_covers(&nearby->port[i].at, at))
			server = nearby->port[i].master;
	}
	return server;
}

/* The first `len` of the usual pages. */
static void add_pages(struct munin_places *places, const struct endpoint *at, size_t len)
{
	struct buf host;
	struct str name;

	buf_init(&host, HOST_BYTES_MAX);
	endpoint_print(at, &host);
	name = buf_str(&host);
	if (at->port == PORT_HTTP && str_ends(name, STR(":80")))
		name.len -= strlen(":80");
	for (size_t i = 0; i < len && buf_ok(&host); i++) {
		char text[TARGET_TEXT_MAX];

		(void)snprintf(text, sizeof(text), "http://%.*s/%s", (int)name.len, name.ptr,
			       usual_page[i]);
		add_place(places, TARGET_NGINX, server_at(&places->nearby, at), text);
	}
	buf_free(&host);
}

static void add_pages_at_home(struct munin_places *places, const char *host, uint16_t port,
			      size_t len)
{
	struct endpoint at;

	if (!endpoint_parse_address(&at, str_of(host)))
		return;
	at.port = port;
	add_pages(places, &at, len);
}

/* "any" is asked at home. */
static void add_port(struct munin_places *places, const struct endpoint *at)
{
	if (at->port == PORT_HTTPS)
		return;
	if (endpoint_is_any(at))
		add_pages_at_home(places, usual_host[endpoint_is_v4(at) ? 0 : 1], at->port,
				  ARRAY_LEN(usual_page));
	else
		add_pages(places, at, ARRAY_LEN(usual_page));
}

/* ---- uWSGI ----------------------------------------------------------------------------------- */

static void add_path(struct munin_places *places, const char *path)
{
	char text[TARGET_TEXT_MAX];
	int len = snprintf(text, sizeof(text), "unix:%s", path);

	if (len > 0 && (size_t)len < sizeof(text))
		add_place(places, TARGET_UWSGI, 0, text);
}

static void add_sockets(struct munin_places *places, const char *dir, int deep);

static void add_entry(struct munin_places *places, const char *dir, const char *name, int deep)
{
	char path[TARGET_TEXT_MAX];
	struct stat status;
	int len = snprintf(path, sizeof(path), "%s/%s", dir, name);

	if (name[0] == '.' || len < 0 || (size_t)len >= sizeof(path) || lstat(path, &status) != 0)
		return;
	if (S_ISDIR(status.st_mode) && deep > 0)
		add_sockets(places, path, deep - 1);
	else if (S_ISSOCK(status.st_mode) && strstr(name, "stats") != NULL)
		add_path(places, path);
}

static void add_sockets(struct munin_places *places, const char *dir, int deep)
{
	struct dirent **entry = NULL;
	int len = scandir(dir, &entry, NULL, alphasort);

	for (int i = 0; i < len; i++) {
		if (i < ENTRIES_MAX)
			add_entry(places, dir, entry[i]->d_name, deep);
		free(entry[i]);
	}
	free(entry);
}

/* Whether both paths are one folder: /var/run is a link to /run where it is not older than that. */
static bool is_same_folder(const char *one, const char *other)
{
	struct stat first;
	struct stat second;

	return stat(one, &first) == 0 && stat(other, &second) == 0 &&
	       first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

void munin_places_add(struct munin_places *places, const char *socket_dir)
{
	const struct nearby *nearby = &places->nearby;

	for (size_t i = 0; i < ARRAY_LEN(usual_host); i++)
		add_pages_at_home(places, usual_host[i], PORT_HTTP, ARRAY_LEN(usual_page));
	for (size_t i = 0; i < ARRAY_LEN(usual_host); i++)
		add_pages_at_home(places, usual_host[i], PORT_GITLAB, 1);
	for (size_t i = 0; i < nearby->port_len; i++)
		add_port(places, &nearby->port[i].at);
	for (size_t i = 0; i < ARRAY_LEN(usual_stats); i++)
		add_place(places, TARGET_UWSGI, 0, usual_stats[i]);
	add_sockets(places, socket_dir, FOLDERS_DEEP);
	if (!is_same_folder(socket_dir, socket_dir_of_old))
		add_sockets(places, socket_dir_of_old, FOLDERS_DEEP);
	for (size_t i = 0; i < nearby->path_len; i++)
		add_path(places, nearby->path[i]);
}
