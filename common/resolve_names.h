/* SPDX-License-Identifier: MIT */
/*
 * resolve_names.h - the host names of one fetch loop: each is looked up once, however many targets
 * it has, as the process's resolver has room for it. A name that has been looked up before is not
 * held up by a name server that hangs: its last good answer is used then.
 */
#ifndef CONNLEDGER_RESOLVE_NAMES_H
#define CONNLEDGER_RESOLVE_NAMES_H

#include <poll.h>

#include "resolver.h"

enum {
	RESOLVE_PATIENCE_MS = 250, /* with a new answer, where there is an old one */
	RESOLVE_AGAIN_MS = 20, /* until room is looked for again that other loops may have left */
	RESOLVE_NAMES_SLOTS = 64,
};

struct resolve_name; /* one of them */

struct resolve_names {
	struct resolver *resolver;  /* borrowed; NULL: no memory for it */
	struct resolve_name *first; /* all of them */
	struct resolve_name *next;  /* the first that has not begun */
	struct resolve_name **end;
	size_t running;  /* lookups that had not ended at the last step */
	bool has_failed; /* a lookup could not begin since then: who waits for it is to look */
	struct resolve_name *slot[RESOLVE_NAMES_SLOTS]; /* by hash */
};

void resolve_names_init(struct resolve_names *names, struct resolver *resolver) NONNULL_ARGS(1);
void resolve_names_free(struct resolve_names *names) NONNULL;

/* Asks for a name; an answer that needs no lookup is there at once. Lives as long as `names`. NULL
 * with `err` filled when memory is out. */
struct resolve_name *resolve_names_ask(struct resolve_names *names, const char *host,
				       enum fetch_ip ip, struct err *err) NONNULL;

/* Sees which lookups have ended, and begins what may begin by now: to be called after each wait,
 * before those who wait for names look whether theirs is there. */
void resolve_names_step(struct resolve_names *names) NONNULL;

/* Writes the descriptors to wait for into `fd` (room for `fd_max`), returns how many; at most
 * RESOLVER_LOOKUPS_MAX. */
size_t resolve_names_wait(const struct resolve_names *names, struct pollfd *fd,
			  size_t fd_max) NONNULL;

/* Milliseconds after which the step is to be made whatever happens; -1: not before an event. */
int resolve_names_timeout_ms(const struct resolve_names *names) NONNULL;

/* Whether the answer is there. */
bool resolve_name_ready(const struct resolve_name *name) NONNULL;

/* Whether its lookup has begun. */
bool resolve_name_begun(const struct resolve_name *name) NONNULL;

/* As resolve_answer(), with `port` put into each address. */
size_t resolve_name_answer(const struct resolve_name *name, uint16_t port,
			   struct resolve_address *ret, size_t max,
			   struct err *err) MUST_CHECK NONNULL;

#endif
