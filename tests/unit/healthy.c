/* SPDX-License-Identifier: MIT */
/* healthy.c - a busy site with nothing wrong; see healthy.h. */
#include "healthy.h"

#include "uwsgi.h"

#define NOW 1700000000.0

static void make_ledger(struct healthy *healthy)
{
	struct ledger *ledger = &healthy->scrape.ledger;
	const double held[HELD_MAX] = {
		[HELD_REQUEST] = 6,
		[HELD_KEEPALIVE] = 330,
		[HELD_UNANSWERED] = 8,
		[HELD_APP_QUEUE] = 2,
		[HELD_APP] = 7,
		[HELD_SENDING] = 40,
		[HELD_STALLED_CLIENT] = 6,
		[HELD_VANISHED_CLIENT] = 1,
		[HELD_HALF_CLOSED] = 0,
		[HELD_LINGERING] = 2,
		[HELD_LONG_LIVED] = 10,
		[HELD_PHANTOM] = 0,
		[HELD_UNEXPLAINED] = 0,
	};

	*ledger = (struct ledger){
		.asked = true,
		.has_lines = true,
		.total = 412,
		.writing = 76,
		.confidence = CONFIDENCE_EXACT,
		.phantom_exact = true,
		.requests = {2, 7},
		.requests_low = {2, 7},
		.requests_high = {2, 7},
		.requests_reason = "",
		.blocked_app = 0,
		.orphaned = 1,
		.abandoned = 0,
		.oldest_request = 2,
		.processes_known = true,
		.masters = 1,
		.workers = 4,
		.worker_age_gap = 0.04,
		.worker_newest = NOW - 10 * 86400,
		.master_started = NOW - 30 * 86400,
		.fd_limit = 65536,
		.samples = 5,
		.spread = 2,
	};
	memcpy(ledger->held, held, sizeof(held));
	memcpy(ledger->low, held, sizeof(held));
	memcpy(ledger->high, held, sizeof(held));
	healthy->listener[0] = (struct backlog){.name = "*:80", .queue = 3, .limit = 511};
	healthy->listener[1] = (struct backlog){.name = "*:443", .queue = 0, .limit = 511};
	ledger->listeners = (struct list){.item = healthy->listener, .len = 2};
	healthy->socket[0] = (struct backlog){.name = "/run/app.sock", .queue = 2, .limit = 100};
	ledger->sockets = (struct list){.item = healthy->socket, .len = 1};
}

void healthy_init(struct healthy *healthy)
{
	struct scrape *scrape = &healthy->scrape;

	*healthy = (struct healthy){.site = {.has_nginx = true, .want_ledger = true}};
	scrape->site = &healthy->site;
	scrape->time = NOW;
	scrape->nginx_probe = (struct probe){.asked = true, .up = true};
	scrape->nginx = (struct nginx_status){
		.active = 413,
		.reading = 5,
		.writing = 77,
		.waiting = 331,
		.accepts = 1000000,
		.handled = 999998,
		.requests = 9000000,
		.dropped = 2,
		.server = "nginx/1.22.1",
	};
	scrape->uwsgi = healthy->uwsgi;
	scrape->uwsgi_len = 1;
	healthy->uwsgi[0].probe = (struct probe){.asked = true, .up = true};
	for (size_t i = 0; i < ARRAY_LEN(healthy->uwsgi); i++)
		uwsgi_stats_init(&healthy->uwsgi[i].stats);
	healthy->uwsgi[0].stats.sockets.item = healthy->own_socket;
	scrape->uwsgi_site = (struct uwsgi_site){.up = true, .servers = 1};
	scrape->totals = (struct uwsgi_totals){
		.workers = 8,
		.busy = 7,
		.idle = 1,
		.cores = 8,
		.busy_cores = 7,
		.busy_percent = 87.5,
		.queue_percent = NOT_KNOWN,
		.requests = 4000000,
		.exceptions = 40,
		.harakiri_count = 3,
		.respawn_count = 30,
		.oldest_request = 2,
	};
	make_ledger(healthy);
}

void healthy_hold(struct healthy *healthy, enum held_by line, double connections)
{
	struct ledger *ledger = &healthy->scrape.ledger;

	ledger->held[line] = ledger->low[line] = ledger->high[line] = connections;
	/* Over HTTP/1 each of these has one request. */
	if (line == HELD_APP_QUEUE)
		healthy_request(healthy, REQUESTS_QUEUED, connections);
	else if (line == HELD_APP)
		healthy_request(healthy, REQUESTS_ACTIVE, connections);
}

void healthy_request(struct healthy *healthy, enum request_at at, double requests)
{
	struct ledger *ledger = &healthy->scrape.ledger;

	ledger->requests[at] = ledger->requests_low[at] = ledger->requests_high[at] = requests;
}

void healthy_move(struct healthy *healthy, enum held_by line, double connections)
{
	const double *held = healthy->scrape.ledger.held;

	healthy_hold(healthy, HELD_KEEPALIVE, held[HELD_KEEPALIVE] - connections);
	healthy_hold(healthy, line, held[line] + connections);
}
