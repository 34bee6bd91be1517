/* SPDX-License-Identifier: MIT */
/* state.c - a small file between two runs, safe where others can write too; see state.h. */
#include "state.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"

enum { LOCK_RETRY_MS = 10, PROGRAM_MAX = 64 };

/* FNV-1a, 64 bits: http://www.isthe.com/chongo/tech/comp/fnv/ */
static uint64_t hash_of(struct str key)
{
	uint64_t hash = 14695981039346656037U;

	for (size_t i = 0; i < key.len; i++)
		hash = (hash ^ (unsigned char)key.ptr[i]) * 1099511628211U;
	return hash;
}

/* The folder DIR/connledger-<uid>, made when it is missing. Others may be able to write DIR (/tmp),
 * hence the look at what is really there, through the descriptor that is used from then on. */
static bool open_own_folder(struct state *state, const char *dir, struct err *err)
{
	char own[40];
	struct stat info;
	int errnum;
	int parent;

	if (mkdir(dir, 0700) != 0 && errno != EEXIST)
		return err_set_errno(err, errno, "cannot make %.120s", dir);
	parent = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (parent < 0)
		return err_set_errno(err, errno, "cannot open %.120s", dir);
	(void)snprintf(own, sizeof(own), "connledger-%lu", (unsigned long)geteuid());
	if (mkdirat(parent, own, 0700) == 0 || errno == EEXIST)
		state->dir_fd =
			openat(parent, own, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	errnum = errno;
	(void)close(parent);
	if (state->dir_fd < 0 && errnum != ENOTDIR && errnum != ELOOP)
		return err_set_errno(err, errnum, "cannot open %.120s/%s", dir, own);
	if (state->dir_fd < 0 || fstat(state->dir_fd, &info) != 0 || info.st_uid != geteuid() ||
	    (info.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return err_set(
			err, ERR_ACCESS,
			"%.120s/%s must be a folder (no link) that only this user can write to",
			dir, own);
	return true;
}

static bool lock(const struct state *state, const char *dir, unsigned wait_ms, struct err *err)
{
	const struct timespec pause = {.tv_nsec = LOCK_RETRY_MS * 1000000L};
	double until = clock_now(CLOCK_MONOTONIC) * 1e3 + wait_ms;

	while (flock(state->lock_fd, LOCK_EX | LOCK_NB) != 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return err_set_errno(err, errno, "cannot lock a state file in %.120s", dir);
		if (clock_now(CLOCK_MONOTONIC) * 1e3 >= until)
			return err_set(err, ERR_TIMEOUT,
				       "a state file in %.120s was locked by another run for %u ms",
				       dir, wait_ms);
		(void)nanosleep(&pause, NULL);
	}
	return true;
}

/* The state's name with another ending. */
static void file_name(const struct state *state, const char *ending, char *ret, size_t size)
{
	(void)snprintf(ret, size, "%s%s", state->name, ending);
}

bool state_open(struct state *state, const char *dir, const char *program, struct str key,
		unsigned wait_ms, struct err *err)
{
	char name[sizeof(state->name) + 8];

	*state = (struct state){.dir_fd = -1, .lock_fd = -1};
	if (program[0] == '\0' || strchr(program, '/') != NULL || strlen(program) > PROGRAM_MAX)
		return err_set(err, ERR_USAGE, "bad program name for a state file");
	(void)snprintf(state->name, sizeof(state->name), "%s-%016llx", program,
		       (unsigned long long)hash_of(key));
	if (open_own_folder(state, dir, err)) {
		file_name(state, ".lock", name, sizeof(name));
		state->lock_fd =
			openat(state->dir_fd, name,
			       O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);
		if (state->lock_fd < 0)
			err_set_errno(err, errno, "cannot open %s in %.120s", name, dir);
		else if (lock(state, dir, wait_ms, err))
			return true;
	}
	state_close(state);
	return false;
}

static bool read_all(int fd, const char *name, struct buf *out, struct err *err)
{
	char bytes[4096];
	size_t total = 0;

	for (;;) {
		ssize_t len = read(fd, bytes, sizeof(bytes));

		if (len == 0)
			break;
		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0)
			return err_set_errno(err, errno, "cannot read state file %s", name);
		total += (size_t)len;
		if (total > STATE_BYTES_MAX)
			return err_set(err, ERR_TOO_LARGE, "state file %s is longer than %d bytes",
				       name, STATE_BYTES_MAX);
		buf_add(out, bytes, (size_t)len);
	}
	return buf_ok(out) || err_set(err, ERR_MEMORY, "out of memory for state file %s", name);
}

/* What stands in the place of the file goes out of the way, so that the next run has one again. */
static bool set_aside(struct state *state, const char *why, struct err *err)
{
	char name[sizeof(state->name) + 8];

	file_name(state, ".aside", name, sizeof(name));
	if (renameat(state->dir_fd, state->name, state->dir_fd, name) != 0)
		return err_set_errno(err, errno, "state file %s %s and cannot be set aside",
				     state->name, why);
	(void)err_set(err, ERR_ACCESS, "state file %s %s: it was set aside", state->name, why);
	return true;
}

/* NULL: it is one of ours. */
static const char *why_not_ours(const struct stat *info)
{
	if (!S_ISREG(info->st_mode))
		return "is no regular file";
	if (info->st_uid != geteuid())
		return "belongs to another user";
	if (info->st_nlink > 1)
		return "is linked under another name";
	return info->st_size > STATE_BYTES_MAX ? "is too long" : NULL;
}

bool state_read(struct state *state, struct buf *out, struct err *err)
{
	const char *why;
	struct stat info;
	bool ok;
	int fd;

	buf_clear(out);
	/* O_NONBLOCK: a FIFO put there must not stop us. */
	fd = openat(state->dir_fd, state->name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 && errno == ENOENT)
		return true;
	if (fd < 0 && (errno == ELOOP || errno == ENXIO))
		return set_aside(state, errno == ELOOP ? "is a link" : "is no regular file", err);
	if (fd < 0)
		return err_set_errno(err, errno, "cannot open state file %s", state->name);
	if (fstat(fd, &info) != 0)
		ok = err_set_errno(err, errno, "cannot look at state file %s", state->name);
	else if ((why = why_not_ours(&info)) != NULL)
		ok = set_aside(state, why, err);
	else
		ok = read_all(fd, state->name, out, err);
	(void)close(fd);
	if (!ok)
		buf_clear(out);
	return ok;
}

bool state_write(struct state *state, struct str bytes, struct err *err)
{
	char name[sizeof(state->name) + 8];
	bool ok;
	int fd;

	if (bytes.len > STATE_BYTES_MAX)
		return err_set(err, ERR_TOO_LARGE, "state file %s would be longer than %d bytes",
			       state->name, STATE_BYTES_MAX);
	file_name(state, ".tmp", name, sizeof(name));
	/* Left by a run that was killed; the lock says that nobody is writing it now. */
	(void)unlinkat(state->dir_fd, name, 0);
	fd = openat(state->dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		    0600);
	if (fd < 0)
		return err_set_errno(err, errno, "cannot make state file %s", name);
	ok = (str_write(bytes, fd) && fsync(fd) == 0) ||
	     err_set_errno(err, errno, "cannot write state file %s", name);
	if (close(fd) != 0 && ok)
		ok = err_set_errno(err, errno, "cannot write state file %s", name);
	if (ok && renameat(state->dir_fd, name, state->dir_fd, state->name) != 0)
		ok = err_set_errno(err, errno, "cannot replace state file %s", state->name);
	if (!ok)
		(void)unlinkat(state->dir_fd, name, 0);
	return ok;
}

void state_close(struct state *state)
{
	if (state->lock_fd >= 0)
		(void)close(state->lock_fd);
	if (state->dir_fd >= 0)
		(void)close(state->dir_fd);
	state->lock_fd = state->dir_fd = -1;
}
