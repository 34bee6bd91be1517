/* SPDX-License-Identifier: MIT */
/* self_process.c - this process in /proc; see self_process.h. */
#include "self_process.h"

#include <dirent.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "proc_file.h"

enum { STAT_BYTES = 1024 };

/* Fields of /proc/PID/stat after the command's name, counted as in proc(5). */
enum stat_field {
	STAT_FIRST = 3,
	STAT_START = 22,
	STAT_LAST = STAT_START,
};

/* The fields by their numbers; those that are no unsigned numbers are 0. */
static bool read_stat(uint64_t field[STAT_LAST + 1])
{
	char buffer[STAT_BYTES];
	struct str text = proc_line_read("/proc", 0, "stat", buffer, sizeof(buffer));
	size_t end = text.len;

	/* A name may hold brackets and blanks: the last bracket is the end of it. */
	while (end > 0 && text.ptr[end - 1] != ')')
		end--;
	if (end == 0 || end + 1 >= text.len)
		return false;
	text = (struct str){text.ptr + end + 1, text.len - end - 1};
	for (unsigned i = STAT_FIRST; i <= STAT_LAST; i++) {
		if (text.ptr == NULL)
			return false;
		if (!str_to_u64(str_cut(&text, ' '), &field[i]))
			field[i] = 0;
	}
	return true;
}

static double tick_seconds(void)
{
	long ticks = sysconf(_SC_CLK_TCK);

	return 1.0 / (double)(ticks > 0 ? ticks : 100);
}

static uint64_t limit_of(int resource)
{
	struct rlimit limit;

	if (getrlimit(resource, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
		return UINT64_MAX;
	return limit.rlim_cur;
}

/* Without the one that it takes to look. */
static uint64_t list_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	uint64_t len = 0;

	if (dir == NULL)
		return 0;
	for (const struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir))
		len += entry->d_name[0] != '.';
	(void)closedir(dir);
	return len > 0 ? len - 1 : 0;
}

/* Since Linux 6.2 the folder's size is their number; before, it is 0. */
static uint64_t count_fds(void)
{
	struct stat info;

	if (stat("/proc/self/fd", &info) == 0 && info.st_size > 0)
		return (uint64_t)info.st_size;
	return list_fds();
}

/* Not /proc/self/stat, which adds up all threads and costs more than the rest of an answer. */
static bool read_memory(struct self_process *ret)
{
	char buffer[STAT_BYTES];
	struct str text = proc_line_read("/proc", 0, "statm", buffer, sizeof(buffer));
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t all;
	uint64_t resident;

	if (!str_to_u64(str_cut(&text, ' '), &all) || !str_to_u64(str_cut(&text, ' '), &resident))
		return false;
	ret->virtual_bytes = all * page;
	ret->resident_bytes = resident * page;
	return true;
}

void self_process_read(struct self_process *ret)
{
	*ret = (struct self_process){
		.cpu_seconds = clock_now(CLOCK_PROCESS_CPUTIME_ID),
		.virtual_max = limit_of(RLIMIT_AS),
		.open_fds = count_fds(),
		.max_fds = limit_of(RLIMIT_NOFILE),
	};
	ret->known = read_memory(ret);
}

double self_process_started(void)
{
	uint64_t field[STAT_LAST + 1] = {0};

	if (!read_stat(field))
		return 0;
	return clock_now(CLOCK_REALTIME) - clock_now(CLOCK_BOOTTIME) +
	       (double)field[STAT_START] * tick_seconds();
}
