/* SPDX-License-Identifier: MIT */
/* queue.c - a queue of those who wait and a few threads that collect; see queue.h. */
#include "queue.h"

#include <errno.h>
#include <math.h>

#include "gzip.h"

struct worker {
	struct exporter_queue *queue;
	pthread_t thread;
	pthread_cond_t wake;
	struct worker *below; /* in the stack of idle ones */
	bool idle;
};

struct exporter_queue {
	struct exporter_now *now;
	struct exporter_client client;
	struct worker worker[QUEUE_THREADS];
	size_t workers;
	pthread_mutex_t lock;       /* of what follows, and of the workers */
	pthread_cond_t ended;       /* a collection has */
	struct worker *idle;        /* those who have nothing to do, the last one first */
	struct exporter_job *first; /* who waits */
	struct exporter_job **last; /* where the next job is hung on */
	size_t running;             /* collections */
	bool watched;               /* a worker will wake by itself to look after `first` */
	bool stopping;
};

double exporter_budget(double patience, double offset)
{
	return patience - fmin(offset, patience / 2);
}

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

/* Waits until a collection should begin. False when the end has come. */
static bool wait_for_work(struct exporter_queue *queue, struct worker *worker)
{
	while (!queue->stopping || queue->first != NULL) {
		const struct exporter_job *first = queue->first;
		double due = first == NULL ? 0 : first->arrived + QUEUE_PATIENCE_MS / 1e3;
		struct timespec time = timespec_of(due);

		if (first != NULL && (queue->running == 0 || clock_now(CLOCK_MONOTONIC) >= due))
			return true;
		if (first == NULL || queue->watched) {
			wait_idle(queue, worker);
			continue;
		}
		queue->watched = true;
		(void)pthread_cond_timedwait(&worker->wake, &queue->lock, &time);
		queue->watched = false;
	}
	return false;
}

/* ---- the threads ---------------------------------------------------------------------------- */

/* What the sites may take, in milliseconds; 0 when the askers' time is over. */
static unsigned timeout_of(const struct exporter_job *job, const struct exporter_state *state)
{
	unsigned timeout_ms = exporter_answer_timeout_ms(state, &job->question);
	double offset = state->config.offset_seconds;
	double deadline = job->arrived + exporter_budget(job->patience, offset);
	double left_ms = (deadline - clock_now(CLOCK_MONOTONIC)) * 1e3;

	if (job->patience > 0 && left_ms < timeout_ms)
		return left_ms < 1 ? 0 : (unsigned)left_ms;
	return timeout_ms;
}

/* Puts the compressed text in the place of a long one. Where memory is out, it stays long. */
static void compress(struct exporter_reply *reply)
{
	struct buf packed;

	buf_init(&packed, reply->text.ceiling);
	if (reply->text.len < GZIP_BYTES_MIN || !gzip_add(&packed, buf_str(&reply->text)))
		return;
	buf_free(&reply->text);
	reply->text = packed;
	reply->gzip = true;
}

/* Why there is no answer: the askers' fault, or ours, which is told the log. */
static void explain(struct exporter_reply *reply, const struct exporter_log *log,
		    const struct err *err)
{
	buf_free(&reply->text);
	if (err->kind != ERR_USAGE && err->kind != ERR_ACCESS) {
		reply->result = EXPORTER_FAILED;
		exporter_log(log, EXPORTER_ERROR, "a scrape failed",
			     LOG_FIELDS({"err", err->text}));
		return;
	}
	reply->result = err->kind == ERR_USAGE ? EXPORTER_REFUSED : EXPORTER_FORBIDDEN;
	buf_addf(&reply->text, "%s\n", err->text);
}

static void run_batch(struct exporter_queue *queue, struct exporter_job *batch)
{
	struct exporter_state *state = exporter_now_take(queue->now);
	struct exporter_reply reply = {.result = EXPORTER_BUSY};
	unsigned timeout_ms = timeout_of(batch, state);
	struct err err = {0};

	buf_init(&reply.text, exporter_answer_max(batch->question.form));
	if (timeout_ms > 0) {
		reply.result = EXPORTER_OK;
		if (!exporter_answer(state, &batch->question, timeout_ms, &reply.text, &err))
			explain(&reply, state->log, &err);
		else if (batch->question.gzip)
			compress(&reply);
	}
	exporter_state_release(state);
	queue->client.done(queue->client.ctx, batch, &reply);
}

static void *serve(void *arg)
{
	struct worker *worker = arg;
	struct exporter_queue *queue = worker->queue;

	(void)pthread_mutex_lock(&queue->lock);
	while (wait_for_work(queue, worker)) {
		struct exporter_job *batch = take_batch(queue);

		queue->running++;
		if (queue->first != NULL && !queue->watched)
			wake(pop_idle(queue));
		(void)pthread_mutex_unlock(&queue->lock);
		run_batch(queue, batch);
		(void)pthread_mutex_lock(&queue->lock);
		queue->running--;
		(void)pthread_cond_signal(&queue->ended);
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
		/* A worker that is busy looks again when it is done; one that watches, in time. */
		if (queue->running == 0 || !queue->watched)
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
	if (!exporter_thread(&worker->thread, serve, worker)) {
		(void)pthread_cond_destroy(&worker->wake);
		return false;
	}
	queue->workers++;
	return true;
}

static void destroy(struct exporter_queue *queue)
{
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
	while (queue->workers < QUEUE_THREADS && start_worker(queue))
		continue;
	if (queue->workers == QUEUE_THREADS)
		return queue;
	err_set(err, ERR_SYSTEM, "cannot start threads");
	/* Nobody has asked for anything yet: they end at once. */
	(void)!exporter_queue_stop(queue, 1);
	return NULL;
}

/* With the lock held: those who have nothing to do look whether the end has come. */
static void wake_all(struct exporter_queue *queue)
{
	while (queue->idle != NULL)
		wake(pop_idle(queue));
}

bool exporter_queue_stop(struct exporter_queue *queue, double seconds)
{
	struct timespec until = timespec_of(clock_now(CLOCK_MONOTONIC) + seconds);
	struct exporter_reply late = {.result = EXPORTER_BUSY};
	struct exporter_job *waiting;
	bool ended;

	(void)pthread_mutex_lock(&queue->lock);
	queue->stopping = true;
	wake_all(queue);
	while ((queue->first != NULL || queue->running > 0) &&
	       pthread_cond_timedwait(&queue->ended, &queue->lock, &until) != ETIMEDOUT)
		continue;
	waiting = queue->first;
	queue->first = NULL;
	queue->last = &queue->first;
	wake_all(queue);
	ended = queue->running == 0;
	(void)pthread_mutex_unlock(&queue->lock);
	if (waiting != NULL)
		queue->client.done(queue->client.ctx, waiting, &late);
	if (ended)
		destroy(queue);
	return ended;
}
