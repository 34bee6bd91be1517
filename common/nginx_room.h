/* SPDX-License-Identifier: MIT */
/*
 * nginx_room.h - how many connections nginx has room for: worker_connections times its workers. Out
 * of the processes of this host and of the configuration file of the master, as far as this user
 * may read it. It runs nothing.
 */
#ifndef CONNLEDGER_NGINX_ROOM_H
#define CONNLEDGER_NGINX_ROOM_H

#include "err.h"
#include "target.h"

struct nginx_room {
	uint64_t connections; /* worker_connections; 0: not known */
	uint64_t workers;     /* that serve, without old ones that are draining; 0: not known */
};

/* Finds what is 0 in `room`: the nginx that listens at `target`, its workers, and its
 * configuration as it is in the file now. False, with the reason, when something stays 0: another
 * host, another network namespace, a file that may not be read or is not understood. */
bool nginx_room_find(struct nginx_room *room, const struct target *target,
		     struct err *err) MUST_CHECK NONNULL;

enum { NGINX_TITLE_PATH_MAX = 512 };

/* Where the configuration of a master is, by its title or command line ("nginx: master process
 * /usr/sbin/nginx -c /etc/x.conf"; NUL bytes count as blanks). False when it says that directives
 * were given on the command line, or when no file or more than one comes into question. Looks
 * which files exist. */
bool nginx_conf_path(char path[NGINX_TITLE_PATH_MAX], struct str title,
		     struct err *err) MUST_CHECK NONNULL;

/* worker_connections of the configuration file `path` and what it includes: 512 when they do not
 * say it. False, without a word of what stands in a file, when that cannot be told. */
bool nginx_conf_read(const char *path, uint64_t *worker_connections,
		     struct err *err) MUST_CHECK NONNULL;

#endif
