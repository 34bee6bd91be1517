/* SPDX-License-Identifier: MIT */
/*
 * queue.h - the threads of the exporter: they run collections for those who ask, and take turns at
 * serving the connections. At most one serves at any time. When that has brought a question, the
 * same thread goes on to answer it: so a single scrape passes through one thread only. Should the
 * answer take longer than QUEUE_SERVE_MS, another thread serves meanwhile. There is one thread more
 * than collections: when a target hangs all of them, that one still serves.
 *
 * Whoever asks gets an answer that was collected after they asked: a collection that is running
 * already is never shared, the next one is, by all who wait when it begins. So a hundred scrapers
 * cost nginx no more than one, and nobody sees numbers older than their own question.
 *
 * As a rule one collection runs at a time. Only when somebody has waited QUEUE_PATIENCE_MS for
 * it, because a target is slow or hangs, another one begins beside it.
 *
 * To read the configuration again is a question, too, with these rules. So it waits when as many
 * collections hang as there may be; exporter_now_reload() itself never does.
 */
#ifndef CONNLEDGER_QUEUE_H
#define CONNLEDGER_QUEUE_H

#include "answer.h"

enum {
	QUEUE_THREADS = 4,  /* that collect; there is always one more, which can serve */
	QUEUE_SERVE_MS = 5, /* at most twice that: one thread looks once in so long */
	QUEUE_PATIENCE_MS = 20,
};

struct exporter_queue;

/* Somebody who waits; lives in the asker's memory until it is handed to `done`. */
struct exporter_job {
	struct exporter_job *next;
	struct exporter_question question;
	double arrived;  /* clock_now(CLOCK_MONOTONIC) */
	double patience; /* seconds that the asker will wait; 0 when it did not say */
};

enum exporter_result {
	EXPORTER_OK,        /* the text is there */
	EXPORTER_FAILED,    /* no memory for it, or longer than its ceiling */
	EXPORTER_BUSY,      /* the time was over before a collection could begin, or the end has
			     * come */
	EXPORTER_REFUSED,   /* the question makes no sense: the text is the reason */
	EXPORTER_FORBIDDEN, /* the target must not be asked: the text is the reason */
	EXPORTER_RELOADED,  /* the configuration has been read again: the text says so */
	EXPORTER_KEPT,      /* it is bad, and the old one stays in use: the text is the reason */
};

struct exporter_reply {
	enum exporter_result result;
	struct buf text; /* empty with EXPORTER_FAILED and EXPORTER_BUSY */
	bool gzip;       /* it has been compressed, as the question allowed */
};

struct exporter_client {
	/* Called for a list of jobs with equal questions that share a reply, whose text is the
	 * callee's. Runs in a thread of the queue, or in that of exporter_queue_stop(). */
	void (*done)(void *ctx, struct exporter_job *job, struct exporter_reply *reply);
	/* Waits until there is something to do for the connections, and does it. Runs in a thread
	 * of the queue, again and again until exporter_queue_free(), never in two at once. From
	 * within it jobs are submitted. NULL: there are no connections, and jobs come from
	 * elsewhere. */
	void (*serve)(void *ctx);
	/* Ends the wait of serve(), or of the next one. NULL: as above. */
	void (*interrupt)(void *ctx);
	void *ctx;
};

/* Starts the threads. `now` is borrowed until exporter_queue_free(). NULL with `err`. */
struct exporter_queue *exporter_queue_start(struct exporter_now *now,
					    const struct exporter_client *client,
					    struct err *err) NONNULL;

/* Asks for a collection. False, with the job untouched, when the queue is being stopped. */
bool exporter_queue_submit(struct exporter_queue *queue,
			   struct exporter_job *job) MUST_CHECK NONNULL;

/* Takes no more jobs, and waits at most `seconds` until those that it has are done; then hands the
 * ones that still wait back as EXPORTER_BUSY. Connections are still served. True when no collection
 * is left. False: threads still use the queue and its client, and the process should end. */
bool exporter_queue_stop(struct exporter_queue *queue, double seconds) MUST_CHECK NONNULL;

/* Ends the threads, after exporter_queue_stop() was true. */
void exporter_queue_free(struct exporter_queue *queue) NONNULL;

/* How long a collection may take for an asker that waits `patience` seconds more: `offset` seconds,
 * but not more than half of it, are kept back for the way to it. 0 when it did not say. */
double exporter_budget(double patience, double offset);

#endif
