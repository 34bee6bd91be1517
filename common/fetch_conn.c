/* SPDX-License-Identifier: MIT */
/*
 * fetch_conn.c - see fetch_conn.h. To a raw socket it never writes a byte: what a uWSGI master has
 * not read when it closes costs the reader its answer.
 */
#include "fetch_conn.h"

#include <errno.h>
#include <unistd.h>

enum {
	ADDRESSES_MAX = 8,
	BACKLOG_RETRY_MS = 20, /* between two tries on a unix socket whose listen queue is full */
};

/* Who keeps account of this process's connections; NULL: nobody. */
static struct fetch_own *own_of(const struct conn *conn)
{
	const struct fetch_keep *keep = conn->run->job->keep;

	return conn->plain != NULL && keep != NULL ? keep->own : NULL;
}

/* Nobody has it any more. */
static void drop_fd(struct conn *conn)
{
	fetch_own_forget(own_of(conn), conn->fd);
	(void)close(conn->fd);
	conn->fd = -1;
}

static void conn_close(struct conn *conn)
{
	free(conn->address);
	conn->address = NULL;
	if (conn->run->job->ends != NULL && conn->fd >= 0)
		fetch_ends_read(conn->run->job->ends, conn->fd);
	if (conn->plain != NULL && conn->run->job->keep != NULL &&
	    conn->fd <= conn->home->keep_max && fetch_plain_can_keep(conn->plain)) {
		fetch_keep_put(conn->run->job->keep, conn->fd);
		conn->fd = -1;
	}
	if (conn->fd >= 0)
		drop_fd(conn);
	fetch_plain_free(conn->plain);
	conn->plain = NULL;
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
	if (conn->fd > conn->home->fd_max)
		return EMFILE;
	/* Before the other side can count it. */
	fetch_own_add(own_of(conn), conn->fd);
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
	drop_fd(conn);
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
			drop_fd(conn);
	}
	fetch_job_fail_connect(conn->run, conn->errnum);
	conn_end(conn);
}

static void conn_next_address(struct conn *conn, int errnum)
{
	drop_fd(conn);
	conn->errnum = errnum;
	conn->address_at++;
	conn_connect(conn);
}

static void conn_resolved(struct conn *conn)
{
	struct err err = {0};

	size_t len = resolve_name_answer(conn->name, conn->run->job->target->port, conn->address,
					 ADDRESSES_MAX, &err);

	conn->address_len = fetch_job_choose(conn->run, conn->address, len);
	if (conn->address_len > 0) {
		conn_connect(conn);
		return;
	}
	if (len == 0)
		fetch_job_fail(conn->run, err.kind, "%s", err.text);
	conn_end(conn);
}

static void conn_start_tcp(struct conn *conn)
{
	struct err err = {0};

	conn->name = resolve_names_ask(&conn->home->names, conn->run->job->target->host,
				       fetch_job_options(conn->run)->ip, &err);
	conn->phase = PHASE_RESOLVING;
	if (conn->name == NULL) {
		fetch_job_fail(conn->run, err.kind, "%s", err.text);
		conn_end(conn);
	} else if (resolve_name_ready(conn->name)) {
		conn_resolved(conn);
	}
}

static void conn_start(struct conn *conn)
{
	const struct target *target = conn->run->job->target;

	if (conn->address == NULL)
		conn->address = calloc(ADDRESSES_MAX, sizeof(*conn->address));
	if (conn->address == NULL) {
		fetch_job_fail(conn->run, ERR_MEMORY, "out of memory");
		conn_end(conn);
		return;
	}
	if (target->path == NULL) {
		conn_start_tcp(conn);
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

void conn_begin(struct conn *conn, struct conn_home *home, struct fetch_run_job *run)
{
	*conn = (struct conn){
		.home = home, .run = run, .raw = {.run = run}, .fd = -1, .slot = SIZE_MAX};
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
	drop_fd(conn);
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
static void conn_read(struct conn *conn)
{
	char *buffer = conn->home->buffer;
	ssize_t len = recv(conn->fd, buffer, CONN_READ_BYTES, 0);
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
static void conn_talk(struct conn *conn)
{
	conn_read(conn);
	if (conn->phase == PHASE_TALKING && conn_wants_to_send(conn))
		conn_send(conn);
}

void conn_step(struct conn *conn, bool is_ready, double now)
{
	switch (conn->phase) {
	case PHASE_IDLE:
		break;
	case PHASE_RESOLVING:
		if (resolve_name_ready(conn->name))
			conn_resolved(conn);
		break;
	case PHASE_CONNECTING:
		if (is_ready)
			conn_talk(conn);
		else if (conn->phase_end <= now && conn->address_at + 1 < conn->address_len)
			conn_next_address(conn, ETIMEDOUT);
		break;
	case PHASE_QUEUED:
		if (conn->phase_end <= now)
			conn_connect(conn);
		break;
	case PHASE_TALKING:
		if (is_ready)
			conn_talk(conn);
		break;
	}
}

short conn_events(const struct conn *conn)
{
	if (conn->phase == PHASE_CONNECTING)
		return POLLOUT;
	return conn->phase == PHASE_TALKING && conn_wants_to_send(conn) ? POLLIN | POLLOUT : POLLIN;
}

void conn_cancel(struct conn *conn)
{
	struct fetch_run_job *run = conn->run;

	if (conn->phase == PHASE_RESOLVING)
		fetch_job_fail_unresolved(run, resolve_name_begun(conn->name));
	else if (conn->phase == PHASE_CONNECTING)
		fetch_job_fail_late(run);
	else if (conn->phase == PHASE_QUEUED)
		fetch_job_fail(run, ERR_TIMEOUT, "the listen queue was full for %g s",
			       fetch_job_timeout(run));
	else if (conn->plain == NULL)
		fetch_raw_late(&conn->raw);
	conn_close(conn);
}
