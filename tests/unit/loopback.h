/* SPDX-License-Identifier: MIT */
/*
 * loopback.h - real sockets for tests of what the kernel says of them: listeners and connections on
 * loopback and on unix paths. Whatever fails ends the test program.
 */
#ifndef CONNLEDGER_TESTS_LOOPBACK_H
#define CONNLEDGER_TESTS_LOOPBACK_H

#include "endpoint.h"

/* A listener at `address` ("127.0.0.1", "::1", "0.0.0.0", or "::", which takes IPv4 too), on a port
 * that is free. */
int loopback_listen(const char *address, int backlog) NONNULL;
/* One at "::" that does not take IPv4. */
int loopback_listen_v6_only(int backlog);
/* A UDP socket that is bound there, on a port that is free. */
int loopback_udp(const char *address) NONNULL;
/* Connects a UDP socket to another one. */
void loopback_connect_udp(int client, int server);
/* A listener at a unix path, "@name" for "\0name"; `with_nul` for "\0name\0". */
int loopback_listen_unix(const char *path, bool with_nul, int backlog) NONNULL;

/* A client of a listener, whose queue it is in when this returns. IPv4 if `address` is. */
int loopback_connect(const char *address, uint16_t port) NONNULL;
int loopback_connect_unix(const char *path, bool with_nul) NONNULL;
/* Takes the next client out of the queue. */
int loopback_accept(int listener);

/* The ends of a socket, and its inode. */
struct endpoint loopback_local(int fd);
struct endpoint loopback_remote(int fd);
uint32_t loopback_inode(int fd);

/* A connection with both ends. */
struct loopback_pair {
	int client;
	int server;
};
struct loopback_pair loopback_pair(int listener, const char *address) NONNULL;
void loopback_say(int fd, const char *text) NONNULL;
/* Sends until the other end's window is full. */
void loopback_flood(int fd);

/* A path in the temporary folder that nobody else has. */
void loopback_path(char *ret, size_t size, const char *name) NONNULL;

/* Waits a little; false when it has been asked for too long: `*tries` begins at 0. */
bool loopback_wait(unsigned *tries) MUST_CHECK NONNULL;

#endif
