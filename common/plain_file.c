/* SPDX-License-Identifier: MIT */
/* plain_file.c - regular files within bounds; see plain_file.h. */
#include "plain_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SHOWN_MAX = 100 };

/* A descriptor of a regular file, or -1. */
static int open_plain(const char *path, bool folder, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat info;

	if (fd < 0 || fstat(fd, &info) != 0)
		(void)err_set_errno(err, errno, "cannot read \"%.*s\"", SHOWN_MAX, path);
	else if (S_ISREG(info.st_mode) || (folder && S_ISDIR(info.st_mode)))
		return fd;
	else
		(void)err_set(err, ERR_USAGE, "cannot read \"%.*s\": it is no regular file",
			      SHOWN_MAX, path);
	if (fd >= 0)
		(void)close(fd);
	return -1;
}

bool plain_file_read(struct buf *text, const char *path, struct err *err)
{
	int fd = open_plain(path, false, err);
	char bytes[1024];
	ssize_t len = 1;

	if (fd < 0)
		return false;
	while (len != 0 && buf_ok(text)) {
		len = read(fd, bytes, sizeof(bytes));
		if (len > 0)
			buf_add(text, bytes, (size_t)len);
		else if (len < 0 && errno != EINTR)
			break;
	}
	if (len < 0)
		(void)err_set_errno(err, errno, "cannot read \"%.*s\"", SHOWN_MAX, path);
	(void)close(fd);
	if (len < 0)
		return false;
	if (text->no_memory)
		return err_set(err, ERR_MEMORY, "out of memory");
	return buf_ok(text) || err_set(err, ERR_USAGE, "\"%.*s\" is longer than %zu bytes",
				       SHOWN_MAX, path, text->ceiling);
}

bool plain_file_check(const char *path, bool folder, struct err *err)
{
	int fd = open_plain(path, folder, err);

	if (fd >= 0)
		(void)close(fd);
	return fd >= 0;
}
