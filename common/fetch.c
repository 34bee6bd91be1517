/* SPDX-License-Identifier: MIT */
/*
 * fetch.c - the one loop over all jobs: who waits for what, whose time is over, how much may come.
 * Knows transports only through struct transport; never opens a socket itself.
 */
#include "fetch.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>

#include "poll_soon.h"
#include "transport.h"

enum {
	TRANSPORTS = 2,
	NAME_SHOWN = 100,
	START_AT_ONCE = 32,
	START_PAUSE_MS = 1, /* between so many and the next, unless something happens */
};

/* How long a single target is waited for wide awake; all tries together. */
static const double soon_seconds = 200e-6;

/* A transport that at least one of the jobs needs. */
struct line {
	const struct transport *transport;
	void *self;
	size_t fd_len; /* how many of the descriptors in this round are its own */
};

struct loop {
	struct fetch_run_job *run;
	size_t run_len;
	size_t started; /* how many of them have been */
	struct line line[TRANSPORTS];
	size_t line_len;
	struct pollfd *fd;
	size_t fd_max;
	double soon_seconds;             /* that are left */
	const struct fetch_quiet *quiet; /* NULL: nobody is told */
	size_t ended;                    /* jobs, when last counted */
	double quiet_at;                 /* when it will be; 0: it has been told */
};

int fetch_ms_until(double moment)
{
	double ms = ceil((moment - clock_now(CLOCK_MONOTONIC)) * 1e3);

	return ms > 0 ? (int)fmin(ms, INT_MAX) : 0;
}

int fetch_ms_min(int a_ms, int b_ms)
{
	if (a_ms < 0 || b_ms < 0)
		return a_ms < 0 ? b_ms : a_ms;
	return a_ms < b_ms ? a_ms : b_ms;
}

const struct fetch_options *fetch_job_options(const struct fetch_run_job *run)
{
	static const struct fetch_options defaults = {0};

	return run->job->options != NULL ? run->job->options : &defaults;
}

size_t fetch_job_choose(struct fetch_run_job *run, struct resolve_address *address, size_t len)
{
	const struct fetch_options *options = fetch_job_options(run);
	size_t kept = 0;

	if (options->may_reach == NULL)
		return len;
	for (size_t i = 0; i < len; i++) {
		const struct sockaddr *addr = (const void *)&address[i].addr;

		if (options->may_reach(options->may_reach_ctx, addr))
			address[kept++] = address[i];
	}
	if (kept == 0 && len > 0)
		fetch_job_fail(run, ERR_FENCED,
			       "the host name leads to a private address, which its targets do not "
			       "name");
	return kept;
}

double fetch_job_timeout(const struct fetch_run_job *run)
{
	unsigned timeout_ms = run->job->timeout_ms;

	if (timeout_ms == 0)
		timeout_ms = FETCH_TIMEOUT_MS;
	if (timeout_ms > FETCH_TIMEOUT_MS_MAX)
		timeout_ms = FETCH_TIMEOUT_MS_MAX;
	return timeout_ms / 1e3;
}

void fetch_job_fail(struct fetch_run_job *run, enum err_kind kind, const char *format, ...)
{
	char why[ERR_TEXT_MAX];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	err_set(&run->job->err, kind, "%.*s: %s", NAME_SHOWN, run->job->target->name, why);
}

void fetch_job_fail_connect(struct fetch_run_job *run, int errnum)
{
	bool is_file = run->job->target->path != NULL && run->job->target->path[0] == '/';

	if (errnum == 0 && fetch_job_options(run)->ip != FETCH_IP_ANY)
		fetch_job_fail(run, ERR_RESOLVE, "the host has no IPv%d address",
			       fetch_job_options(run)->ip == FETCH_IP_V4 ? 4 : 6);
	else if (errnum == 0)
		fetch_job_fail(run, ERR_SYSTEM, "cannot connect");
	else if (errnum == EMFILE || errnum == ENFILE)
		fetch_job_fail(run, ERR_DESCRIPTORS,
			       "too many open files: this process may have no more (ulimit -n; "
			       "systemd: LimitNOFILE=)");
	else if (errnum == ENOENT)
		fetch_job_fail(run, ERR_NOT_FOUND, "no such socket file; is the server running?");
	else if (errnum == ECONNREFUSED && is_file)
		fetch_job_fail(run, ERR_REFUSED,
			       "connection refused: the socket file is there, but nobody listens");
	else if (errnum == ECONNREFUSED)
		fetch_job_fail(run, ERR_REFUSED, "connection refused: nobody listens there");
	else if (is_file && (errnum == EACCES || errnum == EPERM))
		fetch_job_fail(run, ERR_ACCESS,
			       "permission denied: this user may not write to the socket file "
			       "(uWSGI: chmod-socket sets its mode)");
	else
		err_set_errno(&run->job->err, errnum, "%.*s: cannot connect", NAME_SHOWN,
			      run->job->target->name);
}

void fetch_job_fail_late(struct fetch_run_job *run)
{
	fetch_job_fail(run, ERR_TIMEOUT, "no connection within %g s", fetch_job_timeout(run));
}

void fetch_job_fail_unresolved(struct fetch_run_job *run, bool begun)
{
	if (begun)
		fetch_job_fail(run, ERR_TIMEOUT, "the host name was not resolved within %g s",
			       fetch_job_timeout(run));
	else
		fetch_job_fail(run, ERR_TIMEOUT,
			       "the host name was not looked up within %g s: other look-ups hang "
			       "already; does the name server answer?",
			       fetch_job_timeout(run));
}

bool fetch_job_deliver(struct fetch_run_job *run, const char *bytes, size_t len)
{
	struct fetch_job *job = run->job;

	if (len > job->bytes_max - run->bytes) {
		fetch_job_fail(run, ERR_TOO_LARGE, "the answer is longer than %zu bytes",
			       job->bytes_max);
		return false;
	}
	run->bytes += len;
	job->sink(job->ctx, bytes, len);
	return true;
}

void fetch_job_end(struct fetch_run_job *run)
{
	struct fetch_job *job = run->job;

	if (run->done)
		return;
	run->done = true;
	job->ok = job->err.kind == ERR_NONE;
	job->seconds = clock_now(CLOCK_MONOTONIC) - (run->deadline - fetch_job_timeout(run));
	if (job->ended != NULL)
		job->ended(job->owner, job);
}

static struct line *line_of(struct loop *loop, const struct fetch_job *job)
{
	const struct transport *transport =
		job->target->scheme == TARGET_HTTPS ? &transport_curl : &transport_socket;

	for (size_t i = 0; i < loop->line_len; i++) {
		if (loop->line[i].transport == transport)
			return &loop->line[i];
	}
	loop->line[loop->line_len].transport = transport;
	return &loop->line[loop->line_len++];
}

static bool loop_open(struct loop *loop, struct fetch_job *job, size_t job_len)
{
	size_t fd_per_job = 0;

	loop->run = calloc(job_len, sizeof(*loop->run));
	if (loop->run == NULL)
		return false;
	loop->run_len = job_len;
	for (size_t i = 0; i < job_len; i++) {
		struct line *line = line_of(loop, &job[i]);

		loop->run[i].job = &job[i];
		fd_per_job += line->transport->fd_per_job;
		if (line->self == NULL)
			line->self = line->transport->open(job_len);
		if (line->self == NULL)
			return false;
	}
	loop->fd_max = fd_per_job;
	loop->fd = calloc(loop->fd_max, sizeof(*loop->fd));
	return loop->fd != NULL;
}

static void loop_close(struct loop *loop)
{
	for (size_t i = 0; i < loop->line_len; i++) {
		if (loop->line[i].self != NULL)
			loop->line[i].transport->close(loop->line[i].self);
	}
	free(loop->fd);
	free(loop->run);
}

/* Milliseconds until the first deadline or until a transport wants to go on; -1 when all is done.
 */
static int loop_timeout_ms(const struct loop *loop)
{
	double first = HUGE_VAL;
	int ms;

	for (size_t i = 0; i < loop->run_len; i++) {
		if (!loop->run[i].done && loop->run[i].deadline < first)
			first = loop->run[i].deadline;
	}
	ms = isinf(first) ? -1 : fetch_ms_until(first);
	if (ms >= 0 && loop->quiet_at > 0)
		ms = fetch_ms_min(ms, fetch_ms_until(loop->quiet_at));
	if (loop->started < loop->run_len)
		ms = fetch_ms_min(ms, START_PAUSE_MS);
	for (size_t i = 0; ms >= 0 && i < loop->line_len; i++) {
		const struct line *line = &loop->line[i];

		ms = fetch_ms_min(ms, line->transport->timeout_ms(line->self));
	}
	return ms;
}

static size_t loop_descriptors(struct loop *loop)
{
	size_t len = 0;

	for (size_t i = 0; i < loop->line_len; i++) {
		struct line *line = &loop->line[i];

		line->fd_len =
			line->transport->wait(line->self, loop->fd + len, loop->fd_max - len);
		len += line->fd_len;
	}
	return len;
}

static void drop(struct loop *loop, struct fetch_run_job *run)
{
	const struct line *line = line_of(loop, run->job);

	if (run < loop->run + loop->started)
		line->transport->cancel(line->self, run);
	if (run->bytes > 0)
		fetch_job_fail(run, ERR_TIMEOUT,
			       "the answer was not complete after %g s (%zu bytes came)",
			       fetch_job_timeout(run), run->bytes);
	else
		fetch_job_fail(run, ERR_TIMEOUT, "no answer within %g s", fetch_job_timeout(run));
	fetch_job_end(run);
}

static void drop_late(struct loop *loop)
{
	double now = clock_now(CLOCK_MONOTONIC);

	for (size_t i = 0; i < loop->run_len; i++) {
		if (!loop->run[i].done && loop->run[i].deadline <= now)
			drop(loop, &loop->run[i]);
	}
}

static void drop_all(struct loop *loop, int errnum)
{
	for (size_t i = 0; i < loop->run_len; i++) {
		struct fetch_run_job *run = &loop->run[i];

		if (run->done)
			continue;
		err_set_errno(&run->job->err, errnum, "%.*s: cannot wait for the answer",
			      NAME_SHOWN, run->job->target->name);
		drop(loop, run);
	}
}

static void start_some(struct loop *loop)
{
	for (size_t i = 0; i < START_AT_ONCE && loop->started < loop->run_len; i++) {
		struct fetch_run_job *run = &loop->run[loop->started++];
		const struct line *line = line_of(loop, run->job);

		if (!run->done)
			line->transport->start(line->self, run);
	}
}

static void watch_quiet(struct loop *loop)
{
	size_t ended = 0;

	if (loop->quiet == NULL)
		return;
	for (size_t i = 0; i < loop->run_len; i++)
		ended += loop->run[i].done;
	if (ended > loop->ended) {
		loop->ended = ended;
		loop->quiet_at = clock_now(CLOCK_MONOTONIC) + loop->quiet->after_ms / 1e3;
	} else if (loop->quiet_at > 0 && clock_now(CLOCK_MONOTONIC) >= loop->quiet_at) {
		loop->quiet_at = 0;
		loop->quiet->tell(loop->quiet->ctx);
	}
}

static void loop_run(struct loop *loop)
{
	for (;;) {
		size_t from = 0;
		size_t len;
		int timeout_ms;

		start_some(loop);
		len = loop_descriptors(loop);
		timeout_ms = loop_timeout_ms(loop);
		if (timeout_ms < 0)
			return;
		if (poll_soon(loop->fd, (nfds_t)len, timeout_ms, &loop->soon_seconds) < 0) {
			if (errno != EINTR) {
				drop_all(loop, errno);
				return;
			}
			for (size_t i = 0; i < len; i++)
				loop->fd[i].revents = 0;
		}
		for (size_t i = 0; i < loop->line_len; i++) {
			const struct line *line = &loop->line[i];

			line->transport->step(line->self, loop->fd + from, line->fd_len);
			from += line->fd_len;
		}
		drop_late(loop);
		watch_quiet(loop);
	}
}

bool fetch_run(struct fetch_job *job, size_t job_len, struct err *err)
{
	return fetch_run_watched(job, job_len, NULL, err);
}

bool fetch_run_watched(struct fetch_job *job, size_t job_len, const struct fetch_quiet *quiet,
		       struct err *err)
{
	struct loop loop = {.soon_seconds = job_len == 1 ? soon_seconds : 0, .quiet = quiet};
	double now = clock_now(CLOCK_MONOTONIC);

	for (size_t i = 0; i < job_len; i++) {
		job[i].ok = false;
		err_clear(&job[i].err);
		job[i].seconds = 0;
		job[i].server[0] = '\0';
	}
	if (job_len == 0)
		return true;
	if (!loop_open(&loop, job, job_len)) {
		loop_close(&loop);
		return err_set(err, ERR_MEMORY, "out of memory");
	}
	for (size_t i = 0; i < job_len; i++)
		loop.run[i].deadline = now + fetch_job_timeout(&loop.run[i]);
	loop_run(&loop);
	loop_close(&loop);
	return true;
}
