/* SPDX-License-Identifier: MIT */
/*
 * fetch_raw.h - what comes over a connection to a raw stats server: all of it is the answer, and
 * nothing is ever sent. Whose socket it comes over is fetch_socket.c's affair.
 */
#ifndef CONNLEDGER_FETCH_RAW_H
#define CONNLEDGER_FETCH_RAW_H

#include "transport.h"

struct fetch_raw {
	struct fetch_run_job *run;
	size_t http_len; /* how many bytes of "HTTP/" the answer begins with */
};

/* Takes bytes of the answer. True when no more are wanted: the job has failed. */
bool fetch_raw_take(struct fetch_raw *raw, const char *bytes, size_t len) MUST_CHECK NONNULL;

/* Notes that the connection is over, in good order or by a reset: the job has succeeded or failed.
 */
void fetch_raw_end(struct fetch_raw *raw, bool is_reset) NONNULL;

/* Fails the job if its deadline came before the first byte. */
void fetch_raw_late(struct fetch_raw *raw) NONNULL;

#endif
