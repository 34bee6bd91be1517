/* SPDX-License-Identifier: MIT */
/* listen_unix.c - listening sockets that have a file; see listen.h. */
#include "listen_unix.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static const char *path_of(const char *address)
{
	return address + sizeof(LISTEN_UNIX_PREFIX) - 1;
}

bool listen_unix_check(const char *address, struct err *err)
{
	const size_t max = sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1;
	size_t len = strlen(path_of(address));

	if (path_of(address)[0] != '/')
		return err_set(err, ERR_USAGE,
			       "listen address \"%.80s\": expected unix: and a path from /",
			       address);
	if (len > max)
		return err_set(err, ERR_USAGE,
			       "listen address \"%.40s...\": the path has %zu bytes, the system "
			       "takes %zu",
			       address, len, max);
	return true;
}

static void fill(struct sockaddr_un *addr, const char *path)
{
	*addr = (struct sockaddr_un){.sun_family = AF_UNIX};
	memcpy(addr->sun_path, path, strlen(path));
}

/* Whether somebody takes connections there. Where that cannot be said, somebody does. */
static bool is_alive(const struct sockaddr_un *addr)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool alive = fd < 0 || connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) == 0 ||
		     errno != ECONNREFUSED;

	if (fd >= 0)
		(void)close(fd);
	return alive;
}

/* Removes what a dead process has left. */
static bool clear_way(const struct sockaddr_un *addr, struct err *err)
{
	struct stat found;

	if (lstat(addr->sun_path, &found) != 0)
		return errno == ENOENT ||
		       err_set_errno(err, errno, "cannot listen at \"%.80s\"", addr->sun_path);
	if (!S_ISSOCK(found.st_mode))
		return err_set(err, ERR_SYSTEM, "cannot listen at \"%.80s\": it is not a socket",
			       addr->sun_path);
	if (is_alive(addr))
		return err_set(err, ERR_SYSTEM, "cannot listen at \"%.80s\": in use",
			       addr->sun_path);
	if (unlink(addr->sun_path) != 0 && errno != ENOENT)
		return err_set_errno(err, errno, "cannot replace \"%.80s\"", addr->sun_path);
	return true;
}

/* The file never has more rights than `mode`, not even for a moment: with the descriptor's own mode
 * narrowed before bind(), the kernel makes it so. */
static bool bind_file(struct exporter_listener *ret, const struct sockaddr_un *addr, mode_t mode)
{
	struct stat made;

	if (fchmod(ret->fd, S_IRUSR | S_IWUSR) != 0 ||
	    bind(ret->fd, (const struct sockaddr *)addr, sizeof(*addr)) != 0 ||
	    lstat(addr->sun_path, &made) != 0)
		return false;
	ret->is_file = true;
	ret->device = made.st_dev;
	ret->inode = made.st_ino;
	(void)snprintf(ret->address, sizeof(ret->address), LISTEN_UNIX_PREFIX "%s", addr->sun_path);
	return chmod(addr->sun_path, mode) == 0 && listen(ret->fd, SOMAXCONN) == 0;
}

bool listen_unix(struct exporter_listener *ret, const char *address, mode_t mode, struct err *err)
{
	struct sockaddr_un addr;
	int saved;

	if (!listen_unix_check(address, err))
		return false;
	fill(&addr, path_of(address));
	if (!clear_way(&addr, err))
		return false;
	ret->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (ret->fd >= 0 && bind_file(ret, &addr, mode))
		return true;
	saved = errno;
	if (ret->is_file)
		listen_unix_remove(ret);
	if (ret->fd >= 0)
		(void)close(ret->fd);
	return err_set_errno(err, saved, "cannot listen at \"%.80s\"", address);
}

void listen_unix_describe(char address[EXPORTER_ADDRESS_MAX], const struct sockaddr_storage *addr,
			  socklen_t len)
{
	const struct sockaddr_un *un = (const struct sockaddr_un *)addr;
	size_t path_len = len - offsetof(struct sockaddr_un, sun_path);
	bool is_abstract = path_len > 1 && un->sun_path[0] == '\0';

	(void)snprintf(address, EXPORTER_ADDRESS_MAX, LISTEN_UNIX_PREFIX "%s%.*s",
		       is_abstract ? "@" : "", (int)path_len - (is_abstract ? 1 : 0),
		       un->sun_path + (is_abstract ? 1 : 0));
}

void listen_unix_remove(const struct exporter_listener *listener)
{
	const char *path = path_of(listener->address);
	struct stat found;

	if (lstat(path, &found) == 0 && S_ISSOCK(found.st_mode) &&
	    found.st_dev == listener->device && found.st_ino == listener->inode)
		(void)unlink(path);
}
