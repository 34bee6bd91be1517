/* SPDX-License-Identifier: MIT */
/*
 * tally.h - counts the sockets of one dump by what holds them. Pure: sockets in, counts out; no
 * allocation, no clock. What the counts mean beside nginx's own is ledger.c's affair.
 */
#ifndef CONNLEDGER_TALLY_H
#define CONNLEDGER_TALLY_H

#include "sockets.h"

/* What a client's connection to nginx looks like from outside, by first match in this order. */
enum client_class {
	CLIENT_HALF_CLOSED, /* CLOSE_WAIT: the client has closed, nginx has not */
	CLIENT_LINGERING,   /* FIN_WAIT with an owner: nginx has closed its half and still reads */
	CLIENT_STALLED,     /* unsent bytes, zero window; or bytes that were retransmitted
			     * TALLY_VANISHED_RETRANSMITS times, to which the client answers that it
			     * does not take them */
	CLIENT_VANISHED,    /* no answer to so many retransmissions, or probes of a zero window */
	CLIENT_SENDING,     /* unsent or unacknowledged bytes */
	CLIENT_UNREAD,      /* the same over a unix socket: bytes that it has not read, for whatever
			     * time; it reads them, or has stopped */
	CLIENT_SILENT,      /* has not sent a byte */
	CLIENT_UNANSWERED,  /* the client spoke last */
	CLIENT_ANSWERED,    /* nginx spoke last */
	CLIENT_AMBIGUOUS,   /* cannot be told: the same tick, or no tcp_info */
	CLIENT_CLASS_MAX,
};

enum {
	TALLY_UPSTREAMS_MAX = 128,
	TALLY_VANISHED_RETRANSMITS = 3, /* about a second and a half on a fast network */
	TALLY_GROUPS_MAX = 4,
	TALLY_SETTLED_SECONDS = 2, /* uWSGI was asked a moment before the kernel: a request that
				    * ended in between is not one whose client is missing */
};

/* An application server behind nginx. */
struct upstream {
	struct endpoint at;               /* TCP; port 0: unix socket */
	char path[UNIX_PATH_MAX_LEN + 1]; /* unix socket; "" otherwise */
	bool is_uwsgi; /* one request for each connection; another server may keep idle ones */
};

/* A request that a uWSGI core is working on, with the client that uWSGI was told. */
struct busy_core {
	struct endpoint client; /* port 0: not told */
	uint64_t request_start; /* Unix seconds; 0: not told */
	/* tally_make() writes these: */
	bool is_found;    /* the client is there */
	uint64_t *served; /* where it is counted among those who are surely served; NULL: nowhere */
};

struct tally_question {
	const struct listener *listener; /* nginx's, UDP ones are passed over. Borrowed */
	size_t listener_len;
	const struct upstream *upstream; /* Borrowed */
	size_t upstream_len;             /* at most TALLY_UPSTREAMS_MAX are looked at */
	const struct endpoint *own; /* our own connection's client end: not counted. NULL: none */
	const struct endpoint *own_peer; /* ... and nginx's end, as we see it: an address may have
					  * been translated on the way. NULL with `own` */
	uint32_t own_inode;              /* the same, a unix socket; 0: none */
	bool own_is_hidden; /* that socket is in our network namespace, and nginx in another: it is
			     * not among these */
	const char *own_path;   /* where that went, in nginx's words. NULL with own_inode 0 */
	struct busy_core *busy; /* sorted by client. Borrowed */
	size_t busy_len;
	size_t cores;     /* busy ones, those whose client is not told, too */
	double asked_ms;  /* since uWSGI was asked about them, and a little more */
	double now;       /* Unix seconds, when that was */
	double recent_ms; /* since nginx's page was asked for the last time, and a little more */
};

/* What is counted besides the classes of clients. */
enum tally_number {
	TALLY_CLIENTS =
		CLIENT_CLASS_MAX, /* connections that nginx has accepted: sum of the classes */
	TALLY_NOT_ACCEPTED,       /* in the accept queues of nginx's listeners */
	TALLY_RECENT, /* of the clients: TLS ones that have sent something since the page was read:
		       * a handshake may have begun or ended */

	/* nginx's end of its connections to named upstreams */
	TALLY_WAITING,   /* the application has not answered, connecting ones included */
	TALLY_STREAMING, /* uWSGI: it has begun to answer and has not ended */
	TALLY_KEPT,      /* another upstream: it has answered; the connection is idle, or streams */
	TALLY_BLOCKED,   /* an answer is there that nginx does not read: its client is slow */
	TALLY_QUEUEING,  /* of all these the application has not accepted so many, at least ... */
	TALLY_MAY_QUEUE, /* ... and at most: it may serve others, too, or be on another host */

	/* the application's end, where it is on this host */
	TALLY_IN_SERVICE, /* accepted, open at both ends */
	TALLY_ORPHANED,   /* accepted, and nginx has closed its end */
	TALLY_QUEUED,     /* in the listen queue */
	TALLY_ABANDONED,  /* of these: nginx has closed its end */

	/* the join of busy cores and clients */
	TALLY_JOINED,         /* busy cores whose client was found */
	TALLY_JOINED_CLOSED,  /* of these: half-closed or lingering */
	TALLY_JOINED_LASTING, /* of these: the answer has begun */
	TALLY_MISSING,        /* busy for TALLY_SETTLED_SECONDS for a client that is not there */
	TALLY_NUMBERS,
};

/* Requests of nginx at the applications: a connection to one carries one of them at a time,
 * whatever brought it to nginx. */
struct tally_requests {
	uint64_t queued_least, queued_most; /* that no application has accepted */
	uint64_t active_least, active_most; /* accepted, and not finished */
	uint64_t active_http1; /* the same as active_least if no application speaks HTTP/2 (gRPC):
				* there nginx may have had the last word on an idle connection */
	uint64_t asked;        /* so many of these are there at the likeliest */
	bool may_idle;         /* some connections may be idle ones that are kept for later */
	bool are_far;      /* an application on another host does not say what it has accepted */
	bool is_uwsgi_far; /* one of uWSGI: nginx may reach it at an address not known here */
	bool are_hidden;   /* there may be more, at an application that cannot be seen from here */
};

/* The clients of listeners that carry the same. */
struct tally_group {
	unsigned ways; /* as in nginx_conf.h */
	uint64_t count[CLIENT_CLASS_MAX];
	uint64_t served[CLIENT_CLASS_MAX]; /* of these: an application is at work for them, for
					    * certain */
};

struct tally {
	struct tally_group group[TALLY_GROUPS_MAX];
	size_t groups;
	unsigned ways;       /* of all listeners, those without clients, too. What comes over UDP
			      * may have many requests, as over HTTP/2 */
	bool own_is_found;   /* our own connection is there, and left out */
	bool app_is_here;    /* a listening socket of an upstream is on this host */
	bool app_is_away;    /* there is an upstream that has none */
	bool has_worker_uid; /* as whom nginx's workers run is known: */
	uint32_t worker_uid;
	bool apps_are_shared; /* connections to upstreams are counted that need not be nginx's */
	bool app_is_unix;     /* one of them has accepted connections over a unix socket */
	struct tally_requests requests; /* all 0 without upstreams */
	uint64_t count[TALLY_NUMBERS]; /* by enum client_class and enum tally_number; classes of
					* all groups together */
};

/* Counts. */
void tally_make(struct tally *ret, const struct sockets *sockets,
		const struct tally_question *question) NONNULL;

#endif
