/* SPDX-License-Identifier: MIT */
/* fetch_keep.c - see fetch_keep.h. */
#include "fetch_keep.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

void fetch_keep_init(struct fetch_keep *keep)
{
	atomic_init(&keep->fd, -1);
}

void fetch_keep_free(struct fetch_keep *keep)
{
	int fd = atomic_exchange(&keep->fd, -1);

	if (fd >= 0)
		(void)close(fd);
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

	if (fd < 0 || is_quiet(fd))
		return fd;
	(void)close(fd);
	return -1;
}

void fetch_keep_put(struct fetch_keep *keep, int fd)
{
	int none = -1;

	if (!atomic_compare_exchange_strong(&keep->fd, &none, fd))
		(void)close(fd);
}
