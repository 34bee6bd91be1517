/* SPDX-License-Identifier: MIT */
/*
 * fault.c - a library for LD_PRELOAD that has one call of a program fail, whichever is wanted:
 *
 *     FAULT=memory:N     the N-th allocation after the start of main() gets none; memory+:N: and no
 *                        later one does either
 *     FAULT=files:N      the N-th call that would give a descriptor fails with EMFILE; files+:N
 *     FAULT=slow:N       the N-th call that gives a descriptor takes for ever
 *     FAULT_IN=NAME      only calls from a library of that name, or of what it calls; from its
 * loading on FAULT_COUNT=FILE   how many such calls there were is written there at the end
 *
 * Allocations inside of other libraries count too. So do opendir(), fopen() and getaddrinfo(),
 * whose own descriptors cannot be got hold of.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <netdb.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t len, size_t size);
extern void *__libc_realloc(void *piece, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

enum kind { NONE, MEMORY, FILES, SLOW };

static enum kind kind;
static bool lasting;
static bool armed;
static long at;
static atomic_long calls;

/* The code of the library; addresses of it on the stack say that it has called. */
static const char *wanted_library;
static uintptr_t code_start;
static uintptr_t code_end;
static _Thread_local bool looking;

static int look_at(struct dl_phdr_info *info, size_t size, void *ctx)
{
	(void)size;
	(void)ctx;
	if (strstr(info->dlpi_name, wanted_library) == NULL)
		return 0;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *part = &info->dlpi_phdr[i];

		if (part->p_type == PT_LOAD && (part->p_flags & PF_X) != 0) {
			code_start = info->dlpi_addr + part->p_vaddr;
			code_end = code_start + part->p_memsz;
		}
	}
	return 1;
}

static bool is_called_from_library(void)
{
	enum { WORDS = 2048 };
	const uintptr_t *word = __builtin_frame_address(0);
	pthread_attr_t attr;
	void *stack;
	size_t size;
	bool found = false;

	if (looking)
		return false;
	looking = true;
	if (code_start == 0)
		(void)dl_iterate_phdr(look_at, NULL);
	if (code_start != 0 && pthread_getattr_np(pthread_self(), &attr) == 0) {
		(void)pthread_attr_getstack(&attr, &stack, &size);
		(void)pthread_attr_destroy(&attr);
		for (size_t i = 0;
		     i < WORDS && !found && (uintptr_t)(word + i + 1) < (uintptr_t)stack + size;
		     i++)
			found = word[i] >= code_start && word[i] < code_end;
	}
	looking = false;
	return found;
}

static bool reached(enum kind what)
{
	long now;

	if (armed && wanted_library != NULL && !is_called_from_library())
		return false;
	if (!armed || (kind != what && !(kind == SLOW && what == FILES)))
		return false;
	now = atomic_fetch_add(&calls, 1) + 1;
	return at > 0 && (now == at || (lasting && now > at));
}

static bool out_of_memory(void)
{
	if (!reached(MEMORY))
		return false;
	errno = ENOMEM;
	return true;
}

static bool out_of_files(void)
{
	if (!reached(FILES))
		return false;
	while (kind == SLOW)
		(void)pause();
	errno = EMFILE;
	return true;
}

/* ---- memory ------------------------------------------------------------------------------------ */

void *malloc(size_t size)
{
	return out_of_memory() ? NULL : __libc_malloc(size);
}

void *calloc(size_t len, size_t size)
{
	return out_of_memory() ? NULL : __libc_calloc(len, size);
}

void *realloc(void *piece, size_t size)
{
	return size > 0 && out_of_memory() ? NULL : __libc_realloc(piece, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
	return out_of_memory() ? NULL : __libc_memalign(alignment, size);
}

int posix_memalign(void **ret, size_t alignment, size_t size)
{
	*ret = out_of_memory() ? NULL : __libc_memalign(alignment, size);
	return *ret == NULL ? ENOMEM : 0;
}

/* ---- descriptors ------------------------------------------------------------------------------- */

#define REAL(function) ((__typeof__(&function))dlsym(RTLD_NEXT, #function))

#define OPEN(function, ...)                                                                        \
	va_list list;                                                                              \
	mode_t mode;                                                                               \
	va_start(list, flags);                                                                     \
	mode = (flags & O_CREAT) != 0 ? va_arg(list, mode_t) : 0;                                  \
	va_end(list);                                                                              \
	return out_of_files() ? -1 : REAL(function)(__VA_ARGS__, flags, mode)

int open(const char *path, int flags, ...)
{
	OPEN(open, path);
}

int open64(const char *path, int flags, ...)
{
	OPEN(open64, path);
}

int openat(int folder, const char *path, int flags, ...)
{
	OPEN(openat, folder, path);
}

int openat64(int folder, const char *path, int flags, ...)
{
	OPEN(openat64, folder, path);
}

int socket(int domain, int type, int protocol)
{
	return out_of_files() ? -1 : REAL(socket)(domain, type, protocol);
}

int accept4(int fd, struct sockaddr *address, socklen_t *len, int flags)
{
	return out_of_files() ? -1 : REAL(accept4)(fd, address, len, flags);
}

int pipe(int fd[2])
{
	return out_of_files() ? -1 : REAL(pipe)(fd);
}

int pipe2(int fd[2], int flags)
{
	return out_of_files() ? -1 : REAL(pipe2)(fd, flags);
}

int socketpair(int domain, int type, int protocol, int fd[2])
{
	return out_of_files() ? -1 : REAL(socketpair)(domain, type, protocol, fd);
}

int epoll_create1(int flags)
{
	return out_of_files() ? -1 : REAL(epoll_create1)(flags);
}

int eventfd(unsigned first, int flags)
{
	return out_of_files() ? -1 : REAL(eventfd)(first, flags);
}

DIR *opendir(const char *path)
{
	return out_of_files() ? NULL : REAL(opendir)(path);
}

FILE *fopen(const char *path, const char *how)
{
	return out_of_files() ? NULL : REAL(fopen)(path, how);
}

int getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
		struct addrinfo **ret)
{
	return out_of_files() ? EAI_SYSTEM : REAL(getaddrinfo)(host, service, hints, ret);
}

/* ---- the start and the end --------------------------------------------------------------------- */

static int (*program)(int argc, char **argv, char **env);

static void count(void)
{
	const char *path = getenv("FAULT_COUNT");
	char text[32];
	int fd;

	armed = false;
	if (path == NULL)
		return;
	fd = REAL(open)(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	(void)snprintf(text, sizeof(text), "%ld\n", atomic_load(&calls));
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		_exit(98);
}

static int begin(int argc, char **argv, char **env)
{
	static const char *const name[] = {"", "memory", "files", "slow"};
	const char *wanted = getenv("FAULT");
	int status;

	for (int i = MEMORY; wanted != NULL && i <= SLOW; i++) {
		size_t len = strlen(name[i]);

		if (strncmp(wanted, name[i], len) != 0)
			continue;
		kind = (enum kind)i;
		lasting = wanted[len] == '+';
		at = strtol(wanted + len + 1 + (lasting ? 1 : 0), NULL, 10);
	}
	wanted_library = getenv("FAULT_IN");
	armed = kind != NONE;
	status = program(argc, argv, env);
	count();
	return status;
}

int __libc_start_main(int (*main)(int, char **, char **), int argc, char **argv, void (*init)(void),
		      void (*fini)(void), void (*end)(void), void *stack)
{
	program = main;
	return REAL(__libc_start_main)(begin, argc, argv, init, fini, end, stack);
}
