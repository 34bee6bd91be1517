/* SPDX-License-Identifier: MIT */
/* cgroup.c - cgroups of processes; see cgroup.h. */
#include "cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proc_file.h"
#include "process_title.h"

enum {
	MOUNTS_BYTES = 12 * 1024, /* cgroups are mounted early: the first of them will do */
	LINES_BYTES = 4096,
	PIDS_BYTES = 4096,
	COMM_BYTES = 64,
};

/* "cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid 0 0" */
static struct str find_mount(struct str mounts)
{
	while (mounts.ptr != NULL) {
		struct str line = str_cut(&mounts, '\n');
		struct str folder;

		(void)str_cut(&line, ' ');
		folder = str_cut(&line, ' ');
		if (str_equal(str_cut(&line, ' '), STR("cgroup2")))
			return folder;
	}
	return (struct str){NULL, 0};
}

/* The path in "0::/system.slice/nginx.service"; one above our own root cannot be opened. */
static struct str find_path(struct str lines)
{
	while (lines.ptr != NULL) {
		struct str line = str_cut(&lines, '\n');

		if (str_take(&line, STR("0::")) && str_starts(line, STR("/")) &&
		    !str_starts(line, STR("/..")))
			return line;
	}
	return (struct str){NULL, 0};
}

void cgroup_of(struct cgroup *ret, const char *proc, uint32_t pid)
{
	char mounts[MOUNTS_BYTES];
	char lines[LINES_BYTES];
	struct str path = find_path(proc_file_read(proc, pid, "cgroup", lines, sizeof(lines)));
	struct stat info;
	struct str mount;

	ret->id = 0;
	ret->folder[0] = '\0';
	if (path.len == 0)
		return;
	mount = find_mount(proc_file_read(proc, 0, "mounts", mounts, sizeof(mounts)));
	if (mount.len == 0 || mount.len + path.len >= sizeof(ret->folder))
		return;
	(void)snprintf(ret->folder, sizeof(ret->folder), "%.*s%.*s", (int)mount.len, mount.ptr,
		       (int)path.len, path.ptr);
	if (stat(ret->folder, &info) == 0)
		ret->id = (uint64_t)info.st_ino;
	else
		ret->folder[0] = '\0';
}

static int by_pid(const void *a, const void *b)
{
	const uint32_t *pid = a;
	const struct process *process = b;

	return (*pid > process->pid) - (*pid < process->pid);
}

/* A worker that began after the others were listed is known by its name. */
static bool is_nginx(const char *proc, const struct processes *nginx, struct str text)
{
	char name[COMM_BYTES];
	uint64_t number;
	uint32_t pid;

	if (!str_to_u64(text, &number) || number == 0 || number > UINT32_MAX)
		return false;
	pid = (uint32_t)number;
	return (nginx->len > 0 &&
		bsearch(&pid, nginx->item, nginx->len, sizeof(*nginx->item), by_pid) != NULL) ||
	       process_is_candidate(proc_line_read(proc, pid, "comm", name, sizeof(name)));
}

/* Looks at the whole lines in `text`; `*rest` is what follows them. */
static bool are_nginx(const char *proc, const struct processes *nginx, struct str text,
		      struct str *rest)
{
	for (;;) {
		size_t at = str_find(text, '\n');

		*rest = text;
		if (at == text.len)
			return true;
		if (!is_nginx(proc, nginx, (struct str){text.ptr, at}))
			return false;
		text = (struct str){text.ptr + at + 1, text.len - at - 1};
	}
}

static bool list_is_own(int fd, const char *proc, const struct processes *nginx)
{
	char buffer[PIDS_BYTES];
	struct str rest = {buffer, 0};
	bool any = false;

	for (;;) {
		ssize_t more = read(fd, buffer + rest.len, sizeof(buffer) - rest.len);

		if (more < 0 && errno == EINTR)
			continue;
		if (more <= 0)
			return more == 0 && any && rest.len == 0;
		if (!are_nginx(proc, nginx, (struct str){buffer, rest.len + (size_t)more}, &rest))
			return false;
		any = true;
		memmove(buffer, rest.ptr, rest.len);
		rest.ptr = buffer;
	}
}

bool cgroup_is_own(const struct cgroup *cgroup, const char *proc, const struct processes *nginx)
{
	char path[CGROUP_PATH_MAX + sizeof("/cgroup.procs")];
	bool is_own;
	int fd;

	if (cgroup->id == 0)
		return false;
	(void)snprintf(path, sizeof(path), "%s/cgroup.procs", cgroup->folder);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		err_own_note_errno(errno);
	if (fd < 0)
		return false;
	is_own = list_is_own(fd, proc, nginx);
	(void)close(fd);
	return is_own;
}
