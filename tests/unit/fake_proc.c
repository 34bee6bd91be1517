/* SPDX-License-Identifier: MIT */
/* fake_proc.c - a tree like /proc; see fake_proc.h. */
#define _XOPEN_SOURCE 700 /* nftw() */
#include "fake_proc.h"

#include <errno.h>
#include <ftw.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_BYTES = 512, OPEN_MAX_FOLDERS = 16 };

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	abort();
}

void fake_proc_make(struct fake_proc *proc)
{
	const char *dir = getenv("TMPDIR");

	(void)snprintf(proc->dir, sizeof(proc->dir), "%s/connledger-proc-XXXXXX",
		       dir == NULL ? "/tmp" : dir);
	must(mkdtemp(proc->dir) != NULL, "mkdtemp");
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *at)
{
	(void)info;
	(void)type;
	(void)at;
	return remove(path);
}

void fake_proc_remove(struct fake_proc *proc)
{
	must(nftw(proc->dir, remove_one, OPEN_MAX_FOLDERS, FTW_DEPTH | FTW_PHYS) == 0, "nftw");
}

/* The path of `name`; the folders above it are there when this returns. */
static void make_path(const struct fake_proc *proc, const char *name, char *ret)
{
	int len = snprintf(ret, PATH_BYTES, "%s/%s", proc->dir, name);

	must(len > 0 && len < PATH_BYTES, name);
	for (char *c = ret + strlen(proc->dir) + 1; *c != '\0'; c++) {
		if (*c != '/')
			continue;
		*c = '\0';
		must(mkdir(ret, 0755) == 0 || errno == EEXIST, ret);
		*c = '/';
	}
}

void fake_proc_bytes(const struct fake_proc *proc, const char *name, const char *bytes, size_t len)
{
	char path[PATH_BYTES];
	FILE *file;

	make_path(proc, name, path);
	file = fopen(path, "w");
	must(file != NULL, path);
	must(fwrite(bytes, 1, len, file) == len && fclose(file) == 0, path);
}

void fake_proc_file(const struct fake_proc *proc, const char *name, const char *text)
{
	fake_proc_bytes(proc, name, text, strlen(text));
}

void fake_proc_link(const struct fake_proc *proc, const char *name, const char *again)
{
	char from[PATH_BYTES];
	char to[PATH_BYTES];

	make_path(proc, name, from);
	make_path(proc, again, to);
	must(link(from, to) == 0, to);
}

uint64_t fake_proc_folder(const struct fake_proc *proc, const char *name)
{
	char path[PATH_BYTES];
	struct stat info;

	make_path(proc, name, path);
	must(mkdir(path, 0755) == 0 || errno == EEXIST, path);
	must(stat(path, &info) == 0, path);
	return (uint64_t)info.st_ino;
}

void fake_proc_process(const struct fake_proc *proc, unsigned pid, unsigned ppid, const char *comm,
		       const char *title, uint64_t ticks)
{
	enum { PADDING = 20 };
	char name[64];
	char text[512];
	int len;

	(void)snprintf(name, sizeof(name), "%u/comm", pid);
	(void)snprintf(text, sizeof(text), "%s\n", comm);
	fake_proc_file(proc, name, text);
	(void)snprintf(name, sizeof(name), "%u/cmdline", pid);
	memset(text, 0, sizeof(text));
	len = snprintf(text, sizeof(text) - PADDING, "%s", title);
	fake_proc_bytes(proc, name, text, (size_t)len + PADDING);
	(void)snprintf(name, sizeof(name), "%u/stat", pid);
	(void)snprintf(text, sizeof(text),
		       "%u (%s) S %u 1 1 0 -1 4194368 66 0 0 0 0 0 0 0 20 0 1 0 %llu 10600448 356 "
		       "18446744073709551615\n",
		       pid, comm, ppid, (unsigned long long)ticks);
	fake_proc_file(proc, name, text);
}

void fake_proc_socket(const struct fake_proc *proc, unsigned pid, unsigned fd, uint32_t inode)
{
	char name[64];
	char path[PATH_BYTES];
	char target[64];

	(void)snprintf(name, sizeof(name), "%u/fd/%u", pid, fd);
	make_path(proc, name, path);
	(void)snprintf(target, sizeof(target), "socket:[%u]", inode);
	must(symlink(target, path) == 0, path);
}
