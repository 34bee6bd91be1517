/* SPDX-License-Identifier: MIT */
/* queue_desk.h - a queue with one nginx, somebody who asks it, and all that it hands back. */
#ifndef CONNLEDGER_TESTS_QUEUE_DESK_H
#define CONNLEDGER_TESTS_QUEUE_DESK_H

#include "unit.h"

#include <pthread.h>
#include <stdatomic.h>

#include "prometheus_exporter/queue.h"
#include "server.h"
#include "words.h"

enum { DESK_JOBS = 8, DESK_WAIT_SECONDS = 20 };

/* An answer of nginx. */
extern const char desk_page[];

/* What the queue has handed back. */
struct heard {
	pthread_mutex_t lock;
	pthread_cond_t more;
	size_t jobs;
	size_t batches;
	size_t ok;
	size_t busy;
	size_t reloaded;
	bool up;
	bool is_page;
	bool is_gzip;
	bool mixed; /* some batch was of both forms */
};

struct desk {
	struct heard heard; /* first: the client's context is both */
	int call[2];        /* a byte in this pipe: serve() returns; an 'a': it asks, too */
	atomic_int serving;
	atomic_bool twice; /* two threads served at once */
	atomic_size_t asked;
	struct words words;
	struct exporter_config config;
	struct exporter_self self;
	struct exporter_now now;
	struct exporter_log log;
	struct exporter_queue *queue;
	struct exporter_job job[DESK_JOBS];
};

/* What the queue's client does when jobs are done. */
void desk_on_done(void *ctx, struct exporter_job *job, struct exporter_reply *reply);

/* Starts a queue whose nginx is `server`, asked with `timeout` such as "5s". */
void desk_open(struct desk *desk, const struct server *server, const char *timeout);
/* The same with a client and the two ends of a pipe of one's own. */
void desk_open_for(struct desk *desk, const struct server *server, const char *timeout,
		   const struct exporter_client *client, const int calls[2]);
void desk_close(struct desk *desk);

/* Asks for the metrics with desk->job[i]. */
void desk_ask(struct desk *desk, size_t i, double patience);
/* Waits until so many jobs have come back. */
void desk_hear(struct desk *desk, size_t jobs);
/* How many of them were told that there is no time. */
size_t desk_busy(struct desk *desk);

#endif
