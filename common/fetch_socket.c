/* SPDX-License-Identifier: MIT */
/*
 * fetch_socket.c - the transport over plain sockets: all connections of a loop (fetch_conn.c), and
 * which descriptors they wait for.
 */
#include <limits.h>
#include <math.h>
#include <sys/resource.h>

#include "fetch_conn.h"

enum {
	RESERVE_SHARE = 32, /* this part of the process's descriptors is left to others */
	KEEP_SHARE = 2,     /* this part of the rest may be connections that wait */
};

struct instance {
	struct conn_home home;
	struct conn **active; /* those that have not ended */
	size_t active_len;
	size_t conn_len;
	struct conn conn[];
};

/* Who serves, and who reads the kernel's side, needs descriptors when targets have taken all that
 * they get. */
static void limit_descriptors(struct conn_home *home)
{
	struct rlimit limit;

	home->fd_max = INT_MAX;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < INT_MAX)
		home->fd_max = (int)(limit.rlim_cur - limit.rlim_cur / RESERVE_SHARE) - 1;
	home->keep_max = home->fd_max / KEEP_SHARE;
}

static void instance_close(void *self)
{
	struct instance *instance = self;

	resolve_names_free(&instance->home.names);
	free(instance->home.buffer);
	free(instance->active);
	free(instance);
}

static void *instance_open(size_t job_max)
{
	struct instance *self = calloc(1, sizeof(*self) + job_max * sizeof(self->conn[0]));

	if (self == NULL)
		return NULL;
	resolve_names_init(&self->home.names, resolver_of_process());
	self->active = calloc(job_max, sizeof(struct conn *));
	self->home.buffer = malloc(CONN_READ_BYTES);
	if (self->active == NULL || self->home.buffer == NULL) {
		instance_close(self);
		return NULL;
	}
	limit_descriptors(&self->home);
	return self;
}

static void start(void *self, struct fetch_run_job *run)
{
	struct instance *instance = self;
	struct conn *conn = &instance->conn[instance->conn_len++];

	instance->active[instance->active_len++] = conn;
	run->own = conn;
	conn_begin(conn, &instance->home, run);
}

static void step(void *self, const struct pollfd *fd, size_t fd_len)
{
	struct instance *instance = self;
	double now = clock_now(CLOCK_MONOTONIC);

	resolve_names_step(&instance->home.names);
	for (size_t i = 0; i < instance->active_len; i++) {
		struct conn *conn = instance->active[i];

		conn_step(conn, conn->slot < fd_len && fd[conn->slot].revents != 0, now);
	}
}

/* Forgets those that have ended. */
static void tidy(struct instance *instance)
{
	size_t kept = 0;

	for (size_t i = 0; i < instance->active_len; i++) {
		if (instance->active[i]->phase != PHASE_IDLE)
			instance->active[kept++] = instance->active[i];
	}
	instance->active_len = kept;
}

static size_t wait(void *self, struct pollfd *fd, size_t fd_max)
{
	struct instance *instance = self;
	size_t len;

	tidy(instance);
	len = resolve_names_wait(&instance->home.names, fd, fd_max);
	for (size_t i = 0; i < instance->active_len; i++) {
		struct conn *conn = instance->active[i];

		conn->slot = SIZE_MAX;
		if (conn->fd < 0 || len == fd_max)
			continue;
		conn->slot = len;
		fd[len++] = (struct pollfd){.fd = conn->fd, .events = conn_events(conn)};
	}
	return len;
}

static int timeout_ms(void *self)
{
	const struct instance *instance = self;
	double first = HUGE_VAL;

	for (size_t i = 0; i < instance->active_len; i++) {
		const struct conn *conn = instance->active[i];

		if (conn->phase == PHASE_CONNECTING || conn->phase == PHASE_QUEUED)
			first = fmin(first, conn->phase_end);
	}
	return fetch_ms_min(isinf(first) ? -1 : fetch_ms_until(first),
			    resolve_names_timeout_ms(&instance->home.names));
}

static void cancel(void *self, struct fetch_run_job *run)
{
	(void)self;
	conn_cancel(run->own);
}

const struct transport transport_socket = {
	.open = instance_open,
	.start = start,
	.wait = wait,
	.timeout_ms = timeout_ms,
	.step = step,
	.cancel = cancel,
	.close = instance_close,
	.fd_per_job = 1,
};
