/* SPDX-License-Identifier: MIT */
/* web_files.c - see web_files.h. */
#include "web_files.h"

#include <sys/stat.h>

#include "plain_file.h"

static int64_t nanoseconds(struct timespec time)
{
	return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static struct web_stamp stamp_of(const struct stat *stat)
{
	return (struct web_stamp){
		.device = (uint64_t)stat->st_dev,
		.inode = (uint64_t)stat->st_ino,
		.size = (int64_t)stat->st_size,
		.modified_ns = nanoseconds(stat->st_mtim),
		.changed_ns = nanoseconds(stat->st_ctim),
	};
}

static bool same(const struct web_stamp *a, const struct web_stamp *b)
{
	return a->device == b->device && a->inode == b->inode && a->size == b->size &&
	       a->modified_ns == b->modified_ns && a->changed_ns == b->changed_ns;
}

/* NULL when memory is out. */
static struct web_stamp *remember(struct web_files *files, const char *path)
{
	char *copy = files->len < WEB_FILES_MAX ? str_dup(str_of(path)) : NULL;

	if (copy == NULL)
		return NULL;
	files->path[files->len] = copy;
	files->stamp[files->len] = (struct web_stamp){0};
	return &files->stamp[files->len++];
}

bool web_files_read(struct web_files *files, const char *path, struct buf *out, struct err *err)
{
	struct web_stamp *stamp = remember(files, path);
	struct stat info;

	if (stamp == NULL)
		return err_set(err, ERR_MEMORY, "out of memory");
	/* Before it is opened: what changes in between is seen the next time. */
	if (stat(path, &info) == 0)
		*stamp = stamp_of(&info);
	return plain_file_read(out, path, err);
}

/* A file that was changed at a time that is still to come was changed by another clock. */
static bool is_young(const struct web_stamp *stamp, double now)
{
	double age = now - (double)stamp->changed_ns / 1e9;

	return age >= 0 && age < WEB_FILES_SETTLE_SECONDS;
}

enum web_files_state web_files_look(const struct web_files *files, double now)
{
	bool changed = false;
	bool young = false;

	for (size_t i = 0; i < files->len; i++) {
		struct web_stamp stamp = {0};
		struct stat info;

		if (stat(files->path[i], &info) == 0)
			stamp = stamp_of(&info);
		changed = changed || !same(&stamp, &files->stamp[i]);
		young = young || is_young(&stamp, now);
	}
	if (!changed)
		return WEB_FILES_SAME;
	return young ? WEB_FILES_CHANGING : WEB_FILES_CHANGED;
}

void web_files_free(struct web_files *files)
{
	for (size_t i = 0; i < files->len; i++)
		free(files->path[i]);
	*files = (struct web_files){0};
}
