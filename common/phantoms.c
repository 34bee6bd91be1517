/* SPDX-License-Identifier: MIT */
/* phantoms.c - bounds of the phantoms, look by look; see phantoms.h. */
#include "phantoms.h"

#include "model.h"

/* What stays true of another start of nginx is nothing; of other workers, that phantoms stay. */
static void begin(struct phantoms_memory *memory, const struct phantoms_nginx *nginx,
		  const struct phantoms_look *look)
{
	double master = nginx->is_known ? nginx->master_pid : 0;
	double processes = nginx->is_known ? nginx->processes : 0;
	bool is_same = memory->handled > 0 && memory->handled <= look->handled &&
		       memory->master_pid == master && (memory->processes > 0) == (processes > 0);

	if (!is_same)
		*memory = (struct phantoms_memory){.changed = nginx->is_respawned ? look->time : 0,
						   .high = NOT_KNOWN};
	else if (memory->processes == processes)
		return;
	else
		memory->changed = look->time;
	memory->processes = processes;
	memory->master_pid = master;
	memory->high = NOT_KNOWN;
	memory->seen = NOT_KNOWN;
	memory->least = NOT_KNOWN;
	memory->least_before = NOT_KNOWN;
}

/* How long the gap must have been there to be believed. */
static double patience(const struct phantoms_memory *memory, double now)
{
	bool has_cause = memory->changed > 0 && now - memory->changed <= PHANTOMS_CAUSE_LASTS;

	return has_cause ? PHANTOMS_SOON : PHANTOMS_LATE;
}

/* The part of the gap that nobody has a socket of, as far as is known now. */
static double nobodys(const struct phantoms_look *look)
{
	double unnoticed = isnan(look->unnoticed) ? 0 : look->unnoticed;

	return isnan(look->unlisted) ? 0 : fmax(look->low - look->unlisted - unnoticed, 0);
}

static void stretch_begin(struct phantoms_memory *memory, const struct phantoms_look *look)
{
	memory->since = look->time;
	memory->looks = 1;
	memory->least = nobodys(look);
}

/* Who is unnoticed now is not for ever: the least gap of a long time is one without them. Kept as
 * the least of two stretches of time, the younger of which may just have begun. */
static double lasting(struct phantoms_memory *memory, const struct phantoms_look *look)
{
	if (look->is_held || (look->is_deaf && isnan(look->unnoticed))) {
		memory->least = NOT_KNOWN;
		memory->least_before = NOT_KNOWN;
		return 0;
	}
	if (isnan(memory->least) || look->time < memory->since) {
		memory->least_before = NOT_KNOWN;
		stretch_begin(memory, look);
	} else if (memory->looks >= PHANTOMS_LOOKS &&
		   look->time - memory->since >= patience(memory, look->time)) {
		memory->least_before = memory->least;
		stretch_begin(memory, look);
	} else {
		memory->looks++;
		memory->least = fmin(memory->least, nobodys(look));
	}
	return isnan(memory->least_before) ? 0 : fmin(memory->least, memory->least_before);
}

/* Two looks that agree have not both met the moment before a connection is counted. */
static double early_of(const struct phantoms_memory *memory, const struct phantoms_look *look)
{
	bool agrees = !look->is_held && memory->seen == look->low && look->low == look->high &&
		      look->time - memory->seen_at >= PHANTOMS_APART;

	return agrees ? 0 : look->early;
}

static void see(struct phantoms_memory *memory, const struct phantoms_look *look)
{
	if (look->is_held)
		memory->seen = NOT_KNOWN;
	if (look->is_held || memory->seen == look->low)
		return;
	memory->seen = look->low;
	memory->seen_at = look->time;
}

/* What the look shows by itself, then with what is remembered. Where both contradict each other,
 * something was believed that was not so: the newer is right. */
static void combine(struct phantoms_memory *memory, double low, double high, bool is_still)
{
	if (low > memory->high || high < memory->low) {
		memory->low = low;
		memory->high = high;
		return;
	}
	if (low > memory->low)
		memory->low = low;
	if (!isnan(high) && (is_still || isnan(memory->high) || high < memory->high))
		memory->high = high;
}

void phantoms_take(struct phantoms_memory *memory, const struct phantoms_nginx *nginx,
		   const struct phantoms_look *look)
{
	bool is_still = look->low == look->high;
	double low, high, early;

	begin(memory, nginx, look);
	memory->handled = look->handled;
	low = isnan(look->unnoticed) ? 0 : nobodys(look);
	if (is_still) {
		double least = lasting(memory, look);

		low = least > low ? least : low;
	}
	early = early_of(memory, look);
	high = isnan(early) ? NOT_KNOWN : fmax(look->high + early, 0);
	if (is_still)
		see(memory, look);
	combine(memory, low, high, is_still);
}

/* Nothing of another start of nginx is of any use; of this one, what was found out with the
 * processes that it has now, then what is within the narrowest bounds. */
static bool knows_more(const struct phantoms_memory *a, const struct phantoms_memory *b,
		       const struct phantoms_nginx *nginx)
{
	bool a_is_it = a->handled > 0 && a->master_pid == nginx->master_pid;
	bool b_is_it = b->handled > 0 && b->master_pid == nginx->master_pid;
	bool a_is_now = a_is_it && a->processes == nginx->processes;
	bool b_is_now = b_is_it && b->processes == nginx->processes;

	if (a_is_it != b_is_it)
		return a_is_it;
	if (a_is_now != b_is_now)
		return a_is_now;
	return !isnan(a->high) && (isnan(b->high) || a->high - a->low < b->high - b->low);
}

const struct phantoms_memory *phantoms_better(const struct phantoms_memory *a,
					      const struct phantoms_memory *b,
					      const struct phantoms_nginx *nginx)
{
	return nginx->is_known && knows_more(b, a, nginx) ? b : a;
}
