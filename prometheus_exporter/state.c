/* SPDX-License-Identifier: MIT */
/* state.c - a configuration with its users; see state.h. */
#include "state.h"

struct exporter_state *exporter_state_new(struct exporter_config *config,
					  const struct exporter_log *log,
					  struct exporter_self *self, bool history, struct err *err)
{
	struct exporter_state *state = calloc(1, sizeof(*state));

	if (state == NULL) {
		exporter_config_free(config);
		err_set(err, ERR_MEMORY, "out of memory");
		return NULL;
	}
	atomic_init(&state->users, 1);
	state->config = *config;
	state->self = self;
	state->log = log;
	*config = (struct exporter_config){0};
	if (exporter_memory_init(&state->memory, log, &state->config, history, err))
		return state;
	exporter_config_free(&state->config);
	free(state);
	return NULL;
}

void exporter_state_release(struct exporter_state *state)
{
	if (atomic_fetch_sub(&state->users, 1) > 1)
		return;
	exporter_memory_free(&state->memory);
	exporter_config_free(&state->config);
	free(state);
}

bool exporter_now_init(struct exporter_now *now, struct exporter_state *state)
{
	now->state = state;
	return pthread_mutex_init(&now->lock, NULL) == 0;
}

void exporter_now_free(struct exporter_now *now)
{
	exporter_state_release(now->state);
	(void)pthread_mutex_destroy(&now->lock);
}

struct exporter_state *exporter_now_take(struct exporter_now *now)
{
	struct exporter_state *state;

	(void)pthread_mutex_lock(&now->lock);
	state = now->state;
	atomic_fetch_add(&state->users, 1);
	(void)pthread_mutex_unlock(&now->lock);
	return state;
}
