/* SPDX-License-Identifier: MIT */
/*
 * transport.h - what fetch.c asks of a transport: to start jobs, to say which descriptors and how
 * long to wait for, and to go on when something happened. The loop and the deadlines are fetch.c's.
 */
#ifndef CONNLEDGER_TRANSPORT_H
#define CONNLEDGER_TRANSPORT_H

#include <poll.h>

#include "clock.h"
#include "fetch.h"
#include "resolve.h"

/* One running job, as fetch.c hands it to a transport. */
struct fetch_run_job {
	struct fetch_job *job;
	double deadline; /* CLOCK_MONOTONIC seconds */
	size_t bytes;    /* body bytes delivered so far */
	bool done;       /* fetch_job_end() was called */
	void *own;       /* the transport's */
};

struct transport {
	/* A new transport instance for up to `job_max` jobs; NULL when memory is out. */
	void *(*open)(size_t job_max);
	/* Begins the job. It may end at once by fetch_job_end(). */
	void (*start)(void *self, struct fetch_run_job *run);
	/* Writes the descriptors to wait for into `fd` (room for `fd_max`), returns how many. */
	size_t (*wait)(void *self, struct pollfd *fd, size_t fd_max);
	/* Milliseconds after which step() wants to run whatever happens; -1: not before an event.
	 */
	int (*timeout_ms)(void *self);
	/* Goes on: `fd` is what wait() wrote, with revents filled in. */
	void (*step)(void *self, const struct pollfd *fd, size_t fd_len);
	/* Drops a job whose deadline has passed; the transport must not touch it afterwards. The
	 * transport fills job->err if it knows more than "timed out". */
	void (*cancel)(void *self, struct fetch_run_job *run);
	/* Ends the instance. No job is running any more. */
	void (*close)(void *self);
	/* The most descriptors that one job can wait for. */
	size_t fd_per_job;
};

extern const struct transport transport_curl;   /* TARGET_HTTPS */
extern const struct transport transport_socket; /* all others */

/* Hands body bytes to the job's sink. False when the ceiling is passed: the error is set and the
 * transport ends the job. */
bool fetch_job_deliver(struct fetch_run_job *run, const char *bytes, size_t len) MUST_CHECK NONNULL;
/* Notes why the job failed, with the target's name (cut when long) in front; does not end it. The
 * first cause wins. */
void fetch_job_fail(struct fetch_run_job *run, enum err_kind kind, const char *format, ...)
	PRINTF_LIKE(3, 4) NONNULL;
/* The same for a connection that could not be made; `errnum` is from connect(), 0 when unknown. */
void fetch_job_fail_connect(struct fetch_run_job *run, int errnum) NONNULL;
/* The same for a job whose deadline came before it was connected. */
void fetch_job_fail_late(struct fetch_run_job *run) NONNULL;
/* The same for one that had no address yet; `begun`: its name was being looked up. */
void fetch_job_fail_unresolved(struct fetch_run_job *run, bool begun) NONNULL;
/* Leaves of its addresses those that the job may connect to, see struct fetch_options, and returns
 * how many. Notes why when there were some and there are none. */
size_t fetch_job_choose(struct fetch_run_job *run, struct resolve_address *address,
			size_t len) MUST_CHECK NONNULL;
/* The job's options, or the defaults. */
const struct fetch_options *fetch_job_options(const struct fetch_run_job *run) NONNULL;
/* The job's whole time in seconds, for messages. */
double fetch_job_timeout(const struct fetch_run_job *run) NONNULL;
/* Ends the job, well if its err is clear. Later calls do nothing. */
void fetch_job_end(struct fetch_run_job *run) NONNULL;
/* Milliseconds from now until that moment, rounded up; 0 when it has passed. */
int fetch_ms_until(double moment);
/* The shorter of two waits, where -1 is for ever. */
int fetch_ms_min(int a_ms, int b_ms);

#endif
