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

#include "process_rest.h"

enum { DESCRIPTORS_MAX = 32768 /* of one worker, that are looked at */ };

/* Inodes, in order. */
struct inodes {
	uint32_t *item;
	size_t len;
};

static int by_number(const void *a, const void *b)
{
	const uint32_t *left = a;
	const uint32_t *right = b;

	return (*left > *right) - (*left < *right);
}

static bool has(const struct inodes *inodes, uint32_t one)
{
	return bsearch(&one, inodes->item, inodes->len, sizeof(one), by_number) != NULL;
}

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
	qsort(listed->item, listed->len, sizeof(*listed->item), by_number);
	qsort(asked->item, asked->len, sizeof(*asked->item), by_number);
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
		*gone += !has(known, held[i]);
	free(held);
	return ok;
}

static double count_unnoticed(const struct nginx_host *host, struct sockets_reader *reader,
			      const struct sockets *sockets, const char *proc)
{
	static const struct sockets_filter every = {.every = true};
	struct inodes listed = {.len = 0}, asked = {.len = 0};
	struct sockets all = {.tcp_len = 0};
	struct err none = {0};
	bool ok = sockets_dump(reader, &every, &all, &none) &&
		  take_inodes(&listed, &asked, &all, sockets);
	double gone = 0;

	for (size_t i = 0; ok && i < host->serving.len; i++)
		ok = count_gone(&host->serving.item[i], &listed, &asked, proc, &gone);
	sockets_free(&all);
	free(listed.item);
	free(asked.item);
	return ok ? gone : NOT_KNOWN;
}

void observe_workers(struct ledger_look *look, double gap, const struct nginx_host *host,
		     struct sockets_reader *reader, const struct sockets *sockets, const char *proc)
{
	bool all_wait = true;
	bool all_sleep = true;

	look->unnoticed = NOT_KNOWN;
	look->early = NOT_KNOWN;
	look->is_held = false;
	if (!host->processes_known)
		return;
	for (size_t i = 0; i < host->serving.len; i++) {
		enum process_rest rest = process_rest_of(proc, host->serving.item[i].pid);

		all_wait = all_wait && rest == REST_WAITS;
		all_sleep = all_sleep && (rest == REST_WAITS || rest == REST_POLLS || rest == REST_SLEEPS);
		look->is_held = look->is_held || rest == REST_HELD;
	}
	if (all_sleep)
		look->early = 0;
	if (all_wait)
		look->unnoticed = gap > 0 ? count_unnoticed(host, reader, sockets, proc) : 0;
	if (host->draining > 0 && isnan(look->unnoticed))
		look->is_held = true;
}
