/* SPDX-License-Identifier: MIT */
/* queue.c - a queue of those who wait and a few threads that collect; see queue.h. */
#include "queue.h"

#include <errno.h>
#include <math.h>

#include "queue_batch.h"
#include "thread.h"

struct worker {
	struct exporter_queue *queue;
	pthread_t thread;
	pthread_cond_t wake;
	struct worker *below; /* in the stack of idle ones */
	bool idle;
	unsigned turn; /* the queue's, when it last went to rest */
};

struct exporter_queue {
	struct exporter_now *now;
	struct exporter_client client;
	struct worker worker[QUEUE_THREADS + 1];
	size_t workers;
	pthread_mutex_t lock;       /* of what follows, and of the workers */
	pthread_cond_t ended;       /* a collection has */
	struct worker *idle;        /* those who have nothing to do, the last one first */
	struct exporter_job *first; /* who waits */
	struct exporter_job **last; /* where the next job is hung on */
	size_t running;             /* collections */
	bool serving;               /* a worker is */
	unsigned turn;              /* counts when one begins or ends to serve */
	bool watched;               /* a worker will wake by itself to look what is to be done */
	bool stopping;              /* no more jobs */
	bool closing;               /* no more of anything */
};

/* ---- the queue; all with the lock held ------------------------------------------------------ */

/* Takes the first job and all with the same question that are ready to wait just as long: they can
 * share a deadline and a text. */
static struct exporter_job *take_batch(struct exporter_queue *queue)
{
	struct exporter_job *batch = NULL;
	struct exporter_job **end = &batch;
	struct exporter_job **at = &queue->first;
	const struct exporter_job *first = queue->first;

	while (*at != NULL) {
		struct exporter_job *job = *at;

		if (job->patience != first->patience ||
		    !exporter_question_equal(&job->question, &first->question)) {
			at = &job->next;
			continue;
		}
		*at = job->next;
		job->next = NULL;
		*end = job;
		end = &job->next;
	}
	queue->last = at;
	return batch;
}

/* The worker that was busy last is woken first: its stack and caches are warm, and those that are
 * never needed never touch any memory. */
static struct worker *pop_idle(struct exporter_queue *queue)
{
	struct worker *worker = queue->idle;

	if (worker != NULL) {
		queue->idle = worker->below;
		worker->idle = false;
	}
	return worker;
}

static void wake(struct worker *worker)
{
	if (worker != NULL)
		(void)pthread_cond_signal(&worker->wake);
}

static void wait_idle(struct exporter_queue *queue, struct worker *worker)
{
	worker->idle = true;
	worker->below = queue->idle;
	queue->idle = worker;
	while (worker->idle)
		(void)pthread_cond_wait(&worker->wake, &queue->lock);
}

static struct timespec timespec_of(double seconds)
{
	return (struct timespec){.tv_sec = (time_t)seconds,
				 .tv_nsec = (long)((seconds - floor(seconds)) * 1e9)};
}

static double due_of(const struct exporter_job *job)
{
	return job->arrived + QUEUE_PATIENCE_MS / 1e3;
}

/* Somebody waits who may be given a collection, now or when it is due. */
static bool can_collect(const struct exporter_queue *queue)
{
	return queue->first != NULL && queue->running < QUEUE_THREADS;
}

static bool can_serve(const struct exporter_queue *queue)
{
	return queue->client.serve != NULL && !queue->serving;
}

/* Waits until there may be something to do. True when nobody has served for long enough.
 *
 * The worker that watches goes on with it for as long as turns are taken: whoever leaves the
 * connections for a collection then need not wake anybody. */
static bool rest(struct exporter_queue *queue, struct worker *worker)
{
	bool tick = can_serve(queue) || queue->turn != worker->turn;
	unsigned turn = queue->turn;
	struct timespec time;
	double until = clock_now(CLOCK_MONOTONIC) + QUEUE_SERVE_MS / 1e3;

	worker->turn = turn;
	if (queue->watched || (!tick && !can_collect(queue))) {
		wait_idle(queue, worker);
		return false;
	}
	if (can_collect(queue))
		until = fmin(until, due_of(queue->first));
	time = timespec_of(until);
	queue->watched = true;
	(void)pthread_cond_timedwait(&worker->wake, &queue->lock, &time);
	queue->watched = false;
	return queue->turn == turn;
}

enum task {
	TASK_COLLECT,
	TASK_SERVE,
	TASK_END,
};

/* Waits for it. Whoever comes from one task may serve at once; others only when nobody does. */
static enum task next_task(struct exporter_queue *queue, struct worker *worker)
{
	bool may_serve = true;

	for (;;) {
		if (can_collect(queue) &&
		    (queue->running == 0 || clock_now(CLOCK_MONOTONIC) >= due_of(queue->first)))
			return TASK_COLLECT;
		if (queue->closing)
			return TASK_END;
		if (may_serve && can_serve(queue))
			return TASK_SERVE;
		may_serve = rest(queue, worker);
	}
}

/* Who is to look after what a worker leaves behind; NULL: somebody does, or nothing is. */
static struct worker *pop_watcher(struct exporter_queue *queue)
{
	bool needed = can_serve(queue) || can_collect(queue);

	return needed && !queue->watched ? pop_idle(queue) : NULL;
}

/* ---- the threads ---------------------------------------------------------------------------- */

/* Both are called, and return, with the lock held. */
static void collect(struct exporter_queue *queue)
{
	struct exporter_job *batch = take_batch(queue);
	struct worker *watcher;

	queue->running++;
	watcher = pop_watcher(queue);
	(void)pthread_mutex_unlock(&queue->lock);
	wake(watcher);
	exporter_batch_run(queue->now, &queue->client, batch);
	(void)pthread_mutex_lock(&queue->lock);
	queue->running--;
	(void)pthread_cond_signal(&queue->ended);
}

static void serve(struct exporter_queue *queue)
{
	struct worker *watcher;

	queue->serving = true;
	queue->turn++;
	watcher = pop_watcher(queue);
	(void)pthread_mutex_unlock(&queue->lock);
	wake(watcher);
	queue->client.serve(queue->client.ctx);
	(void)pthread_mutex_lock(&queue->lock);
	queue->serving = false;
	queue->turn++;
}

static void *work(void *arg)
{
	struct worker *worker = arg;
	struct exporter_queue *queue = worker->queue;
	enum task task;

	(void)pthread_mutex_lock(&queue->lock);
	while ((task = next_task(queue, worker)) != TASK_END) {
		if (task == TASK_COLLECT)
			collect(queue);
		else
			serve(queue);
	}
	(void)pthread_mutex_unlock(&queue->lock);
	return NULL;
}

bool exporter_queue_submit(struct exporter_queue *queue, struct exporter_job *job)
{
	struct worker *worker = NULL;
	bool ok;

	(void)pthread_mutex_lock(&queue->lock);
	ok = !queue->stopping;
	if (ok) {
		job->next = NULL;
		*queue->last = job;
		queue->last = &job->next;
		/* A worker that is busy looks again when it is done, as does the one that serves
		 * and has submitted this; one that watches, in time. */
		if (queue->client.serve == NULL && (queue->running == 0 || !queue->watched))
			worker = pop_idle(queue);
	}
	(void)pthread_mutex_unlock(&queue->lock);
	wake(worker);
	return ok;
}

/* ---- start and stop ------------------------------------------------------------------------- */

static bool start_worker(struct exporter_queue *queue)
{
	struct worker *worker = &queue->worker[queue->workers];

	worker->queue = queue;
	if (!exporter_cond_init(&worker->wake))
		return false;
	if (!exporter_thread(&worker->thread, work, worker)) {
		(void)pthread_cond_destroy(&worker->wake);
		return false;
	}
	queue->workers++;
	return true;
}

/* With the lock held: those who have nothing to do look whether the end has come. */
static void wake_all(struct exporter_queue *queue)
{
	while (queue->idle != NULL)
		wake(pop_idle(queue));
}

void exporter_queue_free(struct exporter_queue *queue)
{
	(void)pthread_mutex_lock(&queue->lock);
	queue->closing = true;
	wake_all(queue);
	(void)pthread_mutex_unlock(&queue->lock);
	if (queue->client.interrupt != NULL)
		queue->client.interrupt(queue->client.ctx);
	for (size_t i = 0; i < queue->workers; i++)
		(void)pthread_join(queue->worker[i].thread, NULL);
	for (size_t i = 0; i < queue->workers; i++)
		(void)pthread_cond_destroy(&queue->worker[i].wake);
	(void)pthread_cond_destroy(&queue->ended);
	(void)pthread_mutex_destroy(&queue->lock);
	free(queue);
}

static struct exporter_queue *queue_new(struct exporter_now *now, struct err *err)
{
	struct exporter_queue *queue = calloc(1, sizeof(*queue));

	if (queue != NULL) {
		queue->now = now;
		queue->last = &queue->first;
		if (pthread_mutex_init(&queue->lock, NULL) == 0 &&
		    exporter_cond_init(&queue->ended))
			return queue;
	}
	free(queue);
	err_set(err, ERR_MEMORY, "out of memory");
	return NULL;
}

struct exporter_queue *exporter_queue_start(struct exporter_now *now,
					    const struct exporter_client *client, struct err *err)
{
	struct exporter_queue *queue = queue_new(now, err);

	if (queue == NULL)
		return NULL;
	queue->client = *client;
	while (queue->workers <= QUEUE_THREADS && start_worker(queue))
		continue;
	if (queue->workers == QUEUE_THREADS + 1)
		return queue;
	err_set(err, ERR_SYSTEM, "cannot start threads");
	exporter_queue_free(queue);
	return NULL;
}

bool exporter_queue_stop(struct exporter_queue *queue, double seconds)
{
	struct timespec until = timespec_of(clock_now(CLOCK_MONOTONIC) + seconds);
	struct exporter_reply late = {.result = EXPORTER_BUSY};
	struct exporter_job *waiting;
	bool ended;

	(void)pthread_mutex_lock(&queue->lock);
	queue->stopping = true;
	while ((queue->first != NULL || queue->running > 0) &&
	       pthread_cond_timedwait(&queue->ended, &queue->lock, &until) != ETIMEDOUT)
		continue;
	waiting = queue->first;
	queue->first = NULL;
	queue->last = &queue->first;
	ended = queue->running == 0;
	(void)pthread_mutex_unlock(&queue->lock);
	if (waiting != NULL)
		queue->client.done(queue->client.ctx, waiting, &late);
	return ended;
}
