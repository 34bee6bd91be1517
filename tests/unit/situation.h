/* SPDX-License-Identifier: MIT */
/* situation.h - situations of a real nginx and uWSGI, as the kernel and the status page showed
 * them, in a form short enough for a table. */
#ifndef CONNLEDGER_TESTS_SITUATION_H
#define CONNLEDGER_TESTS_SITUATION_H

#include "ledger.h"

/* What a group of sockets looks like. */
enum look {
	LOOK_END, /* no more groups */
	/* clients of nginx, accepted */
	CLIENT_IS_SILENT,
	CLIENT_HAS_ASKED,
	CLIENT_WAS_ANSWERED,
	CLIENT_SAME_TICK,
	CLIENT_SPOKE_ONCE, /* and was answered in the same tick */
	CLIENT_IS_READING,
	CLIENT_HAS_STALLED,
	CLIENT_HAS_VANISHED,
	CLIENT_HAS_CLOSED,
	CLIENT_LINGERS,
	CLIENT_NO_INFO, /* from /proc/net/tcp */
	/* clients that are not nginx's, or not yet */
	CLIENT_NOT_ACCEPTED,
	CLIENT_LEFT_QUEUE, /* CLOSE_WAIT in the accept queue */
	CLIENT_DISOWNED,   /* FIN_WAIT without an owner: the kernel still sends */
	CLIENT_IS_SELF,
	/* nginx's end of connections to uWSGI */
	NGINX_WAITS,
	NGINX_CONNECTS,
	NGINX_IS_STREAMED,
	NGINX_DOES_NOT_READ,
	NGINX_HAS_LEFT,
	/* the same to another upstream that the user has named */
	OTHER_WAITS,
	OTHER_IS_KEPT,
	/* uWSGI's end */
	UWSGI_LISTENS, /* `n` is the queue */
	UWSGI_SERVES,
	UWSGI_QUEUES,
	UWSGI_ORPHANED,
	UWSGI_ABANDONED,
	UWSGI_HALF_OPEN, /* SYN_RECV: beyond the backlog */
	/* uWSGI on a unix socket */
	UNIX_LISTENS, /* `n` is the queue */
	UNIX_SERVES,
	UNIX_BLOCKED,
	UNIX_ORPHANED,
	/* nginx on a unix socket */
	UNIX_CLIENT,
	UNIX_CLIENT_LEFT,
	UNIX_CLIENT_IS_DONE, /* it sends no more, and still reads */
	UNIX_CLIENT_READING,
	UNIX_SELF,
};

enum { GROUPS_MAX = 10, EXPECT_MAX = 8, SITUATION_SOCKETS_MAX = 512 };

struct group {
	unsigned n;
	enum look look;
};

struct expect {
	enum held_by line;
	double n;
};

struct situation {
	const char *name;
	const char *server;                        /* Server header; NULL: nginx/1.22.1 */
	int64_t active, reading, writing, waiting; /* as the page says: with our own connection */
	struct group group[GROUPS_MAX];
	unsigned busy; /* uWSGI cores in a request, for the first of the clients that asked */
	bool not_complete, has_udp, no_info;
	unsigned ways; /* of its listeners; 0: HTTP/1 without TLS */
	uint32_t masters;
	/* expected: lines that are not named are 0 */
	enum confidence confidence;
	struct expect expect[EXPECT_MAX];
	bool app_is_here; /* only then are these known */
	double orphaned, abandoned;
};

extern const struct situation situation_all[];
extern const size_t situation_all_len;

/* The sockets of a situation and what is asked of them. */
struct situation_room {
	struct socket tcp[SITUATION_SOCKETS_MAX];
	struct unix_socket local[SITUATION_SOCKETS_MAX];
	struct busy_core busy[SITUATION_SOCKETS_MAX];
	struct sockets sockets;
	struct tally_question question;
	struct endpoint own;
	struct listener listener[2];
	struct upstream upstream[3];
};
void situation_build(struct situation_room *room, const struct situation *situation) NONNULL;
/* The same in memory of its own, which the caller frees. */
struct situation_room *situation_room_new(const struct situation *situation);

#endif
