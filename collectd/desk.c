/* SPDX-License-Identifier: MIT */
/* desk.c - see desk.h. */
#include "desk.h"

#include <math.h>

#include "clock.h"
#include "observe.h"

/* A thread that waits for its site's ledger. */
struct desk_seat {
	struct scrape *scrape;
	double deadline;
	double since;  /* CLOCK_MONOTONIC */
	bool is_taken; /* somebody looks at it */
	bool is_done;
	bool failed;
	enum err_kind own; /* what that one was short of (err_own_seen()) */
	struct desk_seat *next;
};

/* What one thread looks at. */
struct batch {
	struct desk_seat *seat[DESK_SITES_MAX];
	struct scrape *scrape[DESK_SITES_MAX];
	size_t len;
	double deadline;
};

bool desk_init(struct desk *desk)
{
	pthread_condattr_t attr;
	bool ok;

	*desk = (struct desk){.gather_seconds = DESK_GATHER_MS / 1e3,
			      .gate_seconds = DESK_GATE_MS / 1e3};
	if (pthread_mutex_init(&desk->lock, NULL) != 0)
		return false;
	ok = pthread_condattr_init(&attr) == 0;
	if (ok) {
		ok = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0 &&
		     pthread_cond_init(&desk->news, &attr) == 0;
		(void)pthread_condattr_destroy(&attr);
	}
	if (ok)
		fetch_own_init(&desk->own);
	else
		(void)pthread_mutex_destroy(&desk->lock);
	return ok;
}

void desk_free(struct desk *desk)
{
	fetch_own_free(&desk->own);
	(void)pthread_cond_destroy(&desk->news);
	(void)pthread_mutex_destroy(&desk->lock);
}

/* ---- all with the lock held ------------------------------------------------------------------ */

static void wait_until(struct desk *desk, double moment)
{
	const struct timespec time = {.tv_sec = (time_t)moment,
				      .tv_nsec = (long)((moment - floor(moment)) * 1e9)};

	(void)pthread_cond_timedwait(&desk->news, &desk->lock, &time);
}

/* Whether the thread of this seat is to look itself; `*until` is when to ask again. */
static bool may_look(const struct desk *desk, const struct desk_seat *seat, double *until)
{
	const double patience = 1;

	*until = clock_now(CLOCK_MONOTONIC) + patience;
	if (seat->is_taken)
		return false;
	if (!observe_may_gain(seat->scrape))
		return true;
	if (desk->finding != NULL && observe_may_share(desk->finding, seat->scrape))
		return false;
	if (desk->asking == 0 || clock_now(CLOCK_MONOTONIC) >= seat->since + desk->gather_seconds)
		return true;
	*until = seat->since + desk->gather_seconds;
	return false;
}

static void add(struct batch *batch, struct desk_seat *seat)
{
	seat->is_taken = true;
	batch->seat[batch->len] = seat;
	batch->scrape[batch->len++] = seat->scrape;
	batch->deadline = fmin(batch->deadline, seat->deadline);
}

static void take(struct desk *desk, struct desk_seat *first, struct batch *batch)
{
	batch->len = 0;
	batch->deadline = first->deadline;
	add(batch, first);
	for (struct desk_seat *seat = desk->seat; seat != NULL; seat = seat->next) {
		if (batch->len < DESK_SITES_MAX && !seat->is_taken &&
		    observe_may_share(first->scrape, seat->scrape))
			add(batch, seat);
	}
}

/* Those who turned out not to share it wait again: the first `len` of batch->scrape. */
static void give_back(struct batch *batch, size_t len)
{
	size_t kept = 0;

	for (size_t i = 0; i < batch->len; i++) {
		struct desk_seat *seat = batch->seat[i];
		bool is_left = false;

		for (size_t k = 0; k < len; k++)
			is_left = is_left || batch->scrape[k] == seat->scrape;
		if (is_left)
			seat->is_taken = false;
		else
			batch->seat[kept++] = seat;
	}
	batch->len = kept;
}

static void leave(struct desk *desk, const struct desk_seat *seat)
{
	struct desk_seat **at = &desk->seat;

	while (*at != seat)
		at = &(*at)->next;
	*at = seat->next;
}

/* Looks at this site and all that share its nginx. Returns with the lock held. */
static void look(struct desk *desk, struct desk_seat *first)
{
	bool gains = observe_may_gain(first->scrape);
	enum err_kind before = err_own_take();
	struct err err = {0};
	struct batch batch;
	struct observation *o;
	size_t len;
	bool ok;

	take(desk, first, &batch);
	len = batch.len;
	desk->finding = gains ? first->scrape : desk->finding;
	desk->looking += gains;
	desk->observations++;
	(void)pthread_mutex_unlock(&desk->lock);
	o = observe_begin(batch.scrape, &len, batch.deadline, &err);
	(void)pthread_mutex_lock(&desk->lock);
	if (gains)
		desk->finding = NULL;
	give_back(&batch, o != NULL ? len : 0);
	(void)pthread_cond_broadcast(&desk->news);
	(void)pthread_mutex_unlock(&desk->lock);
	ok = o != NULL && observe_end(o, &err);
	(void)pthread_mutex_lock(&desk->lock);
	desk->looking -= gains;
	for (size_t i = 0; i < batch.len; i++) {
		batch.seat[i]->is_done = true;
		batch.seat[i]->failed = !ok;
		batch.seat[i]->own = err_own_seen();
	}
	(void)err_own_take();
	err_own_note(before);
	(void)pthread_cond_broadcast(&desk->news);
}

/* ---- what the threads call ------------------------------------------------------------------- */

void desk_enter(struct desk *desk)
{
	double until = clock_now(CLOCK_MONOTONIC) + desk->gate_seconds;

	(void)pthread_mutex_lock(&desk->lock);
	while (desk->looking > 0 && clock_now(CLOCK_MONOTONIC) < until)
		wait_until(desk, until);
	desk->asking++;
	(void)pthread_mutex_unlock(&desk->lock);
}

void desk_leave(struct desk *desk)
{
	(void)pthread_mutex_lock(&desk->lock);
	desk->asking--;
	(void)pthread_cond_broadcast(&desk->news);
	(void)pthread_mutex_unlock(&desk->lock);
}

bool desk_observe(struct desk *desk, struct scrape *scrape, double deadline, struct err *err)
{
	struct desk_seat seat = {
		.scrape = scrape, .deadline = deadline, .since = clock_now(CLOCK_MONOTONIC)};

	if (!scrape->site->want_ledger) {
		desk_leave(desk);
		return true;
	}
	(void)pthread_mutex_lock(&desk->lock);
	desk->asking--;
	seat.next = desk->seat;
	desk->seat = &seat;
	(void)pthread_cond_broadcast(&desk->news);
	while (!seat.is_done) {
		double until;

		if (may_look(desk, &seat, &until))
			look(desk, &seat);
		else
			wait_until(desk, until);
	}
	leave(desk, &seat);
	(void)pthread_mutex_unlock(&desk->lock);
	err_own_note(seat.own);
	return !seat.failed || err_set(err, ERR_MEMORY, "out of memory");
}
