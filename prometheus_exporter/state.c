/* SPDX-License-Identifier: MIT */
/* state.c - a configuration with its users; see state.h. */
#include "state.h"

#include <stdio.h>

static void tell_warnings(const struct exporter_log *log, const struct exporter_config *config)
{
	const char *const *warning = config->warning.item;

	for (size_t i = 0; i < config->warning.len; i++)
		exporter_log(log, EXPORTER_WARN, "configuration",
			     LOG_FIELDS({"warning", warning[i]}));
}

static void set_own(struct exporter_config *config, struct fetch_own *own)
{
	struct site *site = config->site.item;

	for (size_t i = 0; i < config->site.len; i++) {
		site[i].own = own;
		if (site[i].nginx_keep != NULL)
			site[i].nginx_keep->own = own;
	}
}

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
	set_own(&state->config, &self->own);
	if (exporter_memory_init(&state->memory, log, &state->config, history, err)) {
		if (state->config.config_file != NULL)
			atomic_store(&self->config_time, (long long)time(NULL));
		if (history)
			tell_warnings(log, &state->config);
		return state;
	}
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
	if (pthread_mutex_init(&now->lock, NULL) != 0)
		return false;
	if (pthread_mutex_init(&now->reload, NULL) == 0)
		return true;
	(void)pthread_mutex_destroy(&now->lock);
	return false;
}

void exporter_now_free(struct exporter_now *now)
{
	exporter_state_release(now->state);
	(void)pthread_mutex_destroy(&now->lock);
	(void)pthread_mutex_destroy(&now->reload);
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

/* ---- reload --------------------------------------------------------------------------------- */

/* A state by the same command line as `old`, or NULL. */
static struct exporter_state *read_again(struct exporter_state *old, struct err *err)
{
	const struct exporter_source *source = &old->config.source;
	struct exporter_config config;

	if (!exporter_config_parse(&config, source->argc, source->argv, source->env, err)) {
		exporter_config_free(&config);
		return NULL;
	}
	return exporter_state_new(&config, old->log, old->self, old->memory.history != NULL, err);
}

static void tell_reload(const struct exporter_state *state)
{
	char sites[sizeof("18446744073709551615")];
	char modules[sizeof("18446744073709551615")];

	(void)snprintf(sites, sizeof(sites), "%zu", state->config.site.len);
	(void)snprintf(modules, sizeof(modules), "%zu", state->config.module.len);
	exporter_log(state->log, EXPORTER_INFO,
		     "configuration is read again; options of the command line stay as they are",
		     LOG_FIELDS({"file", state->config.config_file}, {"sites", sites},
				{"modules", modules}));
}

static bool replace(struct exporter_now *now, struct exporter_state *old, struct err *err)
{
	struct exporter_state *state = read_again(old, err);

	atomic_store(&old->self->config_ok, state != NULL);
	if (state == NULL) {
		exporter_log(old->log, EXPORTER_ERROR,
			     "configuration is bad; the old one stays in use",
			     LOG_FIELDS({"err", err->text}));
		return false;
	}
	exporter_memory_inherit(&state->memory, &state->config, &old->memory, &old->config);
	(void)pthread_mutex_lock(&now->lock);
	now->state = state;
	(void)pthread_mutex_unlock(&now->lock);
	tell_reload(state);
	exporter_state_release(old);
	return true;
}

bool exporter_now_reload(struct exporter_now *now, struct err *err)
{
	struct exporter_state *old;
	bool ok = true;

	(void)pthread_mutex_lock(&now->reload);
	old = exporter_now_take(now);
	if (old->config.config_file != NULL)
		ok = replace(now, old, err);
	else
		exporter_log(old->log, EXPORTER_INFO,
			     "nothing to read again: there is no --config.file", NULL, 0);
	exporter_state_release(old);
	(void)pthread_mutex_unlock(&now->reload);
	return ok;
}
