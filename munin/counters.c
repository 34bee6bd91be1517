/* SPDX-License-Identifier: MIT */
/* counters.c - what a counter has grown by for each one of another; see memory.h. */
#include "memory.h"

static void name_counter(char *ret, const struct entity *entity, const struct metric *metric)
{
	(void)snprintf(ret, MUNIN_COUNTER_TEXT_MAX, "%s.%s", entity->name, metric->key);
}

static const struct munin_counter *find(const struct munin_counter *counter, size_t len,
					const char *name)
{
	for (size_t i = 0; i < len; i++) {
		if (str_equal(str_of(counter[i].name), str_of(name)))
			return &counter[i];
	}
	return NULL;
}

static const struct metric *find_row(const struct entity *entity, const char *key)
{
	for (size_t i = 0; i < entity->metric_len; i++) {
		if (str_equal(str_of(entity->metric[i].key), str_of(key)))
			return &entity->metric[i];
	}
	return NULL;
}

/* ---- taking in ------------------------------------------------------------------------------- */

/* The counters as they were before. */
struct old {
	struct munin_counter counter[MUNIN_COUNTERS_MAX];
	size_t len;
};

struct reading {
	const struct metric *metric;
	bool known;
	struct value value;
};

static void read_object(void *ctx, const struct place *place)
{
	struct reading *reading = ctx;

	reading->known = metric_value(reading->metric, place->object, &reading->value) &&
			 reading->value.type == FIELD_U64;
}

/* Puts a counter into `memory`, unless neither the scrape nor `old` knows it. */
static void take(struct munin_memory *memory, const struct old *old, const struct scrape *scrape,
		 const struct entity *entity, const struct metric *metric)
{
	struct munin_counter counter = {0};
	struct reading reading = {.metric = metric};
	const struct munin_counter *before;

	name_counter(counter.name, entity, metric);
	if (memory->counter_len == MUNIN_COUNTERS_MAX ||
	    find(memory->counter, memory->counter_len, counter.name) != NULL)
		return;
	before = find(old->counter, old->len, counter.name);
	if (before != NULL)
		counter = *before;
	scrape_each(scrape, entity, read_object, &reading);
	if (reading.known) {
		counter.seen_before = counter.seen;
		counter.value_before = counter.value;
		counter.seen = memory->time;
		counter.value = reading.value.u64;
	}
	if (counter.seen > 0)
		memory->counter[memory->counter_len++] = counter;
}

static void take_rows(struct munin_memory *memory, const struct old *old,
		      const struct scrape *scrape, const struct entity *entity)
{
	for (size_t i = 0; i < entity->metric_len; i++) {
		const struct metric *metric = &entity->metric[i];

		for (size_t k = 0; k < METRIC_MUNIN_MAX; k++) {
			const struct metric *per = metric->munin[k].per == NULL
							   ? NULL
							   : find_row(entity, metric->munin[k].per);

			if (per == NULL)
				continue;
			take(memory, old, scrape, entity, metric);
			take(memory, old, scrape, entity, per);
		}
	}
}

void munin_counters_take(struct munin_memory *memory, const struct scrape *scrape)
{
	struct old old = {.len = memory->counter_len};

	memcpy(old.counter, memory->counter, sizeof(old.counter));
	memory->counter_len = 0;
	for (size_t i = 0; i < entity_all_len; i++)
		take_rows(memory, &old, scrape, entity_all[i]);
}

/* ---- reckoning ------------------------------------------------------------------------------- */

/* Why nothing can be made of the two counters; NULL: something can. */
static const char *doubt(const struct munin_memory *memory, const struct munin_counter *over,
			 const struct munin_counter *under, const char *none)
{
	if (over == NULL || under == NULL || over->seen_before <= 0 ||
	    over->seen_before != under->seen_before)
		return memory->lost ? "nothing is remembered from one fetch to the next: "
				      "munin-node's log says why"
				    : "there was no earlier fetch to compare with";
	if (over->seen_before > over->seen)
		return "the last fetch lies in the future: the clock was set back";
	if (over->seen - over->seen_before > MUNIN_COUNTER_SECONDS)
		return "the last fetch was more than an hour ago";
	if (over->value < over->value_before || under->value < under->value_before)
		return "the counters fell since the last fetch: the server was restarted";
	return under->value == under->value_before ? none : NULL;
}

static double growth(const struct munin_counter *counter, const struct metric *metric)
{
	struct value value = {.type = FIELD_U64, .u64 = counter->value - counter->value_before};

	return metric_scaled(metric, value);
}

bool munin_counters_ratio(const struct munin_memory *memory, const struct entity *entity,
			  const struct metric *metric, const struct metric_munin *munin,
			  double *ret, const char **why)
{
	const struct metric *per = find_row(entity, munin->per);
	const struct munin_counter *over;
	const struct munin_counter *under;
	char name[MUNIN_COUNTER_TEXT_MAX];

	*why = munin->unknown;
	if (per == NULL)
		return false;
	name_counter(name, entity, metric);
	over = find(memory->counter, memory->counter_len, name);
	name_counter(name, entity, per);
	under = find(memory->counter, memory->counter_len, name);
	*why = doubt(memory, over, under, munin->unknown);
	if (*why != NULL)
		return false;
	*ret = growth(over, metric) / growth(under, per);
	return true;
}
