/* SPDX-License-Identifier: MIT */
/*
 * observe_own.h - this process's own connections in a dump, but for the one that nginx's page comes
 * by: those of other sites, kept or being asked over. They are taken out of the dump, and off what
 * nginx counts. Only observe*.c use it.
 *
 * One that was idle before the first reading of nginx was asked for, and still is after the second,
 * nginx has counted as active and waiting at both. A worker may not have got to that yet, though it
 * has sent the answer: only that all workers wait for events says so. What nginx counts of one that
 * was in use meanwhile is not known.
 */
#ifndef CONNLEDGER_OBSERVE_OWN_H
#define CONNLEDGER_OBSERVE_OWN_H

#include "fetch_own.h"
#include "ledger.h"
#include "listeners.h"

/* What a connection was in the last dump. */
enum own_place {
	OWN_ELSEWHERE, /* no client of this nginx */
	OWN_IDLE,      /* a client, idle since before nginx was read, so far */
	OWN_BUSY,      /* another client */
};

struct observe_own {
	struct fetch_own *own;             /* borrowed; NULL: there are no others */
	struct fetch_own_connection *item; /* as of the last dump */
	enum own_place *place;             /* of each */
	size_t len;
	size_t idle; /* how many OWN_IDLE */
};

/* Whether a connection to this nginx other than `asking` has been used since `moment` (as of
 * fetch_own_moment()), or is. */
bool observe_own_moved(const struct observe_own *o, const struct nginx_host *host,
		       const struct fetch_ends *asking, uint64_t moment) MUST_CHECK NONNULL;

/* Takes them out of a dump of nginx's sockets; `moment` is from before the first reading of nginx
 * was asked for. Without memory they stay in, as clients. */
void observe_own_take_out(struct observe_own *o, struct sockets *sockets,
			  const struct nginx_host *host, const struct fetch_ends *asking,
			  uint64_t moment) NONNULL;

/* Takes them off both readings of nginx, the second of which has been made. `is_settled`: all
 * workers had nothing left to do after the dump. */
void observe_own_take_off(const struct observe_own *o, struct ledger_look *look,
			  bool is_settled) NONNULL;

/* Accepts a zeroed one. */
void observe_own_free(struct observe_own *o) NONNULL;

#endif
