/* SPDX-License-Identifier: MIT */
/* observe_result.c - what a look at this host ends in; see observe.h and observe_parts.h. */
#include "observe_inside.h"

double observe_in_request(const struct scrape *scrape)
{
	return scrape->uwsgi_len > 0 && scrape->uwsgi_site.up ? (double)scrape->totals.busy_cores
							      : NOT_KNOWN;
}

void observe_blind(struct scrape *scrape, const char *reason)
{
	const struct uwsgi_totals *totals = &scrape->totals;
	bool knows_queue = !isnan(observe_in_request(scrape)) && totals->queue_known;

	ledger_make_blind(&scrape->ledger, &scrape->nginx, observe_in_request(scrape),
			  knows_queue ? (double)totals->queue : NOT_KNOWN, reason);
}

/* Of the queues, too, nothing is known then. */
void observe_late(struct scrape *scrape)
{
	if (scrape->ledger.has_lines)
		observe_blind(scrape, "no time was left for it before the deadline of this scrape");
}

/* What could not be opened or stored may be missing anywhere. */
void observe_short(struct scrape *scrape, enum err_kind kind)
{
	scrape->ledger.listeners.len = 0;
	scrape->ledger.sockets.len = 0;
	scrape->ledger.backlog_percent = NOT_KNOWN;
	scrape->ledger.overflows_known = false;
	scrape->ledger.processes_known = false;
	scrape->basis.is_there = false;
	if (scrape->ledger.has_lines)
		observe_blind(scrape, err_own_text(kind));
}

/* Whether what only nginx counts can be no connection that was overlooked. */
static bool is_whole(const struct ledger_input *input)
{
	return input->listeners_complete && !input->has_udp && input->masters <= 1;
}

static bool same_memory(const struct phantoms_memory *a, const struct phantoms_memory *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

void observe_conclude(struct scrape *scrape, const struct phantoms_memory *memory)
{
	struct ledger_basis *basis = &scrape->basis;
	struct ledger_input input = basis->input;
	struct phantoms_memory known;

	if (!basis->is_there)
		return;
	known = *phantoms_better(memory, &basis->known, &input.nginx);
	if (basis->is_used && same_memory(&known, &basis->used))
		return;
	basis->is_used = true;
	basis->used = known;
	input.incomplete = basis->incomplete;
	input.ways_unknown = basis->ways_unknown;
	ledger_find_phantoms(&known, &basis->looks, &input);
	if (!is_whole(&input))
		known.low = 0;
	ledger_make(&scrape->ledger, &basis->looks, &input, &known);
	if (!is_whole(&input) || !input.nginx.is_known)
		known = (struct phantoms_memory){.master_pid = scrape->ledger.master_pid};
	scrape->memory = known;
}
