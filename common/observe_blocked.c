/* SPDX-License-Identifier: MIT */
/*
 * observe_blocked.c - see observe_blocked.h.
 *
 * A worker that is well reads what its clients have sent at once, unless a request is on its way and
 * the next one has come behind it. So unread bytes make a suspect, and no more than that. It is
 * found guilty if it also stands still where no worker waits for events: stopped, or in a system
 * call that no event loop waits in (a disk, a lock, another server), and does not leave it for a
 * fifth of a second. Who may look into the worker sees which clients are its own, and in which
 * system call it is; to anybody else only the states D and T say something.
 */
#include "observe_blocked.h"

#include <stdlib.h>
#include <time.h>

#include "clock.h"
#include "numbers.h"
#include "proc_file.h"
#include "process_rest.h"

enum {
	UNREAD_MS = 1000, /* what is younger, a busy worker will come to */
	STILL_MS = 200,
	DESCRIPTORS_MAX = 32768,
	STATUS_BYTES = 4096,
};

/* Clients that have sent something which nobody has read. */
struct unread {
	uint32_t *inode; /* in order */
	size_t len;
};

/* A worker that has unread clients, and what it does not change while it stands still. */
struct suspect {
	uint32_t pid;
	bool is_seen;  /* into, by us */
	size_t unread; /* clients; of all workers, where it is not seen */
	enum process_rest rest;
	uint64_t switches; /* of contexts */
};

static bool is_unread(const struct nginx_host *host, const struct socket *socket)
{
	return (socket->state == SOCKET_ESTABLISHED || socket->state == SOCKET_CLOSE_WAIT) &&
	       socket->inode != 0 && socket->rqueue > 0 && socket->has_info &&
	       socket->last_received_ms >= UNREAD_MS &&
	       listeners_at(host->listeners.item, host->listeners.len, &socket->local) != NULL;
}

static bool find_unread(struct unread *ret, const struct nginx_host *host,
			const struct sockets *sockets)
{
	ret->len = 0;
	ret->inode = malloc((sockets->tcp_len + 1) * sizeof(*ret->inode));
	if (ret->inode == NULL)
		return false;
	for (size_t i = 0; i < sockets->tcp_len; i++) {
		if (is_unread(host, &sockets->tcp[i]))
			ret->inode[ret->len++] = sockets->tcp[i].inode;
	}
	numbers_sort(ret->inode, ret->len);
	return ret->len > 0;
}

/* How many of these a worker has; all of them where that cannot be seen. */
static size_t count_own(const struct unread *unread, const char *proc, uint32_t pid, bool *is_seen)
{
	uint32_t *held = malloc(DESCRIPTORS_MAX * sizeof(*held));
	size_t len = 0;
	size_t own = 0;

	*is_seen = held != NULL &&
		   process_connection_inodes(proc, pid, held, DESCRIPTORS_MAX, &len);
	for (size_t i = 0; *is_seen && i < len; i++)
		own += numbers_have(unread->inode, unread->len, held[i]);
	free(held);
	return *is_seen ? own : unread->len;
}

static uint64_t count_switches(const char *proc, uint32_t pid)
{
	char buffer[STATUS_BYTES];
	struct str text = proc_file_read(proc, pid, "status", buffer, sizeof(buffer));
	uint64_t sum = 0;

	while (text.ptr != NULL) {
		struct str line = str_cut(&text, '\n');
		struct str name = str_cut(&line, ':');
		uint64_t number;

		if (str_ends(name, STR("voluntary_ctxt_switches")) &&
		    str_to_u64(str_trim(line), &number))
			sum += number;
	}
	return sum;
}

/* False when the worker is as it should be. */
static bool look_at(struct suspect *suspect, const char *proc)
{
	suspect->rest = process_rest_of(proc, suspect->pid);
	suspect->switches = count_switches(proc, suspect->pid);
	return suspect->rest == REST_HELD || (suspect->is_seen && suspect->rest == REST_SLEEPS);
}

static size_t find_suspects(struct suspect *ret, const struct nginx_host *host,
			    const struct unread *unread, const char *proc)
{
	size_t len = 0;

	for (size_t i = 0; i < host->serving.len; i++) {
		struct suspect *one = &ret[len];

		one->pid = host->serving.item[i].pid;
		one->unread = count_own(unread, proc, one->pid, &one->is_seen);
		len += one->unread > 0 && look_at(one, proc);
	}
	return len;
}

static bool stands_still(const struct suspect *before, const char *proc)
{
	struct suspect now = *before;

	return look_at(&now, proc) && now.rest == before->rest && now.switches == before->switches;
}

static void judge(struct ledger *ledger, const struct suspect *suspect, size_t len,
		  const char *proc)
{
	const struct timespec still = {.tv_nsec = STILL_MS * 1000 * 1000};

	(void)nanosleep(&still, NULL);
	for (size_t i = 0; i < len; i++) {
		if (!stands_still(&suspect[i], proc))
			continue;
		ledger->blocked_workers++;
		if (suspect[i].is_seen)
			ledger->unread_clients += suspect[i].unread;
		else
			ledger->unread_clients = suspect[i].unread;
	}
}

void observe_blocked(struct ledger *ledger, const struct nginx_host *host,
		     const struct sockets *sockets, double until, const char *proc)
{
	struct suspect *suspect = calloc(host->serving.len + 1, sizeof(*suspect));
	struct unread unread = {.len = 0};

	ledger->blocked_workers = 0;
	ledger->unread_clients = 0;
	if (suspect != NULL && host->processes_known && find_unread(&unread, host, sockets) &&
	    clock_now(CLOCK_MONOTONIC) + STILL_MS / 1e3 <= until) {
		size_t len = find_suspects(suspect, host, &unread, proc);

		if (len > 0)
			judge(ledger, suspect, len, proc);
	}
	free(unread.inode);
	free(suspect);
}
