/* SPDX-License-Identifier: MIT */
/*
 * ledger_looks.c - which look is the best, and what all of them say of phantoms; see ledger.h.
 *
 * A look is "nginx says, the kernel has, nginx says": between the two readings of nginx some
 * connections were opened and closed, and nobody knows on which side of the dump. nginx's own
 * counters tell how many there were. If all that opened did so before the dump and all that closed
 * after it, the kernel has so many too many; the other way round, too few. So each look gives two
 * bounds, which are the same when nothing opened or closed.
 */
#include "ledger.h"

bool ledger_gap_of(struct ledger_gap *ret, const struct ledger_look *look)
{
	const struct nginx_status *before = &look->before;
	const struct nginx_status *after = &look->after;
	double own = look->own_is_new || look->tally.own_is_found ? 1 : 0;
	double gap = (double)before->active - own - (double)look->tally.count[TALLY_CLIENTS];
	double opened, closed, requests, moved;

	if (after->accepts < before->accepts || after->handled < before->handled ||
	    after->requests <= before->requests)
		return false;
	opened = (double)(after->handled - before->handled) - (look->own_is_new ? 1 : 0);
	closed = opened - (double)(after->active - before->active);
	requests = (double)(after->requests - before->requests) - 1;
	moved = fabs((double)(after->reading - before->reading)) +
		fabs((double)(after->writing - before->writing)) +
		fabs((double)(after->waiting - before->waiting));
	*ret = (struct ledger_gap){.low = gap - closed - (double)look->own_busy,
				   .high = gap + opened,
				   .events = opened + closed + requests + moved +
					     (double)look->own_busy};
	return opened >= 0 && closed >= 0;
}

bool ledger_add(struct ledger_looks *looks, const struct ledger_look *look)
{
	struct ledger_gap gap;
	double guess;
	bool is_best;

	if (looks->len == LEDGER_LOOKS_MAX || !ledger_gap_of(&gap, look)) {
		looks->skipped++;
		return false;
	}
	guess = (gap.low + gap.high) / 2;
	looks->gap[looks->len] = (struct phantoms_look){.time = look->time,
							.handled = (double)look->after.handled,
							.low = gap.low,
							.high = gap.high,
							.unlisted = look->unlisted,
							.unnoticed = look->unnoticed,
							.early = look->early,
							.is_held = look->is_held};
	looks->least_gap = looks->len == 0 ? guess : fmin(looks->least_gap, guess);
	looks->largest_gap = looks->len == 0 ? guess : fmax(looks->largest_gap, guess);
	is_best = looks->len == 0 || gap.events <= looks->events;
	if (is_best) {
		looks->best = *look;
		looks->events = gap.events;
	}
	looks->len++;
	return is_best;
}

void ledger_find_phantoms(struct phantoms_memory *memory, const struct ledger_looks *looks,
			  const struct ledger_input *input)
{
	for (size_t i = 0; i < looks->len; i++) {
		struct phantoms_look look = looks->gap[i];

		look.is_deaf = !input->ways_known || input->ignores_aborts;
		phantoms_take(memory, &input->nginx, &look);
	}
}

bool ledger_is_settled(const struct ledger_looks *looks, const struct ledger_input *input,
		       const struct phantoms_memory *before)
{
	struct phantoms_memory memory = *before;

	ledger_find_phantoms(&memory, looks, input);
	return looks->len > 0 && looks->events == 0 && memory.low == memory.high;
}
