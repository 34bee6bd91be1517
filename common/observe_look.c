/* SPDX-License-Identifier: MIT */
/* observe_look.c - rounds of nginx's page and the kernel's sockets; see observe_inside.h. */
#include "observe_inside.h"

#include <math.h>

#include "clock.h"
#include "nginx.h"
#include "observe_unlisted.h"
#include "observe_workers.h"

static void page_sink(void *ctx, const char *bytes, size_t len)
{
	buf_add(ctx, bytes, len);
}

/* ---- nginx's side of a round ------------------------------------------------------------------
 */

/* Who hangs now has answered a moment ago, and has had its time. */
static unsigned timeout_ms(const struct observation *o)
{
	double until = o->looks.len == 0 ? o->patient : o->deadline;
	double left_ms = (until - clock_now(CLOCK_MONOTONIC)) * 1e3;

	return left_ms > OBSERVE_READ_MS ? (unsigned)left_ms : OBSERVE_READ_MS;
}

/* `moment` is from before nginx was asked. */
static bool read_status(struct observation *o, struct nginx_status *status, uint64_t *moment)
{
	const struct site *site = o->asker->site;
	struct err err = {0};
	struct fetch_job job = {
		.target = &site->nginx,
		.options = &site->options,
		.bytes_max = FETCH_NGINX_BYTES_MAX,
		.timeout_ms = timeout_ms(o),
		.keep = o->asker->link->place,
		.ends = &o->ends,
		.sink = page_sink,
		.ctx = &o->page,
	};

	buf_clear(&o->page);
	*moment = fetch_own_moment(o->own.own);
	o->asked = clock_now(CLOCK_MONOTONIC);
	return fetch_run(&job, 1, &err) && job.ok && buf_ok(&o->page) &&
	       nginx_parse(status, buf_str(&o->page), &err);
}

static bool is_same_connection(const struct fetch_ends *a, const struct fetch_ends *b)
{
	return a->our_inode == b->our_inode && endpoint_equal(&a->ours, &b->ours);
}

/* ---- the kernel's ---------------------------------------------------------------------------- */

bool observe_dump(struct observation *o, uint64_t moment, struct err *err)
{
	o->reader.deadline = o->give_up;
	observe_every_forget(&o->every);
	if (!sockets_dump(&o->reader, &o->filter, &o->sockets, err))
		return false;
	o->dumped = clock_now(CLOCK_MONOTONIC);
	o->recent_ms = (o->dumped - o->asked) * 1e3 + OBSERVE_TICK_MS;
	observe_own_take_out(&o->own, &o->sockets, &o->host, &o->ends, moment);
	return true;
}

static void count(const struct observation *o, const struct member *member, struct tally *tally)
{
	const struct upstreams *upstreams = &member->upstreams;
	const struct tally_question question = {
		.listener = o->host.listeners.item,
		.listener_len = o->host.listeners.len,
		.upstream = upstreams->item,
		.upstream_len = upstreams->len,
		.own = o->ends.is_tcp ? &o->ends.ours : NULL,
		.own_peer = o->ends.is_tcp ? &o->ends.theirs : NULL,
		.own_inode = o->ends.is_unix ? o->ends.our_inode : 0,
		.own_is_hidden = o->ends.is_unix && o->reader.pid != 0,
		.own_path = o->ends.is_unix ? o->asker->site->nginx.path : NULL,
		.busy = upstreams->busy,
		.busy_len = upstreams->busy_len,
		.cores = upstreams->cores,
		.asked_ms = (o->dumped - member->scrape->begun) * 1e3 + OBSERVE_TICK_MS,
		.now = member->scrape->time,
		.recent_ms = o->recent_ms,
	};

	tally_make(tally, &o->sockets, &question);
}

/* ---- rounds ---------------------------------------------------------------------------------- */

/* What nginx counted before the dump and the kernel does not have. */
static double gap_now(const struct observation *o, const struct ledger_look *look)
{
	return (double)look->before.active - (double)o->own.idle -
	       (look->tally.own_is_found ? 1 : 0) - (double)look->tally.count[TALLY_CLIENTS];
}

/* A worker that runs just now is asleep a moment later, as a rule, and that is worth waiting for
 * where connections of our own are to be taken off. */
static void find_rest(const struct observation *o, struct observe_rest *rest)
{
	const struct timespec moment = {.tv_nsec = OBSERVE_MOMENT_MS * 1000 * 1000};

	observe_rest(rest, &o->host, "/proc");
	for (int i = 0; i < OBSERVE_MOMENTS && rest->is_busy && o->own.idle > 0; i++) {
		(void)nanosleep(&moment, NULL);
		observe_rest(rest, &o->host, "/proc");
	}
}

/* Who knows already how many phantoms there are need not find out about the workers, unless there
 * are connections of our own besides. `is_settled`: they have nothing left to do. */
static void look_at_workers(struct observation *o, struct ledger_look *look, bool *is_settled)
{
	double gap = gap_now(o, look);
	bool is_known = o->known.low == o->known.high && o->known.low == gap &&
			o->known.processes == o->input.nginx.processes && o->input.nginx.is_known;
	struct observe_rest rest = {.all_wait = false};

	look->unnoticed = NOT_KNOWN;
	look->unlisted = 0;
	if (o->host.source != LISTENERS_FDS && gap > 0 && !is_known)
		look->unlisted = observe_unlisted(&o->every, &o->filter, &look->tally);
	look->early = is_known ? 0 : NOT_KNOWN;
	look->is_held = false;
	if (o->input.nginx.is_known && (!is_known || o->own.idle > 0))
		find_rest(o, &rest);
	if (o->input.nginx.is_known && !is_known)
		observe_workers(look, &rest, gap, &o->host, &o->every, &o->sockets, "/proc");
	*is_settled = rest.all_wait;
}

/* Whether nginx may still have counted the connection that its first page came by when the second
 * came by another one. Another thread may have taken it; one that only this thread knew has been
 * closed before the dump, as a worker that waits for events has noticed. */
static bool may_have_both(const struct observation *o, const struct ledger_look *look,
			  bool is_settled)
{
	return look->own_is_new && look->tally.own_is_found && (o->own.own != NULL || !is_settled);
}

/* Takes a look in, whose `before` and `after` are as nginx said. */
static void add_look(struct observation *o, const struct ledger_look *look, bool is_settled)
{
	struct ledger_look seen = *look;

	observe_own_take_off(&o->own, &seen, is_settled);
	seen.own_busy += may_have_both(o, look, is_settled);
	if (!ledger_add(&o->looks, &seen))
		return;
	o->member[0].tally = seen.tally;
	for (size_t i = 1; i < o->len; i++)
		count(o, &o->member[i], &o->member[i].tally);
}

/* The reading of nginx that the next look begins with. It is the last one, unless there is a pause:
 * where nothing moves another look at once would see the same, and where much does, it may be less
 * a moment later. */
static bool begin_look(struct observation *o, struct ledger_look *look, uint64_t *moment,
		       uint64_t moment_after)
{
	const struct timespec pause = {.tv_nsec = OBSERVE_PAUSE_MS * 1000 * 1000};

	if (o->looks.events > 0 && o->looks.len < OBSERVE_AT_ONCE) {
		look->before = look->after;
		*moment = moment_after;
		return true;
	}
	(void)nanosleep(&pause, NULL);
	return read_status(o, &look->before, moment);
}

/* A site that stands still costs little to look at, and has a little longer. */
static bool goes_on(const struct observation *o)
{
	double until = o->looks.events == 0 ? fmin(o->patient, o->still) : o->deadline;

	return !ledger_is_settled(&o->looks, &o->input, &o->known) &&
	       o->looks.len + o->looks.skipped < LEDGER_LOOKS_MAX &&
	       clock_now(CLOCK_MONOTONIC) < until;
}

/* The page that the scrape began with is the first one, if nothing of our own has stirred since: as
 * a rule, other sites' pages of the same nginx have been read meanwhile. */
static bool begin(struct observation *o, struct nginx_status *before, uint64_t *moment)
{
	*before = o->asker->nginx;
	*moment = o->asker->link->asked;
	return !observe_own_moved(&o->own, &o->host, &o->ends, *moment) ||
	       read_status(o, before, moment);
}

void observe_rounds(struct observation *o, struct err *err)
{
	struct ledger_look look = {.own_busy = 0};
	uint64_t moment, moment_after;
	bool ok = begin(o, &look.before, &moment);

	while (ok) {
		struct fetch_ends before = o->ends;
		bool is_settled;

		look.time = clock_now(CLOCK_REALTIME);
		if (!observe_dump(o, moment, err))
			return;
		count(o, &o->member[0], &look.tally);
		look_at_workers(o, &look, &is_settled);
		if (!read_status(o, &look.after, &moment_after))
			break;
		look.own_is_new = !is_same_connection(&before, &o->ends);
		add_look(o, &look, is_settled);
		ok = goes_on(o) && begin_look(o, &look, &moment, moment_after);
	}
	if (o->looks.len == 0 && o->looks.skipped == 0)
		err_set(err, ERR_RESET, "nginx answered once and not again");
	else if (o->looks.len == 0)
		err_set(err, ERR_PARSE,
			"the counters of nginx went backwards in each round: it is being "
			"restarted, or "
			"two masters answer in turn");
}
