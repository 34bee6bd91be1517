/* SPDX-License-Identifier: MIT */
/*
 * ledger.c - the lines out of the best look; see ledger.h. Every socket has been put into one class
 * by tally.c; what is left to do here is what the kernel cannot see: which of those who wait are
 * waiting for what, and what nginx counts without a socket.
 */
#include "ledger_question.h"
#include "ledger_requests.h"

#include <stdarg.h>
#include <stdio.h>

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
		ledger->held[i] = ledger->low[i] = ledger->high[i] = NOT_KNOWN;
	ledger_no_requests(ledger, "");
}

bool ledger_bounds(struct ledger_bounds *ret, const struct ledger *ledger, size_t offset)
{
	const size_t line = (offset - offsetof(struct ledger, held)) / sizeof(double);
	const size_t at = (offset - offsetof(struct ledger, requests)) / sizeof(double);

	if (offset >= offsetof(struct ledger, held) && line < HELD_MAX)
		*ret = (struct ledger_bounds){ledger->low[line], ledger->high[line],
					      ledger->reason};
	else if (offset >= offsetof(struct ledger, requests) && at < REQUESTS_MAX)
		*ret = (struct ledger_bounds){ledger->requests_low[at], ledger->requests_high[at],
					      ledger->requests_reason};
	else
		return false;
	return true;
}

/* ---- how sure it is -------------------------------------------------------------------------- */

/* What a ledger is made of, and how. */
struct making {
	struct ledger *ledger;
	const struct ledger_looks *looks;
	const struct ledger_input *input;
	const struct phantoms_memory *phantoms;
	struct ledger_gap gap;
	bool is_contradictory; /* nginx's numbers do not fit the kernel's */
};

static void doubt(struct ledger *ledger, const char *format, ...) PRINTF_LIKE(2, 3) NONNULL;

/* The first doubt is the one that is told. */
static void doubt(struct ledger *ledger, const char *format, ...)
{
	va_list args;

	if (ledger->reason[0] != '\0')
		return;
	va_start(args, format);
	(void)vsnprintf(ledger->reason, sizeof(ledger->reason), format, args);
	va_end(args);
}

/* A connection that only nginx or only the kernel knows. */
static void doubt_gap(const struct making *m)
{
	const struct ledger_input *input = m->input;
	struct ledger *ledger = m->ledger;

	if (input->masters > 1)
		doubt(ledger,
		      "two nginx masters are running: the status page counts for one of them, "
		      "the kernel for both");
	if (m->gap.high < 0)
		doubt(ledger,
		      "the kernel has %.0f more connections than nginx counts: they belong to "
		      "another program, or to an old nginx",
		      -m->gap.high);
	if (ledger->phantom_exact)
		return;
	if (input->has_udp)
		doubt(ledger,
		      "nginx listens on UDP (HTTP/3): it counts connections there that are no "
		      "sockets");
	if (!input->listeners_complete)
		doubt(ledger, "not all connections could be looked at: %s", input->incomplete);
	if (m->gap.low > m->phantoms->low)
		doubt(ledger,
		      "%.0f of the connections that nginx counts have no socket: phantoms, or "
		      "clients that have just gone",
		      m->gap.low - m->phantoms->low);
}

static void doubt_line(const struct making *m)
{
	struct ledger *ledger = m->ledger;
	unsigned line = 0;

	while (line < HELD_MAX - 1 && ledger->low[line] == ledger->high[line])
		line++;
	doubt(ledger, "nginx and the kernel do not tell who is on %s: %.0f to %.0f",
	      held_by_name((enum held_by)line), ledger->low[line], ledger->high[line]);
}

static void doubt_all(const struct making *m)
{
	struct ledger *ledger = m->ledger;

	doubt_gap(m);
	if (m->looks->events > 0)
		doubt(ledger, "connections and requests come and go while they are counted");
	if (!m->input->has_info)
		doubt(ledger, "the kernel's short list only (/proc/net/tcp): it does not tell idle "
			      "connections from those that wait");
	if (ledger->multiplexed)
		doubt(ledger,
		      "HTTP/2: nginx counts %.0f requests as writing, the lines count "
		      "connections",
		      ledger->writing);
	if (m->is_contradictory)
		doubt(ledger, "what nginx counts does not fit the sockets that it has");
	if (!m->input->ways_known)
		doubt(ledger,
		      "what the listeners of nginx carry is not known (%s): HTTP/2 and stream "
		      "sessions look like other connections",
		      m->input->ways_unknown);
	doubt_line(m);
}

static void judge(const struct making *m)
{
	struct ledger *ledger = m->ledger;
	const struct nginx_status *page = &m->looks->best.after;
	bool is_exact = !m->is_contradictory;

	for (unsigned line = 0; line < HELD_MAX; line++)
		is_exact = is_exact && ledger->low[line] == ledger->high[line];
	ledger->phantom_exact = ledger->low[HELD_PHANTOM] == ledger->high[HELD_PHANTOM];
	ledger->multiplexed = page->reading + page->writing > page->active;
	ledger->confidence = is_exact ? CONFIDENCE_EXACT : CONFIDENCE_BOUNDED;
	ledger->reason[0] = '\0';
	if (!is_exact)
		doubt_all(m);
}

/* ---- the lines ------------------------------------------------------------------------------- */

static void know_nothing(struct lines *lines, double active)
{
	*lines = (struct lines){.likely = {[HELD_UNEXPLAINED] = active}};
	for (unsigned line = 0; line < HELD_MAX; line++)
		lines->held[line].high = active;
}

/* Where the numbers contradict each other, those of requests are doubted first, then whether all
 * sockets are this nginx's. */
static void find_lines(struct making *m, struct lines *lines)
{
	struct lines_question question;
	double most;

	ledger_question(&question, &m->looks->best, m->input, m->phantoms);
	most = question.active.high;
	if (lines_find(lines, &question)) {
		m->is_contradictory = lines->doubts_apps;
		return;
	}
	m->is_contradictory = true;
	question.reading = question.writing = question.waiting = (struct within){0, 2 * most};
	if (lines_find(lines, &question))
		return;
	question.may_be_foreign = true;
	question.active.low = 0;
	if (!lines_find(lines, &question))
		know_nothing(lines, most);
}

static void put_lines(struct making *m)
{
	struct ledger *ledger = m->ledger;
	struct lines lines;

	find_lines(m, &lines);
	ledger->total = 0;
	for (unsigned line = 0; line < HELD_MAX; line++) {
		ledger->held[line] = lines.likely[line];
		ledger->low[line] = lines.held[line].low;
		ledger->high[line] = lines.held[line].high;
		ledger->total += lines.likely[line];
	}
}

static double known_or(bool is_known, double value)
{
	return is_known ? round(value) : NOT_KNOWN;
}

/* Clients that the kernel has forgotten and nginx has not, phantoms aside: at least so many. */
static double count_gone(const struct making *m)
{
	double unnoticed = m->looks->best.unnoticed;

	return isnan(unnoticed) ? m->gap.low - m->phantoms->high : unnoticed;
}

static void put_app(const struct making *m, const double *n)
{
	struct ledger *ledger = m->ledger;
	const struct tally *tally = &m->looks->best.tally;
	bool is_here = tally->app_is_here;
	double orphaned = n[TALLY_ORPHANED];
	double missing = fmin(n[TALLY_MISSING], count_gone(m));

	/* A client that nginx does not have may be another nginx's: believed only where all of the
	 * application's connections are this one's. And behind real_ip_header it has another name:
	 * believed of as many as nginx has clients that the kernel has not. */
	if (is_here && !tally->app_is_away && n[TALLY_JOINED] > 0 && missing > orphaned &&
	    (double)tally->requests.active_least >= n[TALLY_IN_SERVICE])
		orphaned = missing;
	ledger->orphaned = known_or(is_here, orphaned);
	ledger->abandoned = known_or(is_here, n[TALLY_ABANDONED]);
	ledger->hung_up = round(n[TALLY_JOINED_CLOSED]);
	ledger->blocked_app = known_or(is_here || tally->app_is_away, n[TALLY_BLOCKED]);
}

void ledger_make(struct ledger *ledger, const struct ledger_looks *looks,
		 const struct ledger_input *input, const struct phantoms_memory *memory)
{
	const struct ledger_look *best = &looks->best;
	struct making m = {.ledger = ledger, .looks = looks, .input = input, .phantoms = memory};
	double n[TALLY_NUMBERS];

	for (size_t i = 0; i < TALLY_NUMBERS; i++)
		n[i] = (double)best->tally.count[i];
	/* ledger_add() has taken this look already. */
	(void)!ledger_gap_of(&m.gap, best);
	ledger->has_lines = true;
	ledger->writing = (double)best->after.writing - 1;
	ledger->samples = looks->len;
	ledger->spread = looks->largest_gap - looks->least_gap;
	put_lines(&m);
	put_app(&m, n);
	ledger_make_requests(ledger, best, input);
	judge(&m);
}

static double least(double a, double b)
{
	return a < b ? a : b;
}

void ledger_make_blind(struct ledger *ledger, const struct nginx_status *status, double in_request,
		       double queued, const char *reason)
{
	double writing = fmax((double)status->writing - 1, 0);
	double app = isnan(in_request) ? 0 : least(in_request, writing);
	double queue = isnan(queued) ? 0 : least(queued, writing - app);

	ledger->has_lines = true;
	ledger->total = fmax((double)status->active - 1, 0);
	ledger->writing = writing;
	ledger->held[HELD_REQUEST] = fmax((double)status->reading, 0);
	ledger->held[HELD_KEEPALIVE] = fmax((double)status->waiting, 0);
	ledger->held[HELD_APP] = isnan(in_request) ? NOT_KNOWN : app;
	ledger->held[HELD_APP_QUEUE] = isnan(queued) ? NOT_KNOWN : queue;
	ledger->held[HELD_UNEXPLAINED] = ledger->total - ledger->held[HELD_REQUEST] -
					 ledger->held[HELD_KEEPALIVE] - app - queue;
	for (unsigned line = 0; line < HELD_MAX; line++)
		ledger->low[line] = ledger->high[line] = ledger->held[line];
	ledger_no_requests(ledger, "the kernel could not be asked");
	ledger->confidence = CONFIDENCE_UNKNOWN;
	(void)snprintf(ledger->reason, sizeof(ledger->reason), "%s", reason);
}
