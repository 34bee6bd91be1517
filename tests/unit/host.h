/* SPDX-License-Identifier: MIT */
/*
 * host.h - a host for tests of listeners.h: real sockets of the test, held by processes of a tree
 * like /proc. What is not as it should be fails the test that runs.
 */
#ifndef CONNLEDGER_TESTS_HOST_H
#define CONNLEDGER_TESTS_HOST_H

#include "fake_proc.h"
#include "listeners.h"
#include "loopback.h"

enum { MASTER = 100 };

/* A host: what listens on it, and the connection that the status page came by. */
struct host {
	struct fake_proc proc;
	struct sockets_reader reader;
	struct nginx_host found;
	int status; /* the listener of the status page */
	int other;  /* another one */
	int udp;
	int local; /* at `path` */
	char path[100];
	struct loopback_pair pair;
	struct listeners_question question;
};

/* For cmocka: `*state` is a struct host. */
int host_setup(void **state);
int host_teardown(void **state);

/* A master with one worker (the next pid), in our network. */
void host_add_nginx(struct host *host, unsigned master, unsigned parent, uint64_t ticks) NONNULL;
/* Asks who listens; `host->found` is the answer. */
void host_ask(struct host *host) NONNULL;
/* Reads our own network again. */
void host_reopen(struct host *host) NONNULL;
/* Whether this socket is among nginx's. */
bool host_has(const struct host *host, int fd) NONNULL;
void host_check(const struct host *host, enum listeners_source source, bool complete) NONNULL;

#endif
