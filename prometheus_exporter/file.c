/* SPDX-License-Identifier: MIT */
/* file.c - small files, read whole; see file.h. */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SHOWN_MAX = 100 };

static bool read_all(struct buf *text, int fd)
{
	char bytes[4096];
	ssize_t len;

	while (buf_ok(text) && (len = read(fd, bytes, sizeof(bytes))) != 0) {
		if (len < 0 && errno != EINTR)
			return false;
		if (len > 0)
			buf_add(text, bytes, (size_t)len);
	}
	return true;
}

static bool read_regular(struct buf *text, int fd, const char *path, struct err *err)
{
	struct stat stat;

	if (fstat(fd, &stat) != 0)
		return err_set_errno(err, errno, "cannot read \"%.*s\"", SHOWN_MAX, path);
	if (!S_ISREG(stat.st_mode))
		return err_set(err, ERR_USAGE, "cannot read \"%.*s\": it is no regular file",
			       SHOWN_MAX, path);
	if (!read_all(text, fd))
		return err_set_errno(err, errno, "cannot read \"%.*s\"", SHOWN_MAX, path);
	return buf_ok(text) || err_set(err, ERR_USAGE, "\"%.*s\" is longer than %zu bytes",
				       SHOWN_MAX, path, text->ceiling);
}

bool exporter_file_read(struct buf *text, const char *path, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	bool ok;

	if (fd < 0)
		return err_set_errno(err, errno, "cannot read \"%.*s\"", SHOWN_MAX, path);
	ok = read_regular(text, fd, path, err);
	(void)close(fd);
	return ok;
}

bool exporter_file_is_open_to_all(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && (status.st_mode & S_IROTH) != 0;
}
