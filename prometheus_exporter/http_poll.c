/* SPDX-License-Identifier: MIT */
/*
 * http_poll.c - the loop around libmicrohttpd, whose daemon has no thread of its own; see
 * http_inside.h. One thread waits for events. Another that has made an answer sends it itself.
 */
#include "http_inside.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <time.h>
#include <unistd.h>

#include "poll_soon.h"

enum {
	PASSES_MAX = 4, /* to send what is ready; the rest waits for its turn */
	WAIT_MS_MAX = 60 * 1000,
	FAILED_MS = 20, /* until what has failed is tried again */
	GONE_MS = 1000, /* until another daemon takes the place of one that is gone */
};

/* What is waited for. */
enum { OF_DAEMON, OF_PIPE, OF_LISTENER, FDS_MAX = OF_LISTENER + EXPORTER_LISTEN_MAX };

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

void http_poll_resume(struct exporter_http *http, struct http_request *request)
{
	request->away = false;
	if (request->lost) {
		http_request_end(http, request);
		return;
	}
	MHD_resume_connection(request->connection);
	http->poll.resumed = true;
}

void http_poll_begin(struct exporter_http *http)
{
	(void)pthread_mutex_lock(&http->poll.lock);
	http->poll.begun = true;
	(void)pthread_mutex_unlock(&http->poll.lock);
	http_poll_interrupt(http);
}

static int ms_of(double seconds)
{
	return (int)ceil(fmin(seconds * 1e3, WAIT_MS_MAX));
}

/* Milliseconds until the daemon wants to be run. With the lock held. */
static int patience(const struct exporter_http *http, double now)
{
	const struct http_poll *own = &http->poll;
	MHD_UNSIGNED_LONG_LONG ms;

	if (!own->begun)
		return WAIT_MS_MAX;
	if (own->rest > now)
		return ms_of(own->rest - now);
	if (own->resumed || own->daemon == NULL)
		return 0;
	if (MHD_get_timeout(own->daemon, &ms) != MHD_YES || ms > WAIT_MS_MAX)
		return WAIT_MS_MAX;
	return (int)ms;
}

void http_poll_run(struct exporter_http *http)
{
	struct http_poll *own = &http->poll;

	own->resumed = false;
	if (own->daemon == NULL && !http_daemon_start(http))
		http_accept_fail(http, errno, "start to serve");
	if (own->daemon == NULL || !http_daemon_run(http))
		own->rest = clock_now(CLOCK_MONOTONIC) +
			    (own->daemon == NULL ? GONE_MS : FAILED_MS) / 1e3;
}

/* Fills in what is to be waited for, and returns for how many milliseconds. With the lock held. */
static int prepare(const struct exporter_http *http, struct pollfd *fd, double now)
{
	const struct http_poll *own = &http->poll;
	double closed = http_accept_wait(http, now);
	bool open =
		own->begun && own->daemon != NULL && closed <= 0 && !atomic_load(&http->stopping);
	int wait_ms = patience(http, now);

	fd[OF_DAEMON] = (struct pollfd){.fd = -1, .events = POLLIN};
	if (own->begun && own->daemon != NULL && own->rest <= now)
		fd[OF_DAEMON].fd = own->epoll_fd;
	fd[OF_PIPE] = (struct pollfd){.fd = own->pipe[0], .events = POLLIN};
	for (size_t i = 0; i < http->listeners; i++)
		fd[OF_LISTENER + i] =
			(struct pollfd){.fd = open ? http->listener[i].fd : -1, .events = POLLIN};
	return closed > 0 && ms_of(closed) < wait_ms ? ms_of(closed) : wait_ms;
}

/* Does what the wait has been for. With the lock held. */
static void handle(struct exporter_http *http, const struct pollfd *fd)
{
	bool some = fd[OF_DAEMON].revents != 0;

	for (size_t i = 0; i < http->listeners; i++) {
		if (fd[OF_LISTENER + i].revents == 0)
			continue;
		http_accept(http, i);
		some = true;
	}
	if (some || patience(http, clock_now(CLOCK_MONOTONIC)) == 0)
		http_poll_run(http);
	if (http_accept_now(http))
		http_poll_run(http);
}

/* What poll() fails with passes. */
static void wait_for_better_times(struct pollfd *fd, size_t len)
{
	const struct timespec time = {.tv_nsec = FAILED_MS * 1000 * 1000};

	for (size_t i = 0; i < len; i++)
		fd[i].revents = 0;
	(void)nanosleep(&time, NULL);
}

void http_poll_serve(void *ctx)
{
	struct exporter_http *http = ctx;
	struct http_poll *own = &http->poll;
	struct pollfd fd[FDS_MAX];
	size_t len = OF_LISTENER + http->listeners;
	double now = clock_now(CLOCK_MONOTONIC);
	char byte[64];
	double soon;
	int wait_ms;

	(void)pthread_mutex_lock(&own->lock);
	wait_ms = prepare(http, fd, now);
	own->until = now + wait_ms / 1e3;
	soon = own->answered ? soon_seconds : 0;
	own->answered = false;
	(void)pthread_mutex_unlock(&own->lock);
	if (poll_soon(fd, (nfds_t)len, wait_ms, &soon) < 0)
		wait_for_better_times(fd, len);
	(void)pthread_mutex_lock(&own->lock);
	own->until = 0;
	if (own->begun)
		handle(http, fd);
	(void)pthread_mutex_unlock(&own->lock);
	if (fd[OF_PIPE].revents != 0 && read(fd[OF_PIPE].fd, byte, sizeof(byte)) < 0)
		return; /* somebody else has read it, which is as good */
}

void http_poll_send(struct exporter_http *http)
{
	struct http_poll *own = &http->poll;
	double now = clock_now(CLOCK_MONOTONIC);
	bool sooner;

	(void)pthread_mutex_lock(&own->lock);
	for (size_t i = 0; i < PASSES_MAX && patience(http, now) == 0; i++)
		http_poll_run(http);
	if (own->begun && http_accept_now(http))
		http_poll_run(http);
	own->answered = true;
	sooner = own->until > 0 &&
		 clock_now(CLOCK_MONOTONIC) + patience(http, now) / 1e3 < own->until;
	(void)pthread_mutex_unlock(&own->lock);
	if (sooner)
		http_poll_interrupt(http);
}
