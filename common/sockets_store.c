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

static int by_inode(const void *a, const void *b)
{
	const struct unix_socket *left = a;
	const struct unix_socket *right = b;

	return (left->inode > right->inode) - (left->inode < right->inode);
}

static void join_end(struct unix_socket *socket, const struct sockets *sockets)
{
	struct unix_socket wanted = {.inode = socket->peer};
	const struct unix_socket *end;

	if (socket->path[0] == '\0' || !socket->has_peer || socket->peer == 0)
		return;
	end = bsearch(&wanted, sockets->local, sockets->local_len, sizeof(wanted), by_inode);
	if (end == NULL)
		return;
	socket->has_peer_uid = end->has_uid;
	socket->peer_uid = end->uid;
}

void sockets_join_ends(struct sockets *sockets)
{
	size_t kept = 0;

	if (sockets->local_len == 0) /* and there may be no list to sort */
		return;
	qsort(sockets->local, sockets->local_len, sizeof(*sockets->local), by_inode);
	for (size_t i = 0; i < sockets->local_len; i++)
		join_end(&sockets->local[i], sockets);
	for (size_t i = 0; i < sockets->local_len; i++) {
		if (sockets->local[i].path[0] != '\0')
			sockets->local[kept++] = sockets->local[i];
	}
	sockets->local_len = kept;
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

const struct listener *listeners_at(const struct listener *item, size_t len,
				    const struct endpoint *at)
{
	for (size_t i = 0; i < len; i++) {
		if (item[i].kind == LISTENER_TCP && endpoint_covers(&item[i].at, at) &&
		    !(item[i].v6_only && endpoint_is_v4(at)))
			return &item[i];
	}
	return NULL;
}

const struct listener *listeners_at_path(const struct listener *item, size_t len, const char *path)
{
	for (size_t i = 0; i < len; i++) {
		if (item[i].kind == LISTENER_UNIX && strcmp(item[i].path, path) == 0)
			return &item[i];
	}
	return NULL;
}
