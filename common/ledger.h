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
#include "phantoms.h"
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

/* Where a request of nginx is at the application. */
enum request_at {
	REQUESTS_QUEUED, /* no application has accepted it */
	REQUESTS_ACTIVE, /* one has, and has not finished it */
	REQUESTS_MAX,
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
	bool asked;       /* the site has an nginx that answered, or uWSGI sockets to look at */
	bool has_lines;   /* nginx answered: held[] and total are known */
	bool has_no_room; /* nginx cut the connection that asked, and others that said nothing */
	double held[HELD_MAX]; /* connections; NOT_KNOWN where only the kernel knows and cannot be
				* asked. unexplained is below 0 when the kernel has more than nginx
				* counts */
	double low[HELD_MAX], high[HELD_MAX]; /* what the line is within, as surely as anything is
					       * known here: held[] is the likeliest of it */
	double total;   /* stub_status active less the scrape's own connection: the known lines' sum
			 */
	double writing; /* stub_status writing less the scrape's own request: HTTP/2 counts each */
	/* Requests of nginx at the applications that are named, as the connections to these show
	 * them, whatever brought them: over HTTP/2 one client's connection has many. One that asks
	 * several applications is several. NOT_KNOWN without an application, and where one of them
	 * cannot be seen. */
	double requests[REQUESTS_MAX]; /* the likeliest of what they are within */
	double requests_low[REQUESTS_MAX], requests_high[REQUESTS_MAX];
	const char *requests_reason; /* why not exact, or not known; "" when exact. Never freed */
	unsigned confidence;            /* enum confidence */
	char reason[LEDGER_REASON_MAX]; /* why not exact, one line; "" when it is */
	bool phantom_exact; /* phantom is right to the connection, whatever the other lines are */
	bool multiplexed;   /* HTTP/2: writing counts streams, the lines count connections */

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
	uint64_t blocked_workers; /* that do not run their event loop, for sure; 0 where that cannot
				   * be seen */
	uint64_t unread_clients;  /* who have sent them something a second ago or longer */
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

/* One look: what nginx said before and after the dump, and the dump. This process's connections
 * that nginx's page did not come by are in neither, as far as that is known. */
struct ledger_look {
	struct nginx_status before;
	struct nginx_status after;
	uint64_t own_idle; /* of those that were idle and that nginx has been taken to count as
			    * waiting, so many may be in writing, or in active only */
	uint64_t own_busy; /* so many are not in the dump, and nginx may count them or not */
	struct tally tally;
	bool own_is_new;         /* our own connection of `after` is not that of `before` */
	double time;             /* of the dump: Unix seconds */
	double unnoticed, early; /* as in struct phantoms_look */
	double unlisted; /* at most so many clients of nginx are not in the dump, since their
			  * listener is not known; NOT_KNOWN */
	bool is_held;
};

enum { LEDGER_LOOKS_MAX = 32 };

/* Looks, one after the other. A zeroed one is empty. The ledger is made of one of them, the newest
 * of those in which least has happened: what several of them have on average was true at no time.
 */
struct ledger_looks {
	size_t len;
	size_t skipped; /* left out: the counters went backwards in between (restart, two masters)
			 */
	struct phantoms_look gap[LEDGER_LOOKS_MAX]; /* of each */
	struct ledger_look best;
	double events; /* connections and requests that began or ended in the best one */
	double least_gap,
		largest_gap; /* what nginx counts and the kernel does not have, at a guess */
};

struct ledger_input {
	struct phantoms_nginx nginx;
	struct nginx_version version;
	bool has_info;            /* the dump has tcp_info */
	bool ways_known;          /* what the listeners carry is known (nginx_ways.h) ... */
	const char *ways_unknown; /* ... or why not. Borrowed */
	bool has_subrequests; /* ... and a request may have several connections to applications */
	bool ignores_aborts;  /* ... or go on when its client is gone */
	bool renames_clients; /* ... and applications are told other addresses than the kernel's */
	bool listeners_complete; /* every listener of this nginx was looked at */
	const char *incomplete;  /* why not. Borrowed */
	bool has_udp;            /* HTTP/3 or UDP streams: connections without a socket */
	uint32_t masters;        /* 0: not known */
	double in_request;       /* uWSGI cores in a request; NOT_KNOWN when it was not asked */
	bool apps_hidden;        /* where some application of the site listens is not known */
};

/* What a ledger was made of, for making it again when more is remembered. */
struct ledger_basis {
	bool is_there; /* the kernel was asked, and a look was had */
	struct ledger_looks looks;
	struct ledger_input input; /* its texts are those below */
	struct phantoms_memory known; /* what was remembered of phantoms before, by all sites of
				       * that nginx */
	bool is_used;                 /* the ledger has been made, with this: */
	struct phantoms_memory used;
	char incomplete[LEDGER_REASON_MAX];
	char ways_unknown[LEDGER_REASON_MAX];
};

/* Nothing is known. */
void ledger_clear(struct ledger *ledger) NONNULL;

/* What a number of the ledger is within, and why that is more than one, or not known at all; ""
 * where it is sure. The reason of a line is that of all of them. Borrowed from the ledger. */
struct ledger_bounds {
	double low, high;
	const char *reason;
};
/* Those of the number at `offset` of the struct. False when it is none that has bounds. */
bool ledger_bounds(struct ledger_bounds *ret, const struct ledger *ledger,
		   size_t offset) MUST_CHECK NONNULL;

/* Adds a look. There may be LEDGER_LOOKS_MAX. True if it is the best so far. */
bool ledger_add(struct ledger_looks *looks, const struct ledger_look *look) NONNULL;

/* What the gap is within in the moment of the dump, and how much happened around it. False when the
 * two readings of nginx do not belong together. */
struct ledger_gap {
	double low, high;
	double events;
};
bool ledger_gap_of(struct ledger_gap *ret, const struct ledger_look *look) MUST_CHECK NONNULL;

/* The phantoms after all looks, with what was known before them in `memory`, which becomes what is
 * known now. */
void ledger_find_phantoms(struct phantoms_memory *memory, const struct ledger_looks *looks,
			  const struct ledger_input *input) NONNULL;

/* Whether another look would tell nothing new, if this was known of phantoms before. */
bool ledger_is_settled(const struct ledger_looks *looks, const struct ledger_input *input,
		       const struct phantoms_memory *before) NONNULL;

/* The lines and their confidence out of at least one look. `memory` is what is known of phantoms,
 * as ledger_find_phantoms() leaves it. Leaves what it does not compute (queues, processes, time) as
 * it is. */
void ledger_make(struct ledger *ledger, const struct ledger_looks *looks,
		 const struct ledger_input *input, const struct phantoms_memory *memory) NONNULL;

/* The lines from the page alone: what reading and waiting say, and the application as far as uWSGI
 * tells (`in_request`, `queued`; NOT_KNOWN when it was not asked). Confidence unknown, for
 * `reason`. */
void ledger_make_blind(struct ledger *ledger, const struct nginx_status *status, double in_request,
		       double queued, const char *reason) NONNULL;

/* The line's name as users know it ("stalled_client"). */
const char *held_by_name(enum held_by line);
extern const char *const confidence_name[]; /* by enum confidence, ended by NULL */

#endif
