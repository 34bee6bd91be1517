/* SPDX-License-Identifier: MIT */
/* listeners_count.c - the processes of the site's nginx in numbers; see listeners_search.h. */
#include "listeners_search.h"

enum { MARK_BITS = 49 }; /* a double holds it exactly, and a state file takes it */

/* The site's masters: those that have its listeners, and the one that started them in a binary
 * upgrade, which gives its listeners up when it is told to quit. */
static bool is_master_at(const struct listeners_search *search, size_t at)
{
	const struct process *master = &search->nginx.item[at];

	if (search->standing[at] == STANDING_OWNER)
		return true;
	for (size_t i = 0; i < search->nginx.len && master->role == PROCESS_MASTER; i++) {
		if (search->standing[i] == STANDING_OWNER &&
		    search->nginx.item[i].ppid == master->pid)
			return true;
	}
	return false;
}

static bool is_master(const struct listeners_search *search, uint32_t pid)
{
	for (size_t i = 0; i < search->nginx.len; i++) {
		if (search->nginx.item[i].pid == pid)
			return is_master_at(search, i);
	}
	return false;
}

static bool has_worker(const struct listeners_search *search, const struct process *master)
{
	for (size_t i = 0; i < search->nginx.len; i++) {
		const struct process *one = &search->nginx.item[i];

		if (one->role == PROCESS_WORKER && one->ppid == master->pid)
			return true;
	}
	return master->is_single;
}

/* During a binary upgrade both masters may answer; the one without workers does not. */
static const struct process *main_master(const struct listeners_search *search)
{
	const struct process *best = NULL;
	bool best_works = false;

	for (size_t i = 0; i < search->nginx.len; i++) {
		const struct process *one = &search->nginx.item[i];
		bool works = has_worker(search, one);

		if (search->standing[i] != STANDING_OWNER)
			continue;
		if (best == NULL || works > best_works ||
		    (works == best_works && one->started > best->started)) {
			best = one;
			best_works = works;
		}
	}
	return best;
}

/* Gives the newest, whose limits are those of the configuration now. */
static const struct process *count_workers(const struct listeners_search *search,
					   struct nginx_host *ret)
{
	const struct process *newest = NULL;

	for (size_t i = 0; i < search->nginx.len; i++) {
		const struct process *one = &search->nginx.item[i];
		bool is_worker = one->role == PROCESS_WORKER && is_master(search, one->ppid);

		ret->draining += one->role == PROCESS_DRAINING && is_master(search, one->ppid);
		if (!is_worker && !(one->is_single && search->standing[i] == STANDING_OWNER))
			continue;
		ret->workers++;
		if (newest == NULL || one->started > newest->started)
			newest = one;
		if (ret->workers_started == 0 || one->started < ret->workers_started)
			ret->workers_started = one->started;
	}
	return newest;
}

/* Mixes the bits (the finaliser of MurmurHash3), so that the sum over any two sets differs. */
static uint64_t mix(uint64_t x)
{
	x = (x ^ (x >> 33)) * 0xff51afd7ed558ccdULL;
	x = (x ^ (x >> 33)) * 0xc4ceb9fe1a85ec53ULL;
	return x ^ (x >> 33);
}

static uint64_t mark_of(const struct listeners_search *search)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < search->nginx.len; i++) {
		const struct process *one = &search->nginx.item[i];

		if (is_master_at(search, i) ||
		    (one->role != PROCESS_HELPER && is_master(search, one->ppid)))
			sum += mix(one->pid);
	}
	return sum & ((1ULL << MARK_BITS) - 1);
}

static bool is_serving(const struct listeners_search *search, size_t at)
{
	const struct process *one = &search->nginx.item[at];

	if (one->role == PROCESS_WORKER || one->role == PROCESS_DRAINING)
		return is_master(search, one->ppid);
	return one->is_single && search->standing[at] == STANDING_OWNER;
}

/* Hands those that serve over, and lets go of the others. */
static void keep_serving(struct listeners_search *search, struct nginx_host *ret)
{
	bool keep[PROCESSES_MAX];
	size_t kept = 0;

	for (size_t i = 0; i < search->nginx.len; i++)
		keep[i] = is_serving(search, i);
	for (size_t i = 0; i < search->nginx.len; i++) {
		if (keep[i])
			search->nginx.item[kept++] = search->nginx.item[i];
	}
	search->nginx.len = kept;
	ret->serving = search->nginx;
	search->nginx = (struct processes){0};
}

void search_count_processes(struct listeners_search *search, struct nginx_host *ret)
{
	const struct process *master = main_master(search);
	const struct process *newest;

	if (master == NULL)
		return;
	ret->processes_known = true;
	ret->process_mark = mark_of(search);
	ret->master_pid = master->pid;
	ret->master_started = master->started;
	for (size_t i = 0; i < search->nginx.len; i++)
		ret->masters += is_master_at(search, i);
	newest = count_workers(search, ret);
	if (newest != NULL)
		ret->worker_newest = newest->started;
	ret->fd_limit = process_fd_limit(search->proc, newest == NULL ? master->pid : newest->pid);
	keep_serving(search, ret);
}
