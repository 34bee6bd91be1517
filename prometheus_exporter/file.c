/* SPDX-License-Identifier: MIT */
/* file.c - see file.h. */
#include "file.h"

#include <sys/stat.h>

bool exporter_file_is_open_to_all(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && (status.st_mode & S_IROTH) != 0;
}
