/* SPDX-License-Identifier: MIT */
/*
 * arena.c - a chain of blocks; see arena.h. The last piece handed out can grow where it is, so that
 * a list that is being filled (a worker's cores) is seldom copied.
 */
#include "arena.h"

#include <stddef.h>

#include "err.h"

enum {
	ARENA_BLOCK_MIN = 1024,
	ARENA_BLOCK_MAX = 1024 * 1024,
	LIST_CAP_FIRST = 4,
	LIST_ALONE_MIN = 256 * 1024
};

struct arena_block {
	struct arena_block *older;
	size_t len;
	size_t cap;
	max_align_t data[];
};

static const size_t align = _Alignof(max_align_t);

void arena_init(struct arena *arena, size_t ceiling)
{
	*arena = (struct arena){.ceiling = ceiling};
}

void arena_free(struct arena *arena)
{
	struct arena_block *block = arena->block;

	while (block != NULL) {
		struct arena_block *older = block->older;

		free(block);
		block = older;
	}
	arena_init(arena, arena->ceiling);
}

static bool refuse(struct arena *arena)
{
	arena->no_memory = true;
	err_own_note(ERR_MEMORY);
	return false;
}

/* Blocks double with the arena's size: a small answer takes little, a large one few blocks. */
static bool add_block(struct arena *arena, size_t size)
{
	size_t cap = arena->used;
	struct arena_block *block;

	if (cap < ARENA_BLOCK_MIN)
		cap = ARENA_BLOCK_MIN;
	if (cap > ARENA_BLOCK_MAX)
		cap = ARENA_BLOCK_MAX;
	if (cap < size)
		cap = size;
	if (arena->ceiling - arena->used < sizeof(*block) ||
	    cap > arena->ceiling - arena->used - sizeof(*block))
		return false;
	block = malloc(sizeof(*block) + cap);
	if (block == NULL)
		return refuse(arena);
	*block = (struct arena_block){.older = arena->block, .cap = cap};
	arena->block = block;
	arena->used += sizeof(*block) + cap;
	return true;
}

/* `size` bytes that begin at a multiple of `alignment`, not zeroed. */
static char *take(struct arena *arena, size_t size, size_t alignment)
{
	struct arena_block *block = arena->block;
	size_t start = block == NULL ? 0 : (block->len + alignment - 1) / alignment * alignment;

	if (size > arena->ceiling)
		return NULL;
	if (block == NULL || start > block->cap || block->cap - start < size) {
		if (!add_block(arena, size))
			return NULL;
		block = arena->block;
		start = 0;
	}
	block->len = start + size;
	return (char *)block->data + start;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	char *piece = take(arena, size, align);

	if (piece != NULL)
		memset(piece, 0, size);
	return piece;
}

const char *arena_text(struct arena *arena, struct str s)
{
	char *copy = take(arena, s.len + 1, 1);

	if (copy == NULL)
		return NULL;
	if (s.len > 0)
		memcpy(copy, s.ptr, s.len);
	copy[s.len] = '\0';
	return copy;
}

/* Enlarges the piece in place if it was the last one handed out and its block has room. */
static bool grow_in_place(struct arena *arena, const char *piece, size_t old_size, size_t new_size)
{
	struct arena_block *block = arena->block;

	if (block == NULL || block->len < old_size ||
	    piece != (char *)block->data + (block->len - old_size))
		return false;
	if (block->cap - block->len < new_size - old_size)
		return false;
	block->len += new_size - old_size;
	return true;
}

/* A piece this large gets a block of its own, which realloc() can enlarge without a copy. */
static char *resize_alone(struct arena *arena, char *piece, size_t old_size, size_t new_size)
{
	struct arena_block **place = &arena->block;
	struct arena_block *block;

	while (*place != NULL && (char *)(*place)->data != piece)
		place = &(*place)->older;
	if (*place == NULL || (*place)->cap != old_size || arena->ceiling - arena->used < new_size)
		return NULL;
	block = realloc(*place, sizeof(*block) + new_size);
	if (block == NULL) {
		(void)refuse(arena);
		return NULL;
	}
	block->cap = block->len = new_size;
	*place = block;
	arena->used += new_size - old_size;
	return (char *)block->data;
}

/* Its block stands behind the newest one, where small pieces go on to be taken from. */
static char *take_alone(struct arena *arena, size_t size)
{
	struct arena_block *newest = arena->block;
	struct arena_block *block;

	if (newest == NULL || arena->ceiling - arena->used < sizeof(*block) ||
	    arena->ceiling - arena->used - sizeof(*block) < size)
		return NULL;
	block = malloc(sizeof(*block) + size);
	if (block == NULL) {
		(void)refuse(arena);
		return NULL;
	}
	*block = (struct arena_block){.older = newest->older, .len = size, .cap = size};
	newest->older = block;
	arena->used += sizeof(*block) + size;
	return (char *)block->data;
}

static char *list_room(struct list *list, struct arena *arena, size_t old_size, size_t new_size)
{
	char *item = NULL;

	if (new_size >= LIST_ALONE_MIN && list->cap > 0)
		item = resize_alone(arena, list->item, old_size, new_size);
	if (item != NULL)
		return item;
	item = new_size >= LIST_ALONE_MIN ? take_alone(arena, new_size)
					  : take(arena, new_size, align);
	if (item != NULL && list->len > 0)
		memcpy(item, list->item, old_size);
	return item;
}

static bool list_grow(struct list *list, struct arena *arena, size_t size)
{
	size_t cap = list->cap == 0 ? LIST_CAP_FIRST : list->cap * 2;
	void *item;

	if (cap > SIZE_MAX / size)
		return false;
	if (list->cap > 0 && grow_in_place(arena, list->item, list->cap * size, cap * size)) {
		list->cap = cap;
		return true;
	}
	item = list_room(list, arena, list->cap * size, cap * size);
	if (item == NULL)
		return false;
	list->item = item;
	list->cap = cap;
	return true;
}

void *list_add(struct list *list, struct arena *arena, size_t size)
{
	char *item;

	if (list->len == list->cap && !list_grow(list, arena, size))
		return NULL;
	item = (char *)list->item + list->len * size;
	memset(item, 0, size);
	list->len++;
	return item;
}
