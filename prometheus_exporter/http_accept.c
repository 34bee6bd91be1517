/* SPDX-License-Identifier: MIT */
/*
 * http_accept.c - lets clients in; see http_inside.h. libmicrohttpd could accept by itself, but
 * stops for ever when descriptors or memory were short at the wrong moment. So it gets connections
 * that are there, and what fails is tried again here, less and less often, and said in the log.
 */
#define _GNU_SOURCE /* accept4() */
#include "http_inside.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <sys/socket.h>

enum {
	BATCH_MAX = 16, /* of one listening socket, before those who are connected get their turn */
	NUMBER_MAX = 24,
};

/* Until connections that are being ended are gone, new ones may be ended, or answers are there. It
 * may be sooner, see http_accept_now(). */
static const double room_seconds = 0.01;
static const double pause_min_seconds = 0.05;
static const double pause_max_seconds = 1;
/* Between two lines of the log that say the same. */
static const double told_seconds = 60;
/* Without a failure, after which all is well again. */
static const double calm_seconds = 1;

double http_accept_wait(const struct exporter_http *http, double now)
{
	return fmax(http->accept.until - now, 0);
}

/* Errors that are of one connection, which is gone. Others are of the system, and stay. */
static bool is_of_connection(int cause)
{
	static const int passing[] = {ECONNABORTED, EINTR,       EPROTO,       ENOPROTOOPT,
				      ENETDOWN,     ENETUNREACH, EHOSTUNREACH, EOPNOTSUPP,
				      EPERM,        ETIMEDOUT};

	for (size_t i = 0; i < ARRAY_LEN(passing); i++) {
		if (cause == passing[i])
			return true;
	}
	return false;
}

/* ---- what the log hears ---------------------------------------------------------------------- */

static void tell_failed(struct exporter_http *http, int cause, const char *what)
{
	struct http_accept *own = &http->accept;
	double now = clock_now(CLOCK_MONOTONIC);
	char failures[NUMBER_MAX];
	struct err err = {0};

	own->failed = now;
	own->failures++;
	atomic_fetch_add(&http->self->accept_failures, 1);
	if (own->told > 0 && now - own->told < told_seconds)
		return;
	err_set_errno(&err, cause, "%s", what);
	(void)snprintf(failures, sizeof(failures), "%" PRIu64, own->failures);
	exporter_log(http->log, EXPORTER_ERROR, "cannot accept connections, trying again",
		     LOG_FIELDS({"err", err.text}, {"failures", failures}));
	own->told = now;
	own->is_told = true;
}

static void tell_accepted(struct exporter_http *http)
{
	struct http_accept *own = &http->accept;

	own->pause = 0;
	own->full = false;
	if (!own->is_told || clock_now(CLOCK_MONOTONIC) - own->failed < calm_seconds)
		return;
	exporter_log(http->log, EXPORTER_INFO, "connections are accepted again", NULL, 0);
	own->is_told = false;
	own->failures = 0;
}

/* ---- connections ----------------------------------------------------------------------------- */

/* Ends an idle or slow connection in favour of the one that comes: once, until a connection has
 * been accepted, since what that did not mend the next one would not mend either. True when another
 * attempt may help. */
static bool relieve(struct exporter_http *http)
{
	if (http->accept.pause > 0 || !http_clients_relieve(&http->clients))
		return false;
	http_poll_run(http);
	return true;
}

static void rest(struct exporter_http *http)
{
	struct http_accept *own = &http->accept;

	own->pause = fmin(fmax(own->pause * 2, pause_min_seconds), pause_max_seconds);
	own->until = clock_now(CLOCK_MONOTONIC) + own->pause;
}

void http_accept_fail(struct exporter_http *http, int cause, const char *what)
{
	tell_failed(http, cause, what);
	rest(http);
}

static bool add(struct exporter_http *http, int fd, const struct sockaddr *addr, socklen_t len)
{
	if (MHD_add_connection(http->poll.daemon, fd, addr, len) == MHD_YES) {
		tell_accepted(http);
		return true;
	}
	/* It has closed the socket. */
	http_accept_fail(http, errno, "add to those that are watched");
	return false;
}

/* False: that is enough for now. */
static bool accept_one(struct exporter_http *http, int listener)
{
	struct sockaddr_storage addr = {0};
	socklen_t len = sizeof(addr);
	int cause;
	int fd;

	if (!http_clients_room(&http->clients)) {
		http->accept.until = clock_now(CLOCK_MONOTONIC) + room_seconds;
		http->accept.full = true;
		return false;
	}
	fd = accept4(listener, (struct sockaddr *)&addr, &len, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd >= 0)
		return add(http, fd, (const struct sockaddr *)&addr, len);
	cause = errno;
	if (cause == EAGAIN)
		return false;
	if (is_of_connection(cause))
		return true;
	tell_failed(http, cause, "accept");
	if (relieve(http))
		return true;
	rest(http);
	return false;
}

void http_accept(struct exporter_http *http, size_t listener)
{
	for (size_t i = 0; i < BATCH_MAX && !atomic_load(&http->stopping); i++) {
		if (http->poll.daemon == NULL || !accept_one(http, http->listener[listener].fd))
			return;
	}
}

bool http_accept_now(struct exporter_http *http)
{
	struct http_accept *own = &http->accept;

	if (!own->full || own->pause > 0 || !http_clients_room(&http->clients))
		return false;
	own->full = false;
	own->until = 0;
	for (size_t i = 0; i < http->listeners; i++)
		http_accept(http, i);
	return true;
}
