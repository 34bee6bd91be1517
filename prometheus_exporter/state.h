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
 * `self` are borrowed. `history`: collections follow each other; the log is then told the warnings
 * of the configuration. NULL with `err`. */
struct exporter_state *exporter_state_new(struct exporter_config *config,
					  const struct exporter_log *log,
					  struct exporter_self *self, bool history,
					  struct err *err) NONNULL;
void exporter_state_release(struct exporter_state *state) NONNULL;

/* The state that new questions are answered under. */
struct exporter_now {
	pthread_mutex_t lock;
	pthread_mutex_t reload; /* held while a configuration is read again */
	struct exporter_state *state;
};

/* Takes `state` over. False when the system has no lock. */
bool exporter_now_init(struct exporter_now *now, struct exporter_state *state) MUST_CHECK NONNULL;
/* Releases the state. */
void exporter_now_free(struct exporter_now *now) NONNULL;
/* One user more, who releases it. */
struct exporter_state *exporter_now_take(struct exporter_now *now) NONNULL;

/* Reads the configuration again: the same command line, and the file that it names. A good one
 * takes the place of the old one, and inherits what is remembered of sites that are still there;
 * collections that are running end under the old one. A bad one changes nothing: false with the
 * error, which the log is told and self->config_ok says. Where and how the exporter listens never
 * changes. True also when there is no file to read. One at a time: a second caller waits. */
bool exporter_now_reload(struct exporter_now *now, struct err *err) MUST_CHECK NONNULL;

#endif
