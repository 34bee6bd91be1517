/* SPDX-License-Identifier: MIT */
/*
 * ledger_sum.c - adds up samples, and says what nginx counts without a socket; see ledger.h.
 *
 * A sample is "nginx says, the kernel has, nginx says": between the two readings of nginx some
 * connections were opened and closed, and nobody knows on which side of the dump. nginx's own
 * counters tell how many there were. A sample without any is exact, whatever the others say. Of the
 * rest each open or close puts the mean of the two readings off by a half, up or down, so a sample
 * with n of them is worth 1/n: the mean so weighted is off by 1 / (2 sqrt(sum of 1/n)).
 */
#include "ledger.h"

enum {
	QUIET_ENOUGH = 2,   /* quiet samples that agree, where requests come and go */
	MOVING_SAMPLES = 5, /* where requests come and go, the lines need a mean too */
};

/* What the gap may be off by at most to be told to the connection. */
#define GAP_BLUR_GOAL 0.2

/* How many standard deviations off is no accident. */
#define DISBELIEF 5

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
	return ret->opened >= 0;
}

static double middle(int64_t a, int64_t b)
{
	return ((double)a + (double)b) / 2;
}

static void add_gap(struct ledger_sum *sum, const struct change *change, double gap)
{
	double events = change->opened + fabs(change->closed);

	if (events == 0) {
		sum->quiet++;
		sum->quiet_gap += gap;
	} else {
		sum->weight += 1 / events;
		sum->weighted_gap += gap / events;
	}
	sum->least_gap = sum->samples == 0 || gap < sum->least_gap ? gap : sum->least_gap;
	sum->largest_gap = sum->samples == 0 || gap > sum->largest_gap ? gap : sum->largest_gap;
}

void ledger_add(struct ledger_sum *sum, const struct ledger_sample *sample)
{
	const struct nginx_status *before = &sample->before;
	const struct nginx_status *after = &sample->after;
	double active = middle(before->active, after->active) - 1;
	struct change change;

	if (!change_of(&change, sample)) {
		sum->skipped++;
		return;
	}
	add_gap(sum, &change, active - (double)sample->tally.count[TALLY_CLIENTS]);
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

static double blur_of(double weight)
{
	return weight > 0 ? 0.5 / sqrt(weight) : (double)INFINITY;
}

/* What was exact and what the samples show must fit, or something happened that is not understood.
 */
static bool is_believed(const struct ledger_memory *memory, const struct ledger_sum *sum)
{
	return memory != NULL && memory->is_exact && sum->weight > 0 &&
	       fabs(sum->weighted_gap / sum->weight - memory->gap) <=
		       DISBELIEF * blur_of(sum->weight);
}

struct ledger_memory ledger_remember(const struct ledger_memory *before,
				     const struct ledger_sum *sum, const struct ledger *ledger)
{
	struct ledger_memory memory = {
		.processes = ledger->processes_known ? (double)ledger->process_mark : 0,
		.master_pid = (double)ledger->master_pid,
		.is_exact = sum->quiet > 0,
		.weight = sum->weight,
		.weighted_gap = sum->weighted_gap,
	};

	if (sum->quiet > 0) {
		memory.gap = sum->quiet_gap / (double)sum->quiet;
	} else if (is_believed(before, sum)) {
		memory.is_exact = true;
		memory.gap = before->gap;
	} else if (before != NULL && !before->is_exact) {
		memory.weight += before->weight;
		memory.weighted_gap += before->weighted_gap;
	}
	return memory;
}

double ledger_gap(const struct ledger_sum *sum, const struct ledger_memory *memory, double *blur)
{
	double weight = sum->weight;
	double weighted_gap = sum->weighted_gap;

	*blur = 0;
	if (sum->quiet > 0)
		return sum->quiet_gap / (double)sum->quiet;
	if (is_believed(memory, sum))
		return memory->gap;
	if (memory != NULL && !memory->is_exact) {
		weight += memory->weight;
		weighted_gap += memory->weighted_gap;
	}
	*blur = blur_of(weight);
	return weighted_gap / weight;
}

/* ---- enough? --------------------------------------------------------------------------------- */

bool ledger_is_settled(const struct ledger_sum *sum, const struct ledger_memory *memory)
{
	double blur;

	if (sum->samples == 0)
		return false;
	if (sum->is_still)
		return true;
	if (sum->samples < MOVING_SAMPLES)
		return false;
	(void)ledger_gap(sum, memory, &blur);
	return sum->quiet >= QUIET_ENOUGH || (sum->quiet == 0 && blur <= GAP_BLUR_GOAL);
}
