/* SPDX-License-Identifier: MIT */
/*
 * fetch_plain.h - what is said over a connection to an HTTP server: one GET that asks for the end
 * of the connection unless the job has a place to keep it, and its answer. Whose socket the
 * bytes go over is fetch_socket.c's affair.
 */
#ifndef CONNLEDGER_FETCH_PLAIN_H
#define CONNLEDGER_FETCH_PLAIN_H

#include "transport.h"

struct fetch_plain;

/* Makes the request. NULL when that cannot be done: the job has failed then. */
struct fetch_plain *fetch_plain_new(struct fetch_run_job *run) NONNULL;

/* What is still to be sent of the request; empty when all is. */
struct str fetch_plain_unsent(const struct fetch_plain *plain) NONNULL;

/* Notes that the first `len` bytes of this went out. */
void fetch_plain_sent(struct fetch_plain *plain, size_t len) NONNULL;

/* Notes that nobody takes the rest of it. What the other side had said, or how it cut the
 * connection, tells more than that and is still to be read. */
void fetch_plain_give_up(struct fetch_plain *plain) NONNULL;

/* Takes bytes of the answer. True when no more are wanted: the job has succeeded or failed. */
bool fetch_plain_take(struct fetch_plain *plain, const char *bytes, size_t len) MUST_CHECK NONNULL;

/* Notes that the connection is over, in good order or by a reset: the job has succeeded or failed.
 */
void fetch_plain_end(struct fetch_plain *plain, bool is_reset) NONNULL;

/* Whether the job has succeeded and another request can follow on the connection. */
bool fetch_plain_can_keep(const struct fetch_plain *plain) NONNULL;

/* Begins again on another connection: true if nothing of an answer has come yet. */
bool fetch_plain_again(struct fetch_plain *plain) MUST_CHECK NONNULL;

/* Accepts NULL. */
void fetch_plain_free(struct fetch_plain *plain);

#endif
