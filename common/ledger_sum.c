/* SPDX-License-Identifier: MIT */
/*
 * ledger_sum.c - adds up samples, and says what nginx counts without a socket; see ledger.h.
 *
 * A sample is "nginx says, the kernel has, nginx says": between the two readings of nginx some
 * connections were opened and closed, and nobody knows on which side of the dump. nginx's own
 * counters tell how many there were. If all that opened did so before the dump and all that closed
 * after it, the kernel has so many too many; the other way round, too few. So each sample gives two
 * bounds, which are the same when nothing opened or closed, and several samples together narrower
 * ones than any.
 *
 * Averages do not do: nginx answers us at a certain point of its round of events, where it has more
 * or fewer connections than on average.
 */
#include "ledger.h"

enum {
	QUIET_ENOUGH = 2,   /* quiet samples that agree, where requests come and go */
	SLACK = 2,          /* workers may be in that moment at once */
	MOVING_SAMPLES = 5, /* where requests come and go, the lines need a mean too */
};

/* Of one sample. */
struct change {
	double opened;
	double closed;
	bool is_still; /* no request either */
};

/* False when the counters do not belong together. */
static bool change_of(struct change *ret, const struct ledger_sample *sample)
{
	const struct nginx_status *before = &sample->before;
	const struct nginx_status *after = &sample->after;
	double own = sample->own_is_new ? 1 : 0;

	if (after->accepts < before->accepts || after->handled < before->handled ||
	    after->requests <= before->requests)
		return false;
	ret->opened = (double)(after->handled - before->handled) - own;
	ret->closed = ret->opened - (double)(after->active - before->active);
	ret->is_still = after->requests - before->requests == 1 && ret->opened == 0 &&
			ret->closed == 0 && after->reading == before->reading &&
			after->writing == before->writing;
	return ret->opened >= 0 && ret->closed >= 0;
}

static double middle(int64_t a, int64_t b)
{
	return ((double)a + (double)b) / 2;
}

static double larger(double a, double b)
{
	return a > b ? a : b;
}

static double smaller(double a, double b)
{
	return a < b ? a : b;
}

/* nginx has a socket a moment before it counts it and a moment after it has stopped to: a sample
 * may fall into that moment, and shows too little then, never too much. So where bounds of samples
 * contradict each other the lower one is right. */
static void add_bounds(struct ledger_sum *sum, const struct change *change, double gap_before)
{
	double low = gap_before - change->closed;
	double high = gap_before + change->opened;

	sum->low = sum->samples == 0 ? low : larger(sum->low, low);
	sum->high = larger(sum->samples == 0 ? high : smaller(sum->high, high), sum->low);
}

static void add_gap(struct ledger_sum *sum, const struct change *change, double gap)
{
	double events = change->opened + change->closed;

	if (events == 0) {
		sum->quiet++;
	} else {
		sum->weight += 1 / events;
		sum->weighted_gap += gap / events;
	}
	sum->least_gap = sum->samples == 0 ? gap : smaller(sum->least_gap, gap);
	sum->largest_gap = sum->samples == 0 ? gap : larger(sum->largest_gap, gap);
}

void ledger_add(struct ledger_sum *sum, const struct ledger_sample *sample)
{
	const struct nginx_status *before = &sample->before;
	const struct nginx_status *after = &sample->after;
	double active = middle(before->active, after->active) - 1;
	double clients = (double)sample->tally.count[TALLY_CLIENTS];
	struct change change;

	if (!change_of(&change, sample)) {
		sum->skipped++;
		return;
	}
	add_gap(sum, &change, active - clients);
	add_bounds(sum, &change, (double)before->active - 1 - clients);
	sum->is_still = change.is_still && (sum->samples == 0 || sum->is_still);
	sum->samples++;
	sum->active += active;
	sum->reading += middle(before->reading, after->reading);
	sum->writing += middle(before->writing, after->writing) - 1;
	sum->waiting += middle(before->waiting, after->waiting);
	for (size_t i = 0; i < TALLY_NUMBERS; i++)
		sum->tally[i] += (double)sample->tally.count[i];
	sum->app_is_here = sample->tally.app_is_here;
	sum->app_is_away = sample->tally.app_is_away;
}

/* ---- memory ---------------------------------------------------------------------------------- */

const struct ledger_memory *ledger_memory_of(const struct ledger_memory *memory,
					     const struct ledger *ledger)
{
	bool is_same = ledger->processes_known && memory->processes > 0 &&
		       memory->processes == (double)ledger->process_mark;

	return is_same ? memory : NULL;
}

/* What is remembered and what the samples show must fit, or something happened that is not
 * understood: then the samples are believed. That they show a little too little is understood. */
static bool is_believed(const struct ledger_memory *memory, const struct ledger_sum *sum)
{
	return memory != NULL && memory->low <= sum->high + SLACK && memory->high >= sum->low;
}

double ledger_gap(const struct ledger_sum *sum, const struct ledger_memory *memory, double *low,
		  double *high)
{
	double gap = sum->weight > 0 ? sum->weighted_gap / sum->weight : sum->low;

	*low = sum->low;
	*high = sum->high;
	if (is_believed(memory, sum)) {
		*low = larger(*low, memory->low);
		*high = larger(*low, smaller(*high, memory->high));
	}
	return larger(*low, smaller(*high, gap));
}

struct ledger_memory ledger_remember(const struct ledger_memory *before,
				     const struct ledger_sum *sum, const struct ledger *ledger)
{
	struct ledger_memory memory = {
		.processes = ledger->processes_known ? (double)ledger->process_mark : 0,
		.master_pid = (double)ledger->master_pid,
	};

	(void)ledger_gap(sum, before, &memory.low, &memory.high);
	return memory;
}

/* ---- enough? --------------------------------------------------------------------------------- */

bool ledger_is_settled(const struct ledger_sum *sum, const struct ledger_memory *memory)
{
	double low, high;

	if (sum->samples == 0)
		return false;
	if (sum->is_still)
		return true;
	if (sum->samples < MOVING_SAMPLES)
		return false;
	(void)ledger_gap(sum, memory, &low, &high);
	return sum->quiet >= QUIET_ENOUGH || (sum->quiet == 0 && high <= low);
}
