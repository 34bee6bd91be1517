/* SPDX-License-Identifier: MIT */
/* web.c - the web configuration and its changes; see web.h. */
#include "web.h"

#include <pthread.h>

#include "clock.h"
#include "ratelimit.h"

struct web {
	const char *path;
	const struct exporter_log *log;
	struct exporter_self *self;
	struct auth *auth;
	struct web_listener listener;
	bool has_tls;
	struct web_files files; /* of whoever has set `looking` */
	pthread_mutex_t lock;   /* of what follows */
	struct web_config *config;
	struct ratelimit limit;
	double next_look; /* clock_now(CLOCK_MONOTONIC) */
	bool looking;
};

static void on_refused(void *ctx, const char *why)
{
	const struct web *web = ctx;

	exporter_log(web->log, EXPORTER_INFO, "client certificate refused",
		     LOG_FIELDS({"err", why}));
}

static void tell_read(const struct web *web, const struct web_config *config, const char *message)
{
	atomic_store(&web->self->web_config_ok, true);
	atomic_store(&web->self->web_config_time, (long long)clock_now(CLOCK_REALTIME));
	exporter_log(web->log, EXPORTER_INFO, message,
		     LOG_FIELDS({"file", web->path}, {"tls", config->has_tls ? "true" : "false"},
				{"basic_auth", config->user.len > 0 ? "true" : "false"},
				{"rate_limit", config->rate_interval > 0 ? "true" : "false"}));
	if (config->http2)
		exporter_log(web->log, EXPORTER_INFO, "http2 is asked for, HTTP/1.1 is served",
			     LOG_FIELDS({"file", web->path}));
}

static void tell_bad(const struct web *web, const struct err *err)
{
	atomic_store(&web->self->web_config_ok, false);
	exporter_log(web->log, EXPORTER_ERROR,
		     "web configuration is bad, the one before stays in force",
		     LOG_FIELDS({"err", err->text}));
}

/* NULL when the file cannot take the place of the one before. One without a byte is what a full
 * disk leaves of it: it must not let everybody in. */
static struct web_config *load(struct web *web, struct err *err)
{
	struct web_files files = {0};
	struct web_config *config = web_config_load(web->path, &web->listener, &files, err);
	bool is_empty = files.len > 0 && files.stamp[0].size == 0;

	web_files_free(&web->files);
	web->files = files;
	if (config != NULL && is_empty) {
		err_set(err, ERR_USAGE, "%.100s is empty; {} in it would mean nothing", web->path);
		web_config_release(config);
		return NULL;
	}
	if (config == NULL || config->has_tls == web->has_tls)
		return config;
	err_set(err, ERR_USAGE, "%.100s: tls_server_config has %s: that needs a restart", web->path,
		web->has_tls ? "gone" : "come");
	web_config_release(config);
	return NULL;
}

/* Whoever has named a file that cannot be read has made a mistake. */
static struct web_config *load_first(const char *path, const struct web_listener *listener,
				     struct web_files *files, struct err *err)
{
	struct err why = {0};
	struct web_config *config = web_config_load(path, listener, files, &why);

	if (config == NULL)
		err_set(err, why.kind == ERR_MEMORY ? ERR_MEMORY : ERR_USAGE, "%s", why.text);
	return config;
}

struct web *web_new(const char *path, const struct exporter_log *log, struct exporter_self *self,
		    struct err *err)
{
	struct web *web = calloc(1, sizeof(*web));

	if (web == NULL || pthread_mutex_init(&web->lock, NULL) != 0) {
		free(web);
		err_set(err, ERR_MEMORY, "out of memory");
		return NULL;
	}
	web->path = path;
	web->log = log;
	web->self = self;
	web->listener = (struct web_listener){.refused = on_refused, .ctx = web};
	web->config = load_first(path, &web->listener, &web->files, err);
	if (web->config == NULL) {
		web_free(web);
		return NULL;
	}
	web->has_tls = web->config->has_tls;
	ratelimit_set(&web->limit, web->config->rate_interval, web->config->rate_burst,
		      clock_now(CLOCK_MONOTONIC));
	web->next_look = clock_now(CLOCK_MONOTONIC) + WEB_LOOK_SECONDS;
	tell_read(web, web->config, "web configuration is read");
	return web;
}

bool web_check(const char *path, struct err *err)
{
	const struct web_listener nobody = {0};
	struct web_files files = {0};
	struct web_config *config = load_first(path, &nobody, &files, err);

	web_files_free(&files);
	web_config_release(config);
	return config != NULL;
}

bool web_start(struct web *web, const struct auth_client *client, struct err *err)
{
	web->auth = auth_start(client, err);
	return web->auth != NULL;
}

bool web_stop(struct web *web, double seconds)
{
	return web->auth == NULL || auth_stop(web->auth, seconds);
}

void web_free(struct web *web)
{
	if (web == NULL)
		return;
	if (web->auth != NULL)
		auth_free(web->auth);
	web_config_release(web->config);
	web_files_free(&web->files);
	(void)pthread_mutex_destroy(&web->lock);
	free(web);
}

bool web_has_tls(const struct web *web)
{
	return web->has_tls;
}

/* Others are given the old one meanwhile. Returns after how many seconds it is to be called again.
 */
static double look(struct web *web)
{
	enum web_files_state state = web_files_look(&web->files, clock_now(CLOCK_REALTIME));
	struct web_config *config;
	struct web_config *old;
	struct err err = {0};

	if (state != WEB_FILES_CHANGED)
		return state == WEB_FILES_SAME ? WEB_LOOK_SECONDS : WEB_FILES_SETTLE_SECONDS;
	config = load(web, &err);
	if (config == NULL) {
		tell_bad(web, &err);
		return WEB_LOOK_SECONDS;
	}
	(void)pthread_mutex_lock(&web->lock);
	old = web->config;
	web->config = config;
	ratelimit_set(&web->limit, config->rate_interval, config->rate_burst,
		      clock_now(CLOCK_MONOTONIC));
	(void)pthread_mutex_unlock(&web->lock);
	web_config_release(old);
	if (web->auth != NULL)
		auth_forget(web->auth);
	tell_read(web, config, "web configuration is read again");
	return WEB_LOOK_SECONDS;
}

struct web_config *web_now(struct web *web)
{
	struct web_config *config;

	(void)pthread_mutex_lock(&web->lock);
	if (!web->looking && clock_now(CLOCK_MONOTONIC) >= web->next_look) {
		double wait;

		web->looking = true;
		(void)pthread_mutex_unlock(&web->lock);
		wait = look(web);
		(void)pthread_mutex_lock(&web->lock);
		web->next_look = clock_now(CLOCK_MONOTONIC) + wait;
		web->looking = false;
	}
	config = web_config_hold(web->config);
	(void)pthread_mutex_unlock(&web->lock);
	return config;
}

double web_take(struct web *web)
{
	double wait;

	(void)pthread_mutex_lock(&web->lock);
	wait = ratelimit_take(&web->limit, clock_now(CLOCK_MONOTONIC));
	(void)pthread_mutex_unlock(&web->lock);
	return wait;
}

enum auth_verdict web_known(struct web *web, const struct web_config *config,
			    const struct auth_basic *basic)
{
	return auth_known(web->auth, basic, web_config_hash(config, basic->user));
}

struct auth_job *web_submit(struct web *web, struct auth_job *job)
{
	return auth_submit(web->auth, job);
}
