/* SPDX-License-Identifier: MIT */
/* observe.c - the ledgers of an observation; see observe.h. */
#include <assert.h>
#include <math.h>

#include "clock.h"
#include "nginx.h"
#include "observe_blocked.h"
#include "observe_inside.h"

static_assert(SCRAPE_OVERTIME_MS == OBSERVE_LATE_MS + OBSERVE_READ_MS,
	      "a last round has this long");

/* ---- what all sites of it have in common ------------------------------------------------------
 */

/* A page may hide the version, and another page of the same nginx tell it. */
static struct nginx_version version_of(const struct observation *o)
{
	struct nginx_version version = {.known = false};

	for (size_t i = 0; i < o->len && !version.known; i++)
		version = nginx_version_of(o->member[i].scrape->nginx.server);
	return version;
}

static void begin_input(struct observation *o)
{
	const struct nginx_host *host = &o->host;

	o->input = (struct ledger_input){
		.nginx = {.is_known = host->processes_known && host->masters == 1,
			  .processes = (double)host->process_mark,
			  .master_pid = host->master_pid,
			  .is_respawned = host->worker_newest - host->workers_started >
					  OBSERVE_RELOAD_SECONDS},
		.version = version_of(o),
		.listeners_complete = host->complete,
		.has_udp = host->has_udp,
		.masters = host->masters,
		.in_request = NOT_KNOWN,
		.ways_known = o->ways.is_known,
		.has_subrequests = o->ways.has_subrequests,
		.ignores_aborts = o->ways.ignores_aborts,
		.renames_clients = o->ways.renames_clients,
	};
	o->known = o->member[0].scrape->site->memory;
	for (size_t i = 1; i < o->len; i++)
		o->known = *phantoms_better(&o->known, &o->member[i].scrape->site->memory,
					    &o->input.nginx);
}

/* ---- what each of them has of its own ---------------------------------------------------------
 */

static void make(const struct observation *o, const struct member *member)
{
	struct scrape *scrape = member->scrape;
	struct ledger_basis *basis = &scrape->basis;

	*basis = (struct ledger_basis){
		.is_there = true, .looks = o->looks, .input = o->input, .known = o->known};
	basis->looks.best.tally = member->tally;
	basis->input.in_request = observe_in_request(scrape);
	basis->input.apps_hidden = !observe_knows_apps(scrape, &member->upstreams, &o->filter);
	basis->input.has_info = o->sockets.has_info;
	memcpy(basis->incomplete, o->host.reason, sizeof(o->host.reason));
	(void)snprintf(basis->ways_unknown, sizeof(basis->ways_unknown), "%s",
		       o->ways_unknown.text);
	observe_conclude(scrape, &scrape->site->memory);
}

static void make_lines(struct observation *o)
{
	struct err cause = {0};
	bool is_blind = o->host.source == LISTENERS_NONE;

	if (is_blind)
		(void)!observe_dump(o, 0, &cause);
	else
		observe_rounds(o, &cause);
	for (size_t i = 0; i < o->len; i++) {
		if (is_blind)
			observe_blind(o->member[i].scrape, o->host.reason);
		else if (o->looks.len == 0)
			observe_blind(o->member[i].scrape, cause.text);
		else
			make(o, &o->member[i]);
	}
}

/* A worker that stands still does so for all of them. */
static void find_blocked(struct observation *o)
{
	const struct ledger *first = &o->member[0].scrape->ledger;

	observe_blocked(&o->member[0].scrape->ledger, &o->host, &o->sockets, o->give_up, "/proc");
	for (size_t i = 1; i < o->len; i++) {
		struct ledger *ledger = &o->member[i].scrape->ledger;

		ledger->blocked_workers = first->blocked_workers;
		ledger->unread_clients = first->unread_clients;
	}
}

static bool look(struct observation *o, struct err *err)
{
	struct err cause = {0};
	bool ok = true;

	begin_input(o);
	for (size_t i = 0; i < o->len; i++)
		observe_processes(&o->member[i].scrape->ledger, &o->host);
	if (o->asker != NULL) {
		make_lines(o);
	} else {
		/* Finding nginx may have taken a busy host all the time that was left; that its
		 * queue is full is wanted now. */
		o->give_up = fmax(o->give_up, clock_now(CLOCK_MONOTONIC) + OBSERVE_LATE_MS / 1e3);
		(void)!observe_dump(o, 0, &cause);
	}
	if (o->host.is_nginx)
		find_blocked(o);
	for (size_t i = 0; ok && i < o->len; i++) {
		struct scrape *scrape = o->member[i].scrape;

		ok = observe_queues(scrape, &o->host, &o->member[i].upstreams, &o->sockets, err);
		observe_overflows(&scrape->ledger, &o->overflows, "/proc");
	}
	return ok;
}

static void finish(const struct observation *o, struct scrape *scrape)
{
	if (o->own_trouble != ERR_NONE)
		observe_short(scrape, o->own_trouble);
	if (scrape->ledger.asked) {
		scrape->ledger.oldest_request = scrape->uwsgi_site.up && scrape->uwsgi_len > 0
							? scrape->totals.oldest_request
							: NOT_KNOWN;
		scrape->ledger.seconds = clock_now(CLOCK_MONOTONIC) - o->began;
	}
	observe_link_free(scrape->link);
	scrape->link = NULL;
}

bool observe_end(struct observation *o, struct err *err)
{
	enum err_kind before = err_own_take();
	bool ok = o->is_over || look(o, err);

	if (o->own_trouble == ERR_NONE)
		o->own_trouble = err_own_seen();
	err_own_note(before);
	for (size_t i = 0; i < o->len; i++)
		finish(o, o->member[i].scrape);
	observe_free(o);
	return ok;
}
