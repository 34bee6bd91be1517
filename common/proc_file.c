/* SPDX-License-Identifier: MIT */
/* proc_file.c - one small file of /proc; see proc_file.h. */
#include "proc_file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "err.h"

static int open_file(const char *proc, uint32_t pid, const char *name)
{
	char path[PROC_PATH_MAX];
	int fd;

	if (pid == 0)
		(void)snprintf(path, sizeof(path), "%s/self/%s", proc, name);
	else
		(void)snprintf(path, sizeof(path), "%s/%u/%s", proc, pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		err_own_note_errno(errno);
	return fd;
}

struct str proc_file_read(const char *proc, uint32_t pid, const char *name, char *buffer,
			  size_t max)
{
	int fd = open_file(proc, pid, name);
	size_t len = 0;

	if (fd < 0)
		return (struct str){buffer, 0};
	while (len < max) {
		ssize_t more = read(fd, buffer + len, max - len);

		if (more < 0 && errno == EINTR)
			continue;
		if (more <= 0)
			break;
		len += (size_t)more;
	}
	(void)close(fd);
	return (struct str){buffer, len};
}

struct str proc_line_read(const char *proc, uint32_t pid, const char *name, char *buffer,
			  size_t max)
{
	int fd = open_file(proc, pid, name);
	ssize_t len = -1;

	if (fd >= 0) {
		len = read(fd, buffer, max);
		(void)close(fd);
	}
	return (struct str){buffer, len < 0 ? 0 : (size_t)len};
}
