/* SPDX-License-Identifier: MIT */
/* queue.c - the listen queues of uWSGI; see queue.h. */
#include "queue.h"

#include <math.h>

static const struct backlog *find(const struct list *list, const char *name)
{
	const struct backlog *backlog = list->item;

	for (size_t i = 0; i < list->len; i++) {
		if (strcmp(backlog[i].name, name) == 0)
			return isnan(backlog[i].queue) ? NULL : &backlog[i];
	}
	return NULL;
}

/* In a container uWSGI may name an address that somebody else of this host has: then the limit is
 * another one. */
static bool is_the_same(const struct backlog *backlog, const struct uwsgi_socket *socket)
{
	return socket->max_queue == 0 || isnan(backlog->limit) ||
	       (uint64_t)backlog->limit == socket->max_queue;
}

static void add(struct uwsgi_totals *totals, double queue, double limit)
{
	totals->queue_known = true;
	totals->queue += (uint64_t)queue;
	if (!(limit > 0))
		return;
	totals->queue_max += (uint64_t)limit;
	if (isnan(totals->queue_percent) || 100 * queue / limit > totals->queue_percent)
		totals->queue_percent = 100 * queue / limit;
}

/* Why it is not known how full it is or how many found it full. */
static void say_why(const struct uwsgi_socket *socket, const struct backlog *backlog, bool local,
		    struct err *why)
{
	const char *name = socket->name[0] == '\0' ? "its socket" : socket->name;

	if (backlog == NULL)
		(void)err_set(why, ERR_NOT_FOUND, "uWSGI cannot see that of %.80s, and %s", name,
			      local ? "it is not in this network namespace"
				    : "--stats names no address of this host");
	else if (!backlog->is_tcp)
		(void)err_set(why, ERR_NOT_FOUND,
			      "the kernel counts them for TCP only, not for %.80s", name);
	else
		(void)err_set(
			why, ERR_NOT_FOUND,
			"the kernel does not say (ListenOverflows in /proc/self/net/netstat)");
}

static void add_socket(struct scrape *scrape, const struct uwsgi_scrape *server,
		       const struct uwsgi_socket *socket, struct err *why)
{
	struct uwsgi_totals *totals = &scrape->totals;
	bool local = target_is_local(server->target);
	const struct backlog *backlog = local ? find(&scrape->ledger.sockets, socket->name) : NULL;

	if (backlog != NULL && !is_the_same(backlog, socket))
		backlog = NULL;
	if (backlog != NULL)
		add(totals, backlog->queue, backlog->limit);
	else if (socket->max_queue > 0)
		add(totals, (double)socket->queue, (double)socket->max_queue);
	if (backlog != NULL && backlog->is_tcp && scrape->ledger.overflows_known) {
		totals->queue_overflows_known = true;
		totals->queue_overflows = scrape->ledger.listen_overflows;
	} else {
		say_why(socket, backlog, local, why);
	}
}

void nagios_queue_settle(struct scrape *scrape, struct err *why)
{
	struct uwsgi_totals *totals = &scrape->totals;

	if (!scrape->uwsgi_site.up || scrape->uwsgi_len == 0)
		return;
	totals->queue = 0;
	totals->queue_max = 0;
	totals->queue_known = false;
	totals->queue_overflows = 0;
	totals->queue_overflows_known = false;
	totals->queue_percent = NOT_KNOWN;
	for (size_t i = 0; i < scrape->uwsgi_len; i++) {
		const struct uwsgi_stats *stats = &scrape->uwsgi[i].stats;
		const struct uwsgi_socket *socket = stats->sockets.item;

		for (size_t k = 0; k < stats->sockets.len; k++)
			add_socket(scrape, &scrape->uwsgi[i], &socket[k], why);
	}
}
