/* SPDX-License-Identifier: MIT */
/*
 * process.h - the nginx processes of this host, from /proc: masters, workers, old workers that are
 * draining. Needs no privilege; where /proc hides other users' processes (hidepid) none are found.
 * Processes come and go while they are looked at: one that has gone is none.
 */
#ifndef CONNLEDGER_PROCESS_H
#define CONNLEDGER_PROCESS_H

#include <stdint.h>

#include "err.h"

enum {
	PROCESSES_MAX = 4096, /* of nginx: more is an error */
};

enum process_role {
	PROCESS_MASTER,   /* "nginx: master process ...", or a single process without a master */
	PROCESS_WORKER,   /* "nginx: worker process" */
	PROCESS_DRAINING, /* "nginx: worker process is shutting down" */
	PROCESS_HELPER,   /* cache manager, cache loader, privileged agent */
	PROCESS_NEW,      /* a master's child that has no children and still, or again, its title: a
			   * worker that has just been forked, or a new binary's master that has
			   * not yet begun */
};

struct process {
	uint32_t pid;
	uint32_t ppid;
	enum process_role role;
	bool is_single; /* PROCESS_MASTER: does the workers' work itself ("master_process off") */
	double started; /* Unix seconds, to a hundredth: /proc/PID/stat field 22 after the boot */
};

/* Ordered by pid. */
struct processes {
	struct process *item;
	size_t len;
	size_t cap;
};

/* Where nginx is looked for. */
enum process_scope {
	PROCESS_KNOWN,      /* `known`, a master that was found before, and its relatives */
	PROCESS_DAEMONS,    /* children of process 1 and of the masters found: where a daemon is */
	PROCESS_EVERYWHERE, /* all of /proc: 5 to 10 us for each process that runs */
};

/* Finds nginx and its derivatives (openresty, tengine, angie, freenginx) by the titles that they
 * give their processes. `proc` is "/proc" (tests have their own tree). False only when `proc`
 * cannot be read at all, when there are more than PROCESSES_MAX, or memory is out. End with
 * processes_free().
 */
bool processes_find(struct processes *ret, const char *proc, enum process_scope scope,
		    uint32_t known, struct err *err) MUST_CHECK NONNULL;
/* Accepts a zeroed one. */
void processes_free(struct processes *processes) NONNULL;

/* The inodes of the sockets that process `pid` holds open, at most `max` of them, sorted. False
 * when this user may not see them, or the process is gone. */
bool process_socket_inodes(const char *proc, uint32_t pid, uint32_t *ret, size_t max,
			   size_t *len) MUST_CHECK NONNULL;

/* The same of its TCP and unix sockets only, whatever has become of their connections. False also
 * when there are more than `max`. */
bool process_connection_inodes(const char *proc, uint32_t pid, uint32_t *ret, size_t max,
			       size_t *len) MUST_CHECK NONNULL;

/* The soft limit of open files of process `pid`; 0: not known. */
uint64_t process_fd_limit(const char *proc, uint32_t pid) NONNULL;

/* The user that process `pid` runs as now. False when it is gone. */
bool process_uid(const char *proc, uint32_t pid, uint32_t *ret) MUST_CHECK NONNULL;

/* A number that is the same for all processes of one network namespace, and needs no privilege: pid
 * 0 is this process. 0: not known. */
uint64_t process_network(const char *proc, uint32_t pid) NONNULL;

#endif
