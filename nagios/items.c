/* SPDX-License-Identifier: MIT */
/* items.c - the metrics of a check, filled and judged; see items.h. */
#include "items.h"

#include <math.h>
#include <strings.h>

static const char *const state_name[] = {"OK", "WARNING", "CRITICAL", "UNKNOWN"};

const char *nagios_state_name(enum nagios_state state)
{
	return state_name[state];
}

bool nagios_state_parse(enum nagios_state *state, struct str text, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(state_name); i++) {
		bool digit = text.len == 1 && text.ptr[0] == (char)('0' + (int)i);
		bool name = text.len == strlen(state_name[i]) &&
			    strncasecmp(text.ptr, state_name[i], text.len) == 0;

		if (digit || name) {
			*state = (enum nagios_state)i;
			return true;
		}
	}
	return err_set(err, ERR_USAGE,
		       "bad state \"%.*s\": expected ok, warning, critical or unknown",
		       (int)(text.len < 40 ? text.len : 40), text.len == 0 ? "" : text.ptr);
}

enum nagios_state nagios_state_worse(enum nagios_state a, enum nagios_state b)
{
	static const int rank[] = {
		[NAGIOS_OK] = 0, [NAGIOS_UNKNOWN] = 1, [NAGIOS_WARNING] = 2, [NAGIOS_CRITICAL] = 3};

	return rank[a] >= rank[b] ? a : b;
}

/* ---- which ----------------------------------------------------------------------------------- */

static void add_rows(struct nagios_items *items, const struct entity *entity)
{
	for (size_t i = 0; i < entity->metric_len && items->len < NAGIOS_ITEMS_MAX; i++) {
		if (entity->metric[i].nagios.name != NULL)
			items->item[items->len++] = (struct nagios_item){
				.entity = entity, .metric = &entity->metric[i]};
	}
}

void nagios_items_init(struct nagios_items *items, const enum entity_root *root, size_t root_len)
{
	*items = (struct nagios_items){0};
	for (size_t i = 0; i < root_len; i++) {
		for (size_t k = 0; k < entity_all_len; k++) {
			if (entity_all[k]->root == root[i] && entity_all[k]->parent == NULL)
				add_rows(items, entity_all[k]);
		}
	}
}

struct nagios_item *nagios_items_find(struct nagios_items *items, struct str name)
{
	for (size_t i = 0; i < items->len; i++) {
		if (str_equal(str_of(items->item[i].metric->nagios.name), name))
			return &items->item[i];
	}
	return NULL;
}

struct nagios_item *nagios_items_main(struct nagios_items *items)
{
	for (size_t i = 0; i < items->len; i++) {
		if (items->item[i].metric->nagios.main)
			return &items->item[i];
	}
	return &items->item[0];
}

struct nagios_item *nagios_items_at(struct nagios_items *items, enum entity_root root,
				    size_t offset)
{
	for (size_t i = 0; i < items->len; i++) {
		if (items->item[i].entity->root == root && items->item[i].metric->offset == offset)
			return &items->item[i];
	}
	return NULL;
}

void nagios_items_names(const struct nagios_items *items, struct buf *out)
{
	for (size_t i = 0; i < items->len; i++)
		buf_addf(out, "%s%s", i == 0 ? "" : ", ", items->item[i].metric->nagios.name);
}

/* ---- values ---------------------------------------------------------------------------------- */

static void keep_object(void *ctx, const struct place *place)
{
	const void **object = ctx;

	*object = place->object;
}

static bool is_rate(const struct nagios_item *item)
{
	return item->metric->kind == METRIC_COUNTER;
}

/* Only what is sure is judged. */
static void set_bounds(struct nagios_item *item, const struct ledger *ledger)
{
	struct ledger_bounds bounds;

	item->low = item->high = item->value;
	if (item->entity->root != ROOT_LEDGER ||
	    !ledger_bounds(&bounds, ledger, item->metric->offset))
		return;
	item->low = bounds.low;
	item->high = bounds.high;
}

static void fill(struct nagios_item *item, const struct scrape *scrape)
{
	const void *object = NULL;
	struct value value;
	bool known;

	scrape_each(scrape, item->entity, keep_object, &object);
	known = object != NULL && metric_value(item->metric, object, &value);
	item->known = item->counted = false;
	if (known && is_rate(item)) {
		item->counted = value.type == FIELD_U64;
		item->count = value;
	} else if (known) {
		item->value = metric_scaled(item->metric, value);
		item->known =
			isfinite(item->value) && (item->value >= 0 || item->metric->below_zero);
		set_bounds(item, &scrape->ledger);
	}
}

void nagios_items_fill(struct nagios_items *items, const struct scrape *scrape)
{
	for (size_t i = 0; i < items->len; i++)
		fill(&items->item[i], scrape);
}

bool nagios_items_have_thresholds(const struct nagios_items *items)
{
	for (size_t i = 0; i < items->len; i++) {
		if (items->item[i].warning.set || items->item[i].critical.set)
			return true;
	}
	return false;
}

bool nagios_items_have_rates(const struct nagios_items *items)
{
	for (size_t i = 0; i < items->len; i++) {
		if (is_rate(&items->item[i]))
			return true;
	}
	return false;
}

bool nagios_items_judge_rates(const struct nagios_items *items)
{
	for (size_t i = 0; i < items->len; i++) {
		const struct nagios_item *item = &items->item[i];

		if (is_rate(item) && (item->warning.set || item->critical.set))
			return true;
	}
	return false;
}

void nagios_items_sample(const struct nagios_items *items, double seconds,
			 struct rate_sample *sample)
{
	*sample = (struct rate_sample){.seconds = seconds};
	for (size_t i = 0; i < items->len; i++) {
		if (items->item[i].counted)
			rate_sample_add(sample, items->item[i].metric->key,
					items->item[i].count.u64);
	}
}

static size_t find_counter(const struct rate_sample *sample, const char *key)
{
	size_t i = 0;

	while (i < sample->counter_len && !str_equal(str_of(sample->counter[i].key), str_of(key)))
		i++;
	return i;
}

void nagios_items_settle(const struct nagios_items *items, const struct rate_sample *before,
			 struct rate_sample *now)
{
	bool stored = false;

	for (int raise = 0; raise <= 1; raise++) {
		for (size_t i = 0; i < items->len; i++) {
			const struct metric *metric = items->item[i].metric;
			size_t old = find_counter(before, metric->key);
			size_t new = find_counter(now, metric->key);
			bool fell;

			if (old == before->counter_len || new == now->counter_len)
				continue;
			fell = now->counter[new].value < before->counter[old].value;
			if (!metric->derived && fell)
				return;
			stored = stored || !metric->derived;
			if (raise == 1 && stored && fell)
				now->counter[new].value = before->counter[old].value;
		}
	}
}

void nagios_items_rate(struct nagios_items *items, const struct rate_sample *before,
		       const struct rate_sample *now, double seconds_min)
{
	for (size_t i = 0; i < items->len; i++) {
		struct nagios_item *item = &items->item[i];
		double rate = 0;

		if (!is_rate(item) || !item->counted)
			continue;
		item->known = rate_of(before, now, seconds_min, item->metric->key, &rate);
		item->value = rate * (item->metric->scale > 0 ? item->metric->scale : 1);
		item->low = item->high = item->value;
	}
}

/* ---- verdict --------------------------------------------------------------------------------- */

static enum nagios_state judge(const struct nagios_item *item, bool pending)
{
	if (!item->warning.set && !item->critical.set)
		return NAGIOS_OK;
	if (!item->known)
		return pending && item->counted ? NAGIOS_OK : NAGIOS_UNKNOWN;
	if (threshold_alerts(&item->critical, item->low, item->high))
		return NAGIOS_CRITICAL;
	return threshold_alerts(&item->warning, item->low, item->high) ? NAGIOS_WARNING : NAGIOS_OK;
}

enum nagios_state nagios_items_judge(struct nagios_items *items, bool pending)
{
	enum nagios_state worst = NAGIOS_OK;

	for (size_t i = 0; i < items->len; i++) {
		items->item[i].state = judge(&items->item[i], pending);
		worst = nagios_state_worse(worst, items->item[i].state);
	}
	return worst;
}
