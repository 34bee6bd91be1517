/* SPDX-License-Identifier: MIT */
/*
 * state.h - what is being watched now: a configuration and what is remembered under it. Counts its
 * users, since a collection may still run under a configuration that has been replaced.
 */
#ifndef CONNLEDGER_EXPORTER_STATE_H
#define CONNLEDGER_EXPORTER_STATE_H

#include <stdatomic.h>

#include "memory.h"
#include "self.h"

struct exporter_state {
	atomic_size_t users;
	struct exporter_config config;
	struct exporter_memory memory;
	struct exporter_self *self; /* borrowed */
	const struct exporter_log *log;
};

/* With one user. `config` is moved into it and empty afterwards, also when this fails; `log` and
 * `self` are borrowed. `history`: collections follow each other. NULL with `err`. */
struct exporter_state *exporter_state_new(struct exporter_config *config,
					  const struct exporter_log *log,
					  struct exporter_self *self, bool history,
					  struct err *err) NONNULL;
void exporter_state_release(struct exporter_state *state) NONNULL;

/* The state that new questions are answered under. */
struct exporter_now {
	pthread_mutex_t lock;
	struct exporter_state *state;
};

/* Takes `state` over. False when the system has no lock. */
bool exporter_now_init(struct exporter_now *now, struct exporter_state *state) MUST_CHECK NONNULL;
/* Releases the state. */
void exporter_now_free(struct exporter_now *now) NONNULL;
/* One user more, who releases it. */
struct exporter_state *exporter_now_take(struct exporter_now *now) NONNULL;

#endif
