/* SPDX-License-Identifier: MIT */
/* findings.c - asks one rule after the other; see findings.h. The rules are in findings_*.c. */
#include "findings.h"

#include "findings_rule.h"

enum { TEXT_MAX = 1500 };

static const struct rule {
	const char *name;
	bool (*stands)(struct judge *judge);
} rule[FINDING_KIND_MAX] = {
	[FINDING_NGINX_DOWN] = {"nginx_down", judge_nginx_down},
	[FINDING_UWSGI_DOWN] = {"uwsgi_down", judge_uwsgi_down},
	[FINDING_WORKER_CONNECTIONS_EXHAUSTED] = {"worker_connections_exhausted",
						  judge_worker_connections_exhausted},
	[FINDING_ACCEPT_QUEUE_FULL] = {"accept_queue_full", judge_accept_queue_full},
	[FINDING_APP_QUEUE_OVERFLOW] = {"app_queue_overflow", judge_app_queue_overflow},
	[FINDING_CONNECTIONS_DROPPED] = {"connections_dropped", judge_connections_dropped},
	[FINDING_WORKER_BLOCKED] = {"worker_blocked", judge_worker_blocked},
	[FINDING_APP_SATURATED] = {"app_saturated", judge_app_saturated},
	[FINDING_APP_QUEUE_GROWING] = {"app_queue_growing", judge_app_queue_growing},
	[FINDING_HARAKIRI] = {"harakiri", judge_harakiri},
	[FINDING_EXCEPTIONS] = {"exceptions", judge_exceptions},
	[FINDING_ORPHANED_WORK] = {"orphaned_work", judge_orphaned_work},
	[FINDING_SLOW_CLIENTS] = {"slow_clients", judge_slow_clients},
	[FINDING_SLOW_HEADERS] = {"slow_headers", judge_slow_headers},
	[FINDING_LEAKING_CONNECTIONS] = {"leaking_connections", judge_leaking_connections},
	[FINDING_TWO_MASTERS] = {"two_masters", judge_two_masters},
	[FINDING_WORKER_RESPAWNS] = {"worker_respawns", judge_worker_respawns},
	[FINDING_OLD_WORKERS_DRAINING] = {"old_workers_draining", judge_old_workers_draining},
	[FINDING_PHANTOM_COUNTERS] = {"phantom_counters", judge_phantom_counters},
	[FINDING_WORKER_CRASHED] = {"worker_crashed", judge_worker_crashed},
	[FINDING_KNOWN_DEFECT] = {"known_defect", judge_known_defect},
};

const char *finding_name(enum finding_kind kind)
{
	return (size_t)kind < FINDING_KIND_MAX ? rule[kind].name : "unknown";
}

const char *severity_name(enum finding_severity severity)
{
	switch (severity) {
	case SEVERITY_INFO:
		return "info";
	case SEVERITY_WARNING:
		return "warning";
	case SEVERITY_CRITICAL:
		return "critical";
	}
	return "unknown";
}

double judge_held(const struct judge *judge, enum held_by line)
{
	double least = judge->ledger->low[line];

	return judge->ledger->has_lines && !isnan(least) ? least : 0;
}

double judge_held_at_most(const struct judge *judge, enum held_by line)
{
	double most = judge->ledger->high[line];

	return judge->ledger->has_lines && !isnan(most) ? most : 0;
}

double judge_increase(const struct judge *judge, enum history_counter counter, double *seconds)
{
	double increase;

	if (judge->history != NULL && history_increase(judge->history, counter, &increase, seconds))
		return increase;
	*seconds = 0;
	return 0;
}

/* Puts the finding that a rule has left in the judge at the end of the list. */
static bool add(struct list *ret, struct arena *arena, const struct judge *judge,
		enum finding_kind kind)
{
	struct finding *finding;
	const char *what = arena_text(arena, buf_str(&judge->what));
	const char *evidence = arena_text(arena, buf_str(&judge->evidence));
	const char *advice = arena_text(arena, buf_str(&judge->advice));

	if (what == NULL || evidence == NULL || advice == NULL || !buf_ok(&judge->what) ||
	    !buf_ok(&judge->evidence) || !buf_ok(&judge->advice))
		return false;
	finding = list_add(ret, arena, sizeof(*finding));
	if (finding == NULL)
		return false;
	*finding = (struct finding){
		.kind = kind,
		.severity = judge->severity,
		.name = rule[kind].name,
		.severity_name = severity_name(judge->severity),
		.what = what,
		.evidence = evidence,
		.advice = advice,
		.present = 1,
	};
	return true;
}

static bool ask_all(struct judge *judge, struct list *ret, struct arena *arena)
{
	for (unsigned kind = 0; kind < FINDING_KIND_MAX; kind++) {
		buf_clear(&judge->what);
		buf_clear(&judge->evidence);
		buf_clear(&judge->advice);
		judge->severity = SEVERITY_INFO;
		if (!rule[kind].stands(judge))
			continue;
		if (!add(ret, arena, judge, kind))
			return false;
		judge->found |= 1U << kind;
		judge->warned |= judge->severity > SEVERITY_INFO ? 1U << kind : 0;
	}
	return true;
}

static int by_urgency(const void *left, const void *right)
{
	const struct finding *a = left;
	const struct finding *b = right;

	if (a->severity != b->severity)
		return a->severity > b->severity ? -1 : 1;
	return a->kind < b->kind ? -1 : a->kind > b->kind;
}

bool findings_make(struct list *ret, struct arena *arena, const struct scrape *scrape,
		   const struct history *history)
{
	static const struct ledger none;
	struct judge judge = {
		.scrape = scrape,
		.ledger = scrape->ledger.asked ? &scrape->ledger : &none,
		.history = history,
	};
	bool ok;

	*ret = (struct list){0};
	buf_init(&judge.what, TEXT_MAX);
	buf_init(&judge.evidence, TEXT_MAX);
	buf_init(&judge.advice, TEXT_MAX);
	ok = ask_all(&judge, ret, arena);
	if (ret->len > 1)
		qsort(ret->item, ret->len, sizeof(struct finding), by_urgency);
	buf_free(&judge.what);
	buf_free(&judge.evidence);
	buf_free(&judge.advice);
	return ok;
}
