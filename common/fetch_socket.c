/* SPDX-License-Identifier: MIT */
/*
 * fetch_socket.c - the transport over plain sockets: connects, sends what there is to send, reads,
 * closes. What is said is known to fetch_plain.c (HTTP) and fetch_raw.c (raw stats sockets). To a
 * raw socket it never writes a byte: what a uWSGI master has not read when it closes costs the
 * reader its answer.
 */
#include <errno.h>
#include <unistd.h>

#include "fetch_plain.h"
#include "fetch_raw.h"
#include "resolve.h"

enum {
	READ_BYTES = 64 * 1024,
	ADDRESSES_MAX = 8,
	BACKLOG_RETRY_MS = 20, /* between two tries on a unix socket whose listen queue is full */
};

enum phase {
	PHASE_IDLE,
	PHASE_RESOLVING,
	PHASE_CONNECTING,
	PHASE_QUEUED, /* the listen queue of a unix socket is full; tried again after a while */
	PHASE_TALKING,
};

struct conn {
	struct fetch_run_job *run;
	struct fetch_plain *plain; /* NULL for a raw socket */
	struct fetch_raw raw;
	enum phase phase;
	struct resolve *resolve;
	struct resolve_address address[ADDRESSES_MAX];
	size_t address_len;
	size_t address_at; /* the one being tried */
	int fd;
	bool was_kept;    /* it has been used before */
	int errnum;       /* why the address before this one failed */
	size_t slot;      /* its place among the descriptors of this round, or SIZE_MAX */
	double phase_end; /* when to try the next address, or the same one again */
};

struct instance {
	size_t conn_len;
	char buffer[READ_BYTES];
	struct conn conn[];
};

static void *instance_open(size_t job_max)
{
	struct instance *self = calloc(1, sizeof(*self) + job_max * sizeof(self->conn[0]));

	return self;
}

static void conn_close(struct conn *conn)
{
	resolve_free(conn->resolve);
	conn->resolve = NULL;
	if (conn->run->job->ends != NULL && conn->fd >= 0)
		fetch_ends_read(conn->run->job->ends, conn->fd);
	if (conn->plain != NULL && conn->run->job->keep != NULL &&
	    fetch_plain_can_keep(conn->plain)) {
		fetch_keep_put(conn->run->job->keep, conn->fd);
		conn->fd = -1;
	}
	fetch_plain_free(conn->plain);
	conn->plain = NULL;
	if (conn->fd >= 0)
		(void)close(conn->fd);
	conn->fd = -1;
	conn->phase = PHASE_IDLE;
}

static void conn_end(struct conn *conn)
{
	conn_close(conn);
	fetch_job_end(conn->run);
}

/* Begins to connect to the address at hand. 0: connected or under way. Otherwise an errno. */
static int conn_try(struct conn *conn)
{
	const struct resolve_address *address = &conn->address[conn->address_at];
	const struct sockaddr *addr = (const struct sockaddr *)(const void *)&address->addr;
	double now = clock_now(CLOCK_MONOTONIC);
	double share = (conn->run->deadline - now) / (double)(conn->address_len - conn->address_at);

	conn->fd = socket(addr->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (conn->fd < 0)
		return errno;
	conn->phase = PHASE_CONNECTING;
	conn->phase_end = now + share;
	if (connect(conn->fd, addr, address->len) == 0) {
		conn->phase = PHASE_TALKING;
		return 0;
	}
	if (errno == EINPROGRESS || errno == EINTR)
		return 0;
	if (errno != EAGAIN)
		return errno;
	(void)close(conn->fd);
	conn->fd = -1;
	conn->phase = PHASE_QUEUED;
	conn->phase_end = now + BACKLOG_RETRY_MS / 1e3;
	return 0;
}

/* Tries the addresses that are left. */
static void conn_connect(struct conn *conn)
{
	for (; conn->address_at < conn->address_len; conn->address_at++) {
		int errnum = conn_try(conn);

		if (errnum == 0)
			return;
		conn->errnum = errnum;
		if (conn->fd >= 0)
			(void)close(conn->fd);
		conn->fd = -1;
	}
	fetch_job_fail_connect(conn->run, conn->errnum);
	conn_end(conn);
}

static void conn_next_address(struct conn *conn, int errnum)
{
	(void)close(conn->fd);
	conn->fd = -1;
	conn->errnum = errnum;
	conn->address_at++;
	conn_connect(conn);
}

static void conn_resolved(struct conn *conn)
{
	struct err err = {0};

	conn->address_len = resolve_answer(conn->resolve, conn->address, ADDRESSES_MAX, &err);
	resolve_free(conn->resolve);
	conn->resolve = NULL;
	if (conn->address_len > 0) {
		conn_connect(conn);
		return;
	}
	fetch_job_fail(conn->run, err.kind, "%s", err.text);
	conn_end(conn);
}

static void conn_start_tcp(struct conn *conn, const struct target *target)
{
	struct err err = {0};

	conn->resolve =
		resolve_start(target->host, target->port, fetch_job_options(conn->run)->ip, &err);
	conn->phase = PHASE_RESOLVING;
	if (conn->resolve == NULL) {
		fetch_job_fail(conn->run, err.kind, "%s", err.text);
		conn_end(conn);
	} else if (resolve_ready(conn->resolve)) {
		conn_resolved(conn);
	}
}

static void conn_start(struct conn *conn)
{
	const struct target *target = conn->run->job->target;

	if (target->path == NULL) {
		conn_start_tcp(conn, target);
		return;
	}
	conn->address_len = resolve_unix(target->path, conn->address);
	conn_connect(conn);
}

static bool conn_wants_to_send(const struct conn *conn)
{
	return conn->plain != NULL && fetch_plain_unsent(conn->plain).len > 0;
}

static void conn_send(struct conn *conn)
{
	struct str rest = fetch_plain_unsent(conn->plain);
	ssize_t len = send(conn->fd, rest.ptr, rest.len, MSG_NOSIGNAL);

	if (len >= 0)
		fetch_plain_sent(conn->plain, (size_t)len);
	else if (errno != EAGAIN && errno != EINTR)
		fetch_plain_give_up(conn->plain);
}

/* Goes on with a connection that was kept. */
static bool conn_start_kept(struct conn *conn)
{
	struct fetch_keep *keep = conn->run->job->keep;

	if (keep == NULL || conn->plain == NULL)
		return false;
	conn->fd = fetch_keep_take(keep);
	if (conn->fd < 0)
		return false;
	conn->was_kept = true;
	conn->phase = PHASE_TALKING;
	conn_send(conn);
	return true;
}

static void start(void *self, struct fetch_run_job *run)
{
	struct instance *instance = self;
	struct conn *conn = &instance->conn[instance->conn_len++];

	conn->run = run;
	conn->raw.run = run;
	conn->fd = -1;
	if (target_is_http(run->job->target))
		conn->plain = fetch_plain_new(run);
	if (target_is_http(run->job->target) && conn->plain == NULL)
		conn_end(conn);
	else if (!conn_start_kept(conn))
		conn_start(conn);
}

static void conn_take(struct conn *conn, const char *bytes, size_t len)
{
	if (conn->plain != NULL ? fetch_plain_take(conn->plain, bytes, len)
				: fetch_raw_take(&conn->raw, bytes, len))
		conn_end(conn);
}

/* The other side closes a kept connection when it likes, also while it is being asked. */
static bool conn_again(struct conn *conn)
{
	if (!conn->was_kept || !fetch_plain_again(conn->plain))
		return false;
	(void)close(conn->fd);
	conn->fd = -1;
	conn->was_kept = false;
	conn_start(conn);
	return true;
}

/* `errnum` is 0 when the other side closed in good order. */
static void conn_over(struct conn *conn, int errnum)
{
	if (conn_again(conn))
		return;
	if (errnum != 0 && errnum != ECONNRESET)
		fetch_job_fail(conn->run, ERR_SYSTEM, "cannot read: error %d", errnum);
	else if (conn->plain != NULL)
		fetch_plain_end(conn->plain, errnum != 0);
	else
		fetch_raw_end(&conn->raw, errnum != 0);
	conn_end(conn);
}

/* One read for each round, so that a fast sender keeps nobody from its deadline. It also tells how
 * connecting went: SO_ERROR would take away the reset of a connection that was made and cut, with
 * its bytes still to be read. */
static void conn_read(struct conn *conn, char *buffer)
{
	ssize_t len = recv(conn->fd, buffer, READ_BYTES, 0);
	int errnum = len < 0 ? errno : 0;

	if (conn->phase == PHASE_CONNECTING && errnum != 0 && errnum != EAGAIN && errnum != EINTR &&
	    errnum != ECONNRESET) {
		conn_next_address(conn, errnum);
		return;
	}
	conn->phase = PHASE_TALKING;
	if (len > 0)
		conn_take(conn, buffer, (size_t)len);
	else if (errnum != EAGAIN && errnum != EINTR)
		conn_over(conn, errnum);
}

/* Reads first: who speaks before it is asked is a raw stats server, and is better not sent a thing.
 */
static void conn_talk(struct conn *conn, char *buffer)
{
	conn_read(conn, buffer);
	if (conn->phase == PHASE_TALKING && conn_wants_to_send(conn))
		conn_send(conn);
}

static void conn_step(struct conn *conn, bool is_ready, char *buffer)
{
	switch (conn->phase) {
	case PHASE_IDLE:
		break;
	case PHASE_RESOLVING:
		if (resolve_ready(conn->resolve))
			conn_resolved(conn);
		break;
	case PHASE_CONNECTING:
		if (is_ready)
			conn_talk(conn, buffer);
		else if (conn->phase_end <= clock_now(CLOCK_MONOTONIC) && conn->address_at + 1 < conn->address_len)
			conn_next_address(conn, ETIMEDOUT);
		break;
	case PHASE_QUEUED:
		if (conn->phase_end <= clock_now(CLOCK_MONOTONIC))
			conn_connect(conn);
		break;
	case PHASE_TALKING:
		if (is_ready)
			conn_talk(conn, buffer);
		break;
	}
}

static void step(void *self, const struct pollfd *fd, size_t fd_len)
{
	struct instance *instance = self;

	for (size_t i = 0; i < instance->conn_len; i++) {
		struct conn *conn = &instance->conn[i];

		conn_step(conn, conn->slot < fd_len && fd[conn->slot].revents != 0,
			  instance->buffer);
	}
}

static short conn_events(const struct conn *conn)
{
	if (conn->phase == PHASE_CONNECTING)
		return POLLOUT;
	return conn->phase == PHASE_TALKING && conn_wants_to_send(conn) ? POLLIN | POLLOUT : POLLIN;
}

static size_t wait(void *self, struct pollfd *fd, size_t fd_max)
{
	struct instance *instance = self;
	size_t len = 0;

	for (size_t i = 0; i < instance->conn_len; i++) {
		struct conn *conn = &instance->conn[i];
		int waiting = conn->phase == PHASE_RESOLVING ? resolve_fd(conn->resolve) : conn->fd;

		conn->slot = SIZE_MAX;
		if (waiting < 0 || len == fd_max)
			continue;
		conn->slot = len;
		fd[len++] = (struct pollfd){.fd = waiting, .events = conn_events(conn)};
	}
	return len;
}

static int timeout_ms(void *self)
{
	const struct instance *instance = self;
	int ms = -1;

	for (size_t i = 0; i < instance->conn_len; i++) {
		const struct conn *conn = &instance->conn[i];

		if (conn->phase == PHASE_CONNECTING || conn->phase == PHASE_QUEUED)
			ms = fetch_ms_min(ms, fetch_ms_until(conn->phase_end));
	}
	return ms;
}

static void cancel(void *self, struct fetch_run_job *run)
{
	struct instance *instance = self;
	struct conn *conn = instance->conn;

	while (conn->run != run)
		conn++;
	if (conn->phase == PHASE_RESOLVING || conn->phase == PHASE_CONNECTING)
		fetch_job_fail_late(run, conn->phase == PHASE_CONNECTING);
	else if (conn->phase == PHASE_QUEUED)
		fetch_job_fail(run, ERR_TIMEOUT, "the listen queue was full for %g s",
			       fetch_job_timeout(run));
	else if (conn->plain == NULL)
		fetch_raw_late(&conn->raw);
	conn_close(conn);
}

static void instance_close(void *self)
{
	free(self);
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
