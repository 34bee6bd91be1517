/* SPDX-License-Identifier: MIT */
/* path_changed.c - see path_changed.h. Walks the path as the kernel does, link by link. */
#include "path_changed.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINKS_MAX = 40 }; /* the kernel's own limit */

/* Where the component that begins at `at` ends. */
static size_t end_of(const char *path, size_t at)
{
	return at + strcspn(path + at, "/");
}

/* Puts what the link in `path` leads to in its place; its last component is from `*begin` to `end`.
 * Sets `*begin` to where to walk on. */
static bool follow(char path[PATH_MAX], size_t *begin, size_t end)
{
	char target[PATH_MAX];
	char rest[PATH_MAX];
	char kept = path[end];
	ssize_t len;
	size_t folder;

	path[end] = '\0';
	len = readlink(path, target, sizeof(target));
	path[end] = kept;
	if (len <= 0 || (size_t)len >= sizeof(target))
		return false;
	folder = target[0] == '/' ? 0 : *begin;
	memcpy(rest, path + end, strlen(path + end) + 1);
	if (folder + (size_t)len + strlen(rest) >= PATH_MAX)
		return false;
	memcpy(path + folder, target, (size_t)len);
	memcpy(path + folder + len, rest, strlen(rest) + 1);
	*begin = folder;
	return true;
}

bool path_changed(const char *path, double *when)
{
	char walked[PATH_MAX];
	size_t begin = 0;
	unsigned links = 0;

	if (path[0] == '\0' ||
	    (size_t)snprintf(walked, sizeof(walked), "%s", path) >= sizeof(walked))
		return false;
	*when = 0;
	for (;;) {
		struct stat info;
		size_t end;
		char kept;
		double changed;

		begin += strspn(walked + begin, "/");
		end = end_of(walked, begin);
		kept = walked[end];
		walked[end] = '\0';
		if (lstat(walked, &info) != 0)
			return false;
		walked[end] = kept;
		changed = (double)info.st_ctim.tv_sec + (double)info.st_ctim.tv_nsec / 1e9;
		if (S_ISLNK(info.st_mode)) {
			*when = changed > *when ? changed : *when;
			if (++links > LINKS_MAX || !follow(walked, &begin, end))
				return false;
			continue;
		}
		begin = end + strspn(walked + end, "/");
		if (walked[begin] != '\0')
			continue;
		*when = changed > *when ? changed : *when;
		return true;
	}
}
