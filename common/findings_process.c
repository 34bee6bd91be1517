/* SPDX-License-Identifier: MIT */
/* findings_process.c - what nginx's processes tell: crashed workers, two masters, old workers. */
#include "findings_rule.h"

enum {
	/* A master starts all its workers within moments, at its start and at each reload. */
	WORKER_AGE_GAP_SECONDS = 2,
	CRASH_NEWS_SECONDS = 24 * 3600,
	/* A download or a websocket may keep an old worker for some time: an hour is no accident.
	 */
	DRAINING_LONG_SECONDS = 3600,
};

static bool is_found(const struct judge *judge, enum finding_kind kind)
{
	return (judge->found & 1U << kind) != 0;
}

bool judge_worker_crashed(struct judge *judge)
{
	const struct ledger *ledger = judge->ledger;
	bool has_phantoms = is_found(judge, FINDING_PHANTOM_COUNTERS);

	/* Two masters have workers of two ages. */
	if (!ledger->processes_known || ledger->masters != 1 || ledger->workers < 2 ||
	    !(ledger->worker_age_gap > WORKER_AGE_GAP_SECONDS))
		return false;
	if (!has_phantoms && judge->scrape->time - ledger->worker_newest > CRASH_NEWS_SECONDS)
		return false;
	judge->severity = has_phantoms ? SEVERITY_WARNING : SEVERITY_INFO;
	buf_add_text(&judge->what, "A worker of nginx is younger than the others: one before it "
				   "has crashed or was killed.");
	buf_add_text(&judge->evidence, "The oldest worker was started at ");
	say_date(&judge->evidence, ledger->worker_newest - ledger->worker_age_gap);
	buf_add_text(&judge->evidence, ", the newest at ");
	say_date(&judge->evidence, ledger->worker_newest);
	buf_add_text(&judge->evidence, "; a start or a reload starts all of them at once.");
	buf_add_text(&judge->advice, "Look around that time in error.log for the words exited on "
				     "signal, and in dmesg for segfault or Out of memory: a "
				     "third-party module is the usual cause; so is kill on a "
				     "single worker, where nginx -s reload is meant.");
	return true;
}

bool judge_worker_blocked(struct judge *judge)
{
	const struct ledger *ledger = judge->ledger;
	double blocked = ledger->asked ? (double)ledger->blocked_workers : 0;

	if (blocked < 1)
		return false;
	judge->severity = SEVERITY_WARNING;
	say_count(&judge->what, blocked,
		  "worker of nginx does not run its event loop: all of its clients wait.",
		  "workers of nginx do not run their event loop: all of their clients wait.");
	say_count(&judge->evidence, (double)ledger->unread_clients,
		  "client has sent bytes that have not been read",
		  "clients have sent bytes that have not been read");
	buf_add_text(&judge->evidence, " for at least a second; of ");
	say_count(&judge->evidence, (double)ledger->workers, "worker", "workers");
	buf_add_char(&judge->evidence, ' ');
	if (blocked > 1)
		say_number(&judge->evidence, blocked);
	buf_addf(&judge->evidence,
		 "%s stopped, or in a system call that waits for something else than events "
		 "(state T, D or S of ps).",
		 blocked > 1 ? " are" : "one is");
	buf_add_text(&judge->advice,
		     "See where it stands: ps -o pid,stat,wchan, and cat of syscall and stack in "
		     "its folder of /proc as root. A slow disk (aio threads helps), a debugger or "
		     "SIGSTOP, and modules that call something that waits (Lua, Perl, a DNS "
		     "lookup, a lock) are the usual causes.");
	return true;
}

bool judge_two_masters(struct judge *judge)
{
	const struct ledger *ledger = judge->ledger;

	if (!ledger->processes_known || ledger->masters < 2)
		return false;
	judge->severity = SEVERITY_WARNING;
	buf_add_text(&judge->what, ledger->masters == 2 ? "Two" : "More than two");
	buf_add_text(&judge->what, " nginx masters serve the same addresses: a binary upgrade was "
				   "begun and not finished.");
	say_count(&judge->evidence, (double)ledger->masters, "master", "masters");
	buf_add_text(&judge->evidence, " with ");
	say_count(&judge->evidence, (double)ledger->workers, "worker", "workers");
	buf_add_text(&judge->evidence,
		     " share the listening sockets, each with counters of its own: the status page "
		     "shows those of whichever answers.");
	buf_add_text(&judge->advice,
		     "End the old one when the new one works: kill -QUIT the pid in "
		     "nginx.pid.oldbin (or that of the new one, to go back).");
	return true;
}

bool judge_old_workers_draining(struct judge *judge)
{
	const struct ledger *ledger = judge->ledger;
	double workers = (double)ledger->old_workers;
	double since = judge->history == NULL ? 0 : judge->history->draining_since;
	double seconds = since > 0 ? judge->scrape->time - since : 0;

	if (!ledger->processes_known || ledger->old_workers == 0)
		return false;
	judge->severity = seconds >= DRAINING_LONG_SECONDS ? SEVERITY_WARNING : SEVERITY_INFO;
	say_count(&judge->what, workers, "worker of nginx from before a reload still serves",
		  "workers of nginx from before a reload still serve");
	buf_add_text(&judge->what, " its old connections.");
	buf_add_text(&judge->evidence, "ps shows ");
	say_count(&judge->evidence, workers, "such process", "such processes");
	buf_add_text(&judge->evidence, " (worker process is shutting down)");
	if (seconds > 0) {
		buf_add_text(&judge->evidence, ", and there have been some for at least ");
		say_span(&judge->evidence, seconds);
	}
	buf_add_char(&judge->evidence, '.');
	buf_add_text(&judge->advice,
		     "Set worker_shutdown_timeout (nginx 1.11.11 or later), so that a reload ends "
		     "in known time: websockets, event streams and slow downloads keep old workers "
		     "for as long as they last.");
	return true;
}
