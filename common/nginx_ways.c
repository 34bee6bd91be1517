/* SPDX-License-Identifier: MIT */
/* nginx_ways.c - see nginx_ways.h. */
#include "nginx_ways.h"

#include <sys/stat.h>

#include "nginx_room.h"
#include "proc_file.h"

enum { CMDLINE_BYTES = 4096, MOUNT_BYTES = 64 };

#define BURST 1.0  /* seconds: workers of one reload begin within */
#define TICK  0.02 /* seconds: as exact as the kernel tells when a process began */

/* The number of the first mount, which each mount namespace has for itself. */
static bool has_our_mounts(const char *proc, uint32_t pid)
{
	char ours[MOUNT_BYTES], theirs[MOUNT_BYTES];
	struct str a = proc_line_read(proc, 0, "mountinfo", ours, sizeof(ours));
	struct str b = proc_line_read(proc, pid, "mountinfo", theirs, sizeof(theirs));

	a = str_cut(&a, ' ');
	b = str_cut(&b, ' ');
	return a.len > 0 && str_equal(a, b);
}

/* Whether `path` is the same file for the process as for us. */
static bool is_same_file(const char *proc, uint32_t pid, const char *path)
{
	char there[PROC_PATH_MAX + NGINX_TITLE_PATH_MAX];
	struct stat ours, theirs;

	(void)snprintf(there, sizeof(there), "%s/%u/root%s", proc, pid, path);
	if (stat(path, &ours) != 0)
		return false;
	if (stat(there, &theirs) != 0)
		return has_our_mounts(proc, pid);
	return ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino;
}

/* Whether nginx has read what it had last changed then. A worker that died alone was forked from a
 * master that may have read the files long before; those of a reload begin together. What old workers
 * have read that still drain is known only if nothing has changed since the beginning. */
static bool is_read_since(const struct nginx_host *host, double changed)
{
	bool is_reload = host->workers > 1 && host->worker_newest - host->workers_started < BURST;

	return changed <= host->master_started + TICK ||
	       (is_reload && host->draining == 0 && changed <= host->workers_started + TICK);
}

static bool find_path(char path[NGINX_TITLE_PATH_MAX], const struct nginx_host *host,
		      const char *proc, struct err *err)
{
	char bytes[CMDLINE_BYTES];
	struct str title = proc_file_read(proc, host->master_pid, "cmdline", bytes, sizeof(bytes));

	for (size_t i = 0; i < title.len; i++) {
		if (title.ptr[i] == '{' ||
		    str_starts((struct str){title.ptr + i, title.len - i}, STR("include ")))
			return err_set(err, ERR_PARSE, "directives stand on its command line");
	}
	return nginx_conf_path(path, title, err);
}

static bool read_conf(struct nginx_conf *conf, const struct nginx_host *host, const char *proc,
		      struct err *err)
{
	char path[NGINX_TITLE_PATH_MAX];
	double changed;

	if (!find_path(path, host, proc, err) ||
	    !nginx_conf_read_listens(path, conf, &changed, err))
		return false;
	if (!is_same_file(proc, host->master_pid, path))
		return err_set(err, ERR_NOT_FOUND, "nginx has files of its own (a container)");
	return is_read_since(host, changed) ||
	       err_set(err, ERR_PARSE,
		       host->draining > 0 ? "workers with an older configuration are draining"
					  : "its configuration has changed since nginx read it");
}

bool nginx_ways_find(struct nginx_ways *ret, struct nginx_host *host, const char *proc,
		     struct err *err)
{
	struct nginx_conf conf;
	bool ok;

	*ret = (struct nginx_ways){0};
	if (!host->processes_known || host->masters != 1 || host->net_pid != 0)
		return err_set(err, ERR_NOT_FOUND, "which nginx it is is not known");
	conf.listen = malloc(NGINX_LISTEN_MAX * sizeof(*conf.listen));
	if (conf.listen == NULL)
		return err_set(err, ERR_MEMORY, "out of memory");
	ok = read_conf(&conf, host, proc, err);
	for (size_t i = 0; ok && i < host->listeners.len; i++) {
		struct listener *listener = &host->listeners.item[i];

		listener->ways = nginx_conf_ways(&conf, listener->at.port, listener->path);
	}
	if (ok)
		*ret = (struct nginx_ways){.is_known = true,
					   .has_subrequests = conf.has_subrequests,
					   .ignores_aborts = conf.ignores_aborts,
					   .renames_clients = conf.renames_clients};
	free(conf.listen);
	return ok;
}
