/* SPDX-License-Identifier: MIT */
/*
 * server.h - tiny servers for tests, each in a thread of its own, on loopback or a unix socket:
 * they answer well, badly or not at all, and remember what they were sent.
 */
#ifndef CONNLEDGER_TESTS_SERVER_H
#define CONNLEDGER_TESTS_SERVER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "compiler.h"

enum server_place {
	SERVER_V4,
	SERVER_V6,
	SERVER_UNIX,
	SERVER_ABSTRACT,     /* "\0name" */
	SERVER_ABSTRACT_NUL, /* "\0name\0", as uWSGI does it */
	SERVER_FULL,         /* a unix socket whose listen queue is full and stays so */
	SERVER_DEAD,         /* a port where nobody listens any more */
	SERVER_MISSING,      /* a unix socket that does not exist */
	SERVER_STALE,        /* a socket file that nobody listens on */
};

/* What is done with each connection. */
enum server_act {
	SERVER_ANSWER,       /* reads an HTTP request, sends the text, closes */
	SERVER_SEND,         /* sends the text, then reads to the end */
	SERVER_HANG,         /* never sends */
	SERVER_DRIP,         /* sends the text, then one byte every few milliseconds, for ever */
	SERVER_FLOOD,        /* sends the text, then bytes for ever */
	SERVER_CLOSE,        /* sends the text and closes at once, without reading */
	SERVER_RESET,        /* sends the text, then cuts the connection with a RST */
	SERVER_ANSWER_RESET, /* the same after an HTTP request */
};

struct server {
	enum server_act act;
	const char *text;
	int listener;   /* -1: there is none */
	int filler;     /* the connection that fills the queue of SERVER_FULL, or -1 */
	uint16_t port;  /* TCP only */
	char path[100]; /* unix sockets only; "@name" for an abstract one */
	pthread_t thread;
	pthread_mutex_t lock; /* of the next two */
	int connection;       /* the one that is served; -1: none */
	bool stopping;
	size_t received; /* bytes that clients sent, over all connections */
	size_t request_len;
	char request[2048]; /* what the last client sent, as text */
};

/* Starts it; ends the test program when that fails. */
void server_start(struct server *server, enum server_place place, enum server_act act,
		  const char *text) NONNULL;
/* Waits until so many clients are connected, accepted or not. SERVER_V4 only. */
void server_wait_connections(const struct server *server, size_t count) NONNULL;
/* Ends all connections and the server; `received` and `request` are final then. */
void server_stop(struct server *server) NONNULL;

#endif
