/* SPDX-License-Identifier: MIT */
/*
 * ledger_requests.c - see ledger_requests.h.
 *
 * Who has sent a request does not matter here, so HTTP/2 takes nothing away from what is known.
 * What does: requests that came or went while the kernel listed its sockets, connections that need
 * not be nginx's, idle ones that nginx keeps, and applications that this host does not see.
 */
#include "ledger_requests.h"

#include "ledger_question.h"
#include "nginx_conf.h"

struct counting {
	struct ledger *ledger;
	const struct tally *tally;
	const struct ledger_input *input;
	bool knows_all;   /* clients of nginx that the kernel has */
	double moved;     /* so many requests have come or gone, at most */
	double most;      /* nginx had so many at most that may be at an application */
	bool is_too_many; /* more connections than that */
};

void ledger_no_requests(struct ledger *ledger, const char *reason)
{
	for (size_t i = 0; i < REQUESTS_MAX; i++) {
		ledger->requests[i] = NOT_KNOWN;
		ledger->requests_low[i] = NOT_KNOWN;
		ledger->requests_high[i] = NOT_KNOWN;
	}
	ledger->requests_reason = reason;
}

static void find_moves(struct counting *c, const struct ledger_look *look)
{
	struct ledger_moves moves;

	ledger_moves_of(&moves, look);
	c->moved = moves.entered + moves.left;
	c->most = (double)look->before.writing - 1 + moves.entered;
}

/* Whether each connection to an application is for one request that nginx counts as writing. */
static bool is_one_for_each(const struct counting *c)
{
	return c->input->ways_known && c->input->listeners_complete && c->knows_all &&
	       (c->tally->ways & NGINX_STREAM) == 0 && !c->input->has_subrequests;
}

static void set_bounds(struct counting *c)
{
	const struct tally_requests *seen = &c->tally->requests;
	bool no_grpc = c->input->ways_known && !c->input->has_subrequests;
	double *low = c->ledger->requests_low;
	double *high = c->ledger->requests_high;
	double excess;

	low[REQUESTS_QUEUED] = (double)seen->queued_least - c->moved;
	high[REQUESTS_QUEUED] = (double)seen->queued_most + c->moved;
	low[REQUESTS_ACTIVE] =
		(double)(no_grpc ? seen->active_http1 : seen->active_least) - c->moved;
	high[REQUESTS_ACTIVE] = (double)seen->active_most + c->moved;
	/* By another way than the one that uWSGI tells there may be as many as it is at. */
	if (seen->is_uwsgi_far && !isnan(c->input->in_request))
		high[REQUESTS_ACTIVE] = fmax(high[REQUESTS_ACTIVE], c->input->in_request);
	excess = low[REQUESTS_QUEUED] + low[REQUESTS_ACTIVE] - c->most;
	for (size_t i = 0; i < REQUESTS_MAX; i++) {
		if (is_one_for_each(c)) {
			low[i] -= fmax(excess, 0);
			high[i] = fmin(high[i], fmax(c->most, 0));
			c->is_too_many = excess > 0;
		}
		low[i] = c->tally->apps_are_shared ? 0 : fmax(low[i], 0);
		high[i] = fmax(low[i], high[i]);
	}
}

static double within(double value, double low, double high)
{
	return fmin(fmax(value, low), high);
}

/* The likeliest: a uWSGI that is far away has as many as its cores are at; connections that may be
 * idle have one if somebody looks to be waiting for it, but no more than nginx has requests. */
static void guess(struct counting *c)
{
	struct ledger *ledger = c->ledger;
	double asked = (double)c->tally->requests.asked;
	double in_request = c->input->in_request;
	double queued = isnan(in_request) ? 0 : asked - in_request;
	double active;

	queued = within(queued, ledger->requests_low[REQUESTS_QUEUED],
			ledger->requests_high[REQUESTS_QUEUED]);
	active = fmin(fmax(asked - queued, ledger->held[HELD_APP]), c->most - queued);
	ledger->requests[REQUESTS_QUEUED] = queued;
	ledger->requests[REQUESTS_ACTIVE] = within(active, ledger->requests_low[REQUESTS_ACTIVE],
						   ledger->requests_high[REQUESTS_ACTIVE]);
}

static const char *reason_of(const struct counting *c)
{
	const struct ledger *ledger = c->ledger;
	const struct tally_requests *seen = &c->tally->requests;
	bool is_exact = true;

	for (size_t i = 0; i < REQUESTS_MAX; i++)
		is_exact = is_exact && ledger->requests_low[i] == ledger->requests_high[i];
	if (is_exact)
		return "";
	if (c->moved > 0)
		return "requests come and go while they are counted";
	if (c->tally->apps_are_shared)
		return "connections to an application cannot be told from those of other programs";
	if (c->is_too_many)
		return "an application has more connections than nginx has requests";
	if (seen->are_far || seen->is_uwsgi_far)
		return "an application on another host does not tell what it has accepted";
	if (seen->may_idle)
		return "connections that nginx keeps to an application may be idle";
	return "connections to an application were opened or closed while they were counted";
}

void ledger_make_requests(struct ledger *ledger, const struct ledger_look *look,
			  const struct ledger_input *input)
{
	struct counting c = {.ledger = ledger, .tally = &look->tally, .input = input};

	if (input->apps_hidden) {
		ledger_no_requests(ledger, "a uWSGI server did not tell where it listens");
		return;
	}
	if (!c.tally->app_is_here && !c.tally->app_is_away) {
		ledger_no_requests(ledger, "no application is named");
		return;
	}
	if (c.tally->requests.are_hidden) {
		ledger_no_requests(ledger, "an application cannot be seen from here");
		return;
	}
	c.knows_all = look->unlisted == 0;
	find_moves(&c, look);
	set_bounds(&c);
	guess(&c);
	ledger->requests_reason = reason_of(&c);
}
