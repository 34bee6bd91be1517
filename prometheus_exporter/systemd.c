/* SPDX-License-Identifier: MIT */
/* systemd.c - socket activation and notification; see systemd.h. */
#include "systemd.h"

#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "buf.h"

enum { MESSAGE_MAX = 512 };

static bool read_number(uint64_t *ret, const char *name, const char *text, struct err *err)
{
	return str_to_u64(str_of(text), ret) ||
	       err_set(err, ERR_USAGE, "%s \"%.40s\": expected a number", name, text);
}

static bool read_sockets(struct systemd *systemd, const char *(*env)(const char *name),
			 struct err *err)
{
	const char *pid_text = env("LISTEN_PID");
	const char *fds_text = env("LISTEN_FDS");
	uint64_t pid;
	uint64_t fds;

	if (pid_text == NULL || fds_text == NULL)
		return true;
	if (!read_number(&pid, "LISTEN_PID", pid_text, err))
		return false;
	if (pid != (uint64_t)getpid())
		return true;
	if (!read_number(&fds, "LISTEN_FDS", fds_text, err))
		return false;
	if (fds > SYSTEMD_FDS_MAX)
		return err_set(err, ERR_USAGE, "LISTEN_FDS \"%.40s\": expected at most %d sockets",
			       fds_text, SYSTEMD_FDS_MAX);
	systemd->fds = (int)fds;
	return true;
}

/* "/run/systemd/notify", or "@name" for one without a file. */
static bool read_address(struct systemd *systemd, const char *text, struct err *err)
{
	size_t len = strlen(text);

	if (len < 2 || (text[0] != '/' && text[0] != '@') || len > sizeof(systemd->to.sun_path) - 1)
		return err_set(err, ERR_USAGE,
			       "NOTIFY_SOCKET \"%.80s\": expected the path of a unix socket, or @ "
			       "and a name",
			       text);
	systemd->to.sun_family = AF_UNIX;
	memcpy(systemd->to.sun_path, text, len);
	if (text[0] == '@')
		systemd->to.sun_path[0] = '\0';
	systemd->to_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
	return true;
}

bool systemd_read(struct systemd *systemd, const char *(*env)(const char *name), struct err *err)
{
	const char *notify = env("NOTIFY_SOCKET");

	*systemd = (struct systemd){0};
	return read_sockets(systemd, env, err) &&
	       (notify == NULL || notify[0] == '\0' || read_address(systemd, notify, err));
}

static void tell(const struct systemd *systemd, struct buf *message)
{
	const struct timeval patience = {.tv_sec = 1};
	int fd;

	if (systemd->to_len > 0 && buf_ok(message)) {
		fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		if (fd >= 0) {
			(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
			(void)sendto(fd, buf_text(message), message->len, MSG_NOSIGNAL,
				     (const struct sockaddr *)&systemd->to, systemd->to_len);
			(void)close(fd);
		}
	}
	buf_free(message);
}

/* A line break would begin another assignment. */
static void add_status(struct buf *message, const char *status)
{
	buf_add_text(message, "\nSTATUS=");
	for (; *status != '\0'; status++)
		buf_add_char(message, *status == '\n' ? ' ' : *status);
}

void systemd_ready(const struct systemd *systemd, const char *status)
{
	struct buf message;

	buf_init(&message, MESSAGE_MAX);
	buf_add_text(&message, "READY=1");
	add_status(&message, status);
	tell(systemd, &message);
}

/* systemd compares the time with its own: a READY=1 from before the reload does not end it. */
void systemd_reloading(const struct systemd *systemd)
{
	struct timespec now = {0};
	struct buf message;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	buf_init(&message, MESSAGE_MAX);
	buf_addf(&message, "RELOADING=1\nMONOTONIC_USEC=%lld",
		 (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
	add_status(&message, "reading the configuration");
	tell(systemd, &message);
}

void systemd_stopping(const struct systemd *systemd)
{
	struct buf message;

	buf_init(&message, MESSAGE_MAX);
	buf_add_text(&message, "STOPPING=1");
	add_status(&message, "answering what was asked");
	tell(systemd, &message);
}
