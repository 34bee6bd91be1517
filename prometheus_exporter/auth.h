/* SPDX-License-Identifier: MIT */
/*
 * auth.h - whether a password is right. What is known from before is said at once; the rest costs a
 * bcrypt, which one thread works off, so that guessing takes one core at most and whoever is known
 * never waits for it. Those who are not known come in this order: who has failed least under this
 * name from this address, who has failed least from this address, who came last. So newcomers go
 * before guessers; and of equals the last one, since a guesser who waits cannot come again. Safe
 * from several threads.
 */
#ifndef CONNLEDGER_EXPORTER_AUTH_H
#define CONNLEDGER_EXPORTER_AUTH_H

#include "auth_cache.h"
#include "err.h"

enum { AUTH_JOBS_MAX = 128 }; /* that wait */

/* Somebody who waits; lives in the asker's memory until it is handed to `done`. */
struct auth_job {
	struct auth_job *next;
	struct auth_basic basic;   /* wiped by then */
	const char *hash;          /* the user's, NULL when there is no such user; borrowed */
	unsigned cost;             /* of the costliest hash */
	uint64_t asker;            /* a number for an address; 0: nobody's */
	uint64_t who[2];           /* auth.c's: for asker and user, for asker */
	enum auth_verdict verdict; /* AUTH_UNKNOWN: the end has come, or there was no memory */
};

struct auth_client {
	void (*done)(void *ctx, struct auth_job *job); /* runs in the thread */
	void *ctx;
};

struct auth;

/* Starts the thread. NULL with `err`. */
struct auth *auth_start(const struct auth_client *client, struct err *err) NONNULL;

/* What is known of this user and password. */
enum auth_verdict auth_known(struct auth *auth, const struct auth_basic *basic, const char *hash)
	NONNULL_ARGS(1, 2);

/* Asks for a verdict. Returns the job that will have none, with its password wiped, when too many
 * wait: the last in the order, which may be another one or this. NULL: none. */
struct auth_job *auth_submit(struct auth *auth, struct auth_job *job) MUST_CHECK NONNULL;

/* Forgets all verdicts: the users have changed. One that is being found out now is kept, since it
 * holds for its hash only. */
void auth_forget(struct auth *auth) NONNULL;

/* Takes no more jobs, hands the waiting ones back, and waits at most `seconds` for the one that is
 * being looked at; auth_free() ends it then. False: its thread still runs, and the process should
 * end. */
bool auth_stop(struct auth *auth, double seconds) MUST_CHECK NONNULL;
/* After auth_stop(). */
void auth_free(struct auth *auth) NONNULL;

#endif
