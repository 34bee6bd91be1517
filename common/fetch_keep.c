/* SPDX-License-Identifier: MIT */
/* fetch_keep.c - see fetch_keep.h. */
#include "fetch_keep.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

static void drop(struct fetch_keep *keep, int fd)
{
	fetch_own_forget(keep->own, fd);
	(void)close(fd);
}

void fetch_keep_init(struct fetch_keep *keep, struct fetch_own *own)
{
	atomic_init(&keep->fd, -1);
	keep->own = own;
}

void fetch_keep_free(struct fetch_keep *keep)
{
	int fd = atomic_exchange(&keep->fd, -1);

	if (fd >= 0)
		drop(keep, fd);
}

/* Nothing is to be read from a connection that is still good: no end, no reset, no answer to a
 * question that was not asked. */
static bool is_quiet(int fd)
{
	char byte;

	return recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

int fetch_keep_take(struct fetch_keep *keep)
{
	int fd = atomic_exchange(&keep->fd, -1);

	if (fd < 0)
		return -1;
	if (is_quiet(fd)) {
		fetch_own_note(keep->own, fd, false);
		return fd;
	}
	drop(keep, fd);
	return -1;
}

void fetch_keep_put(struct fetch_keep *keep, int fd)
{
	int none = -1;

	/* Before others may take it. */
	fetch_own_note(keep->own, fd, true);
	if (!atomic_compare_exchange_strong(&keep->fd, &none, fd))
		drop(keep, fd);
}
