/* SPDX-License-Identifier: MIT */
/* process.c - nginx's processes by their titles; see process.h. A name (comm) is read for each
 * candidate, the rest only for what is called like nginx: a command line lies in the memory of its
 * process, and one that hangs may hold it locked. */
#include "process.h"

#include <dirent.h>
#include <errno.h>
#include <unistd.h>

#include "clock.h"
#include "numbers.h"
#include "proc_file.h"
#include "process_title.h"

enum {
	COMM_BYTES = 64,
	STAT_BYTES = 1024,
	CMDLINE_BYTES = 1024,
	CHILDREN_BYTES = 16 * 1024,
	CHILDREN_MAX = 4096,
	FIRST_CAP = 32,
	STAT_PPID = 1, /* fields after the name of the process, the first is 0 */
	STAT_START = 19,
	PID_INIT = 1,
	PID_KERNEL = 2, /* the parent of the kernel's own threads */
};

struct search {
	struct processes *found;
	const char *proc;
	double boot; /* Unix seconds */
	double tick; /* seconds */
	struct err *err;
};

/* ---- one process ----------------------------------------------------------------------------- */

/* The name of a process stands in parentheses and may hold any character. */
static bool take_stat(struct str stat, const struct search *search, struct process *ret)
{
	uint64_t number[STAT_START + 1] = {0};
	size_t end = stat.len;

	while (end > 0 && stat.ptr[end - 1] != ')')
		end--;
	stat = (struct str){stat.ptr + end, stat.len - end};
	if (end == 0 || !str_take(&stat, STR(" ")))
		return false;
	for (size_t i = 0; i <= STAT_START; i++) {
		struct str field = str_cut(&stat, ' ');

		if ((i == STAT_PPID || i == STAT_START) && !str_to_u64(field, &number[i]))
			return false;
	}
	if (number[STAT_PPID] > UINT32_MAX)
		return false;
	ret->ppid = (uint32_t)number[STAT_PPID];
	ret->started = search->boot + (double)number[STAT_START] * search->tick;
	return true;
}

static bool add(struct processes *processes, const struct process *one, struct err *err)
{
	if (processes->len == processes->cap) {
		size_t cap = processes->cap == 0 ? FIRST_CAP : processes->cap * 2;
		struct process *item;

		if (processes->cap >= PROCESSES_MAX)
			return err_set(err, ERR_TOO_LARGE, "more than %d processes of nginx",
				       PROCESSES_MAX);
		item = realloc(processes->item, cap * sizeof(*item));
		if (item == NULL)
			return err_set(err, ERR_MEMORY, "out of memory");
		processes->item = item;
		processes->cap = cap;
	}
	processes->item[processes->len++] = *one;
	return true;
}

/* Looks at one process. False only when there is no room for it. */
static bool look_at(struct search *search, uint32_t pid)
{
	char name[COMM_BYTES];
	char cmdline[CMDLINE_BYTES];
	char stat[STAT_BYTES];
	struct process one = {.pid = pid};
	struct str comm = proc_line_read(search->proc, pid, "comm", name, sizeof(name));

	if (!process_is_candidate(comm) ||
	    !process_role_of(proc_line_read(search->proc, pid, "cmdline", cmdline, sizeof(cmdline)),
			     comm, &one) ||
	    !take_stat(proc_line_read(search->proc, pid, "stat", stat, sizeof(stat)), search, &one))
		return true;
	return add(search->found, &one, search->err);
}

/* ---- children -------------------------------------------------------------------------------- */

/* The children that one thread of `pid` has started: a file of numbers. */
static size_t read_children(const char *proc, uint32_t pid, const char *thread, uint32_t *ret,
			    size_t max)
{
	char buffer[CHILDREN_BYTES];
	char name[COMM_BYTES];
	struct str text;
	size_t len = 0;

	(void)snprintf(name, sizeof(name), "task/%.20s/children", thread);
	text = proc_file_read(proc, pid, name, buffer, sizeof(buffer));
	while (text.ptr != NULL && len < max) {
		uint64_t number;

		if (str_to_u64(str_trim(str_cut(&text, ' ')), &number) && number <= UINT32_MAX)
			ret[len++] = (uint32_t)number;
	}
	return len;
}

static bool look_at_each(struct search *search, const uint32_t *pid, size_t len)
{
	bool ok = true;

	for (size_t i = 0; ok && i < len; i++)
		ok = look_at(search, pid[i]);
	return ok;
}

/* Looks at the children of all threads of `pid`. */
static bool look_at_children(struct search *search, uint32_t pid)
{
	uint32_t *child = malloc(CHILDREN_MAX * sizeof(*child));
	char path[PROC_PATH_MAX];
	const struct dirent *thread;
	bool ok = child != NULL || err_set(search->err, ERR_MEMORY, "out of memory");
	DIR *dir;

	(void)snprintf(path, sizeof(path), "%s/%u/task", search->proc, pid);
	dir = opendir(path);
	if (dir == NULL)
		err_own_note_errno(errno);
	while (ok && dir != NULL && (thread = readdir(dir)) != NULL) {
		if (thread->d_name[0] != '.')
			ok = look_at_each(search, child,
					  read_children(search->proc, pid, thread->d_name, child,
							CHILDREN_MAX));
	}
	if (dir != NULL)
		(void)closedir(dir);
	free(child);
	return ok;
}

/* What is found while the list is walked is walked too: a new binary's master is a child of the old
 * one. */
static bool look_at_relatives(struct search *search)
{
	for (size_t i = 0; i < search->found->len; i++) {
		const struct process *one = &search->found->item[i];

		if (one->role == PROCESS_MASTER && one->pid != PID_INIT &&
		    !look_at_children(search, one->pid))
			return false;
	}
	return true;
}

static bool look_at_daemons(struct search *search)
{
	return look_at(search, PID_INIT) && look_at_children(search, PID_INIT) &&
	       look_at_relatives(search);
}

/* The master's parent is the old one in a binary upgrade. */
static bool look_at_known(struct search *search, uint32_t known)
{
	if (known <= PID_INIT || !look_at(search, known))
		return known <= PID_INIT;
	if (search->found->len > 0 && !look_at(search, search->found->item[0].ppid))
		return false;
	return look_at_relatives(search);
}

/* ---- all ------------------------------------------------------------------------------------- */

/* Many hosts have more threads of the kernel than processes, and none of them is nginx. */
static size_t read_kernel_threads(const char *proc, uint32_t *ret, size_t max)
{
	char name[COMM_BYTES];
	size_t len;

	if (!str_equal(str_trim(proc_line_read(proc, PID_KERNEL, "comm", name, sizeof(name))),
		       STR("kthreadd")))
		return 0;
	len = read_children(proc, PID_KERNEL, "2", ret, max);
	numbers_sort(ret, len);
	return len;
}

static bool look_at_all(struct search *search, DIR *dir, uint32_t *thread)
{
	size_t len = read_kernel_threads(search->proc, thread, CHILDREN_MAX);
	const struct dirent *entry;
	bool ok = true;

	while (ok && (entry = readdir(dir)) != NULL) {
		uint64_t number;
		uint32_t pid;

		if (!str_to_u64(str_of(entry->d_name), &number) || number == 0 ||
		    number > UINT32_MAX)
			continue;
		pid = (uint32_t)number;
		if (!numbers_have(thread, len, pid))
			ok = look_at(search, pid);
	}
	return ok;
}

static bool look_everywhere(struct search *search)
{
	uint32_t *thread = malloc(CHILDREN_MAX * sizeof(*thread));
	DIR *dir = opendir(search->proc);
	bool ok = false;

	if (dir == NULL)
		(void)err_set_errno(search->err, errno, "cannot read %s", search->proc);
	else if (thread == NULL)
		(void)err_set(search->err, ERR_MEMORY, "out of memory");
	else
		ok = look_at_all(search, dir, thread);
	if (dir != NULL)
		(void)closedir(dir);
	free(thread);
	return ok;
}

static int by_pid(const void *a, const void *b)
{
	const struct process *left = a;
	const struct process *right = b;

	return (left->pid > right->pid) - (left->pid < right->pid);
}

/* One that got another parent meanwhile may have been seen twice. */
static void put_in_order(struct processes *processes)
{
	size_t kept = 0;

	if (processes->len == 0)
		return;
	qsort(processes->item, processes->len, sizeof(*processes->item), by_pid);
	for (size_t i = 1; i < processes->len; i++) {
		if (processes->item[i].pid != processes->item[kept].pid)
			processes->item[++kept] = processes->item[i];
	}
	processes->len = kept + 1;
}

static void name_the_new(struct processes *processes)
{
	for (size_t i = 0; i < processes->len; i++) {
		struct process *one = &processes->item[i];
		bool has_master = false, has_child = false;

		for (size_t k = 0; k < processes->len; k++) {
			const struct process *other = &processes->item[k];

			has_child = has_child || other->ppid == one->pid;
			has_master = has_master || (other->pid == one->ppid &&
						    other->role == PROCESS_MASTER);
		}
		if (one->role == PROCESS_MASTER && !one->is_single && has_master && !has_child)
			one->role = PROCESS_NEW;
	}
}

bool processes_find(struct processes *ret, const char *proc, enum process_scope scope,
		    uint32_t known, struct err *err)
{
	long ticks = sysconf(_SC_CLK_TCK);
	struct search search = {.found = ret, .proc = proc, .err = err};
	bool ok = false;

	*ret = (struct processes){0};
	/* The same as "btime" of /proc/stat, which costs far more where there are many processors.
	 */
	search.boot = clock_now(CLOCK_REALTIME) - clock_now(CLOCK_BOOTTIME);
	search.tick = 1.0 / (double)(ticks > 0 ? ticks : 100);
	switch (scope) {
	case PROCESS_KNOWN:
		ok = look_at_known(&search, known);
		break;
	case PROCESS_DAEMONS:
		ok = look_at_daemons(&search);
		break;
	case PROCESS_EVERYWHERE:
		ok = look_everywhere(&search);
		break;
	}
	put_in_order(ret);
	name_the_new(ret);
	return ok;
}

void processes_free(struct processes *processes)
{
	free(processes->item);
	*processes = (struct processes){0};
}
