/* SPDX-License-Identifier: MIT */
/* file.c - the files that a configuration is made of; see file.h. */
#include "file.h"

#include <sys/stat.h>

#include "plain_file.h"

bool exporter_file_read(struct buf *text, const char *path, struct err *err)
{
	return plain_file_read(text, path, err);
}

bool exporter_file_is_open_to_all(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && (status.st_mode & S_IROTH) != 0;
}
