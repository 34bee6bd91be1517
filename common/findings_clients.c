/* SPDX-License-Identifier: MIT */
/* findings_clients.c - clients that hold connections: by not reading, or by not ending their
 * request. */
#include "findings_rule.h"

enum {
	/* A few phones in a tunnel, and players that have buffered enough, are on every site. */
	SLOW_MIN = 10,
	SLOW_MANY = 50,
	BLOCKED_MIN = 2,
	/* Handshakes and headers on their way; after a restart all clients come at once. */
	HEADERS_MIN = 20,
	/* client_header_timeout is 60 seconds unless it is set: who lasts longer is renewed. */
	HEADERS_SECONDS = 120,
};

#define SLOW_SHARE      0.1 /* of all connections */
#define SLOW_MANY_SHARE 0.25
#define BLOCKED_SHARE   0.25 /* of the application's cores */
#define HEADERS_SHARE   0.25

/* Whether slow clients hold the application's workers too. Without such clients nginx itself is
 * late to read what the application has sent. */
static bool is_blocking(const struct judge *judge, double slow)
{
	double blocked = judge->ledger->blocked_app;
	double cores = judge->scrape->uwsgi_site.up ? (double)judge->scrape->totals.cores : 0;
	double least = cores > 0 ? BLOCKED_SHARE * cores : SLOW_MIN;

	return judge->ledger->has_lines && blocked >= BLOCKED_MIN && blocked >= least &&
	       slow + judge_held(judge, HELD_SENDING) >= blocked;
}

static void say_slow(struct judge *judge, double stalled, double vanished)
{
	double blocked = judge->ledger->blocked_app;

	if (stalled > 0 || !(vanished > 0)) {
		say_count(&judge->evidence, stalled, "client has", "clients have");
		buf_add_text(&judge->evidence, " stopped reading (zero window)");
	}
	if (vanished > 0) {
		if (stalled > 0)
			buf_add_text(&judge->evidence, " and ");
		say_count(&judge->evidence, vanished, stalled > 0 ? "" : "client ",
			  stalled > 0 ? "" : "clients ");
		buf_addf(&judge->evidence, "no longer %s anything",
			 say_word(vanished, "acknowledges", "acknowledge"));
	}
	buf_add_text(&judge->evidence, ", of ");
	say_count(&judge->evidence, judge->ledger->total, "connection", "connections");
	if (blocked > 0) {
		buf_add_text(&judge->evidence, "; for them ");
		say_count(&judge->evidence, blocked, "answer waits", "answers wait");
		buf_add_text(&judge->evidence, " in the application");
	}
	buf_add_char(&judge->evidence, '.');
}

bool judge_slow_clients(struct judge *judge)
{
	double stalled = judge_held(judge, HELD_STALLED_CLIENT);
	double vanished = judge_held(judge, HELD_VANISHED_CLIENT);
	double slow = stalled + vanished;
	double total = judge->ledger->total;
	bool blocking = is_blocking(judge, slow);

	if (!blocking && (slow < SLOW_MIN || slow < SLOW_SHARE * total))
		return false;
	judge->severity = blocking || (slow >= SLOW_MANY && slow >= SLOW_MANY_SHARE * total)
				  ? SEVERITY_WARNING
				  : SEVERITY_INFO;
	buf_add_text(
		&judge->what,
		blocking ? "Slow clients hold workers of the application, which could do other "
			   "work."
			 : "Many connections are held by clients that do not read their answer.");
	say_slow(judge, stalled, vanished);
	buf_add_text(
		&judge->advice,
		blocking ? "Let nginx take the answers over: uwsgi_buffering on, with "
			   "uwsgi_max_temp_file_size above the largest answer."
			 : "send_timeout (60 s between two writes unless it is set) ends those "
			   "that read nothing, reset_timedout_connection on frees their memory at "
			   "once; video players that have buffered enough look the same and are "
			   "fine.");
	return true;
}

/* Whether it has gone on for so long that it is neither a rush nor the end of a restart. */
static bool has_lasted(const struct judge *judge, double *least, double *seconds)
{
	return judge->history != NULL &&
	       history_least(judge->history, HELD_REQUEST, least, seconds) &&
	       *least > HEADERS_MIN && *seconds >= HEADERS_SECONDS;
}

bool judge_slow_headers(struct judge *judge)
{
	double requests = judge_held(judge, HELD_REQUEST);
	double least = 0;
	double seconds = 0;

	if (requests <= HEADERS_MIN || requests <= HEADERS_SHARE * judge->ledger->total)
		return false;
	judge->severity = has_lasted(judge, &least, &seconds) ? SEVERITY_WARNING : SEVERITY_INFO;
	buf_add_text(&judge->what,
		     "Many clients have begun a request, or a TLS handshake, and do not end it: "
		     "this is what a slowloris attack looks like.");
	say_number(&judge->evidence, requests);
	buf_add_text(&judge->evidence, " of ");
	say_count(&judge->evidence, judge->ledger->total, "connection", "connections");
	buf_add_text(&judge->evidence, " wait for the rest of a request header");
	if (judge->severity == SEVERITY_WARNING) {
		buf_add_text(&judge->evidence, ", and there were never fewer than ");
		say_number(&judge->evidence, least);
		buf_add_text(&judge->evidence, " in the last ");
		say_span(&judge->evidence, seconds);
	}
	buf_add_char(&judge->evidence, '.');
	buf_add_text(
		&judge->advice,
		"Lower client_header_timeout (10s is plenty) and client_body_timeout. If ss -tn "
		"shows that few addresses hold them all, bound those in the firewall: limit_conn "
		"and limit_req count a request only when its header is complete.");
	return true;
}
