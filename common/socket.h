/* SPDX-License-Identifier: MIT */
/*
 * socket.h - what the kernel knows of one socket, and a set of them read at one moment. Plain
 * structs without functions: sockets.c and proc_net.c fill them, tally.c and listeners.c read them.
 */
#ifndef CONNLEDGER_SOCKET_H
#define CONNLEDGER_SOCKET_H

#include "endpoint.h"

/* The kernel's numbers (include/net/tcp_states.h); unix sockets use ESTABLISHED and LISTEN. */
enum socket_state {
	SOCKET_ESTABLISHED = 1,
	SOCKET_SYN_SENT = 2,
	SOCKET_SYN_RECV = 3,
	SOCKET_FIN_WAIT1 = 4,
	SOCKET_FIN_WAIT2 = 5,
	SOCKET_TIME_WAIT = 6,
	SOCKET_CLOSE = 7,
	SOCKET_CLOSE_WAIT = 8,
	SOCKET_LAST_ACK = 9,
	SOCKET_LISTEN = 10,
	SOCKET_CLOSING = 11,
};

/* Which timer of the kernel runs (idiag_timer; the `tr` column of /proc/net/tcp). */
enum socket_timer {
	SOCKET_TIMER_NONE = 0,
	SOCKET_TIMER_RETRANSMIT = 1,
	SOCKET_TIMER_KEEPALIVE = 2,
	SOCKET_TIMER_TIME_WAIT = 3,
	SOCKET_TIMER_ZERO_WINDOW = 4, /* the peer's window is closed: it does not read */
};

/* A TCP socket. Small on purpose: a host may have 100,000. */
struct socket {
	struct endpoint local;
	struct endpoint remote;
	uint8_t state;       /* enum socket_state */
	uint8_t timer;       /* enum socket_timer */
	uint8_t retransmits; /* how often the same bytes were sent again, nothing of them being
			      * acknowledged; zero window: probes without any answer */
	bool is_answering;   /* tcp_info: something came from the peer since it was sent to for the
			      * last time but two */
	bool has_info;       /* the fields below that need tcp_info are known */
	bool sent_any;       /* tcp_info: bytes_sent > 0 */
	bool received_any;   /* tcp_info: bytes_received > 0 */
	bool received_once;  /* tcp_info: data_segs_in is 1. Where the peer has to speak first, it
			      * has  been answered if anything was sent */
	uint32_t rqueue;     /* bytes not read; LISTEN: connections not accepted */
	uint32_t wqueue;     /* bytes not acknowledged; LISTEN: the backlog (0: not known) */
	uint32_t inode;      /* 0: no process has it: not accepted yet, or closed by its process */
	uint32_t uid;        /* of whoever made it */
	uint32_t last_sent_ms;     /* tcp_info: since data was last sent, or since the beginning */
	uint32_t last_received_ms; /* the same for data received */
};

enum { UNIX_PATH_MAX_LEN = 108 };

/* A unix stream socket that is bound to a path: a listener, what it has accepted (ESTABLISHED), or,
 * where the kernel says who they are, those that wait in its queue (SYN_RECV; one that has left is
 * a number of the listener's only). Read from /proc, `has_peer` is false and of the queues only
 * LISTEN's rqueue is known: the others are 0. */
struct unix_socket {
	uint8_t state; /* enum socket_state; 0: no stream socket */
	uint32_t inode;
	uint32_t peer; /* inode of the other end; 0: it is closed (listener: 0) */
	bool has_peer; /* the kernel says it */
	bool has_uid;  /* `uid` is known (Linux 5.3); for `peer_uid` the same */
	bool has_peer_uid;
	bool has_heard_all; /* the peer sends no more: it has said so, or is closed */
	uint32_t uid;       /* of whoever accepted it, or made it */
	uint32_t peer_uid;  /* of whoever made the other end */
	uint32_t rqueue;    /* bytes not read; LISTEN: connections not accepted */
	uint32_t wqueue;    /* bytes the peer has not read; LISTEN: the backlog (0: not known) */
	uint32_t abandoned; /* LISTEN: of rqueue, those whose client has left; 0 where not known */
	/* "@name" for an abstract one: NUL bytes at its end are left out, those inside are '@'. */
	char path[UNIX_PATH_MAX_LEN + 1];
};

/* All sockets that were asked for, at one moment. Used again and again: the memory stays. */
struct sockets {
	struct socket *tcp;
	size_t tcp_len;
	size_t tcp_cap;
	struct unix_socket *local; /* unix sockets */
	size_t local_len;
	size_t local_cap;
	bool has_info; /* read by netlink: tcp_info is known (unless a socket says otherwise) */
};

#endif
