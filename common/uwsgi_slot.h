/* SPDX-License-Identifier: MIT */
/*
 * uwsgi_slot.h - what a JSON key means inside an object: looked up in the metric table. uWSGI
 * prints its keys in a fixed order, so that the slot behind the last one found is tried first.
 */
#ifndef CONNLEDGER_UWSGI_SLOT_H
#define CONNLEDGER_UWSGI_SLOT_H

#include "metric.h"

enum slot_kind {
	SLOT_FIELD,  /* a number or text: `type` and `offset` say where it goes */
	SLOT_STATUS, /* a worker's status */
	SLOT_CHILD,  /* a list, map or object of other objects: `child` */
};

struct slot {
	struct str key;
	enum slot_kind kind;
	enum field_type type;
	size_t offset;
	struct slot_set *child;
};

/* All slots of one entity. */
struct slot_set {
	const struct entity *entity;
	const struct label *name;   /* the label that the map key (SHAPE_MAP, SHAPE_PAIRS) fills */
	const struct label *number; /* the label that counts the objects of a list */
	bool has_text;              /* its objects have texts, which begin as "" */
	struct slot *slot;
	size_t len;
	size_t next; /* where the last key was found, plus one */
};

/* The slots of all entities under ROOT_UWSGI; `*ret_root` is the root's. One allocation, ended by
 * free(). NULL when memory is out. */
struct slot_set *slot_sets_new(struct slot_set **ret_root) NONNULL;

/* The slot of `key` wherever it is, or NULL. */
const struct slot *slot_search(struct slot_set *set, struct str key) NONNULL;

/* The same, with a look at the likely one first. */
static inline const struct slot *slot_find(struct slot_set *set, struct str key)
{
	if (set->next < set->len && str_equal(set->slot[set->next].key, key))
		return &set->slot[set->next++];
	return slot_search(set, key);
}

#endif
