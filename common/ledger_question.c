/* SPDX-License-Identifier: MIT */
/*
 * ledger_question.c - see ledger_question.h.
 *
 * nginx's numbers are of two moments, the dump is of one in between. What a number was then follows
 * from what can have entered and left it: each request enters `reading` once and leaves it for
 * `writing` or for good; each connection enters `active` once. nginx counts both (`requests`,
 * `handled`), so the entries are known, and with the difference of the two readings the exits.
 */
#include "ledger_question.h"

#include "flow.h"
#include "nginx_conf.h"

/* A number that was `before` and `after`, and that at most `in` have entered and `out` left. */
static struct within between(double before, double after, double in, double out)
{
	return (struct within){.low = fmax(fmax(before - out, after - in), 0),
			       .high = fmax(fmin(before + in, after + out), 0)};
}

static bool has_way(const struct tally *tally, unsigned way)
{
	for (size_t i = 0; i < tally->groups; i++) {
		if ((tally->group[i].ways & way) != 0)
			return true;
	}
	return false;
}

/* A handshake that begins, or one that ends, and another that does the reverse after the dump,
 * leave nothing behind in the numbers; nor does a connection that begins to linger, and is waiting
 * by that, if a handshake begins after the dump. */
static void add_handshakes(struct lines_question *q, const struct tally *tally)
{
	double recent = (double)tally->count[TALLY_RECENT];

	q->waiting.low = fmax(q->waiting.low - recent, 0);
	q->waiting.high += recent;
	if (has_way(tally, NGINX_TLS))
		q->waiting.high += (double)tally->count[CLIENT_LINGERING];
}

void ledger_moves_of(struct ledger_moves *ret, const struct ledger_look *look)
{
	const struct nginx_status *before = &look->before;
	const struct nginx_status *after = &look->after;
	double writing = (double)(before->writing - after->writing);

	ret->begun = (double)(after->requests - before->requests) - 1;
	ret->entered = fmax(ret->begun + (double)(before->reading - after->reading), 0);
	ret->left = fmax(writing + ret->entered, 0);
}

static void set_states(struct lines_question *q, const struct ledger_look *look)
{
	const struct nginx_status *before = &look->before;
	const struct nginx_status *after = &look->after;
	double own = look->own_is_new || look->tally.own_is_found ? 1 : 0;
	double opened = (double)(after->handled - before->handled) - (look->own_is_new ? 1 : 0);
	double closed = opened - (double)(after->active - before->active);
	double writing = (double)before->writing - 1;
	struct ledger_moves moves;

	ledger_moves_of(&moves, look);
	q->active =
		between((double)before->active - own, (double)after->active - own, opened, closed);
	q->reading = between((double)before->reading, (double)after->reading, moves.begun,
			     moves.entered);
	q->writing = between(writing, (double)after->writing - 1, moves.entered, moves.left);
	if (moves.begun == 0 && opened == 0 && closed == 0 && moves.entered == 0 &&
	    moves.left == 0 && before->waiting == after->waiting) {
		q->waiting = (struct within){(double)before->waiting, (double)before->waiting};
		q->still = q->waiting;
	} else {
		/* A handshake, which is neither reading, writing nor waiting, may end and wait. */
		double aside = fmax((double)before->active - own - (double)before->reading -
					    writing - (double)before->waiting,
				    0);
		/* One that lingers is waiting, too, by version, while it is still writing. */
		double in = opened + fmax(writing, 0) + moves.entered + aside;
		double out = moves.begun + closed + fmax(writing, 0) + moves.entered;

		q->waiting = between((double)before->waiting, (double)after->waiting, in, out);
		q->still = q->waiting;
		/* Nobody counts the handshakes that begin after the dump. */
		if (has_way(&look->tally, NGINX_TLS))
			q->waiting.high = (double)before->waiting + in;
	}
	add_handshakes(q, &look->tally);
	/* Whose connection our question came by, if it was not ours, is idle in between. */
	q->waiting.low += 1 - own;
	q->waiting.high += 1 - own;
	q->still.low += 1 - own;
	q->still.high += 1 - own;
}

static void take_from_low(struct within *within, uint64_t number)
{
	within->low = fmax(within->low - (double)number, 0);
}

/* Of this process's other connections nginx may have any in a state that it was not taken to have
 * them in. */
static void add_own(struct lines_question *q, const struct ledger_look *look)
{
	take_from_low(&q->active, look->own_busy);
	take_from_low(&q->reading, look->own_busy);
	take_from_low(&q->writing, look->own_busy + look->own_idle);
	take_from_low(&q->waiting, look->own_busy);
	take_from_low(&q->still, look->own_busy);
	q->waiting.high += (double)look->own_idle;
	q->still.high += (double)look->own_idle;
}

/* Connections to applications. Over a unix socket nobody sees whether the answer has begun. */
static void set_apps(struct lines_question *q, const struct ledger_look *look,
		     const struct ledger_input *input)
{
	const struct tally *tally = &look->tally;
	const uint64_t *n = tally->count;
	double asked = (double)n[TALLY_WAITING];
	double begun = (double)(n[TALLY_STREAMING] + n[TALLY_BLOCKED]);
	double kept = (double)n[TALLY_KEPT];
	/* Each of them is for one client that nginx counts as writing. */
	bool is_sure = input->ways_known && input->listeners_complete && look->unlisted == 0 &&
		       !input->has_subrequests && !tally->apps_are_shared &&
		       (tally->ways & NGINX_STREAM) == 0;

	q->queued = (struct within){fmin((double)n[TALLY_QUEUEING], asked),
				    fmin((double)n[TALLY_MAY_QUEUE], asked)};
	q->likely_streaming = (double)n[TALLY_JOINED_LASTING];
	q->likely_clients = (double)n[TALLY_JOINED];
	q->likely_closed = (double)n[TALLY_JOINED_CLOSED];
	q->in_service = (struct within){fmax(asked - q->queued.high, 0), asked - q->queued.low};
	q->streaming = (struct within){begun, begun + kept};
	if (tally->app_is_unix) {
		q->streaming.high += q->in_service.high;
		q->in_service.low = 0;
		q->in_service.high += kept;
	}
	q->app = (struct within){asked + begun, asked + begun + kept};
	q->served = (struct within){fmax(q->app.low - q->queued.high, 0),
				    q->app.high - q->queued.low};
	q->likely_queued = q->queued.low;
	q->likely_in_service = q->in_service.low;
	q->likely_app = q->app.low;
	if (!isnan(input->in_request))
		q->likely_queued =
			fmax(q->likely_queued, fmax(asked + begun - input->in_request, 0));
	q->trusts_served = input->ways_known && !input->has_subrequests && !input->renames_clients;
	if (!is_sure)
		q->queued.low = q->in_service.low = q->streaming.low = q->served.low = q->app.low =
			0;
}

static void set_version(struct lines_question *q, struct nginx_version version)
{
	q->silent_is_reading = version.known && nginx_version_compare(version, 1, 3, 14) < 0;
	q->lingering_waits = version.known && nginx_version_compare(version, 1, 19, 7) >= 0;
	q->lingering_may_wait = !version.known;
	q->http2_may_count_twice =
		!version.known || (nginx_version_compare(version, 1, 9, 5) >= 0 &&
				   nginx_version_compare(version, 1, 19, 7) < 0);
	q->may_keep_aside = !version.known || nginx_version_compare(version, 1, 27, 4) >= 0;
}

void ledger_question(struct lines_question *ret, const struct ledger_look *look,
		     const struct ledger_input *input, const struct phantoms_memory *phantoms)
{
	*ret = (struct lines_question){
		.group = look->tally.group,
		.groups = look->tally.groups,
		.phantom = {phantoms->low, isnan(phantoms->high) ? FLOW_UNITS_MAX : phantoms->high},
		.may_pipeline = true,
		.may_multiplex = (look->tally.ways & NGINX_HTTP2) != 0,
		.has_info = input->has_info,
		.may_be_foreign = input->masters > 1,
		.unlisted = isnan(look->unlisted) ? FLOW_UNITS_MAX : look->unlisted,
	};
	set_states(ret, look);
	add_own(ret, look);
	set_apps(ret, look, input);
	set_version(ret, input->version);
}
