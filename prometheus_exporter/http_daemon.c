/* SPDX-License-Identifier: MIT */
/*
 * http_daemon.c - libmicrohttpd's daemon: how it is made, and what happens when it gives up; see
 * http_inside.h. It would end the process where the kernel refuses to take a descriptor out of an
 * epoll set. Instead that daemon is left behind as it is, with what little memory it has, and
 * another one takes its place: it costs the connections that were open.
 */
#include "http_inside.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

enum {
	CONNECTION_BYTES = 12 * 1024, /* both headers; Accept alone may be 8 KB. An idle connection
				       * keeps all of it */
	SILENT_SECONDS = 20,          /* between the usual scrape intervals of 15 s and 30 s */
	MHD_LINE_MAX = 512,
	NUMBER_MAX = 12,
};

/* Whatever is done with the daemon is done under the lock of the loop. Without this, those that are
 * added would only be looked at later, and would fail unnoticed. */
#if MHD_VERSION >= 0x00097707
#define FLAGS_OF_VERSION ((unsigned)MHD_USE_NO_THREAD_SAFETY)
#else
#define FLAGS_OF_VERSION 0u
#endif

struct http_escape {
	jmp_buf place;
	pthread_t thread;
};

static void on_log(void *ctx, const char *format, va_list args) PRINTF_LIKE(2, 0);
static void on_log(void *ctx, const char *format, va_list args)
{
	const struct exporter_http *http = ctx;
	char line[MHD_LINE_MAX];
	size_t len;

	if (vsnprintf(line, sizeof(line), format, args) < 0)
		return;
	len = strlen(line);
	if (len > 0 && line[len - 1] == '\n')
		line[len - 1] = '\0';
	exporter_log(http->log, EXPORTER_DEBUG, "libmicrohttpd", LOG_FIELDS({"said", line}));
}

/* Must not return. */
static void on_panic(void *ctx, const char *file, unsigned line, const char *reason)
{
	const struct exporter_http *http = ctx;
	struct http_escape *escape = http->poll.escape;
	char number[NUMBER_MAX];

	(void)snprintf(number, sizeof(number), "%u", line);
	exporter_log(http->log, EXPORTER_ERROR, "libmicrohttpd has given up",
		     LOG_FIELDS({"reason", reason == NULL ? "" : reason}, {"file", file},
				{"line", number}));
	if (escape != NULL && pthread_equal(escape->thread, pthread_self()))
		longjmp(escape->place, 1);
	abort();
}

/* Without a thread, see http_poll.c, and without a listening socket, see http_accept.c; so nobody
 * has to be woken either. Its own limit is never reached: how many there may be is for guard.h to
 * say. */
bool http_daemon_start(struct exporter_http *http)
{
	bool tls = http->web != NULL && web_has_tls(http->web);
	/* It wants a certificate to begin with. http_web_notify() gives each session its own. */
	struct MHD_OptionItem with_tls[] = {
		{MHD_OPTION_HTTPS_CERT_CALLBACK, 0, tls_no_certificate()},
		{MHD_OPTION_END, 0, NULL},
	};

	MHD_set_panic_func(on_panic, http);
	http->poll.daemon = MHD_start_daemon(
		(tls ? (unsigned)MHD_USE_TLS : 0u) | FLAGS_OF_VERSION | MHD_USE_NO_LISTEN_SOCKET |
			MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG,
		0, NULL, NULL, http_on_request, http, MHD_OPTION_EXTERNAL_LOGGER, on_log, http,
		MHD_OPTION_CONNECTION_LIMIT, UINT_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
		(unsigned)SILENT_SECONDS, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		(size_t)CONNECTION_BYTES, MHD_OPTION_NOTIFY_COMPLETED, http_on_completed, http,
		MHD_OPTION_NOTIFY_CONNECTION, http_web_notify, http, MHD_OPTION_URI_LOG_CALLBACK,
		http_head_line, http, MHD_OPTION_STRICT_FOR_CLIENT, http_head_strictness(),
		MHD_OPTION_ARRAY, tls ? with_tls : &with_tls[1], MHD_OPTION_END);
	if (http->poll.daemon == NULL)
		return false;
	http->poll.epoll_fd =
		MHD_get_daemon_info(http->poll.daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
	return true;
}

/* Nothing of the daemon is ever touched again: it may hold its lock. What it was about to close is
 * closed for it. */
static void leave_behind(struct exporter_http *http)
{
	struct http_poll *own = &http->poll;

	if (own->closing >= 0)
		(void)close(own->closing);
	(void)close(own->epoll_fd);
	own->daemon = NULL;
	http_clients_abandon(http);
}

/* Whether the daemon has survived it. */
static bool guarded(struct exporter_http *http, bool (*work)(struct MHD_Daemon *daemon), bool *ok)
{
	struct http_escape escape = {.thread = pthread_self()};

	http->poll.closing = -1;
	http->poll.escape = &escape;
	if (setjmp(escape.place) == 0) {
		*ok = work(http->poll.daemon);
		http->poll.escape = NULL;
		return true;
	}
	http->poll.escape = NULL;
	leave_behind(http);
	return false;
}

static bool run(struct MHD_Daemon *daemon)
{
	return MHD_run_wait(daemon, 0) == MHD_YES;
}

static bool stop(struct MHD_Daemon *daemon)
{
	MHD_stop_daemon(daemon);
	return true;
}

bool http_daemon_run(struct exporter_http *http)
{
	bool ok = false;

	return guarded(http, run, &ok) && ok;
}

void http_daemon_stop(struct exporter_http *http)
{
	bool ok;

	if (http->poll.daemon != NULL)
		(void)guarded(http, stop, &ok);
}
