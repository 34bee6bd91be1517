/* SPDX-License-Identifier: MIT */
/* nginx_room.c - which nginx it is, its workers, and where its configuration is; see nginx_room.h.
 */
#include "nginx_room.h"

#include <unistd.h>

#include "buf.h"
#include "listeners.h"
#include "proc_file.h"

enum { CMDLINE_BYTES = 4096 };

/* What packages and nginx's own build take. */
static const char *const usual_path[] = {
	"/etc/nginx/nginx.conf",
	"/usr/local/nginx/conf/nginx.conf",
	"/usr/local/etc/nginx/nginx.conf",
	"/opt/nginx/conf/nginx.conf",
	"/usr/local/openresty/nginx/conf/nginx.conf",
	"/etc/angie/angie.conf",
	"/etc/tengine/nginx.conf",
	"/etc/freenginx/freenginx.conf",
};

/* ---- where ----------------------------------------------------------------------------------- */

/* The value of "-c VALUE" or "-cVALUE" in a title, of the last one if there are several. */
static struct str option_of(struct str title, char letter)
{
	struct str found = {NULL, 0};

	while (title.ptr != NULL) {
		struct str word = str_cut(&title, ' ');

		if (word.len < 2 || word.ptr[0] != '-' || word.ptr[1] != letter)
			continue;
		found = (struct str){word.ptr + 2, word.len - 2};
		if (found.len == 0)
			found = str_cut(&title, ' ');
	}
	return found;
}

static bool put(char path[NGINX_TITLE_PATH_MAX], struct str folder, const char *between,
		struct str name, struct err *err)
{
	size_t len = folder.len + strlen(between) + name.len;

	if (len >= NGINX_TITLE_PATH_MAX)
		return err_set(err, ERR_TOO_LARGE, "the path of its configuration is too long");
	(void)snprintf(path, NGINX_TITLE_PATH_MAX, "%.*s%s%.*s", (int)folder.len, folder.ptr,
		       between, (int)name.len, name.ptr);
	return true;
}

/* The path that was compiled in is not known: it must be the only one of the usual ones that is
 * there. With a prefix, that of a plain build is one more. */
static bool guess(char path[NGINX_TITLE_PATH_MAX], struct str prefix, struct err *err)
{
	static const struct str none = {"", 0};
	char candidate[NGINX_TITLE_PATH_MAX];
	size_t found = 0;

	for (size_t i = 0; i <= ARRAY_LEN(usual_path); i++) {
		bool last = i == ARRAY_LEN(usual_path);

		if (last && prefix.len == 0)
			break;
		if (!(last ? put(candidate, prefix, "/", STR("conf/nginx.conf"), err)
			   : put(candidate, none, usual_path[i], none, err)))
			return false;
		if (access(candidate, F_OK) != 0)
			continue;
		found++;
		memcpy(path, candidate, sizeof(candidate));
	}
	if (found == 1)
		return true;
	return err_set(err, ERR_NOT_FOUND, "%s file is at one of the usual places of nginx.conf",
		       found == 0 ? "no" : "more than one");
}

bool nginx_conf_path(char path[NGINX_TITLE_PATH_MAX], struct str title, struct err *err)
{
	char text[CMDLINE_BYTES] = "";
	size_t len = title.len < sizeof(text) ? title.len : sizeof(text);
	struct str clean = {text, len};
	struct str prefix;
	struct str conf;

	memcpy(text, title.ptr, len);
	for (size_t i = 0; i < len; i++)
		text[i] = text[i] == '\0' ? ' ' : text[i];
	clean = str_trim(clean);
	if (len == sizeof(text))
		return err_set(err, ERR_TOO_LARGE, "its command line is too long");
	conf = option_of(clean, 'c');
	prefix = option_of(clean, 'p');
	for (struct str rest = clean; rest.len > 0;
	     rest = (struct str){rest.ptr + 1, rest.len - 1}) {
		if (str_starts(rest, STR("worker_connections")) || str_starts(rest, STR("events")))
			return err_set(err, ERR_PARSE, "directives stand on its command line");
	}
	if (conf.len > 0 && conf.ptr[0] == '/')
		return put(path, conf, "", (struct str){"", 0}, err);
	if (conf.len > 0 && prefix.len > 0 && prefix.ptr[0] == '/')
		return put(path, prefix, "/", conf, err);
	if (conf.len > 0)
		return err_set(err, ERR_NOT_FOUND,
			       "the path of its configuration is relative to an unknown folder");
	if (prefix.len > 0 && prefix.ptr[0] != '/')
		prefix.len = 0;
	return guess(path, prefix, err);
}

/* ---- which nginx ----------------------------------------------------------------------------- */

static bool find_host(struct nginx_host *host, const struct target *target, struct err *err)
{
	struct sockets_reader reader = {.netlink_fd = -1};
	struct listeners_question question = {
		.path = target->path,
		.port = &target->port,
		.port_len = target->path == NULL ? 1 : 0,
	};
	bool ok = sockets_open(&reader, 0, false, err) &&
		  listeners_find(host, &reader, "/proc", &question, err);

	sockets_close(&reader);
	if (!ok)
		return false;
	if (!host->is_nginx || !host->processes_known || host->net_pid != 0)
		return err_set(err, ERR_NOT_FOUND,
			       "the processes of nginx are not to be seen from here");
	if (host->masters != 1 || host->workers == 0)
		return err_set(err, ERR_NOT_FOUND, "nginx is being started or replaced");
	return true;
}

static bool read_conf_of(uint32_t pid, uint64_t *worker_connections, struct err *err)
{
	char bytes[CMDLINE_BYTES];
	char path[NGINX_TITLE_PATH_MAX];
	struct str title = proc_file_read("/proc", pid, "cmdline", bytes, sizeof(bytes));

	return nginx_conf_path(path, title, err) && nginx_conf_read(path, worker_connections, err);
}

bool nginx_room_find(struct nginx_room *room, const struct target *target, struct err *err)
{
	struct nginx_host host = {.source = LISTENERS_NONE};
	bool ok = true;

	if (room->connections > 0 && room->workers > 0)
		return true;
	if (!target_is_local(target))
		return err_set(err, ERR_NOT_FOUND, "the address of nginx is not one of this host");
	ok = find_host(&host, target, err);
	if (ok && room->workers == 0)
		room->workers = host.workers;
	if (ok && room->connections == 0)
		ok = read_conf_of(host.master_pid, &room->connections, err);
	nginx_host_free(&host);
	return ok;
}
