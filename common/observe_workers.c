/* SPDX-License-Identifier: MIT */
/*
 * observe_workers.c - see observe_workers.h.
 *
 * A worker that is asleep for want of events after the dump has dealt with every client that had
 * gone before it, if it cares: a request whose module ignores that its client goes (as with
 * uwsgi_ignore_client_abort) keeps a socket that the kernel no longer lists. Nor does it list here
 * a client that came over a unix socket out of another network namespace. The worker holds those
 * sockets, so they can be counted, where its descriptors may be seen.
 */
#include "observe_workers.h"

#include "numbers.h"
#include "process_rest.h"

enum { DESCRIPTORS_MAX = 32768 /* of one worker, that are looked at */ };

/* Inodes, in order. */
struct inodes {
	uint32_t *item;
	size_t len;
};

/* There is room for all of them. */
static void add_inodes(struct inodes *ret, const struct sockets *sockets)
{
	for (size_t i = 0; i < sockets->tcp_len; i++)
		ret->item[ret->len++] = sockets->tcp[i].inode;
	for (size_t i = 0; i < sockets->local_len; i++)
		ret->item[ret->len++] = sockets->local[i].inode;
}

/* Of a worker that drains: what was asked for, and unix sockets that nobody can have connected to.
 */
static void add_asked(struct inodes *ret, const struct sockets *all, const struct sockets *asked)
{
	add_inodes(ret, asked);
	for (size_t i = 0; i < all->local_len; i++) {
		if (all->local[i].path[0] == '\0')
			ret->item[ret->len++] = all->local[i].inode;
	}
}

static bool take_inodes(struct inodes *listed, struct inodes *asked, const struct sockets *all,
			const struct sockets *sockets)
{
	size_t len = all->tcp_len + all->local_len;

	listed->item = malloc((len + 1) * sizeof(*listed->item));
	asked->item = malloc((sockets->tcp_len + sockets->local_len + all->local_len + 1) *
			     sizeof(*asked->item));
	if (listed->item == NULL || asked->item == NULL)
		return false;
	add_inodes(listed, all);
	add_asked(asked, all, sockets);
	numbers_sort(listed->item, listed->len);
	numbers_sort(asked->item, asked->len);
	return true;
}

/* The sockets of one worker that the kernel does not list any more. Those of a draining worker may
 * belong to a listener that is gone, whose sockets nobody has asked for. */
static bool count_gone(const struct process *worker, const struct inodes *listed,
		       const struct inodes *asked, const char *proc, double *gone)
{
	const struct inodes *known = worker->role == PROCESS_DRAINING ? asked : listed;
	uint32_t *held = malloc(DESCRIPTORS_MAX * sizeof(*held));
	size_t len = 0;
	bool ok = held != NULL &&
		  process_connection_inodes(proc, worker->pid, held, DESCRIPTORS_MAX, &len);

	for (size_t i = 0; ok && i < len; i++)
		*gone += !numbers_have(known->item, known->len, held[i]);
	free(held);
	return ok;
}

static double count_unnoticed(const struct nginx_host *host, struct observe_every *every,
			      const struct sockets *sockets, const char *proc)
{
	const struct sockets *all = observe_every(every);
	struct inodes listed = {.len = 0}, asked = {.len = 0};
	bool ok = all != NULL && take_inodes(&listed, &asked, all, sockets);
	double gone = 0;

	for (size_t i = 0; ok && i < host->serving.len; i++)
		ok = count_gone(&host->serving.item[i], &listed, &asked, proc, &gone);
	free(listed.item);
	free(asked.item);
	return ok ? gone : NOT_KNOWN;
}

void observe_rest(struct observe_rest *ret, const struct nginx_host *host, const char *proc)
{
	bool is_known = host->processes_known && host->serving.len > 0;
	bool all_wait_or_run = is_known;

	*ret = (struct observe_rest){.all_wait = is_known, .all_sleep = is_known};
	for (size_t i = 0; is_known && i < host->serving.len; i++) {
		enum process_rest rest = process_rest_of(proc, host->serving.item[i].pid);

		ret->all_wait = ret->all_wait && rest == REST_WAITS;
		ret->all_sleep = ret->all_sleep && (rest == REST_WAITS || rest == REST_POLLS ||
						    rest == REST_SLEEPS);
		ret->is_held = ret->is_held || rest == REST_HELD;
		all_wait_or_run = all_wait_or_run && (rest == REST_WAITS || rest == REST_RUNS);
	}
	ret->is_busy = all_wait_or_run && !ret->all_wait;
}

void observe_workers(struct ledger_look *look, const struct observe_rest *rest, double gap,
		     const struct nginx_host *host, struct observe_every *every,
		     const struct sockets *sockets, const char *proc)
{
	look->unnoticed = NOT_KNOWN;
	look->early = rest->all_sleep ? 0 : NOT_KNOWN;
	look->is_held = rest->is_held;
	if (rest->all_wait)
		look->unnoticed = gap > 0 ? count_unnoticed(host, every, sockets, proc) : 0;
	if (host->draining > 0 && isnan(look->unnoticed))
		look->is_held = true;
}
