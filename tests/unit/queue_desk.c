/* SPDX-License-Identifier: MIT */
/* queue_desk.c - see queue_desk.h. */
#include "queue_desk.h"

#include <string.h>

enum { LINE_MAX_BYTES = 400 };

const char desk_page[] =
	"HTTP/1.0 200 OK\r\n\r\nActive connections: 1 \nserver accepts handled requests\n 1 1 1 \n"
	"Reading: 0 Writing: 1 Waiting: 0 \n";

void desk_on_done(void *ctx, struct exporter_job *job, struct exporter_reply *reply)
{
	struct heard *heard = ctx;
	enum exporter_result result = reply->result;
	struct buf *text = &reply->text;

	(void)pthread_mutex_lock(&heard->lock);
	heard->batches++;
	for (; job != NULL; job = job->next) {
		heard->mixed = heard->mixed || (job->next != NULL &&
						job->next->question.form != job->question.form);
		heard->jobs++;
		heard->ok += result == EXPORTER_OK ? 1 : 0;
		heard->busy += result == EXPORTER_BUSY ? 1 : 0;
		heard->reloaded += result == EXPORTER_RELOADED ? 1 : 0;
	}
	if (result == EXPORTER_OK) {
		heard->up = strstr(buf_text(text), "\nnginx_up 1\n") != NULL;
		heard->is_page = str_starts(buf_str(text), STR("<!DOCTYPE html>\n"));
		heard->is_gzip = reply->gzip && str_starts(buf_str(text), STR("\x1f\x8b"));
		buf_free(text);
	}
	if (result == EXPORTER_RELOADED) {
		assert_string_equal(buf_text(text), "reloaded\n");
		buf_free(text);
	}
	(void)pthread_cond_broadcast(&heard->more);
	(void)pthread_mutex_unlock(&heard->lock);
}

static const char *no_variable(const char *name)
{
	(void)name;
	return NULL;
}

void desk_open_for(struct desk *desk, const struct server *server, const char *timeout,
		   const struct exporter_client *client, const int calls[2])
{
	struct exporter_state *state;
	char line[LINE_MAX_BYTES];
	struct err err = {0};

	*desk = (struct desk){.log = {.level = EXPORTER_ERROR, .fd = 2},
			      .call = {calls[0], calls[1]}};
	assert_int_equal(pthread_mutex_init(&desk->heard.lock, NULL), 0);
	assert_int_equal(pthread_cond_init(&desk->heard.more, NULL), 0);
	(void)snprintf(line, sizeof(line),
		       "x --nginx.scrape-uri http://127.0.0.1:%u/ "
		       "--nginx.timeout %s",
		       (unsigned)server->port, timeout);
	words_split(&desk->words, line);
	assert_true(exporter_config_parse(&desk->config, desk->words.argc, desk->words.arg,
					  no_variable, &err));
	exporter_self_init(&desk->self);
	state = exporter_state_new(&desk->config, &desk->log, &desk->self, true, &err);
	assert_non_null(state);
	assert_true(exporter_now_init(&desk->now, state));
	desk->queue = exporter_queue_start(&desk->now, client, &err);
	assert_non_null(desk->queue);
}

void desk_open(struct desk *desk, const struct server *server, const char *timeout)
{
	const struct exporter_client client = {.done = desk_on_done, .ctx = &desk->heard};
	const int none[2] = {-1, -1};

	desk_open_for(desk, server, timeout, &client, none);
}

void desk_close(struct desk *desk)
{
	assert_true(exporter_queue_stop(desk->queue, DESK_WAIT_SECONDS));
	exporter_queue_free(desk->queue);
	exporter_now_free(&desk->now);
	exporter_self_free(&desk->self);
	(void)pthread_cond_destroy(&desk->heard.more);
	(void)pthread_mutex_destroy(&desk->heard.lock);
}

void desk_ask(struct desk *desk, size_t i, double patience)
{
	desk->job[i] =
		(struct exporter_job){.arrived = clock_now(CLOCK_MONOTONIC), .patience = patience};
	assert_true(exporter_queue_submit(desk->queue, &desk->job[i]));
}

void desk_hear(struct desk *desk, size_t jobs)
{
	(void)pthread_mutex_lock(&desk->heard.lock);
	while (desk->heard.jobs < jobs)
		(void)pthread_cond_wait(&desk->heard.more, &desk->heard.lock);
	(void)pthread_mutex_unlock(&desk->heard.lock);
}

size_t desk_busy(struct desk *desk)
{
	size_t found;

	(void)pthread_mutex_lock(&desk->heard.lock);
	found = desk->heard.busy;
	(void)pthread_mutex_unlock(&desk->heard.lock);
	return found;
}
