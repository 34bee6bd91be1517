/* SPDX-License-Identifier: MIT */
/*
 * listeners.h - which listening sockets are nginx's, and how sure that is. The best source first:
 * the file descriptors of the master process (root, or nginx's own user); the cgroup of the sockets
 * (nobody's privilege needed); the ports that the user names; the port of the status page itself.
 */
#ifndef CONNLEDGER_LISTENERS_H
#define CONNLEDGER_LISTENERS_H

#include "process.h"
#include "sockets.h"

enum listeners_source {
	LISTENERS_NONE,   /* nginx is not on this host, or the kernel cannot be asked */
	LISTENERS_TARGET, /* the port of the status page only */
	LISTENERS_PORTS,  /* what the user named, and the port of the status page */
	LISTENERS_CGROUP, /* all sockets of nginx's cgroup */
	LISTENERS_FDS,    /* all sockets that the master holds */
};

/* Another page that may have come from the same nginx: as in struct listeners_question. */
struct listeners_mate {
	bool has_connection;
	struct endpoint ours;
	struct endpoint theirs;
	const char *path; /* Borrowed */
	bool is_same;     /* listeners_find() writes it: it came from there beyond doubt */
};

/* What is asked: where the status page was read, and what the user says. */
struct listeners_question {
	bool has_connection;    /* the page came over TCP, by a connection that is still open ... */
	struct endpoint ours;   /* ... our end of it */
	struct endpoint theirs; /* and nginx's, as we see it */
	const char *path;       /* the unix socket it came over, or NULL. Borrowed */
	const uint16_t *port;   /* named by the user. Borrowed */
	size_t port_len;
	char *const *listen_path; /* unix sockets, named by the user. Borrowed */
	size_t listen_path_len;
	const char *const *other_path; /* unix sockets that are known to be no nginx's. Borrowed */
	size_t other_path_len;
	uint32_t known_pid; /* the site's master as it was found before; 0: not known. Then it need
			     * not be looked for among all processes */
	struct listeners_mate *mate; /* Borrowed */
	size_t mate_len;
};

enum { LISTENERS_REASON_MAX = 200 };

/* nginx on this host. */
struct nginx_host {
	enum listeners_source source;
	bool is_nginx; /* an nginx of this host holds them, or one that hides what it holds may */
	bool complete; /* `listeners` holds every listener of this nginx */
	char reason[LISTENERS_REASON_MAX]; /* why not, or why there is none; "" when complete.
					    * Printable ASCII, one line */
	struct listeners listeners;        /* nginx's: TCP, unix and UDP */
	bool has_udp;     /* UDP among them: HTTP/3 or stream, whose connections are no sockets */
	uint32_t net_pid; /* nginx has another network namespace: read /proc/PID/net; 0: ours */
	bool processes_known;  /* the numbers below are from /proc; else they are 0 */
	uint32_t master_pid;   /* of the site's nginx: the newest master that has workers */
	uint64_t process_mark; /* of all these processes together: another one when any of them has
				* ended or been added; below 2^49 */
	uint32_t masters;      /* that share these listeners: 2 during a binary upgrade */
	uint32_t workers; /* of all these masters, without draining ones; a single process is one */
	uint32_t draining;        /* old workers that finish their connections */
	struct processes serving; /* the workers of all these masters, draining ones too */
	double master_started; /* Unix seconds. The clock may make it differ by some hundredths from
				* one scrape to the next: compare pids, too */
	double workers_started; /* the oldest worker that is not draining; 0: none */
	double worker_newest;   /* the newest: later than the oldest when one was respawned */
	uint64_t fd_limit;      /* open files that a worker may have; 0: not known */
};

/* Finds them. `proc` is "/proc" (tests have their own). Never fails for what cannot be known: the
 * reason is in `ret`. False only when memory is out. End with nginx_host_free() either way. The
 * reader is reopened on `ret->net_pid` when nginx lives in another network namespace. */
bool listeners_find(struct nginx_host *ret, struct sockets_reader *reader, const char *proc,
		    const struct listeners_question *question, struct err *err) MUST_CHECK NONNULL;
void nginx_host_free(struct nginx_host *host) NONNULL;

#endif
