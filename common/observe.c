/* SPDX-License-Identifier: MIT */
/* observe.c - rounds of nginx's page and the kernel's sockets; see observe.h. */
#include "observe.h"

#include <assert.h>
#include <math.h>

#include "clock.h"
#include "nginx.h"
#include "nginx_ways.h"
#include "observe_blocked.h"
#include "observe_parts.h"
#include "observe_room.h"
#include "observe_unlisted.h"
#include "observe_workers.h"

static_assert(SCRAPE_OVERTIME_MS == OBSERVE_LATE_MS + OBSERVE_READ_MS,
	      "a last round has this long");

/* One scrape's look at this host. */
struct observation {
	struct scrape *scrape;
	struct fetch_keep *keep;
	struct fetch_ends ends; /* of the page that was read last */
	struct sockets_reader reader;
	struct nginx_host host;
	struct nginx_ways ways;
	struct err ways_unknown; /* why, if they are */
	struct sockets sockets;
	struct sockets_filter filter;
	struct upstreams upstreams;
	struct phantoms_memory known; /* of phantoms, before this scrape */
	struct ledger_input input;
	struct ledger_looks looks;
	struct buf page;
	double still;    /* CLOCK_MONOTONIC: a site at which nothing moves is looked at so long */
	double asked;    /* CLOCK_MONOTONIC: nginx's page, for the last time */
	double patient;  /* the same: the first round may take so long */
	double deadline; /* the same: no other one is begun after it */
	double give_up;  /* and what the kernel has not said until then is not waited for */
};

/* ---- the connection ---------------------------------------------------------------------------
 */

struct observe_link *observe_link_new(void)
{
	struct observe_link *link = calloc(1, sizeof(*link));

	if (link != NULL)
		fetch_keep_init(&link->keep);
	return link;
}

void observe_link_free(struct observe_link *link)
{
	if (link == NULL)
		return;
	fetch_keep_free(&link->keep);
	free(link);
}

struct fetch_keep *observe_link_keep(struct scrape *scrape)
{
	return scrape->site->nginx_keep != NULL ? scrape->site->nginx_keep : &scrape->link->keep;
}

static void page_sink(void *ctx, const char *bytes, size_t len)
{
	buf_add(ctx, bytes, len);
}

/* ---- nginx's side of a round ------------------------------------------------------------------
 */

/* Who hangs now has answered a moment ago, and has had its time. */
static unsigned timeout_ms(const struct observation *o)
{
	double until = o->looks.len == 0 ? o->patient : o->deadline;
	double left_ms = (until - clock_now(CLOCK_MONOTONIC)) * 1e3;

	return left_ms > OBSERVE_READ_MS ? (unsigned)left_ms : OBSERVE_READ_MS;
}

static bool read_status(struct observation *o, struct nginx_status *status)
{
	const struct site *site = o->scrape->site;
	struct err err = {0};
	struct fetch_job job = {
		.target = &site->nginx,
		.options = &site->options,
		.bytes_max = FETCH_NGINX_BYTES_MAX,
		.timeout_ms = timeout_ms(o),
		.keep = o->keep,
		.ends = &o->ends,
		.sink = page_sink,
		.ctx = &o->page,
	};

	buf_clear(&o->page);
	o->asked = clock_now(CLOCK_MONOTONIC);
	return fetch_run(&job, 1, &err) && job.ok && buf_ok(&o->page) &&
	       nginx_parse(status, buf_str(&o->page), &err);
}

static bool is_same_connection(const struct fetch_ends *a, const struct fetch_ends *b)
{
	return a->our_inode == b->our_inode && endpoint_equal(&a->ours, &b->ours);
}

/* ---- rounds ---------------------------------------------------------------------------------- */

static bool dump(struct observation *o, struct tally *tally, struct err *err)
{
	struct tally_question question = {
		.listener = o->host.listeners.item,
		.listener_len = o->host.listeners.len,
		.upstream = o->upstreams.item,
		.upstream_len = o->upstreams.len,
		.own = o->ends.is_tcp ? &o->ends.ours : NULL,
		.own_peer = o->ends.is_tcp ? &o->ends.theirs : NULL,
		.own_inode = o->ends.is_unix ? o->ends.our_inode : 0,
		.own_is_hidden = o->ends.is_unix && o->reader.pid != 0,
		.own_path = o->ends.is_unix ? o->scrape->site->nginx.path : NULL,
		.busy = o->upstreams.busy,
		.busy_len = o->upstreams.busy_len,
		.cores = o->upstreams.cores,
		.now = o->scrape->time,
	};

	double now;

	o->reader.deadline = o->give_up;
	if (!sockets_dump(&o->reader, &o->filter, &o->sockets, err))
		return false;
	now = clock_now(CLOCK_MONOTONIC);
	question.asked_ms = (now - o->scrape->begun) * 1e3 + OBSERVE_TICK_MS;
	question.recent_ms = (now - o->asked) * 1e3 + OBSERVE_TICK_MS;
	tally_make(tally, &o->sockets, &question);
	return true;
}

/* What nginx counted before the dump and the kernel does not have. */
static double gap_now(const struct ledger_look *look)
{
	return (double)look->before.active - (look->tally.own_is_found ? 1 : 0) -
	       (double)look->tally.count[TALLY_CLIENTS];
}

/* Who knows already how many phantoms there are need not find out about the workers. */
static void look_at_workers(struct observation *o, struct ledger_look *look)
{
	bool is_known = o->known.low == o->known.high && o->known.low == gap_now(look) &&
			o->known.processes == o->input.nginx.processes && o->input.nginx.is_known;

	look->unnoticed = NOT_KNOWN;
	look->unlisted = 0;
	if (o->host.source != LISTENERS_FDS && gap_now(look) > 0 && !is_known)
		look->unlisted = observe_unlisted(&o->reader, &o->filter, &look->tally);
	look->early = is_known ? 0 : NOT_KNOWN;
	look->is_held = false;
	if (!is_known && o->input.nginx.is_known)
		observe_workers(look, gap_now(look), &o->host, &o->reader, &o->sockets, "/proc");
}

/* The reading of nginx that the next look begins with. It is the last one, unless there is a pause:
 * where nothing moves another look at once would see the same, and where much does, it may be less
 * a moment later. */
static bool begin_look(struct observation *o, struct ledger_look *look)
{
	const struct timespec pause = {.tv_nsec = OBSERVE_PAUSE_MS * 1000 * 1000};

	if (o->looks.events > 0 && o->looks.len < OBSERVE_AT_ONCE) {
		look->before = look->after;
		return true;
	}
	(void)nanosleep(&pause, NULL);
	return read_status(o, &look->before);
}

/* A site that stands still costs little to look at, and has a little longer. */
static bool goes_on(const struct observation *o)
{
	double until = o->looks.events == 0 ? fmin(o->patient, o->still) : o->deadline;

	return !ledger_is_settled(&o->looks, &o->input, &o->known) &&
	       o->looks.len + o->looks.skipped < LEDGER_LOOKS_MAX &&
	       clock_now(CLOCK_MONOTONIC) < until;
}

/* Until one was still and the phantoms are known, or time is over, or one of both sides has nothing
 * more to say. The page that the scrape began with is the first one. */
static void run_rounds(struct observation *o, struct err *err)
{
	struct ledger_look look = {.before = o->scrape->nginx};

	for (;;) {
		struct fetch_ends before = o->ends;

		look.time = clock_now(CLOCK_REALTIME);
		if (!dump(o, &look.tally, err))
			return;
		look_at_workers(o, &look);
		if (!read_status(o, &look.after))
			break;
		look.own_is_new = !is_same_connection(&before, &o->ends);
		ledger_add(&o->looks, &look);
		if (!goes_on(o) || !begin_look(o, &look))
			break;
	}
	if (o->looks.len == 0 && o->looks.skipped == 0)
		err_set(err, ERR_RESET, "nginx answered once and not again");
	else if (o->looks.len == 0)
		err_set(err, ERR_PARSE,
			"the counters of nginx went backwards in each round: it is being "
			"restarted, or "
			"two masters answer in turn");
}

/* ---- the parts ------------------------------------------------------------------------------- */

static void make(struct observation *o, const struct err *err)
{
	struct scrape *scrape = o->scrape;
	struct ledger_basis *basis = &scrape->basis;

	if (o->looks.len == 0) {
		observe_blind(scrape, err->text);
		return;
	}
	*basis = (struct ledger_basis){.is_there = true, .looks = o->looks, .input = o->input};
	basis->input.has_info = o->sockets.has_info;
	memcpy(basis->incomplete, o->host.reason, sizeof(o->host.reason));
	(void)snprintf(basis->ways_unknown, sizeof(basis->ways_unknown), "%s",
		       o->ways_unknown.text);
	observe_conclude(scrape, &scrape->site->memory);
}

static void begin_input(struct observation *o)
{
	const struct scrape *scrape = o->scrape;
	const struct nginx_host *host = &o->host;

	o->known = scrape->site->memory;
	o->input = (struct ledger_input){
		.nginx = {.is_known = host->processes_known && host->masters == 1,
			  .processes = (double)host->process_mark,
			  .master_pid = host->master_pid,
			  .is_respawned = host->worker_newest - host->workers_started >
					  OBSERVE_RELOAD_SECONDS},
		.version = nginx_version_of(scrape->nginx.server),
		.listeners_complete = host->complete,
		.has_udp = host->has_udp,
		.masters = host->masters,
		.in_request = observe_in_request(scrape),
		.apps_hidden = !observe_knows_apps(scrape, &o->upstreams, &o->filter),
		.ways_known = o->ways.is_known,
		.has_subrequests = o->ways.has_subrequests,
		.ignores_aborts = o->ways.ignores_aborts,
		.renames_clients = o->ways.renames_clients,
	};
}

static bool look_at_nginx(struct observation *o, const struct fetch_ends *ends, struct err *err)
{
	const struct site *site = o->scrape->site;
	uint16_t port[SITE_PORTS_MAX + 1];
	struct listeners_question question = {
		.has_connection = o->scrape->nginx_probe.up && ends->is_tcp,
		.ours = ends->ours,
		.theirs = ends->theirs,
		.path = site->nginx.path,
		.port = port,
		.port_len = site->port_len,
		.listen_path = site->listen_path,
		.listen_path_len = site->listen_path_len,
		.other_path = o->upstreams.path,
		.other_path_len = o->upstreams.path_len,
		.known_pid = (uint32_t)site->memory.master_pid,
	};

	memcpy(port, site->port, site->port_len * sizeof(port[0]));
	if (!o->scrape->nginx_probe.up && site->nginx.path == NULL)
		port[question.port_len++] = site->nginx.port;
	o->ends = *ends;
	if (!listeners_find(&o->host, &o->reader, "/proc", &question, err))
		return false;
	(void)!nginx_ways_find(&o->ways, &o->host, "/proc", &o->ways_unknown);
	return true;
}

/* The kernel's side first: without it there is nothing to compare. */
static bool observe(struct observation *o, const struct fetch_ends *ends, struct err *err)
{
	struct scrape *scrape = o->scrape;
	struct err cause = {0};
	struct tally tally;

	if (!sockets_open(&o->reader, 0, false, &cause)) {
		if (scrape->ledger.has_lines)
			observe_blind(scrape, cause.text);
		return true;
	}
	if (observe_wants_nginx(scrape) && !look_at_nginx(o, ends, err))
		return false;
	/* Without an answer a port alone does not say who listens there: nginx's processes do. */
	if (!scrape->nginx_probe.up && !o->host.is_nginx)
		nginx_host_free(&o->host);
	observe_processes(&scrape->ledger, &o->host);
	observe_filter(&o->filter, &o->host, &o->upstreams);
	begin_input(o);
	if (!scrape->ledger.has_lines) {
		/* Finding nginx may have taken a busy host all the time that was left; that its
		 * queue is full is wanted now. */
		o->give_up = fmax(o->give_up, clock_now(CLOCK_MONOTONIC) + OBSERVE_LATE_MS / 1e3);
		(void)dump(o, &tally, &cause);
	} else if (o->host.source == LISTENERS_NONE) {
		observe_blind(scrape, o->host.reason);
		(void)dump(o, &tally, &cause);
	} else {
		run_rounds(o, &cause);
		make(o, &cause);
	}
	if (o->host.is_nginx)
		observe_blocked(&scrape->ledger, &o->host, &o->sockets, o->give_up, "/proc");
	if (!observe_queues(scrape, &o->host, &o->upstreams, &o->sockets, err))
		return false;
	observe_overflows(&scrape->ledger, "/proc");
	return true;
}

/* A site without nginx has no connection. */
static const struct fetch_ends *ends_of(const struct scrape *scrape)
{
	static const struct fetch_ends none = {.is_tcp = false};

	return scrape->link != NULL ? &scrape->link->ends : &none;
}

static bool look(struct scrape *scrape, double start, double deadline, struct err *err)
{
	double timeout = scrape->site->timeout_ms / 1e3;
	double rounds = fmin(timeout / OBSERVE_TIMEOUT_SHARE, OBSERVE_MS_MAX / 1e3);
	struct observation o = {
		.scrape = scrape,
		.keep = scrape->link != NULL ? observe_link_keep(scrape) : NULL,
		.reader = {.netlink_fd = -1},
		/* With all other targets, which may have taken some time. */
		.asked = start - fmax(0, clock_now(CLOCK_REALTIME) - scrape->time),
		.still = fmin(deadline, start + OBSERVE_STILL_MS / 1e3),
		.patient = fmin(deadline, start + timeout / OBSERVE_PATIENT_SHARE),
		.deadline = fmin(deadline, start + rounds),
		.give_up = deadline + OBSERVE_LATE_MS / 1e3,
	};
	bool ok;

	buf_init(&o.page, FETCH_NGINX_BYTES_MAX);
	ok = upstreams_find(&o.upstreams, scrape, err) && observe(&o, ends_of(scrape), err);
	upstreams_free(&o.upstreams);
	sockets_free(&o.sockets);
	nginx_host_free(&o.host);
	sockets_close(&o.reader);
	buf_free(&o.page);
	return ok;
}

bool observe_run(struct scrape *scrape, double deadline, struct err *err)
{
	double start = clock_now(CLOCK_MONOTONIC);
	bool ok = true;

	enum err_kind before = err_own_take();

	ledger_clear(&scrape->ledger);
	scrape->ledger.asked = observe_wants_nginx(scrape) || scrape->uwsgi_len > 0;
	scrape->ledger.has_lines = scrape->nginx_probe.up;
	scrape->ledger.has_no_room = start < deadline && observe_has_no_room(scrape);
	if (start > deadline + OBSERVE_LATE_MS / 1e3)
		observe_late(scrape);
	else if (scrape->ledger.asked)
		ok = look(scrape, start, deadline, err);
	if (err_own_seen() != ERR_NONE)
		observe_short(scrape, err_own_seen());
	err_own_note(before);
	if (scrape->ledger.asked) {
		scrape->ledger.oldest_request = scrape->uwsgi_site.up && scrape->uwsgi_len > 0
							? scrape->totals.oldest_request
							: NOT_KNOWN;
		scrape->ledger.seconds = clock_now(CLOCK_MONOTONIC) - start;
	}
	observe_link_free(scrape->link);
	scrape->link = NULL;
	return ok;
}
