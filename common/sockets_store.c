/* SPDX-License-Identifier: MIT */
/* sockets_store.c - arrays of sockets that grow; see sockets_store.h. */
#include "sockets_store.h"

#include "clock.h"

enum { FIRST_CAP = 64 };

/* `item` with room for more than `len`, or NULL, the old array unharmed. */
static void *grow(void *item, size_t *cap, size_t size, size_t max, struct err *err)
{
	size_t more = *cap == 0 ? FIRST_CAP : *cap * 2;

	if (*cap >= max) {
		(void)err_set(err, ERR_TOO_LARGE, "more than %zu sockets", max);
		return NULL;
	}
	if (more > max)
		more = max;
	item = realloc(item, more * size);
	if (item == NULL)
		(void)err_set(err, ERR_MEMORY, "out of memory for %zu sockets", more);
	else
		*cap = more;
	return item;
}

struct socket *sockets_room(struct sockets *sockets, struct err *err)
{
	if (sockets->tcp_len >= sockets->tcp_cap) {
		struct socket *item =
			grow(sockets->tcp, &sockets->tcp_cap, sizeof(*item), SOCKETS_MAX, err);

		if (item == NULL)
			return NULL;
		sockets->tcp = item;
	}
	return &sockets->tcp[sockets->tcp_len];
}

struct unix_socket *sockets_unix_room(struct sockets *sockets, struct err *err)
{
	if (sockets->local_len >= sockets->local_cap) {
		struct unix_socket *item =
			grow(sockets->local, &sockets->local_cap, sizeof(*item), SOCKETS_MAX, err);

		if (item == NULL)
			return NULL;
		sockets->local = item;
	}
	return &sockets->local[sockets->local_len];
}

struct listener *listeners_room(struct listeners *listeners, struct err *err)
{
	if (listeners->len >= listeners->cap) {
		struct listener *item =
			grow(listeners->item, &listeners->cap, sizeof(*item), LISTENERS_MAX, err);

		if (item == NULL)
			return NULL;
		listeners->item = item;
	}
	return &listeners->item[listeners->len];
}

void sockets_free(struct sockets *sockets)
{
	free(sockets->tcp);
	free(sockets->local);
	*sockets = (struct sockets){0};
}

void listeners_free(struct listeners *listeners)
{
	free(listeners->item);
	*listeners = (struct listeners){0};
}

bool sockets_have_time(const struct sockets_reader *reader, struct err *err)
{
	if (reader->deadline <= 0 || clock_now(CLOCK_MONOTONIC) < reader->deadline)
		return true;
	return err_set(
		err, ERR_TIMEOUT,
		"the kernel's list of sockets is so long that no time was left for all of it");
}
