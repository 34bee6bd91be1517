/* SPDX-License-Identifier: MIT */
/* tally_parts.h - what tally.c is made of: the applications' side, and uWSGI's busy cores. Only
 * tally*.c use it. Pure. */
#ifndef CONNLEDGER_TALLY_PARTS_H
#define CONNLEDGER_TALLY_PARTS_H

#include "tally.h"

/* What is seen of one upstream. */
struct tally_seen {
	bool is_here;
	uint64_t asked;      /* connections to it, whoever's */
	uint64_t waiting;    /* of nginx's so many have had no answer ... */
	uint64_t connecting; /* ... and so many of these are not even connected */
	uint64_t foreign;    /* connections to it of other users */
	uint64_t queue;      /* of its listening sockets, whoever waits there */
	uint64_t served;     /* connections that it has accepted */
	uint64_t unix_queue; /* connections that wait at its unix socket ... */
	uint64_t unix_known; /* ... of which so many were counted one by one */

	/* For tally_requests(). TCP: nginx's own ends ... */
	uint64_t own;
	uint64_t sure;  /* of these: there is a request on it, for certain */
	uint64_t again; /* nginx has spoken last, and has had an answer before */
	uint64_t begun; /* something has come back: accepted */
	uint64_t stuck; /* what nginx has sent does not arrive: beyond a full queue */
	/* ... those that are connected, other users' as well, and the ends of the application that
	 * belong to these: accepted, or in its queue */
	uint64_t linked;
	uint64_t taken;
	uint64_t unaccepted;
	/* Unix: what has been accepted, and is sure to be at work. */
	uint64_t blocked;
};

struct tally_counting {
	struct tally *tally;
	uint64_t *count;               /* tally->count */
	const struct socket *like_own; /* one with our own client end, and another server end */
	size_t likes_own;
	const struct tally_question *question;
	size_t upstream_len;
	struct tally_seen seen[TALLY_UPSTREAMS_MAX];
};

/* Who spoke last. */
enum client_class tally_talk(const struct socket *socket) NONNULL;
/* Whether the other end of a unix socket is closed. */
bool tally_has_left(const struct unix_socket *socket) NONNULL;

/* Notes the user of a socket that a worker has accepted: if they differ, what is nginx's is open.
 */
void tally_worker_uid(struct tally_counting *c, uint32_t uid) NONNULL;

/* Count a connection to upstream `i`, one that it has, and one that it has over a unix socket. */
void tally_upstream(struct tally_counting *c, const struct socket *socket, size_t i) NONNULL;
void tally_app(struct tally_counting *c, const struct socket *socket, size_t i) NONNULL;
void tally_unix_app(struct tally_counting *c, const struct unix_socket *socket, size_t i) NONNULL;
/* After all of these: what follows for the applications. */
void tally_apps(struct tally_counting *c) NONNULL;
/* What follows for requests; before anything else does. */
void tally_requests(struct tally_counting *c) NONNULL;

/* Marks and counts the busy core, if there is one, that works for a client of that class. In
 * `served`, by class, too, if it surely still does: it did when uWSGI was asked, for no earlier
 * request of that client's, since then not a byte has gone either way, and no other client has that
 * name (at another listener one may). */
void tally_join(const struct tally_question *question, const struct socket *client,
		enum client_class class, uint64_t *served, uint64_t *count) NONNULL;

/* Counts the busy cores whose client was not there. After all tally_join(). */
void tally_missing(const struct tally_question *question, uint64_t *count) NONNULL;

#endif
