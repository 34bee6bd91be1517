/* SPDX-License-Identifier: MIT */
/* observe.c - rounds of nginx's page and the kernel's sockets; see observe.h. */
#include "observe.h"

#include <assert.h>
#include <math.h>

#include "clock.h"
#include "nginx.h"
#include "observe_parts.h"

static_assert(SCRAPE_OVERTIME_MS == OBSERVE_LATE_MS + OBSERVE_READ_MS,
	      "a last round has this long");

/* One scrape's look at this host. */
struct observation {
	struct scrape *scrape;
	struct fetch_keep *keep;
	struct fetch_ends ends; /* of the page that was read last */
	struct sockets_reader reader;
	struct nginx_host host;
	struct sockets sockets;
	struct sockets_filter filter;
	struct upstreams upstreams;
	const struct ledger_memory *memory; /* what is remembered of these processes, or NULL */
	struct ledger_sum sum;
	struct buf page;
	double patient;  /* CLOCK_MONOTONIC: the first round may take so long */
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
	double until = o->sum.samples == 0 ? o->patient : o->deadline;
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
		.own_inode = o->ends.is_unix ? o->ends.our_inode : 0,
		.busy = o->upstreams.busy,
		.busy_len = o->upstreams.busy_len,
		.now = o->scrape->time,
	};

	o->reader.deadline = o->give_up;
	if (!sockets_dump(&o->reader, &o->filter, &o->sockets, err))
		return false;
	tally_make(tally, &o->sockets, &question);
	return true;
}

/* Until the samples agree, time is over, or one of both sides has nothing more to say. The page
 * that the scrape began with is the first one. */
static void run_rounds(struct observation *o, struct err *err)
{
	struct ledger_sample sample = {.before = o->scrape->nginx};

	do {
		struct fetch_ends before = o->ends;

		if (!dump(o, &sample.tally, err))
			return;
		if (!read_status(o, &sample.after)) {
			(void)err_set(err, ERR_RESET, "nginx answered once and not again");
			return;
		}
		sample.own_is_new = !is_same_connection(&before, &o->ends);
		ledger_add(&o->sum, &sample);
		sample.before = sample.after;
	} while (!ledger_is_settled(&o->sum, o->memory) &&
		 clock_now(CLOCK_MONOTONIC) < o->deadline);
	if (o->sum.samples == 0)
		err_set(err, ERR_PARSE,
			"the counters of nginx went backwards in each round: it is being "
			"restarted, or "
			"two masters answer in turn");
}

/* ---- what comes of it ------------------------------------------------------------------------ */

/* nginx's page and the ledger tell of the same moment. */
static void align_status(struct scrape *scrape, const struct ledger_sum *sum)
{
	double len = (double)sum->samples;

	scrape->nginx.active = (int64_t)scrape->ledger.total + 1;
	scrape->nginx.reading = (int64_t)round(sum->reading / len);
	scrape->nginx.writing = (int64_t)scrape->ledger.writing + 1;
	scrape->nginx.waiting = (int64_t)round(sum->waiting / len);
}

static double in_request_of(const struct scrape *scrape)
{
	return scrape->uwsgi_len > 0 && scrape->uwsgi_site.up ? (double)scrape->totals.busy_cores
							      : NOT_KNOWN;
}

static void go_blind(struct scrape *scrape, const char *reason)
{
	const struct uwsgi_totals *totals = &scrape->totals;
	bool knows_queue = !isnan(in_request_of(scrape)) && totals->queue_known;

	ledger_make_blind(&scrape->ledger, &scrape->nginx, in_request_of(scrape),
			  knows_queue ? (double)totals->queue : NOT_KNOWN, reason);
}

/* Of the queues, too, nothing is known then. */
static void go_late(struct scrape *scrape)
{
	if (scrape->ledger.has_lines)
		go_blind(scrape, "no time was left for it before the deadline of this scrape");
}

/* What could not be opened or stored may be missing anywhere. */
static void go_short(struct scrape *scrape, enum err_kind kind)
{
	scrape->ledger.listeners.len = 0;
	scrape->ledger.sockets.len = 0;
	scrape->ledger.backlog_percent = NOT_KNOWN;
	scrape->ledger.overflows_known = false;
	scrape->ledger.processes_known = false;
	scrape->basis.is_there = false;
	if (scrape->ledger.has_lines)
		go_blind(scrape, err_own_text(kind));
}

void observe_conclude(struct scrape *scrape, const struct ledger_memory *memory)
{
	struct ledger_basis *basis = &scrape->basis;
	struct ledger_input input = basis->input;

	if (!basis->is_there)
		return;
	input.memory = ledger_memory_of(memory, &scrape->ledger);
	input.incomplete = basis->incomplete;
	ledger_make(&scrape->ledger, &basis->sum, &input);
	if (basis->is_memorable)
		scrape->memory = ledger_remember(input.memory, &basis->sum, &scrape->ledger);
	else
		scrape->memory = (struct ledger_memory){.master_pid = scrape->ledger.master_pid};
	align_status(scrape, &basis->sum);
}

static void make(struct observation *o, const struct err *err)
{
	struct scrape *scrape = o->scrape;
	struct ledger_basis *basis = &scrape->basis;

	if (o->sum.samples == 0) {
		go_blind(scrape, err->text);
		return;
	}
	*basis = (struct ledger_basis){
		.is_there = true,
		.is_memorable = o->host.complete && !o->host.has_udp && o->host.masters == 1,
		.sum = o->sum,
		.input = {.version = nginx_version_of(scrape->nginx.server),
			  .has_info = o->sockets.has_info,
			  .listeners_complete = o->host.complete,
			  .has_udp = o->host.has_udp,
			  .masters = o->host.masters,
			  .in_request = in_request_of(scrape)},
	};
	memcpy(basis->incomplete, o->host.reason, sizeof(o->host.reason));
	observe_conclude(scrape, &scrape->site->memory);
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
		.other_path = o->upstreams.path,
		.other_path_len = o->upstreams.path_len,
		.known_pid = (uint32_t)site->memory.master_pid,
	};

	memcpy(port, site->port, site->port_len * sizeof(port[0]));
	if (!o->scrape->nginx_probe.up && site->nginx.path == NULL)
		port[question.port_len++] = site->nginx.port;
	o->ends = *ends;
	return listeners_find(&o->host, &o->reader, "/proc", &question, err);
}

/* An nginx that does not answer may have a full accept queue. Which port is its own can be told
 * without a connection if the target names this host. */
static bool is_nginx_looked_at(const struct scrape *scrape)
{
	const struct probe *probe = &scrape->nginx_probe;
	bool is_silent =
		probe->asked && (probe->err.kind == ERR_TIMEOUT || probe->err.kind == ERR_RESET);

	return probe->up || (is_silent && target_is_local(&scrape->site->nginx));
}

/* The kernel's side first: without it there is nothing to compare. */
static bool observe(struct observation *o, const struct fetch_ends *ends, struct err *err)
{
	struct scrape *scrape = o->scrape;
	struct err cause = {0};
	struct tally tally;

	if (!sockets_open(&o->reader, 0, false, &cause)) {
		if (scrape->ledger.has_lines)
			go_blind(scrape, cause.text);
		return true;
	}
	if (is_nginx_looked_at(scrape) && !look_at_nginx(o, ends, err))
		return false;
	/* Without an answer a port alone does not say who listens there: nginx's processes do. */
	if (!scrape->nginx_probe.up && !o->host.is_nginx)
		nginx_host_free(&o->host);
	observe_processes(&scrape->ledger, &o->host);
	o->memory = ledger_memory_of(&scrape->site->memory, &scrape->ledger);
	observe_filter(&o->filter, &o->host, &o->upstreams);
	if (!scrape->ledger.has_lines) {
		/* Finding nginx may have taken a busy host all the time that was left; that its queue is
		 * full is wanted now. */
		o->give_up = fmax(o->give_up,
				  clock_now(CLOCK_MONOTONIC) + OBSERVE_LATE_MS / 1e3);
		(void)dump(o, &tally, &cause);
	} else if (o->host.source == LISTENERS_NONE) {
		go_blind(scrape, o->host.reason);
		(void)dump(o, &tally, &cause);
	} else {
		run_rounds(o, &cause);
		make(o, &cause);
	}
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
	scrape->ledger.asked = is_nginx_looked_at(scrape) || scrape->uwsgi_len > 0;
	scrape->ledger.has_lines = scrape->nginx_probe.up;
	if (start > deadline + OBSERVE_LATE_MS / 1e3)
		go_late(scrape);
	else if (scrape->ledger.asked)
		ok = look(scrape, start, deadline, err);
	if (err_own_seen() != ERR_NONE)
		go_short(scrape, err_own_seen());
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
