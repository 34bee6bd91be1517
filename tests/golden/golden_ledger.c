/* SPDX-License-Identifier: MIT */
/*
 * golden_ledger.c - a scrape with a ledger out of lines of text; see golden_ledger.h.
 *
 *     server nginx/1.22.1
 *     page 42 0 20 22           active, reading, writing, waiting
 *     held app 3                lines that are not named are 0; "-": not known
 *     held app 3 2 6            the same, within bounds
 *     requests app_queue 4 0 9  as a line; those that are not named are not known
 *     requests_why it is far away
 *     confidence bounded not all connections could be looked at: ...
 *     orphaned 2                orphaned, abandoned, hung_up, blocked, oldest: if they are known
 *     listener *:80 3 511
 *     socket /run/app.sock 21 32
 *     overflows 4321            of all queues of the host; if it is known
 *     processes 1 2 0 3600      masters, workers, old workers, seconds between oldest and newest
 */
#include "golden_ledger.h"

#include <stdlib.h>

static double number(struct str *line)
{
	struct str word = str_cut(line, ' ');
	double value = NOT_KNOWN;

	if (!str_equal(word, STR("-")) && !str_to_double(word, &value))
		abort();
	return value;
}

/* A number and, where it has any, its bounds. */
static void take_bounds(double *value, double *low, double *high, struct str line)
{
	*value = *low = *high = number(&line);
	if (line.len == 0)
		return;
	*low = number(&line);
	*high = number(&line);
}

static void take_held(struct ledger *ledger, struct str line)
{
	struct str name = str_cut(&line, ' ');

	for (unsigned i = 0; i < HELD_MAX; i++) {
		if (str_equal(name, str_of(held_by_name((enum held_by)i)))) {
			take_bounds(&ledger->held[i], &ledger->low[i], &ledger->high[i], line);
			return;
		}
	}
	abort();
}

static void take_requests(struct ledger *ledger, struct str line)
{
	struct str name = str_cut(&line, ' ');
	unsigned at = str_equal(name, STR("app_queue")) ? REQUESTS_QUEUED : REQUESTS_ACTIVE;

	take_bounds(&ledger->requests[at], &ledger->requests_low[at], &ledger->requests_high[at],
		    line);
}

static void take_confidence(struct ledger *ledger, struct str line)
{
	struct str level = str_cut(&line, ' ');

	for (unsigned i = 0; confidence_name[i] != NULL; i++) {
		if (str_equal(level, str_of(confidence_name[i])))
			ledger->confidence = i;
	}
	if (line.len > 0)
		memcpy(ledger->reason, line.ptr, line.len);
	ledger->phantom_exact = ledger->confidence == CONFIDENCE_EXACT;
}

static void take_queue(struct scrape *scrape, struct list *list, struct str line)
{
	struct ledger *ledger = &scrape->ledger;
	struct backlog *backlog = list_add(list, &scrape->arena, sizeof(*backlog));

	if (backlog == NULL)
		abort();
	backlog->name = arena_text(&scrape->arena, str_cut(&line, ' '));
	backlog->queue = number(&line);
	backlog->limit = number(&line);
	if (!isnan(backlog->limit) &&
	    !(100 * backlog->queue / backlog->limit <= ledger->backlog_percent))
		ledger->backlog_percent = 100 * backlog->queue / backlog->limit;
}

static void take_page(struct scrape *scrape, struct str line)
{
	struct nginx_status *nginx = &scrape->nginx;

	nginx->active = (int64_t)number(&line);
	nginx->reading = (int64_t)number(&line);
	nginx->writing = (int64_t)number(&line);
	nginx->waiting = (int64_t)number(&line);
	nginx->accepts = nginx->handled = 1000;
	nginx->requests = 5000;
	nginx->requests_per_connection = 5;
	scrape->ledger.total = (double)nginx->active - 1;
	scrape->ledger.writing = (double)nginx->writing - 1;
}

static void take_processes(struct ledger *ledger, struct str line, double now)
{
	ledger->processes_known = true;
	ledger->masters = (uint64_t)number(&line);
	ledger->workers = (uint64_t)number(&line);
	ledger->old_workers = (uint64_t)number(&line);
	ledger->worker_age_gap = number(&line);
	ledger->worker_newest = now - 600;
	ledger->master_started = now - 100000;
}

static void take_overflows(struct ledger *ledger, struct str line)
{
	ledger->overflows_known = true;
	ledger->listen_overflows = (uint64_t)number(&line);
}

static void take_line(struct scrape *scrape, struct str line)
{
	struct ledger *ledger = &scrape->ledger;

	if (str_take(&line, STR("server ")))
		memcpy(scrape->nginx.server, line.ptr, line.len);
	else if (str_take(&line, STR("page ")))
		take_page(scrape, line);
	else if (str_take(&line, STR("held ")))
		take_held(ledger, line);
	else if (str_take(&line, STR("requests ")))
		take_requests(ledger, line);
	else if (str_take(&line, STR("requests_why ")))
		ledger->requests_reason = arena_text(&scrape->arena, line);
	else if (str_take(&line, STR("confidence ")))
		take_confidence(ledger, line);
	else if (str_take(&line, STR("orphaned ")))
		ledger->orphaned = number(&line);
	else if (str_take(&line, STR("abandoned ")))
		ledger->abandoned = number(&line);
	else if (str_take(&line, STR("hung_up ")))
		ledger->hung_up = number(&line);
	else if (str_take(&line, STR("blocked ")))
		ledger->blocked_app = number(&line);
	else if (str_take(&line, STR("oldest ")))
		ledger->oldest_request = number(&line);
	else if (str_take(&line, STR("listener ")))
		take_queue(scrape, &ledger->listeners, line);
	else if (str_take(&line, STR("socket ")))
		take_queue(scrape, &ledger->sockets, line);
	else if (str_take(&line, STR("overflows ")))
		take_overflows(ledger, line);
	else if (str_take(&line, STR("processes ")))
		take_processes(ledger, line, scrape->time);
	else
		abort();
}

void golden_ledger_read(struct scrape *scrape, struct str text)
{
	struct ledger *ledger = &scrape->ledger;

	arena_init(&scrape->arena, 1024 * 1024);
	ledger_clear(ledger);
	for (size_t i = 0; i < HELD_MAX; i++)
		ledger->held[i] = ledger->low[i] = ledger->high[i] = 0;
	ledger->asked = true;
	ledger->has_lines = true;
	ledger->samples = 1;
	ledger->seconds = 0.002;
	while (text.len > 0) {
		struct str line = str_cut(&text, '\n');

		if (line.len > 0)
			take_line(scrape, line);
	}
	scrape_add_up(scrape);
	if (!scrape_judge(scrape, NULL))
		abort();
}
