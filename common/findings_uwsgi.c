/* SPDX-License-Identifier: MIT */
/* findings_uwsgi.c - what uWSGI's counters tell of the last minutes: killed, respawned, failed. */
#include "findings_rule.h"

enum {
	HARAKIRI_MANY = 3,
	/* Counts are for this time; where the last look is longer ago, they are scaled down to it.
	 */
	SPAN_SECONDS = 600,
	/* max-requests ends workers one by one; a site on which each of them went twice in ten
	 * minutes makes more processes than answers. The cheaper starts and ends them on purpose.
	 */
	RESPAWNS_MIN = 5,
	RESPAWNS_EACH = 2,
	RESPAWNS_EACH_CHEAPER = 10,
	RESPAWNS_MANY = 20,
	RESPAWNS_MANY_EACH = 6,
	EXCEPTIONS_MIN = 5,
	EXCEPTIONS_MANY = 10,
};

#define EXCEPTIONS_SHARE      0.01 /* of all requests */
#define EXCEPTIONS_MANY_SHARE 0.05

static void say_lately(struct judge *judge, double seconds)
{
	buf_add_text(&judge->evidence, " in the last ");
	say_span(&judge->evidence, seconds);
}

bool judge_harakiri(struct judge *judge)
{
	double seconds;
	double kills = judge_increase(judge, HISTORY_HARAKIRI, &seconds);

	if (kills < 1)
		return false;
	judge->severity = kills >= HARAKIRI_MANY ? SEVERITY_WARNING : SEVERITY_INFO;
	buf_add_text(&judge->what, "uWSGI kills workers whose request takes too long: their "
				   "clients get an error.");
	say_count(&judge->evidence, kills, "worker was killed", "workers were killed");
	buf_add_text(&judge->evidence, " by harakiri");
	say_lately(judge, seconds);
	buf_add_char(&judge->evidence, '.');
	buf_add_text(&judge->advice,
		     "Find the requests (HARAKIRI in the log of uWSGI; harakiri-verbose tells "
		     "more) and make them faster, with timeouts for what they wait for; raise "
		     "harakiri only if they are meant to take that long, and uwsgi_read_timeout in "
		     "nginx with it.");
	return true;
}

bool judge_worker_respawns(struct judge *judge)
{
	const struct uwsgi_totals *totals = &judge->scrape->totals;
	double seconds;
	double respawns = judge_increase(judge, HISTORY_RESPAWNS, &seconds);
	double workers = (double)(totals->workers - totals->cheap);
	double each = totals->cheap > 0 ? RESPAWNS_EACH_CHEAPER : RESPAWNS_EACH;
	double scaled = seconds > SPAN_SECONDS ? respawns * SPAN_SECONDS / seconds : respawns;

	if (scaled < RESPAWNS_MIN || scaled < each * workers)
		return false;
	judge->severity = scaled >= RESPAWNS_MANY && scaled >= RESPAWNS_MANY_EACH * workers
				  ? SEVERITY_WARNING
				  : SEVERITY_INFO;
	buf_add_text(&judge->what, "The workers of uWSGI do not live long: they are started again "
				   "and again.");
	say_count(&judge->evidence, respawns, "start", "starts");
	say_lately(judge, seconds);
	buf_add_text(&judge->evidence, ", with ");
	say_count(&judge->evidence, workers, "worker", "workers");
	buf_add_text(&judge->evidence, " running.");
	buf_add_text(&judge->advice,
		     "If the log of uWSGI says that they died by a signal, the application "
		     "crashes; if not, max-requests, max-worker-lifetime, reload-on-rss or the "
		     "cheaper is set too tight.");
	return true;
}

bool judge_exceptions(struct judge *judge)
{
	double seconds;
	double requests = judge_increase(judge, HISTORY_APP_REQUESTS, &seconds);
	double exceptions = judge_increase(judge, HISTORY_EXCEPTIONS, &seconds);

	if (exceptions < EXCEPTIONS_MIN || exceptions < EXCEPTIONS_SHARE * requests)
		return false;
	judge->severity =
		exceptions >= EXCEPTIONS_MANY && exceptions >= EXCEPTIONS_MANY_SHARE * requests
			? SEVERITY_WARNING
			: SEVERITY_INFO;
	buf_add_text(&judge->what, "The application fails: requests end with an exception that it "
				   "does not catch.");
	say_count(&judge->evidence, exceptions, "exception", "exceptions");
	buf_add_text(&judge->evidence, " in ");
	say_count(&judge->evidence, requests, "request", "requests");
	say_lately(judge, seconds);
	buf_add_char(&judge->evidence, '.');
	buf_add_text(&judge->advice,
		     "Read the tracebacks in the log of uWSGI (logto), beginning with the first: "
		     "the clients got an error 500 or an empty answer.");
	return true;
}
