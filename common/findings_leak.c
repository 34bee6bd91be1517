/* SPDX-License-Identifier: MIT */
/* findings_leak.c - connections that stay although nobody wants them, and counts without a
 * connection. */
#include "findings_rule.h"

enum {
	/* nginx closes half-closed connections at once; a few may be clients that close their side
	 * and read on, and come one after the other. */
	HALF_CLOSED_SECONDS = 600,
	HALF_CLOSED_MANY = 5,
	HALF_CLOSED_LONG_SECONDS = 6 * 3600,
	FULL_SECONDS_MAX = 365 * 24 * 3600, /* later than that is no forecast */
};

/* ---- leaking_connections --------------------------------------------------------------------- */

/* Who there are more and more of, and what may end them. */
static const struct leak_words {
	const char *who;
	const char *advice;
} leak_words[HISTORY_SERIES] = {
	[HELD_REQUEST] = {"requests whose header never ends",
			  "client_header_timeout should end them: that it does not points to a "
			  "defect with HTTP/2, so update nginx; a full restart clears them."},
	[HELD_UNANSWERED] = {"requests that wait inside nginx, or for a server that connledger "
			     "does not see",
			     "Name all upstreams to connledger; then look for what has no timeout: "
			     "proxy_read_timeout, resolver_timeout, auth_request, limit_req, njs "
			     "or Lua code, third-party modules."},
	[HELD_APP] = {"requests that the application does not finish",
		      "Look at what the oldest of them do, and bound them: harakiri in uWSGI, "
		      "uwsgi_read_timeout or proxy_read_timeout in nginx."},
	[HELD_SENDING] = {"clients that are being sent an answer",
			  "See whether they read at all (ss -tino), and set send_timeout."},
	[HELD_STALLED_CLIENT] = {"clients that have stopped reading",
				 "send_timeout ends those that read nothing at all; "
				 "reset_timedout_connection on frees their memory too. With HTTP/2 "
				 "before nginx 1.9.12 nothing does."},
	[HELD_VANISHED_CLIENT] = {"clients that have vanished",
				  "Set send_timeout and reset_timedout_connection on, and "
				  "so_keepalive=on in listen."},
	[HELD_HALF_CLOSED] = {"connections that the client has closed and nginx has not",
			      "Unless uwsgi_ignore_client_abort or proxy_ignore_client_abort is "
			      "on, this is a leak of nginx or of a module: update it, and look in "
			      "error.log for the words open socket after the next reload; only a "
			      "full restart clears them."},
	[HELD_LINGERING] = {"connections that nginx is closing",
			    "lingering_timeout and lingering_time should end them within seconds: "
			    "update nginx."},
	[HELD_LONG_LIVED] =
		{"long-lived connections",
		 "If these are websockets or event streams that clients really want, they are no "
		 "leak: raise worker_connections. If not, set proxy_read_timeout and send_timeout, "
		 "and update nginx, whose HTTP/2 has kept such connections for ever in several "
		 "versions."},
	[HELD_PHANTOM] = {"phantoms, which nginx counts and nobody has",
			  "Something kills or crashes workers again and again: error.log says "
			  "exited on signal, dmesg has the OOM killer."},
	[HELD_UNEXPLAINED] = {"connections that are on no other line",
			      "Name all ports and upstreams to connledger; what is left may be "
			      "stream or mail sessions, or HTTP/3."},
	[HISTORY_WRITING] =
		{"connections that nginx counts as writing",
		 "Have connledger look at the sockets of the kernel (on the host of nginx, with "
		 "all ports named): its lines then say whether they are slow clients, the "
		 "application, a leak, or phantoms."},
};

/* When nginx will be full, if that can be told. */
static void say_full(struct judge *judge, const struct history_leak *leak)
{
	struct capacity capacity = judge_capacity(judge);
	double left = capacity.slots - capacity.used;
	double seconds = left / leak->per_hour * HISTORY_HOUR;

	/* Nothing is in the place of a phantom. */
	if (leak->series == HELD_PHANTOM || !(left > 0) || seconds > FULL_SECONDS_MAX)
		return;
	buf_add_text(&judge->evidence, " At this rate nginx is full in ");
	say_span(&judge->evidence, seconds);
	buf_add_text(&judge->evidence, capacity.of_files ? " at the latest: " : ": ");
	judge_say_capacity(judge, &capacity, &judge->evidence);
	buf_add_text(&judge->evidence, capacity.of_files
					       ? "."
					       : "; sooner if each is passed on and takes a second "
						 "connection, to the application.");
}

static const char *compared_by(double step)
{
	if (step > HISTORY_DAY)
		return "each week with the week before";
	return step > HISTORY_HOUR ? "each day with the day before" : "hour by hour";
}

static void say_leak(struct judge *judge, const struct history_leak *leak)
{
	const struct leak_words *words = &leak_words[leak->series];

	judge->severity = SEVERITY_WARNING;
	judge->leaking = leak->series == HISTORY_WRITING ? "writing"
							 : held_by_name((enum held_by)leak->series);
	buf_addf(&judge->what,
		 "Connections pile up: there are more and more %s, also when there is little "
		 "traffic.",
		 words->who);
	buf_add_text(&judge->evidence, "The least number of them rose from ");
	say_number(&judge->evidence, leak->from);
	buf_add_text(&judge->evidence, " to ");
	say_number(&judge->evidence, leak->to);
	buf_add_text(&judge->evidence, " in ");
	say_span(&judge->evidence, leak->seconds);
	buf_add_text(&judge->evidence, " (");
	say_number(&judge->evidence, leak->per_hour >= 10 ? round(leak->per_hour) : leak->per_hour);
	buf_addf(&judge->evidence, " per hour, compared %s), and traffic does not explain it.",
		 compared_by(leak->step));
	say_full(judge, leak);
	buf_add_text(&judge->advice, words->advice);
}

/* Half-closed connections that have stayed. */
static bool judge_half_closed(struct judge *judge)
{
	double least;
	double seconds;

	if (judge->history == NULL || judge_held(judge, HELD_HALF_CLOSED) <= 0)
		return false;
	least = judge->history->streak_least[HELD_HALF_CLOSED];
	seconds = history_lasting(judge->history, HELD_HALF_CLOSED);
	if (least < 1 || seconds < HALF_CLOSED_SECONDS)
		return false;
	judge->severity = least >= HALF_CLOSED_MANY || seconds >= HALF_CLOSED_LONG_SECONDS
				  ? SEVERITY_WARNING
				  : SEVERITY_INFO;
	judge->leaking = held_by_name(HELD_HALF_CLOSED);
	buf_add_text(&judge->what, "nginx keeps connections open that their clients have closed.");
	buf_add_text(&judge->evidence, "In the last ");
	say_span(&judge->evidence, seconds);
	buf_add_text(&judge->evidence, " there were never fewer than ");
	say_count(&judge->evidence, least, "half-closed connection", "half-closed connections");
	buf_add_text(&judge->evidence, " (CLOSE_WAIT), which nginx otherwise closes at once; now ");
	buf_addf(&judge->evidence, "there %s ",
		 say_word(judge_held(judge, HELD_HALF_CLOSED), "is", "are"));
	say_number(&judge->evidence, judge_held(judge, HELD_HALF_CLOSED));
	buf_add_char(&judge->evidence, '.');
	buf_add_text(&judge->advice, leak_words[HELD_HALF_CLOSED].advice);
	return true;
}

bool judge_leaking_connections(struct judge *judge)
{
	struct history_leak leak;

	if (judge->history == NULL || !judge->scrape->nginx_probe.up)
		return false;
	if (judge->history->nginx_time == judge->history->time &&
	    history_leak(judge->history, &leak)) {
		say_leak(judge, &leak);
		return true;
	}
	return judge_half_closed(judge);
}

/* ---- phantom_counters ------------------------------------------------------------------------ */

bool judge_phantom_counters(struct judge *judge)
{
	const struct ledger *ledger = judge->ledger;
	double phantoms = judge_held(judge, HELD_PHANTOM);
	const char *least = ledger->phantom_exact ? "" : "at least ";

	if (ledger->confidence == CONFIDENCE_UNKNOWN || phantoms < 1)
		return false;
	judge->severity = SEVERITY_WARNING;
	buf_addf(&judge->what, "nginx counts %s", least);
	say_count(&judge->what, phantoms, "connection that does not exist (a phantom).",
		  "connections that do not exist (phantoms).");
	buf_add_text(&judge->evidence, "Of ");
	say_count(&judge->evidence, ledger->total, "connection", "connections");
	buf_addf(&judge->evidence, " that nginx counts %s", least);
	say_number(&judge->evidence, phantoms);
	buf_addf(&judge->evidence, " %s no socket in the kernel",
		 say_word(phantoms, "has", "have"));
	if (!ledger->phantom_exact && ledger->reason[0] != '\0')
		buf_addf(&judge->evidence, " (confidence %s: %s)",
			 confidence_name[ledger->confidence], ledger->reason);
	buf_add_char(&judge->evidence, '.');
	buf_add_text(&judge->advice,
		     "A worker that crashed, was killed or ended with leaked connections leaves "
		     "them; they slow nothing down, but only a full restart of nginx, no reload, "
		     "sets its counters right. Find the cause: error.log says "
		     "exited on signal or open socket, dmesg has the OOM killer, or somebody ends "
		     "single workers with kill.");
	return true;
}
