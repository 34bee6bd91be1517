/* SPDX-License-Identifier: MIT */
/* observe_group.c - which scrapes are looked at together; see observe.h. */
#include "observe_inside.h"

#include <math.h>

#include "clock.h"
#include "observe_room.h"

/* ---- who may be looked at together ------------------------------------------------------------
 */

/* Without an answer there are no two ends. */
static bool is_up(const struct scrape *scrape)
{
	return scrape->nginx_probe.up && scrape->link != NULL;
}

static bool is_loopback(const struct endpoint *at)
{
	static const struct endpoint v6 = {.address = {[15] = 1}};

	return endpoint_is_v4(at) ? at->address[12] == 127
				  : memcmp(at->address, v6.address, sizeof(v6.address)) == 0;
}

/* Whether the page has come from this host, as far as the two ends say. */
static bool is_near(const struct scrape *scrape)
{
	const struct fetch_ends *ends = &scrape->link->ends;

	return ends->is_unix ||
	       (ends->is_tcp && (memcmp(ends->ours.address, ends->theirs.address,
					sizeof(ends->ours.address)) == 0 ||
				 (is_loopback(&ends->ours) && is_loopback(&ends->theirs))));
}

static bool same_page(const struct scrape *a, const struct scrape *b)
{
	return a->link != NULL && a->link == b->link;
}

/* Whether the user says the same of what nginx listens at. */
static bool same_listeners(const struct site *a, const struct site *b)
{
	bool same = a->port_len == b->port_len && a->listen_path_len == b->listen_path_len &&
		    memcmp(a->port, b->port, a->port_len * sizeof(a->port[0])) == 0;

	for (size_t i = 0; same && i < a->listen_path_len; i++)
		same = strcmp(a->listen_path[i], b->listen_path[i]) == 0;
	return same;
}

bool observe_may_gain(const struct scrape *scrape)
{
	return !scrape->site->has_nginx || (is_up(scrape) && is_near(scrape));
}

bool observe_may_share(const struct scrape *a, const struct scrape *b)
{
	if (!a->site->has_nginx || !b->site->has_nginx)
		return !a->site->has_nginx && !b->site->has_nginx;
	return same_page(a, b) || (observe_may_gain(a) && observe_may_gain(b));
}

/* ---- which nginx it is ------------------------------------------------------------------------
 */

/* Those whose page came over another connection may be of the same nginx. */
static void make_mates(const struct observation *o, struct listeners_mate *mate)
{
	const struct scrape *first = o->member[0].scrape;

	for (size_t i = 1; i < o->len; i++) {
		const struct scrape *scrape = o->member[i].scrape;

		if (!first->nginx_probe.up || same_page(first, scrape))
			continue;
		mate[i].has_connection = scrape->link->ends.is_tcp;
		mate[i].ours = scrape->link->ends.ours;
		mate[i].theirs = scrape->link->ends.theirs;
		mate[i].path = scrape->site->nginx.path;
	}
}

static size_t take_paths(const struct observation *o, const char **path)
{
	size_t len = 0;

	for (size_t i = 0; i < o->len; i++) {
		const struct upstreams *upstreams = &o->member[i].upstreams;

		for (size_t k = 0; path != NULL && k < upstreams->path_len; k++)
			path[len + k] = upstreams->path[k];
		len += upstreams->path_len;
	}
	return len;
}

/* A master that any of them has found before is the first one looked at. */
static uint32_t known_pid(const struct observation *o)
{
	size_t i = 0;

	while (i + 1 < o->len && o->member[i].scrape->site->memory.master_pid == 0)
		i++;
	return (uint32_t)o->member[i].scrape->site->memory.master_pid;
}

static bool find_nginx(struct observation *o, struct listeners_mate *mate, struct err *err)
{
	const struct scrape *first = o->member[0].scrape;
	const struct site *site = first->site;
	const char **path = calloc(take_paths(o, NULL) + 1, sizeof(*path));
	uint16_t port[SITE_PORTS_MAX + 1];
	struct listeners_question question = {
		.has_connection = first->nginx_probe.up && o->ends.is_tcp,
		.ours = o->ends.ours,
		.theirs = o->ends.theirs,
		.path = site->nginx.path,
		.port = port,
		.port_len = site->port_len,
		.listen_path = site->listen_path,
		.listen_path_len = site->listen_path_len,
		.other_path = path,
		.known_pid = known_pid(o),
		.mate = mate,
		.mate_len = o->len,
	};
	bool ok;

	if (path == NULL)
		return err_set(err, ERR_MEMORY, "out of memory");
	question.other_path_len = take_paths(o, path);
	memcpy(port, site->port, site->port_len * sizeof(port[0]));
	if (!first->nginx_probe.up && site->nginx.path == NULL)
		port[question.port_len++] = site->nginx.port;
	ok = listeners_find(&o->host, &o->reader, "/proc", &question, err);
	free(path);
	return ok;
}

/* A list with a hole proves nothing. */
static void make_filter(struct observation *o)
{
	if (observe_filter(&o->filter, &o->host) || !o->host.complete)
		return;
	o->host.complete = false;
	(void)snprintf(o->host.reason, sizeof(o->host.reason),
		       "nginx listens at more ports, or paths, than can be asked for at once (%d)",
		       SOCKETS_PORTS_MAX);
}

/* ---- the members ----------------------------------------------------------------------------- */

static void leave(struct member *member)
{
	upstreams_free(&member->upstreams);
	*member = (struct member){.scrape = NULL};
}

/* What the user says of listeners matters where nginx's own files cannot be seen. */
static bool belongs(const struct observation *o, const struct scrape *scrape,
		    const struct listeners_mate *mate)
{
	const struct scrape *first = o->member[0].scrape;
	bool same_words =
		o->host.source == LISTENERS_FDS || same_listeners(first->site, scrape->site);

	if (!first->site->has_nginx)
		return true;
	return same_words && (same_page(first, scrape) || mate->is_same);
}

static void choose_nobody(struct observation *o, struct scrape **scrape, size_t *len)
{
	for (size_t i = 1; i < o->len; i++) {
		scrape[i - 1] = scrape[i];
		leave(&o->member[i]);
	}
	*len = o->len - 1;
	o->len = 1;
}

/* Puts those who are of another nginx, and those whose applications one question to the kernel has
 * no room for, back into the list. */
static void choose(struct observation *o, const struct listeners_mate *mate, struct scrape **scrape,
		   size_t *len)
{
	size_t kept = 1, left = 0;

	(void)observe_filter_apps(&o->filter, &o->member[0].upstreams);
	for (size_t i = 1; i < o->len; i++) {
		struct sockets_filter filter = o->filter;

		if (belongs(o, o->member[i].scrape, &mate[i]) &&
		    observe_filter_apps(&filter, &o->member[i].upstreams)) {
			o->filter = filter;
			o->member[kept++] = o->member[i];
			continue;
		}
		scrape[left++] = o->member[i].scrape;
		leave(&o->member[i]);
	}
	o->len = kept;
	*len = left;
}

/* The page is read over a connection that stays, if one of them has such a page; each of them
 * otherwise. */
static void choose_asker(struct observation *o)
{
	o->asker = o->member[0].scrape;
	for (size_t i = 0; i < o->len && o->asker->site->nginx.scheme == TARGET_HTTPS; i++) {
		if (o->member[i].scrape->site->nginx.scheme != TARGET_HTTPS)
			o->asker = o->member[i].scrape;
	}
	if (o->asker->link != NULL)
		o->ends = o->asker->link->ends;
}

/* All that may be of it, for the time being. */
static bool take_all(struct observation *o, struct scrape **scrape, size_t len, struct err *err)
{
	o->member = calloc(len, sizeof(*o->member));
	if (o->member == NULL)
		return err_set(err, ERR_MEMORY, "out of memory");
	o->len = len;
	for (size_t i = 0; i < len; i++) {
		o->member[i].scrape = scrape[i];
		if (!upstreams_find(&o->member[i].upstreams, scrape[i], err))
			return false;
	}
	return true;
}

/* Whether nginx has room is found out once for all who share a page. */
static void clear(struct scrape *scrape, bool has_no_room)
{
	ledger_clear(&scrape->ledger);
	scrape->ledger.asked = observe_wants_nginx(scrape) || scrape->uwsgi_len > 0;
	scrape->ledger.has_lines = scrape->nginx_probe.up;
	scrape->ledger.has_no_room = has_no_room;
}

/* The kernel's side first: without it there is nothing to compare. */
static bool find_members(struct observation *o, struct scrape **scrape, size_t *len,
			 struct listeners_mate *mate, struct err *err)
{
	const struct scrape *first = scrape[0];

	if (first->link != NULL)
		o->ends = first->link->ends;
	make_mates(o, mate);
	if (observe_wants_nginx(first) && !find_nginx(o, mate, err))
		return false;
	/* Without an answer a port alone does not say who listens there: nginx's processes do. */
	if (!first->nginx_probe.up && !o->host.is_nginx)
		nginx_host_free(&o->host);
	make_filter(o);
	choose(o, mate, scrape, len);
	for (size_t i = 1; i < o->len; i++)
		clear(o->member[i].scrape, first->ledger.has_no_room);
	if (first->nginx_probe.up)
		choose_asker(o);
	if (o->host.source != LISTENERS_NONE)
		(void)!nginx_ways_find(&o->ways, &o->host, "/proc", &o->ways_unknown);
	return true;
}

static void set_times(struct observation *o, double deadline)
{
	const struct scrape *scrape = o->member[0].scrape;
	unsigned timeout_ms = scrape->site->timeout_ms;
	double timeout, rounds;

	for (size_t i = 1; i < o->len; i++) {
		if (o->member[i].scrape->site->timeout_ms < timeout_ms)
			timeout_ms = o->member[i].scrape->site->timeout_ms;
	}
	timeout = timeout_ms / 1e3;
	rounds = fmin(timeout / OBSERVE_TIMEOUT_SHARE, OBSERVE_MS_MAX / 1e3);
	o->still = fmin(deadline, o->began + OBSERVE_STILL_MS / 1e3);
	o->patient = fmin(deadline, o->began + timeout / OBSERVE_PATIENT_SHARE);
	o->deadline = fmin(deadline, o->began + rounds);
	o->give_up = deadline + OBSERVE_LATE_MS / 1e3;
	/* With all other targets, which may have taken some time. */
	o->asked = o->began - fmax(0, clock_now(CLOCK_REALTIME) - scrape->time);
}

static bool begin(struct observation *o, struct scrape **scrape, size_t *len, double deadline,
		  struct err *err)
{
	struct scrape *first = scrape[0];
	struct listeners_mate *mate = calloc(*len, sizeof(*mate));
	struct err cause = {0};
	bool ok = true;

	if (mate == NULL || !take_all(o, scrape, *len, err)) {
		free(mate);
		return err_set(err, ERR_MEMORY, "out of memory");
	}
	clear(first, o->began < deadline && observe_has_no_room(first));
	o->is_over = true;
	if (o->began > deadline + OBSERVE_LATE_MS / 1e3) {
		observe_late(first);
	} else if (first->ledger.asked && !sockets_open(&o->reader, 0, false, &cause)) {
		if (first->ledger.has_lines)
			observe_blind(first, cause.text);
	} else if (first->ledger.asked) {
		o->is_over = false;
		ok = find_members(o, scrape, len, mate, err);
	}
	if (o->is_over)
		choose_nobody(o, scrape, len);
	set_times(o, deadline);
	free(mate);
	return ok;
}

struct observation *observe_begin(struct scrape **scrape, size_t *len, double deadline,
				  struct err *err)
{
	struct observation *o = calloc(1, sizeof(*o));
	enum err_kind before = err_own_take();
	bool ok;

	if (o == NULL) {
		err_set(err, ERR_MEMORY, "out of memory");
		return NULL;
	}
	o->began = clock_now(CLOCK_MONOTONIC);
	o->reader.netlink_fd = -1;
	o->every.reader = &o->reader;
	o->own.own = scrape[0]->site->own;
	buf_init(&o->page, FETCH_NGINX_BYTES_MAX);
	ok = begin(o, scrape, len, deadline, err);
	o->own_trouble = err_own_seen();
	err_own_note(before);
	if (ok)
		return o;
	observe_free(o);
	return NULL;
}

size_t observe_len(const struct observation *o)
{
	return o->len;
}

void observe_free(struct observation *o)
{
	for (size_t i = 0; i < o->len; i++)
		upstreams_free(&o->member[i].upstreams);
	free(o->member);
	observe_own_free(&o->own);
	observe_every_free(&o->every);
	sockets_free(&o->sockets);
	nginx_host_free(&o->host);
	sockets_close(&o->reader);
	buf_free(&o->page);
	free(o);
}
