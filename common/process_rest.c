/* SPDX-License-Identifier: MIT */
/* process_rest.c - see process_rest.h. The kernel wakes a process up (state R) together with the
 * event that it waits for, so that one that is still asleep has no event. */
#include "process_rest.h"

#include <sys/syscall.h>

#include "proc_file.h"

enum { LINE_BYTES = 1024 };

/* "232 0x5 0x..."; a process that runs has the word "running" there. */
static enum process_rest rest_of_call(const char *proc, uint32_t pid)
{
	static const uint64_t poll[] = {
#ifdef SYS_poll
		SYS_poll,
#endif
#ifdef SYS_select
		SYS_select,
#endif
		SYS_ppoll,
		SYS_pselect6,
	};
	static const uint64_t wait[] = {
#ifdef SYS_epoll_wait
		SYS_epoll_wait,
#endif
		SYS_epoll_pwait,
#ifdef SYS_epoll_pwait2
		SYS_epoll_pwait2,
#endif
	};
	char buffer[LINE_BYTES];
	struct str line = proc_line_read(proc, pid, "syscall", buffer, sizeof(buffer));
	uint64_t number;

	if (!str_take_u64(&line, &number))
		return REST_SLEEPS;
	for (size_t i = 0; i < ARRAY_LEN(wait); i++) {
		if (number == wait[i])
			return REST_WAITS;
	}
	for (size_t i = 0; i < ARRAY_LEN(poll); i++) {
		if (number == poll[i])
			return REST_POLLS;
	}
	return REST_SLEEPS;
}

/* The state stands behind the name, which is in parentheses and may hold any character. */
static char state_of(const char *proc, uint32_t pid)
{
	char buffer[LINE_BYTES];
	struct str stat = proc_line_read(proc, pid, "stat", buffer, sizeof(buffer));
	size_t at = stat.len;

	while (at > 0 && stat.ptr[at - 1] != ')')
		at--;
	return at > 0 && at + 1 < stat.len ? stat.ptr[at + 1] : '\0';
}

enum process_rest process_rest_of(const char *proc, uint32_t pid)
{
	switch (state_of(proc, pid)) {
	case 'R':
		return REST_RUNS;
	case 'S':
		return rest_of_call(proc, pid);
	case 'D':
	case 'T':
	case 't':
		return REST_HELD;
	default:
		return REST_UNKNOWN;
	}
}
