/* SPDX-License-Identifier: MIT */
/*
 * arena.h - memory that is handed out piece by piece and given back all at once, up to a ceiling.
 * A parsed answer lives in one arena: one owner, one free.
 */
#ifndef CONNLEDGER_ARENA_H
#define CONNLEDGER_ARENA_H

#include "str.h"

struct arena_block;

struct arena {
	struct arena_block *block; /* the newest block */
	size_t used;               /* bytes obtained from the system */
	size_t ceiling;            /* `used` never passes this */
	bool no_memory;            /* the system had none: not the ceiling is why a call failed */
};

/* An array in an arena, as long as `len`. The elements are zeroed when they are added. */
struct list {
	void *item;
	size_t len;
	size_t cap;
};

/* An empty arena; allocates nothing yet. */
void arena_init(struct arena *arena, size_t ceiling) NONNULL;
/* Gives all memory back. Everything that came from the arena is gone. Accepts a zeroed one. */
void arena_free(struct arena *arena) NONNULL;

/* `size` zeroed bytes, aligned for any type; NULL when the ceiling or memory is reached. */
void *arena_alloc(struct arena *arena, size_t size) NONNULL;
/* A NUL-terminated copy of `s`; NULL when the ceiling or memory is reached. */
const char *arena_text(struct arena *arena, struct str s) NONNULL;
/* One more zeroed element of `size` bytes at the end of `list`; NULL as above, the list unharmed.
 * Elements may move: take no pointer to one across a call. */
void *list_add(struct list *list, struct arena *arena, size_t size) NONNULL;

#endif
