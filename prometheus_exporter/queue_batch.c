/* SPDX-License-Identifier: MIT */
/* queue_batch.c - one collection, from the question to the reply; see queue_batch.h. */
#include "queue_batch.h"

#include <math.h>

#include "gzip.h"

double exporter_budget(double patience, double offset)
{
	return patience - fmin(offset, patience / 2);
}

/* What the sites may take, in milliseconds; 0 when the askers' time is over. */
static unsigned timeout_of(const struct exporter_job *job, const struct exporter_state *state)
{
	unsigned timeout_ms = exporter_answer_timeout_ms(state, &job->question);
	double offset = state->config.offset_seconds;
	double deadline = job->arrived + exporter_budget(job->patience, offset);
	double left_ms = (deadline - clock_now(CLOCK_MONOTONIC)) * 1e3;

	if (job->patience > 0 && left_ms < timeout_ms)
		return left_ms < 1 ? 0 : (unsigned)left_ms;
	return timeout_ms;
}

/* Puts the compressed text in the place of a long one. Where memory is out, it stays long. */
static void compress(struct exporter_reply *reply)
{
	struct buf packed;

	buf_init(&packed, reply->text.ceiling);
	if (reply->text.len < GZIP_BYTES_MIN || !gzip_add(&packed, buf_str(&reply->text)))
		return;
	buf_free(&reply->text);
	reply->text = packed;
	reply->gzip = true;
}

/* Why there is no answer: the askers' fault, or ours, which is told the log. */
static void explain(struct exporter_reply *reply, const struct exporter_log *log,
		    const struct err *err)
{
	buf_free(&reply->text);
	if (err->kind != ERR_USAGE && err->kind != ERR_ACCESS) {
		reply->result = EXPORTER_FAILED;
		exporter_log(log, EXPORTER_ERROR, "a scrape failed",
			     LOG_FIELDS({"err", err->text}));
		return;
	}
	reply->result = err->kind == ERR_USAGE ? EXPORTER_REFUSED : EXPORTER_FORBIDDEN;
	buf_addf(&reply->text, "%s\n", err->text);
}

static void collect(struct exporter_now *now, const struct exporter_job *batch,
		    struct exporter_reply *reply)
{
	struct exporter_state *state = exporter_now_take(now);
	unsigned timeout_ms = timeout_of(batch, state);
	struct err err = {0};

	if (timeout_ms > 0) {
		reply->result = EXPORTER_OK;
		if (!exporter_answer(state, &batch->question, timeout_ms, &reply->text, &err))
			explain(reply, state->log, &err);
		else if (batch->question.gzip)
			compress(reply);
	}
	exporter_state_release(state);
}

static void reload(struct exporter_now *now, struct exporter_reply *reply)
{
	struct err err = {0};

	if (exporter_now_reload(now, &err)) {
		reply->result = EXPORTER_RELOADED;
		buf_add_text(&reply->text, "reloaded\n");
	} else {
		reply->result = EXPORTER_KEPT;
		buf_addf(&reply->text, "the old configuration stays in use: %s\n", err.text);
	}
}

void exporter_batch_run(struct exporter_now *now, const struct exporter_client *client,
			struct exporter_job *batch)
{
	struct exporter_reply reply = {.result = EXPORTER_BUSY};

	buf_init(&reply.text, exporter_answer_max(batch->question.form));
	if (batch->question.reload)
		reload(now, &reply);
	else
		collect(now, batch, &reply);
	client->done(client->ctx, batch, &reply);
}
