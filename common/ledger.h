/* SPDX-License-Identifier: MIT */
/*
 * ledger.h - puts every client connection of nginx on one line by who holds it. Pure: what nginx
 * says and what the kernel has, sampled several times, go in; the ledger comes out. The rules and
 * their limits are in docs/FINDINGS.md and docs/ARCHITECTURE.md.
 */
#ifndef CONNLEDGER_LEDGER_H
#define CONNLEDGER_LEDGER_H

#include "model.h"
#include "nginx_version.h"
#include "tally.h"

/* The lines, in the order of the graphs: from what is in order to what is not. */
enum held_by {
	HELD_REQUEST,
	HELD_KEEPALIVE,
	HELD_UNANSWERED,
	HELD_APP_QUEUE,
	HELD_APP,
	HELD_SENDING,
	HELD_STALLED_CLIENT,
	HELD_VANISHED_CLIENT,
	HELD_HALF_CLOSED,
	HELD_LINGERING,
	HELD_LONG_LIVED,
	HELD_PHANTOM,
	HELD_UNEXPLAINED,
	HELD_MAX,
};

enum confidence {
	CONFIDENCE_UNKNOWN, /* from nginx's counters alone: the kernel could not be asked */
	CONFIDENCE_BOUNDED, /* the reason says which number is a bound, and in which direction */
	CONFIDENCE_EXACT,
};

enum { LEDGER_REASON_MAX = 240 };

/* A queue of connections that nobody has accepted yet. Numbers are the kernel's. */
struct backlog {
	const char *name; /* "127.0.0.1:80", "/run/app.sock" */
	double queue;     /* connections; of the fullest, where several sockets share the address */
	double limit;     /* the backlog in effect; NOT_KNOWN when the kernel does not say */
	bool is_tcp;
};

struct ledger {
	bool asked;     /* the site has an nginx that answered, or uWSGI sockets to look at */
	bool has_lines; /* nginx answered: held[] and total are known */
	double held[HELD_MAX]; /* connections; NOT_KNOWN where only the kernel knows and cannot be
				* asked. unexplained is below 0 when the kernel has more than nginx
				* counts */
	double total;   /* stub_status active less the scrape's own connection: the known lines' sum
			 */
	double writing; /* stub_status writing less the scrape's own request: HTTP/2 counts each */
	unsigned confidence;            /* enum confidence */
	char reason[LEDGER_REASON_MAX]; /* why not exact, one line; "" when it is */
	bool phantom_exact;   /* phantom is right to the connection, whatever the other lines are */
	bool phantom_at_most; /* some listeners were not looked at: their connections are on
				 `phantom` */
	bool multiplexed;     /* HTTP/2: writing counts streams, the lines count connections */

	double orphaned;  /* busy uWSGI workers whose client is gone; NOT_KNOWN */
	double abandoned; /* requests in the application's queue whose client is gone; NOT_KNOWN */
	double hung_up;   /* busy uWSGI workers whose client has closed its side, and nginx not: of
			   * those that uWSGI tells the client of; NOT_KNOWN */
	double blocked_app; /* application connections whose answer nginx cannot pass on to a slow
			     * client; NOT_KNOWN */
	double oldest_request;     /* seconds: struct uwsgi_totals has it; NOT_KNOWN */
	double backlog_percent;    /* of the fullest queue below; NOT_KNOWN */
	bool overflows_known;      /* one of these queues is TCP's, and the kernel says the next */
	uint64_t listen_overflows; /* attempts to connect that a TCP socket of this host, whichever,
				    * turned away because its queue was full, since it started */

	bool processes_known; /* those below */
	uint32_t master_pid;
	uint64_t process_mark; /* another one whenever a process of nginx has ended or been added */
	uint64_t masters;
	uint64_t workers;
	uint64_t old_workers;  /* draining after a reload */
	double worker_age_gap; /* seconds between the oldest and the newest current worker */
	double worker_newest;  /* Unix seconds when the newest current worker began */
	double master_started; /* Unix seconds */
	uint64_t fd_limit;     /* open files that one worker may have; 0: not known */

	uint64_t samples; /* rounds of stub_status, dump, stub_status that it is made of */
	double spread;    /* largest less smallest of the samples' phantom counts */
	double seconds;   /* time that the ledger took */

	struct list listeners; /* struct backlog: nginx's */
	struct list sockets;   /* struct backlog: uWSGI's */
};

/* One round: what nginx said before and after the dump, and the dump. */
struct ledger_sample {
	struct nginx_status before;
	struct nginx_status after;
	struct tally tally;
	bool own_is_new; /* our own connection of `after` is not that of `before` */
};

/* Samples, added up. A zeroed one is empty. */
struct ledger_sum {
	size_t samples;
	size_t skipped; /* left out: the counters went backwards in between (restart, two masters)
			 */
	double active;  /* sums of what nginx said, without the scrape's own connection */
	double reading;
	double writing;
	double waiting;
	double tally[TALLY_NUMBERS]; /* sums of the tally's numbers */
	size_t quiet;                /* samples during which no connection was opened or closed */
	double low, high;    /* what nginx counts and the kernel does not have is in between */
	double weight;       /* of the samples that were not quiet: sum of 1 / events */
	double weighted_gap; /* that number as these show it on average */
	double least_gap, largest_gap;
	bool is_still;                 /* not even a request has begun or ended in any sample */
	bool app_is_here, app_is_away; /* as in struct tally */
};

/* What was found out about phantoms before. They come and go with worker processes only: as long as
 * nginx has the same ones, what a quiet moment has shown stays true in a busy one, and what several
 * busy moments have shown narrows it down. Plain numbers: the caller keeps them between two
 * scrapes. */
struct ledger_memory {
	double processes;  /* process_mark of those that it is about; 0: nothing is remembered */
	double master_pid; /* where to look for them next time */
	double low, high;  /* as in struct ledger_sum */
};

struct ledger_input {
	const struct ledger_memory *memory; /* NULL: nothing is remembered. Borrowed */
	struct nginx_version version;
	bool has_info;           /* the dump has tcp_info */
	bool listeners_complete; /* every listener of this nginx was looked at */
	const char *incomplete;  /* why not. Borrowed */
	bool has_udp;            /* HTTP/3 or UDP streams: connections without a socket */
	uint32_t masters;        /* 0: not known */
	double in_request;       /* uWSGI cores in a request; NOT_KNOWN when it was not asked */
};

/* What a ledger was made of, for making it again when more is remembered. */
struct ledger_basis {
	bool is_there;     /* the kernel was asked, and a sample was had */
	bool is_memorable; /* every connection was looked at: phantoms are worth remembering */
	struct ledger_sum sum;
	struct ledger_input input; /* without `memory`; `incomplete` points to the text below */
	char incomplete[LEDGER_REASON_MAX];
};

/* Nothing is known. */
void ledger_clear(struct ledger *ledger) NONNULL;

/* Adds a sample. */
void ledger_add(struct ledger_sum *sum, const struct ledger_sample *sample) NONNULL;

/* Whether another sample would tell nothing new. `memory` may be NULL. */
bool ledger_is_settled(const struct ledger_sum *sum, const struct ledger_memory *memory)
	NONNULL_ARGS(1);

/* `memory` if it is about the processes that `ledger` tells of, otherwise NULL. */
const struct ledger_memory *ledger_memory_of(const struct ledger_memory *memory,
					     const struct ledger *ledger) NONNULL;

/* What to remember after `sum`, with what was remembered before (NULL: nothing). */
struct ledger_memory ledger_remember(const struct ledger_memory *before,
				     const struct ledger_sum *sum, const struct ledger *ledger)
	NONNULL_ARGS(2, 3);

/* What nginx counts and the kernel does not have, in connections, out of at least one sample and of
 * what is remembered (NULL: nothing). It is within `low` and `high`, which are the same when it is
 * sure. */
double ledger_gap(const struct ledger_sum *sum, const struct ledger_memory *memory, double *low,
		  double *high) NONNULL_ARGS(1, 3, 4);

/* The lines and their confidence out of at least one sample. Leaves what it does not compute
 * (queues, processes, time) as it is. */
void ledger_make(struct ledger *ledger, const struct ledger_sum *sum,
		 const struct ledger_input *input) NONNULL;

/* The lines from the page alone: what reading and waiting say, and the application as far as uWSGI
 * tells (`in_request`, `queued`; NOT_KNOWN when it was not asked). Confidence unknown, for
 * `reason`. */
void ledger_make_blind(struct ledger *ledger, const struct nginx_status *status, double in_request,
		       double queued, const char *reason) NONNULL;

/* The line's name as users know it ("stalled_client"). */
const char *held_by_name(enum held_by line);
extern const char *const confidence_name[]; /* by enum confidence, ended by NULL */

#endif
