/* SPDX-License-Identifier: MIT */
/*
 * shortage.c - loaded into a program (LD_PRELOAD), lets system calls fail as a file says that
 * SHORTAGE names: for each of the calls below an errno, 0 for none, and a count of its calls.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum call { ACCEPT, EPOLL_ADD, EPOLL_DEL, EPOLL_WAIT, EPOLL_CREATE, CALLS };

struct shortage {
	volatile int32_t errnum[CALLS];
	volatile int32_t count[CALLS];
};

static struct shortage *shortage;

__attribute__((constructor)) static void begin(void)
{
	const char *path = getenv("SHORTAGE");
	int fd = path == NULL ? -1 : open(path, O_RDWR);
	void *mapped;

	if (fd < 0)
		return;
	mapped = mmap(NULL, sizeof(*shortage), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	(void)close(fd);
	if (mapped != MAP_FAILED)
		shortage = mapped;
}

static int fails(enum call call)
{
	if (shortage == NULL)
		return 0;
	(void)__atomic_add_fetch(&shortage->count[call], 1, __ATOMIC_RELAXED);
	if (shortage->errnum[call] == 0)
		return 0;
	errno = shortage->errnum[call];
	return 1;
}

#define NEXT(name) ((__typeof__(&(name)))(uintptr_t)dlsym(RTLD_NEXT, #name))

int accept4(int fd, struct sockaddr *restrict addr, socklen_t *restrict len, int flags)
{
	return fails(ACCEPT) ? -1 : NEXT(accept4)(fd, addr, len, flags);
}

int epoll_ctl(int epoll, int op, int fd, struct epoll_event *event)
{
	if (op == EPOLL_CTL_ADD && fails(EPOLL_ADD))
		return -1;
	if (op == EPOLL_CTL_DEL && fails(EPOLL_DEL))
		return -1;
	return NEXT(epoll_ctl)(epoll, op, fd, event);
}

int epoll_wait(int epoll, struct epoll_event *events, int len, int timeout_ms)
{
	return fails(EPOLL_WAIT) ? -1 : NEXT(epoll_wait)(epoll, events, len, timeout_ms);
}

int epoll_create1(int flags)
{
	return fails(EPOLL_CREATE) ? -1 : NEXT(epoll_create1)(flags);
}
