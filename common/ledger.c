/* SPDX-License-Identifier: MIT */
/*
 * ledger.c - the lines out of the samples; see ledger.h. Every socket has been put into one class
 * by tally.c; what is left to do here is what the kernel cannot see: which of those who wait are
 * waiting for what, and what nginx counts without a socket.
 */
#include "ledger.h"

#include <stdarg.h>
#include <stdio.h>

/* Beyond these the ledger says that it is not exact. */
#define SPLIT_MAX       0.5
#define MULTIPLEXED_MIN 0.5

/* What the lines are made of, each a mean over the samples. */
struct books {
	const struct ledger_input *input;
	const double *n; /* by enum client_class and enum tally_number */
	double active, reading, writing, waiting;
	double gap;       /* what nginx counts and the kernel does not have */
	double low, high; /* what the gap is within */
	double split;     /* how many idle connections may be long-lived ones, or the reverse */
};

static double least(double a, double b)
{
	return a < b ? a : b;
}

static double at_least_0(double a)
{
	return a > 0 ? a : 0;
}

/* ---- what is on which line ------------------------------------------------------------------- */

/* Up to 1.3.13 nginx counted a silent client as reading. */
static bool silent_is_reading(const struct books *b)
{
	return b->input->version.known && nginx_version_compare(b->input->version, 1, 3, 14) < 0;
}

/* Since 1.19.7 nginx counts a lingering connection as waiting too. */
static bool lingering_is_waiting(const struct books *b)
{
	return !b->input->version.known || nginx_version_compare(b->input->version, 1, 19, 7) >= 0;
}

/* Those who spoke second to last are idle, or have a request that lasts: nginx says how many are
 * idle. A client whose whole answer is in the kernel is idle to nginx and stalled to the kernel,
 * and a phantom may be among the waiting: both blur the number. */
static double idle_of(struct books *b, double talked)
{
	double waiting = b->waiting;

	if (!silent_is_reading(b))
		waiting -= b->n[CLIENT_SILENT];
	if (lingering_is_waiting(b))
		waiting -= b->n[CLIENT_LINGERING];
	waiting = at_least_0(waiting);
	b->split = least(waiting, talked) -
		   least(at_least_0(waiting - b->n[CLIENT_STALLED] - at_least_0(b->gap)), talked);
	return least(waiting, talked);
}

/* TLS handshakes are in active only. HTTP/2 counts streams in writing: then they cannot be told. */
static double handshakes(const struct books *b)
{
	double twice = lingering_is_waiting(b) ? b->n[CLIENT_LINGERING] : 0;

	return at_least_0(b->active + twice - b->reading - b->writing - b->waiting);
}

/* Connections on which the application works or is to work: of `unanswered` those that wait, of
 * `lasting` those whose answer has begun. Takes them out of both. */
static double take_app(const struct books *b, double *unanswered, double *lasting)
{
	double closed = b->n[TALLY_JOINED_CLOSED];
	double waiting = b->n[TALLY_WAITING];
	double streaming = b->n[TALLY_STREAMING];
	double begun = least(at_least_0(b->n[TALLY_JOINED_LASTING] - streaming), waiting);
	double first, second, rest;

	/* A unix socket does not tell that the application has begun to answer, the client does. */
	waiting -= begun;
	streaming += begun;
	/* Their clients are on another line already. */
	waiting = at_least_0(waiting - closed);
	first = least(waiting, *unanswered);
	second = least(streaming, *lasting);
	*unanswered -= first;
	*lasting -= second;
	rest = least(waiting + streaming - first - second, *unanswered);
	*unanswered -= rest;
	first += second + rest;
	rest = least(waiting + streaming + b->n[TALLY_KEPT] - first, *lasting);
	*lasting -= rest;
	return first + rest;
}

/* How many of the application's connections no worker has taken. Those that are more than `app`
 * belong to clients on another line, or are streams of one connection (HTTP/2), which is as far as
 * its most advanced one. */
static double queued_of(const struct books *b, double app, bool is_here)
{
	double asked = b->n[TALLY_WAITING] + b->n[TALLY_STREAMING] - b->n[CLIENT_HALF_CLOSED];

	if (is_here)
		return least(app, at_least_0(b->n[TALLY_QUEUEING] - at_least_0(asked - app)));
	if (isnan(b->input->in_request))
		return 0;
	return at_least_0(app - b->input->in_request);
}

/* Without tcp_info nobody knows who spoke last: what is neither idle nor with the application is
 * not explained. */
static void put_undecided(const struct books *b, double *held, double unanswered, double lasting)
{
	if (b->input->has_info) {
		held[HELD_UNANSWERED] = unanswered;
		held[HELD_LONG_LIVED] = lasting;
	} else {
		held[HELD_UNEXPLAINED] += unanswered + lasting;
	}
}

static void put_lines(struct books *b, double *held, bool app_is_here)
{
	double unanswered = b->n[CLIENT_UNANSWERED];
	double talked = b->n[CLIENT_ANSWERED] + b->n[CLIENT_AMBIGUOUS];
	double idle = idle_of(b, talked);
	double lasting = talked - idle;
	double app = take_app(b, &unanswered, &lasting);
	double request = b->reading + handshakes(b);

	held[HELD_REQUEST] = least(request, b->input->has_info ? unanswered : lasting);
	if (b->input->has_info)
		unanswered -= held[HELD_REQUEST];
	else
		lasting -= held[HELD_REQUEST];
	held[silent_is_reading(b) ? HELD_REQUEST : HELD_KEEPALIVE] += b->n[CLIENT_SILENT];
	held[HELD_KEEPALIVE] += idle;
	held[HELD_APP_QUEUE] = queued_of(b, app, app_is_here);
	held[HELD_APP] = app - held[HELD_APP_QUEUE];
	held[HELD_SENDING] = b->n[CLIENT_SENDING];
	held[HELD_STALLED_CLIENT] = b->n[CLIENT_STALLED];
	held[HELD_VANISHED_CLIENT] = b->n[CLIENT_VANISHED];
	held[HELD_HALF_CLOSED] = b->n[CLIENT_HALF_CLOSED];
	held[HELD_LINGERING] = b->n[CLIENT_LINGERING];
	put_undecided(b, held, unanswered, lasting);
}

void ledger_clear(struct ledger *ledger)
{
	*ledger = (struct ledger){
		.total = NOT_KNOWN,
		.writing = NOT_KNOWN,
		.orphaned = NOT_KNOWN,
		.abandoned = NOT_KNOWN,
		.hung_up = NOT_KNOWN,
		.blocked_app = NOT_KNOWN,
		.oldest_request = NOT_KNOWN,
		.backlog_percent = NOT_KNOWN,
	};
	for (size_t i = 0; i < HELD_MAX; i++)
		ledger->held[i] = NOT_KNOWN;
}

/* ---- how sure it is -------------------------------------------------------------------------- */

static void doubt(struct ledger *ledger, const char *format, ...) PRINTF_LIKE(2, 3) NONNULL;

/* The first doubt is the one that is told. */
static void doubt(struct ledger *ledger, const char *format, ...)
{
	va_list args;

	if (ledger->confidence != CONFIDENCE_EXACT)
		return;
	ledger->confidence = CONFIDENCE_BOUNDED;
	va_start(args, format);
	(void)vsnprintf(ledger->reason, sizeof(ledger->reason), format, args);
	va_end(args);
}

/* A connection that only nginx or only the kernel knows. */
static void doubt_gap(struct ledger *ledger, const struct books *b)
{
	const struct ledger_input *input = b->input;

	if (input->has_udp)
		doubt(ledger,
		      "nginx listens on UDP (HTTP/3): it counts connections there that are no "
		      "sockets, so phantoms cannot be told");
	if (input->masters > 1)
		doubt(ledger,
		      "two nginx masters are running: the status page counts for one of them, "
		      "the kernel for both");
	if (!input->listeners_complete) {
		ledger->phantom_at_most = true;
		doubt(ledger, "phantom is at most this many: %s", input->incomplete);
	}
	if (b->high < 0)
		doubt(ledger,
		      "the kernel has %.0f more connections than nginx counts: they belong to "
		      "another program, or to an old nginx",
		      -b->gap);
	if (b->high > b->low)
		doubt(ledger,
		      "connections come and go too fast to be counted: nginx and the kernel are "
		      "%.0f "
		      "to %.0f apart",
		      b->low, b->high);
}

static void judge(struct ledger *ledger, const struct books *b)
{
	ledger->confidence = CONFIDENCE_EXACT;
	ledger->reason[0] = '\0';
	ledger->phantom_at_most = false;
	doubt_gap(ledger, b);
	ledger->phantom_exact = ledger->confidence == CONFIDENCE_EXACT;
	ledger->multiplexed = b->reading + b->writing > b->active + MULTIPLEXED_MIN;
	if (ledger->multiplexed)
		doubt(ledger,
		      "HTTP/2: nginx counts %.0f requests as writing, the lines count "
		      "connections",
		      b->writing);
	if (!b->input->has_info)
		doubt(ledger, "the kernel's short list only (/proc/net/tcp): it does not tell idle "
			      "connections from those that wait");
	if (b->split > SPLIT_MAX)
		doubt(ledger,
		      "up to %.0f of keepalive may be long_lived; the other lines are exact",
		      b->split);
}

/* ---- whole connections ----------------------------------------------------------------------- */

/* Means over several samples are no whole numbers. Rounds the sums from the first line to each, so
 * that the lines add up to the rounded sum. */
static void round_lines(double *held)
{
	double sum = 0;

	for (size_t i = 0; i < HELD_MAX; i++) {
		double before = round(sum);

		sum += held[i];
		held[i] = round(sum) - before;
	}
}

static void put_gap(struct ledger *ledger, const struct books *b)
{
	double *held = ledger->held;
	double gap = round(b->gap);

	if (b->input->has_udp) {
		held[HELD_PHANTOM] = NOT_KNOWN;
		held[HELD_UNEXPLAINED] += gap;
	} else if (gap < 0) {
		held[HELD_UNEXPLAINED] += gap;
	} else {
		held[HELD_PHANTOM] = gap;
	}
	ledger->total = round(b->n[TALLY_CLIENTS]) + gap;
}

static double known_or(bool is_known, double value)
{
	return is_known ? round(value) : NOT_KNOWN;
}

static void put_app(struct ledger *ledger, const struct ledger_sum *sum, const double *n)
{
	bool is_here = sum->app_is_here;
	double orphaned = n[TALLY_ORPHANED];

	/* A client that nginx does not have may be another nginx's: believed only where all of the
	 * application's connections are this one's. */
	if (is_here && !sum->app_is_away && n[TALLY_JOINED] > 0 && n[TALLY_MISSING] > orphaned &&
	    n[TALLY_WAITING] + n[TALLY_STREAMING] >= n[TALLY_IN_SERVICE])
		orphaned = n[TALLY_MISSING];
	ledger->orphaned = known_or(is_here, orphaned);
	ledger->abandoned = known_or(is_here, n[TALLY_ABANDONED]);
	ledger->hung_up = round(n[TALLY_JOINED_CLOSED]);
	ledger->blocked_app = known_or(is_here || sum->app_is_away, n[TALLY_BLOCKED]);
}

void ledger_make(struct ledger *ledger, const struct ledger_sum *sum,
		 const struct ledger_input *input)
{
	double len = (double)sum->samples;
	double n[TALLY_NUMBERS];
	struct books b = {.input = input,
			  .n = n,
			  .active = sum->active / len,
			  .reading = sum->reading / len,
			  .writing = sum->writing / len,
			  .waiting = sum->waiting / len};

	b.gap = ledger_gap(sum, input->memory, &b.low, &b.high);
	for (size_t i = 0; i < TALLY_NUMBERS; i++)
		n[i] = sum->tally[i] / len;
	memset(ledger->held, 0, sizeof(ledger->held));
	ledger->has_lines = true;
	ledger->writing = round(b.writing);
	ledger->samples = sum->samples;
	ledger->spread = sum->largest_gap - sum->least_gap;
	put_lines(&b, ledger->held, sum->app_is_here);
	round_lines(ledger->held);
	put_gap(ledger, &b);
	put_app(ledger, sum, n);
	judge(ledger, &b);
}

void ledger_make_blind(struct ledger *ledger, const struct nginx_status *status, double in_request,
		       double queued, const char *reason)
{
	double writing = at_least_0((double)status->writing - 1);
	double app = isnan(in_request) ? 0 : least(in_request, writing);
	double queue = isnan(queued) ? 0 : least(queued, writing - app);

	ledger->has_lines = true;
	ledger->total = at_least_0((double)status->active - 1);
	ledger->writing = writing;
	ledger->held[HELD_REQUEST] = at_least_0((double)status->reading);
	ledger->held[HELD_KEEPALIVE] = at_least_0((double)status->waiting);
	ledger->held[HELD_APP] = isnan(in_request) ? NOT_KNOWN : app;
	ledger->held[HELD_APP_QUEUE] = isnan(queued) ? NOT_KNOWN : queue;
	ledger->held[HELD_UNEXPLAINED] = ledger->total - ledger->held[HELD_REQUEST] -
					 ledger->held[HELD_KEEPALIVE] - app - queue;
	ledger->confidence = CONFIDENCE_UNKNOWN;
	(void)snprintf(ledger->reason, sizeof(ledger->reason), "%s", reason);
}
