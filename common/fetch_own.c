/* SPDX-License-Identifier: MIT */
/* fetch_own.c - see fetch_own.h. A descriptor is a connection's place as long as it is open. */
#include "fetch_own.h"

#include <errno.h>
#include <sys/socket.h>

#include "clock.h"
#include "err.h"

enum { PLACES_MIN = 16 };

void fetch_own_init(struct fetch_own *own)
{
	*own = (struct fetch_own){.cap = 0};
	(void)pthread_mutex_init(&own->lock, NULL);
}

void fetch_own_free(struct fetch_own *own)
{
	(void)pthread_mutex_destroy(&own->lock);
	free(own->item);
	free(own->closed);
	*own = (struct fetch_own){.cap = 0};
}

/* As long as it is not connected it has no other end. */
static void find_ends(struct fetch_own_connection *place)
{
	if (!place->ends.is_tcp && !place->ends.is_unix)
		fetch_ends_read(&place->ends, place->fd);
}

/* With the lock held. NULL when memory is out. */
static struct fetch_own_connection *place_of(struct fetch_own *own, size_t fd)
{
	size_t cap = own->cap < PLACES_MIN ? PLACES_MIN : own->cap;
	struct fetch_own_connection *item;

	if (fd < own->cap)
		return &own->item[fd];
	while (cap <= fd)
		cap *= 2;
	item = realloc(own->item, cap * sizeof(*item));
	if (item == NULL) {
		err_own_note(ERR_MEMORY);
		return NULL;
	}
	memset(item + own->cap, 0, (cap - own->cap) * sizeof(*item));
	own->item = item;
	own->cap = cap;
	return &item[fd];
}

static void note(struct fetch_own *own, int fd, bool is_new, bool is_idle)
{
	struct fetch_own_connection *place;

	if (own == NULL || fd < 0)
		return;
	(void)pthread_mutex_lock(&own->lock);
	own->moment++;
	place = place_of(own, (size_t)fd);
	if (place != NULL) {
		if (is_new || place->since == 0)
			*place = (struct fetch_own_connection){.fd = fd};
		find_ends(place);
		place->is_idle = is_idle;
		place->since = own->moment;
	}
	(void)pthread_mutex_unlock(&own->lock);
}

void fetch_own_add(struct fetch_own *own, int fd)
{
	note(own, fd, true, false);
}

void fetch_own_note(struct fetch_own *own, int fd, bool is_idle)
{
	note(own, fd, false, is_idle);
}

/* Whether it is this side that closes. Otherwise nginx has done with it already: it has closed, or
 * will be cut off because there is something to be read here. */
static bool is_first_to_close(int fd)
{
	char byte;

	return recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

/* Those that were closed too long ago make room. */
static void add_closed(struct fetch_own *own, const struct fetch_own_connection *connection)
{
	double now = clock_now(CLOCK_MONOTONIC);
	size_t old = 0;
	struct fetch_own_closed *closed;

	while (old < own->closed_len && own->closed[old].time < now - FETCH_OWN_CLOSED_SECONDS)
		old++;
	own->closed_len -= old;
	if (old > 0)
		memmove(own->closed, own->closed + old, own->closed_len * sizeof(*closed));
	if (own->closed_len == own->closed_cap) {
		size_t cap = own->closed_cap < PLACES_MIN ? PLACES_MIN : 2 * own->closed_cap;

		closed = realloc(own->closed, cap * sizeof(*closed));
		if (closed == NULL) {
			err_own_note(ERR_MEMORY);
			return;
		}
		own->closed = closed;
		own->closed_cap = cap;
	}
	closed = &own->closed[own->closed_len++];
	*closed = (struct fetch_own_closed){*connection, now};
	closed->connection.fd = -1;
	closed->connection.is_idle = false;
	closed->connection.since = own->moment;
}

void fetch_own_forget(struct fetch_own *own, int fd)
{
	if (own == NULL || fd < 0)
		return;
	(void)pthread_mutex_lock(&own->lock);
	own->moment++;
	if ((size_t)fd < own->cap && own->item[fd].since != 0) {
		find_ends(&own->item[fd]);
		if (own->item[fd].ends.is_tcp && is_first_to_close(fd))
			add_closed(own, &own->item[fd]);
		own->item[fd].since = 0;
	}
	(void)pthread_mutex_unlock(&own->lock);
}

uint64_t fetch_own_moment(struct fetch_own *own)
{
	uint64_t moment;

	if (own == NULL)
		return 0;
	(void)pthread_mutex_lock(&own->lock);
	moment = own->moment;
	(void)pthread_mutex_unlock(&own->lock);
	return moment;
}

/* With the lock held. */
static size_t copy_all(struct fetch_own *own, struct fetch_own_connection *ret)
{
	double from = clock_now(CLOCK_MONOTONIC) - FETCH_OWN_CLOSED_SECONDS;
	size_t len = 0;

	for (size_t i = 0; i < own->cap; i++) {
		if (own->item[i].since == 0)
			continue;
		find_ends(&own->item[i]);
		ret[len++] = own->item[i];
	}
	for (size_t i = 0; i < own->closed_len; i++) {
		if (own->closed[i].time >= from)
			ret[len++] = own->closed[i].connection;
	}
	return len;
}

size_t fetch_own_list(struct fetch_own *own, struct fetch_own_connection **ret)
{
	size_t len = 0;

	*ret = NULL;
	if (own == NULL)
		return 0;
	(void)pthread_mutex_lock(&own->lock);
	*ret = malloc((own->cap + own->closed_len + 1) * sizeof(**ret));
	if (*ret == NULL)
		err_own_note(ERR_MEMORY);
	else
		len = copy_all(own, *ret);
	(void)pthread_mutex_unlock(&own->lock);
	return len;
}

bool fetch_own_is_still_idle(struct fetch_own *own, const struct fetch_own_connection *was)
{
	bool is_idle;

	(void)pthread_mutex_lock(&own->lock);
	is_idle = was->is_idle && was->fd >= 0 && (size_t)was->fd < own->cap &&
		  own->item[was->fd].since == was->since;
	(void)pthread_mutex_unlock(&own->lock);
	return is_idle;
}
