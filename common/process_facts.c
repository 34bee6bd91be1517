/* SPDX-License-Identifier: MIT */
/* process_facts.c - what /proc says of one process; see process.h. */
#include "process.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "numbers.h"
#include "proc_file.h"

enum { PROTOCOL_BYTES = 32, LINK_BYTES = 64, LIMITS_BYTES = 4096 };

/* "socket:[12345]" */
static bool take_inode(int dir, const char *name, uint32_t *ret)
{
	char link[LINK_BYTES];
	ssize_t len = readlinkat(dir, name, link, sizeof(link));
	struct str text = {link, len < 0 ? 0 : (size_t)len};
	uint64_t inode;

	if (!str_take(&text, STR("socket:[")) || !str_take_u64(&text, &inode) ||
	    !str_equal(text, STR("]")))
		return false;
	*ret = (uint32_t)inode;
	return true;
}

/* "TCP", "TCPv6", "UNIX" or "UNIX-STREAM", which a socket keeps when its connection is gone. */
static bool is_connection(const char *folder, const char *name)
{
	char path[PROC_PATH_MAX];
	char protocol[PROTOCOL_BYTES];
	ssize_t len;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	len = getxattr(path, "system.sockprotoname", protocol, sizeof(protocol));
	return (len >= 3 && memcmp(protocol, "TCP", 3) == 0) ||
	       (len >= 4 && memcmp(protocol, "UNIX", 4) == 0);
}

static bool read_inodes(const char *proc, uint32_t pid, bool connections, uint32_t *ret, size_t max,
			size_t *len)
{
	char folder[PROC_PATH_MAX / 2];
	const struct dirent *entry;
	DIR *dir;

	*len = 0;
	(void)snprintf(folder, sizeof(folder), "%s/%u/fd", proc, pid);
	dir = opendir(folder);
	if (dir == NULL)
		err_own_note_errno(errno);
	if (dir == NULL)
		return false;
	while (*len < max && (entry = readdir(dir)) != NULL)
		*len += take_inode(dirfd(dir), entry->d_name, &ret[*len]) &&
			(!connections || is_connection(folder, entry->d_name));
	(void)closedir(dir);
	numbers_sort(ret, *len);
	return true;
}

bool process_socket_inodes(const char *proc, uint32_t pid, uint32_t *ret, size_t max, size_t *len)
{
	return read_inodes(proc, pid, false, ret, max, len);
}

bool process_connection_inodes(const char *proc, uint32_t pid, uint32_t *ret, size_t max,
			       size_t *len)
{
	return read_inodes(proc, pid, true, ret, max, len) && *len < max;
}

uint64_t process_fd_limit(const char *proc, uint32_t pid)
{
	char buffer[LIMITS_BYTES];
	struct str text = proc_file_read(proc, pid, "limits", buffer, sizeof(buffer));
	uint64_t limit = 0;

	while (text.ptr != NULL) {
		struct str line = str_cut(&text, '\n');

		if (str_take(&line, STR("Max open files "))) {
			line = str_trim(line);
			return str_take_u64(&line, &limit) ? limit : 0;
		}
	}
	return 0;
}

bool process_uid(const char *proc, uint32_t pid, uint32_t *ret)
{
	char path[PROC_PATH_MAX];
	struct stat info;

	(void)snprintf(path, sizeof(path), "%s/%u", proc, pid);
	if (stat(path, &info) != 0)
		return false;
	*ret = (uint32_t)info.st_uid;
	return true;
}

uint64_t process_network(const char *proc, uint32_t pid)
{
	char path[PROC_PATH_MAX];
	struct stat info;

	/* Each namespace has files of its own there; /proc/PID/ns/net says it too, to root. */
	if (pid == 0)
		(void)snprintf(path, sizeof(path), "%s/self/net/tcp", proc);
	else
		(void)snprintf(path, sizeof(path), "%s/%u/net/tcp", proc, pid);
	return stat(path, &info) == 0 ? (uint64_t)info.st_ino : 0;
}
