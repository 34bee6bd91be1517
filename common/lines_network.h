/* SPDX-License-Identifier: MIT */
/*
 * lines_network.h - the question of lines.h as a network for flow.h: from the source each class of
 * each group gives its connections to the states that it may have, states are added up as nginx
 * counts them, and all that nginx counts as active returns to the source. Arcs between classes and
 * states are marked with the line on which such a connection is. Only lines.c uses it. Pure.
 */
#ifndef CONNLEDGER_LINES_NETWORK_H
#define CONNLEDGER_LINES_NETWORK_H

#include "flow.h"
#include "lines.h"

/* Nodes of the network. Groups have one for each class from FIRST_CLASS on. */
enum node {
	SOURCE,
	READING,
	WAITING,
	ASIDE,     /* only active: a TLS handshake, a session of stream{} ... */
	SESSION,   /* ... that the application has */
	QUEUED,    /* writing, and in the application's queue */
	SERVICE,   /* ... and in work there */
	STREAMING, /* ... and its answer has begun */
	OTHER,     /* ... and none of these */
	SERVED,    /* in work, or its answer has begun */
	APP,       /* served, or queued */
	WRITING,
	BUSY,           /* reading or writing */
	COUNTED,        /* active */
	FOREIGN,        /* not active: not this nginx's */
	GONE,           /* only nginx has them ... */
	DEAD,           /* ... and they are phantoms */
	LOST,           /* ... or clients that have just gone */
	AT_WORK,        /* clients that an application is at work for, which is proven ... */
	AT_WORK_CLOSED, /* ... and they are half-closed */
	FIRST_CLASS,
};

/* Marks of arcs that are no line. */
enum { LINES_UNMARKED = HELD_MAX, LINES_FOREIGN };

/* What is taken for granted. */
enum {
	LINES_APPS = 1 << 0,  /* what is said of applications */
	LINES_PLAIN = 1 << 1, /* a guess: a listener of which nothing is known is one of HTTP/1 */
	LINES_STILL = 1 << 2, /* a guess: no handshake has begun or ended during the look */
};

struct lines_network {
	const struct lines_question *question;
	struct flow flow;
	struct within active, reading, writing, waiting; /* less those that linger */
	bool has_http2;                                  /* a connection that may multiplex */
	bool is_void; /* more linger than nginx counts, and all are this nginx's: no flow at all */
	double clients;                 /* that the kernel has */
	double at_work, at_work_closed; /* of these, clients of those nodes */
};

/* Overwrites `ret`, which borrows the question. `granted` are LINES_... */
void lines_network_make(struct lines_network *ret, const struct lines_question *question,
			unsigned granted) NONNULL;

/* The line on which a connection of a class is when nothing else is known of it. */
enum held_by lines_own(enum client_class class);

#endif
