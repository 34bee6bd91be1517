/* SPDX-License-Identifier: MIT */
/*
 * uwsgi_build.h - fills the model from the events of a stats server's JSON. Only uwsgi.c uses it.
 */
#ifndef CONNLEDGER_UWSGI_BUILD_H
#define CONNLEDGER_UWSGI_BUILD_H

#include "err.h"
#include "model.h"
#include "uwsgi_json.h"
#include "uwsgi_slot.h"

enum { UWSGI_FRAME_MAX = 16 };

enum frame_kind {
	FRAME_OBJECT, /* fields of `object` */
	FRAME_LIST,   /* objects to be added to `list` */
	FRAME_MAP,    /* the same, by name */
	FRAME_PAIRS,  /* objects of one pair each */
	FRAME_PAIR,   /* one of these: key into the name, number into the first metric */
	FRAME_VARS,   /* request variables, of which `object` (struct endpoint) wants the client's */
};

/* A bracket that is open. */
struct frame {
	enum frame_kind kind;
	struct slot_set *set;
	char *object;
	struct list *list;
	const struct slot *slot; /* FRAME_OBJECT: what the last key means; NULL: nothing */
	const char
		*name; /* FRAME_MAP, FRAME_PAIR: the last key, in the arena; NULL: pass it over */
};

struct uwsgi_builder {
	struct uwsgi_stats *stats;
	struct slot_set *sets;
	struct slot_set *root;
	struct frame *top;  /* the innermost frame; NULL outside of the root object */
	size_t passed;      /* brackets open inside something without meaning; 0: none */
	const char *router; /* the root key just read, if it is a router's list of addresses */
	bool known;         /* a key was seen that only a stats server has */
	struct err err;     /* why an event has ended the reading, unless a number did */
	struct frame frame[UWSGI_FRAME_MAX];
};

/* The ctx of these events is a struct uwsgi_builder. */
extern const struct json_events uwsgi_build_events;

/* Ready for the first event. False when memory is out. */
bool uwsgi_builder_init(struct uwsgi_builder *builder,
			struct uwsgi_stats *stats) MUST_CHECK NONNULL;
/* Frees all but the stats. */
void uwsgi_builder_free(struct uwsgi_builder *builder) NONNULL;

#endif
