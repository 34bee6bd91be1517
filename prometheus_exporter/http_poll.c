/* SPDX-License-Identifier: MIT */
/*
 * http_poll.c - the loop around libmicrohttpd, whose daemons have no threads of their own; see
 * http_inside.h. One thread waits for events. Another that has made an answer sends it itself.
 */
#include "http_inside.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <unistd.h>

#include "poll_soon.h"

enum {
	PASSES_MAX = 4, /* of one daemon, to send what is ready; the rest waits for its turn */
	WAIT_MS_MAX = 60 * 1000,
};

/* How long the next question is waited for wide awake after an answer. */
static const double soon_seconds = 100e-6;

static bool set_flags(int fd)
{
	return fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 && fcntl(fd, F_SETFL, O_NONBLOCK) == 0;
}

bool http_poll_start(struct http_poll *poll, struct err *err)
{
	if (pthread_mutex_init(&poll->lock, NULL) != 0)
		return err_set(err, ERR_MEMORY, "out of memory");
	if (pipe(poll->pipe) == 0) {
		poll->running = true;
		if (set_flags(poll->pipe[0]) && set_flags(poll->pipe[1]))
			return true;
	} else {
		(void)pthread_mutex_destroy(&poll->lock);
	}
	return err_set_errno(err, errno, "cannot make a pipe");
}

void http_poll_stop(struct http_poll *poll)
{
	if (!poll->running)
		return;
	(void)close(poll->pipe[0]);
	(void)close(poll->pipe[1]);
	(void)pthread_mutex_destroy(&poll->lock);
}

void http_poll_interrupt(void *ctx)
{
	const struct exporter_http *http = ctx;
	/* When the pipe is full, enough has been said. */
	ssize_t len = write(http->poll.pipe[1], "", 1);

	(void)len;
}

void http_poll_resume(struct exporter_http *http, struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_DAEMON);
	const struct MHD_Daemon *daemon = info->daemon;

	/* It may be gone as soon as it is resumed. */
	MHD_resume_connection(connection);
	for (size_t i = 0; i < http->daemons; i++) {
		if (http->daemon[i] == daemon)
			atomic_store(&http->poll.resumed[i], true);
	}
}

void http_poll_begin(struct exporter_http *http)
{
	(void)pthread_mutex_lock(&http->poll.lock);
	http->poll.daemons = http->daemons;
	(void)pthread_mutex_unlock(&http->poll.lock);
	http_poll_interrupt(http);
}

/* Milliseconds until a daemon wants to be run. With the lock held. */
static int patience_of(const struct exporter_http *http, size_t i)
{
	MHD_UNSIGNED_LONG_LONG ms;

	if (atomic_load(&http->poll.resumed[i]))
		return 0;
	if (MHD_get_timeout(http->daemon[i], &ms) != MHD_YES || ms > WAIT_MS_MAX)
		return WAIT_MS_MAX;
	return (int)ms;
}

static int patience_of_all(const struct exporter_http *http)
{
	int least = WAIT_MS_MAX;

	for (size_t i = 0; i < http->poll.daemons && least > 0; i++) {
		int ms = patience_of(http, i);

		least = ms < least ? ms : least;
	}
	return least;
}

/* With the lock held. */
static void run(struct exporter_http *http, size_t i)
{
	atomic_store(&http->poll.resumed[i], false);
	(void)MHD_run(http->daemon[i]);
}

static size_t fill(struct exporter_http *http, struct pollfd *fd)
{
	for (size_t i = 0; i < http->poll.daemons; i++) {
		const union MHD_DaemonInfo *info =
			MHD_get_daemon_info(http->daemon[i], MHD_DAEMON_INFO_EPOLL_FD);

		fd[i] = (struct pollfd){.fd = info->epoll_fd, .events = POLLIN};
	}
	fd[http->poll.daemons] = (struct pollfd){.fd = http->poll.pipe[0], .events = POLLIN};
	return http->poll.daemons + 1;
}

void http_poll_serve(void *ctx)
{
	struct exporter_http *http = ctx;
	struct http_poll *own = &http->poll;
	struct pollfd fd[EXPORTER_LISTEN_MAX + 1];
	size_t len;
	char byte[64];
	double soon;
	int wait_ms;

	(void)pthread_mutex_lock(&own->lock);
	len = fill(http, fd);
	wait_ms = patience_of_all(http);
	own->until = clock_now(CLOCK_MONOTONIC) + wait_ms / 1e3;
	soon = own->answered ? soon_seconds : 0;
	own->answered = false;
	(void)pthread_mutex_unlock(&own->lock);
	/* What poll() fails with passes, and the daemons look for themselves. */
	(void)poll_soon(fd, (nfds_t)len, wait_ms, &soon);
	(void)pthread_mutex_lock(&own->lock);
	own->until = 0;
	for (size_t i = 0; i < len - 1; i++) {
		if (fd[i].revents != 0 || patience_of(http, i) == 0)
			run(http, i);
	}
	(void)pthread_mutex_unlock(&own->lock);
	if (fd[len - 1].revents != 0 && read(fd[len - 1].fd, byte, sizeof(byte)) < 0)
		return; /* somebody else has read it, which is as good */
}

void http_poll_send(struct exporter_http *http)
{
	struct http_poll *own = &http->poll;
	bool sooner;

	(void)pthread_mutex_lock(&own->lock);
	for (size_t i = 0; i < http->poll.daemons; i++) {
		for (size_t j = 0; j < PASSES_MAX && patience_of(http, i) == 0; j++)
			run(http, i);
	}
	own->answered = true;
	sooner = own->until > 0 &&
		 clock_now(CLOCK_MONOTONIC) + patience_of_all(http) / 1e3 < own->until;
	(void)pthread_mutex_unlock(&own->lock);
	if (sooner)
		http_poll_interrupt(http);
}
