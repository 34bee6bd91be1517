/* SPDX-License-Identifier: MIT */
/*
 * tally_requests.c - how many requests of nginx are at each application; see tally_parts.h.
 *
 * Two books are compared. nginx's ends of the connections say how many there are, the
 * application's ends which of them it has accepted. The kernel lists one after the other, so what
 * was opened or closed in between has one end only. Nobody knows in which of the two states that
 * was, so it may be in either.
 */
#include "tally_parts.h"

static uint64_t smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static uint64_t less(uint64_t from, uint64_t by)
{
	return from > by ? from - by : 0;
}

/* Both ends are on this host. Beyond a full queue the application has no end yet, although nginx
 * believes that it is connected; its words do not arrive. */
static void add_here(struct tally_requests *sum, const struct tally_seen *seen)
{
	uint64_t connecting = seen->connecting + seen->stuck;
	uint64_t linked = seen->linked - seen->stuck;
	uint64_t others = seen->taken + seen->unaccepted;
	uint64_t opened = less(others, linked);
	uint64_t ended = less(linked, others);
	uint64_t may_wait = seen->own - seen->begun;
	uint64_t unanswered = seen->unaccepted + connecting + ended;
	uint64_t elsewhere = smaller(may_wait + ended, unanswered); /* queued, or ended */
	uint64_t queued =
		larger(connecting, smaller(may_wait, less(seen->own, seen->taken + ended)));

	sum->queued_least += queued;
	sum->queued_most +=
		larger(queued, smaller(may_wait, unanswered)) + smaller(opened, seen->unaccepted);
	sum->active_least += less(seen->sure, elsewhere);
	sum->active_http1 += less(seen->sure + seen->again, elsewhere);
	sum->active_most += less(seen->own, queued) + smaller(opened, seen->taken);
}

/* Only nginx's end is. What has answered has accepted, what has no connection has not. */
static void add_far(struct tally_requests *sum, const struct tally_seen *seen, bool is_uwsgi)
{
	uint64_t may_wait = seen->own - seen->begun;

	sum->queued_least += seen->connecting;
	sum->queued_most += may_wait;
	sum->active_least += less(seen->sure, may_wait);
	sum->active_http1 += less(seen->sure + seen->again, may_wait);
	sum->active_most += seen->own - seen->connecting;
	sum->are_far = sum->are_far || may_wait > seen->connecting;
	sum->is_uwsgi_far = sum->is_uwsgi_far || is_uwsgi;
}

/* Only the application's end has a name. */
static void add_unix(struct tally_requests *sum, const struct tally_seen *seen, bool is_uwsgi)
{
	uint64_t waiting = seen->asked - seen->served;
	uint64_t unknown = less(seen->unix_queue, seen->unix_known);
	uint64_t sure = is_uwsgi ? seen->served : seen->blocked;

	sum->queued_least += waiting;
	sum->queued_most += waiting + unknown;
	sum->active_least += sure;
	sum->active_http1 += sure;
	sum->active_most += seen->served;
	sum->asked += waiting + sure;
	sum->may_idle = sum->may_idle || seen->served > sure;
	sum->are_hidden = sum->are_hidden || !seen->is_here;
}

void tally_requests(struct tally_counting *c)
{
	struct tally_requests *sum = &c->tally->requests;

	sum->are_hidden = c->upstream_len < c->question->upstream_len;
	for (size_t i = 0; i < c->upstream_len; i++) {
		const struct upstream *upstream = &c->question->upstream[i];
		const struct tally_seen *seen = &c->seen[i];

		if (upstream->path[0] != '\0') {
			add_unix(sum, seen, upstream->is_uwsgi);
			continue;
		}
		if (seen->is_here)
			add_here(sum, seen);
		else
			add_far(sum, seen, upstream->is_uwsgi);
		sum->asked += seen->sure + seen->again;
		sum->may_idle = sum->may_idle || seen->own > seen->sure;
	}
}
