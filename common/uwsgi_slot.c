/* SPDX-License-Identifier: MIT */
/* uwsgi_slot.c - the metric table as the parser looks at it; see uwsgi_slot.h. */
#include "uwsgi_slot.h"

static bool is_child(const struct entity *entity, const struct entity *parent)
{
	return entity->parent == parent && entity->json != NULL;
}

static size_t count_slots(const struct entity *entity)
{
	size_t len = entity->metric_len + entity->label_len;

	for (size_t i = 0; i < entity_all_len; i++)
		len += is_child(entity_all[i], entity) ? 1 : 0;
	return len;
}

static struct slot_set *set_of(struct slot_set *sets, const struct entity *entity)
{
	while (sets->entity != entity)
		sets++;
	return sets;
}

static void add_labels(struct slot_set *set)
{
	for (size_t i = 0; i < set->entity->label_len; i++) {
		const struct label *label = &set->entity->label[i];

		if (label->key != NULL)
			set->slot[set->len++] = (struct slot){
				.key = str_of(label->key),
				.type = label->type,
				.offset = label->offset,
			};
		else if (label->type == FIELD_TEXT)
			set->name = label;
		else
			set->number = label;
	}
}

static void fill(struct slot_set *set, struct slot_set *sets)
{
	add_labels(set);
	set->has_text = entity_has_text(set->entity);
	for (size_t i = 0; i < set->entity->metric_len; i++) {
		const struct metric *metric = &set->entity->metric[i];

		if (!metric->derived)
			set->slot[set->len++] = (struct slot){
				.key = str_of(metric->key),
				.kind = metric->kind == METRIC_STATE ? SLOT_STATUS : SLOT_FIELD,
				.type = metric->type,
				.offset = metric->offset,
			};
	}
	for (size_t i = 0; i < entity_all_len; i++) {
		if (is_child(entity_all[i], set->entity))
			set->slot[set->len++] = (struct slot){
				.key = str_of(entity_all[i]->json),
				.kind = SLOT_CHILD,
				.child = set_of(sets, entity_all[i]),
			};
	}
}

struct slot_set *slot_sets_new(struct slot_set **ret_root)
{
	size_t sets_len = 0;
	size_t slots_len = 0;
	struct slot_set *sets;
	struct slot *slot;

	for (size_t i = 0; i < entity_all_len; i++) {
		if (entity_all[i]->root == ROOT_UWSGI) {
			sets_len++;
			slots_len += count_slots(entity_all[i]);
		}
	}
	sets = calloc(1, sets_len * sizeof(*sets) + slots_len * sizeof(*slot));
	if (sets == NULL)
		return NULL;
	slot = (struct slot *)(void *)(sets + sets_len);
	sets_len = 0;
	for (size_t i = 0; i < entity_all_len; i++) {
		if (entity_all[i]->root == ROOT_UWSGI) {
			sets[sets_len++] = (struct slot_set){.entity = entity_all[i], .slot = slot};
			slot += count_slots(entity_all[i]);
		}
	}
	for (size_t i = 0; i < sets_len; i++) {
		fill(&sets[i], sets);
		if (sets[i].entity->parent == NULL)
			*ret_root = &sets[i];
	}
	return sets;
}

const struct slot *slot_search(struct slot_set *set, struct str key)
{
	for (size_t i = 0; i < set->len; i++) {
		if (str_equal(set->slot[i].key, key)) {
			set->next = i + 1;
			return &set->slot[i];
		}
	}
	return NULL;
}
