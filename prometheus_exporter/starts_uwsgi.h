/* SPDX-License-Identifier: MIT */
/* starts_uwsgi.h - when the counters of one uWSGI server's workers began; see starts.h. */
#ifndef CONNLEDGER_EXPORTER_STARTS_UWSGI_H
#define CONNLEDGER_EXPORTER_STARTS_UWSGI_H

#include "scrape.h"

/* Workers beyond are not remembered. */
enum { STARTS_WORKERS_MAX = 4096 };

/* A worker as it was when it was last seen. */
struct starts_worker {
	uint64_t id;
	double since; /* Unix seconds; 0: not known */
	uint64_t last_spawn;
	uint64_t respawn_count;
	uint64_t requests;
	uint64_t exceptions;
	uint64_t harakiri_count;
	uint64_t running_time;
	uint64_t tx;
};

/* A zeroed one remembers nothing. */
struct starts_uwsgi {
	double time;                  /* of the last answer */
	uint64_t pid;                 /* of the master */
	struct starts_worker *worker; /* by id */
	size_t len;
};

/* Takes in what a server answered at `time`, and says in its workers what is known. A server that
 * is down changes nothing. */
void starts_uwsgi_take(struct starts_uwsgi *starts, struct uwsgi_scrape *server,
		       double time) NONNULL;

/* The same for an answer that is not later than what is remembered, which then stays as it is. */
void starts_uwsgi_look_aside(const struct starts_uwsgi *starts,
			     struct uwsgi_scrape *server) NONNULL;

/* Accepts a zeroed one. */
void starts_uwsgi_free(struct starts_uwsgi *starts) NONNULL;

#endif
