/* SPDX-License-Identifier: MIT */
/* http.c - starts and stops the HTTP server; see http.h. */
#include "http_inside.h"

#include <unistd.h>

#include "collect.h"

/* The queue's answer for all who share it. */
static void on_done(void *ctx, struct exporter_job *job, struct exporter_reply *reply)
{
	struct exporter_http *http = ctx;
	size_t bytes = reply->text.len;
	struct http_shared *shared;

	shared = http_shared_new(reply, &job->question, ((struct http_request *)job)->web);
	for (struct exporter_job *i = job; i != NULL; i = i->next)
		((struct http_request *)i)->fallback =
			reply->result == EXPORTER_BUSY ? HTTP_BUSY : HTTP_FAILED;
	http_clients_give(http, job, shared, bytes);
	http_poll_send(http);
}

/* ---- start ---------------------------------------------------------------------------------- */

static bool listen_all(struct exporter_http *http, const struct exporter_config *config,
		       const struct systemd *systemd, struct err *err)
{
	const char *const *address = config->listen.item;
	bool tls = http->web != NULL && web_has_tls(http->web);
	bool given = config->systemd_socket;
	size_t len = given ? (size_t)systemd->fds : config->listen.len;

	for (size_t i = 0; i < len; i++) {
		struct exporter_listener *listener = &http->listener[http->listeners];

		if (given ? !exporter_listen_given(listener, SYSTEMD_FIRST_FD + (int)i, err)
			  : !exporter_listen(listener, address[i], config->unix_mode, err))
			return false;
		http->listeners++;
		exporter_log(http->log, EXPORTER_INFO, "listening",
			     LOG_FIELDS({"address", listener->address},
					{"tls", tls ? "true" : "false"}));
	}
	return true;
}

/* What is needed of the command line for as long as the server lives; a reload changes none. */
static bool copy_options(struct exporter_http *http, const struct exporter_config *config,
			 struct err *err)
{
	const char *const *host = config->host.item;

	arena_init(&http->arena, EXPORTER_CONFIG_BYTES_MAX);
	http->lifecycle = config->lifecycle;
	http->telemetry_path = strdup(config->telemetry_path);
	if (config->web_config_file != NULL)
		http->web_config_file = strdup(config->web_config_file);
	http->host = arena_alloc(&http->arena, (config->host.len + 1) * sizeof(*http->host));
	if (http->telemetry_path == NULL || http->host == NULL ||
	    (config->web_config_file != NULL && http->web_config_file == NULL))
		return err_set(err, ERR_MEMORY, "out of memory");
	for (; http->hosts < config->host.len; http->hosts++) {
		if (!hosts_parse(&http->host[http->hosts], &http->arena, host[http->hosts], err))
			return false;
	}
	return true;
}

static bool start(struct exporter_http *http, const struct exporter_config *config,
		  const struct systemd *systemd, struct err *err)
{
	const struct exporter_client client = {.done = on_done,
					       .serve = http_poll_serve,
					       .interrupt = http_poll_interrupt,
					       .ctx = http};

	if (!copy_options(http, config, err))
		return false;
	if (!http_responses_init(&http->responses))
		return err_set(err, ERR_MEMORY, "out of memory");
	if (!http_poll_start(&http->poll, err) || !http_web_start(http, err))
		return false;
	if (!http_clients_start(&http->clients, http->self, err))
		return false;
	if (!http_daemon_start(http))
		return err_set(err, ERR_SYSTEM, "cannot start to serve");
	if (!listen_all(http, config, systemd, err))
		return false;
	http->queue = exporter_queue_start(http->now, &client, err);
	if (http->queue == NULL)
		return false;
	http_poll_begin(http);
	return true;
}

struct exporter_http *exporter_http_start(struct exporter_now *now, const struct systemd *systemd,
					  const struct exporter_log *log, struct err *err)
{
	struct exporter_http *http = calloc(1, sizeof(*http));
	struct exporter_state *state;
	bool ok;

	if (http == NULL) {
		err_set(err, ERR_MEMORY, "out of memory");
		return NULL;
	}
	atomic_init(&http->stopping, false);
	http->now = now;
	http->log = log;
	state = exporter_now_take(now);
	http->self = state->self;
	ok = start(http, &state->config, systemd, err);
	exporter_state_release(state);
	if (ok)
		return http;
	if (!exporter_http_stop(http, 1))
		err_set(err, ERR_SYSTEM, "cannot stop threads");
	return NULL;
}

/* ---- stop ----------------------------------------------------------------------------------- */

/* No client is let in from now on. */
static void stop_listening(struct exporter_http *http)
{
	atomic_store(&http->stopping, true);
	if (!http->poll.running)
		return;
	(void)pthread_mutex_lock(&http->poll.lock);
	for (size_t i = 0; i < http->listeners; i++)
		exporter_listener_end(&http->listener[i]);
	(void)pthread_mutex_unlock(&http->poll.lock);
}

bool exporter_http_stop(struct exporter_http *http, double seconds)
{
	double until = clock_now(CLOCK_MONOTONIC) + seconds;

	stop_listening(http);
	/* Whoever waits for a verdict goes on, and finds the queue closed. */
	if (http->web != NULL && !web_stop(http->web, seconds))
		return false;
	seconds = until - clock_now(CLOCK_MONOTONIC);
	/* First the collections, which resumes all who wait: connections must be served until they
	 * have read what they got. */
	if (http->queue != NULL && !exporter_queue_stop(http->queue, seconds))
		return false;
	if (http->clients.running)
		http_clients_drain(&http->clients, until - clock_now(CLOCK_MONOTONIC));
	if (http->queue != NULL)
		exporter_queue_free(http->queue);
	http_daemon_stop(http);
	while (http->listeners > 0)
		(void)close(http->listener[--http->listeners].fd);
	http_clients_stop(&http->clients);
	http_poll_stop(&http->poll);
	http_responses_free(&http->responses);
	web_free(http->web);
	free(http->web_config_file);
	free(http->telemetry_path);
	arena_free(&http->arena);
	free(http);
	return true;
}
