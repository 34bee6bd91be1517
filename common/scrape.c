/* SPDX-License-Identifier: MIT */
/* scrape.c - asks a site's targets side by side and has the answers read; see scrape.h. */
#include "scrape.h"

#include "clock.h"
#include "nginx.h"
#include "observe.h"
#include "uwsgi.h"

enum { SCRAPE_TEXT_BYTES_MAX = 1024 * 1024 };

/* What belongs together while the targets are being asked. Job 0 is nginx's if the site has one. */
struct round {
	struct scrape *scrape;
	struct fetch_job *job;
	size_t job_len;
	struct buf page;              /* nginx's */
	struct uwsgi_parser **parser; /* one for each uWSGI target */
	struct fetch_keep keep;       /* nginx's connection between two readings of this scrape */
	struct fetch_ends ends;       /* of that connection */
};

static void page_sink(void *ctx, const char *bytes, size_t len)
{
	buf_add(ctx, bytes, len);
}

static void parser_sink(void *ctx, const char *bytes, size_t len)
{
	uwsgi_parser_feed(ctx, bytes, len);
}

/* The ledger reads nginx's page several times. */
static struct fetch_keep *keep_of(struct round *round)
{
	const struct site *site = round->scrape->site;

	if (site->nginx_keep != NULL || !site->want_ledger)
		return site->nginx_keep;
	return &round->keep;
}

static void prepare_nginx(struct round *round)
{
	const struct site *site = round->scrape->site;

	round->scrape->nginx_probe.asked = true;
	round->job[round->job_len++] = (struct fetch_job){
		.target = &site->nginx,
		.options = &site->options,
		.bytes_max = FETCH_NGINX_BYTES_MAX,
		.timeout_ms = site->timeout_ms,
		.keep = keep_of(round),
		.ends = site->want_ledger ? &round->ends : NULL,
		.sink = page_sink,
		.ctx = &round->page,
	};
}

static bool prepare_uwsgi(struct round *round, size_t i)
{
	const struct site *site = round->scrape->site;
	struct uwsgi_scrape *uwsgi = &round->scrape->uwsgi[i];

	uwsgi->target = &site->uwsgi[i];
	uwsgi->probe.asked = true;
	round->parser[i] = uwsgi_parser_new(&uwsgi->stats);
	if (round->parser[i] == NULL)
		return false;
	round->job[round->job_len++] = (struct fetch_job){
		.target = uwsgi->target,
		.options = &site->options,
		.bytes_max = FETCH_UWSGI_BYTES_MAX,
		.timeout_ms = site->timeout_ms,
		.sink = parser_sink,
		.ctx = round->parser[i],
	};
	return true;
}

static bool prepare(struct round *round, struct scrape *scrape)
{
	size_t uwsgi_len = scrape->site->uwsgi_len;

	*round = (struct round){.scrape = scrape};
	fetch_keep_init(&round->keep);
	buf_init(&round->page, FETCH_NGINX_BYTES_MAX);
	round->job = calloc(uwsgi_len + 1, sizeof(*round->job));
	round->parser = calloc(uwsgi_len + 1, sizeof(struct uwsgi_parser *));
	scrape->uwsgi = calloc(uwsgi_len + 1, sizeof(*scrape->uwsgi));
	if (round->job == NULL || round->parser == NULL || scrape->uwsgi == NULL)
		return false;
	scrape->uwsgi_len = uwsgi_len;
	if (scrape->site->has_nginx)
		prepare_nginx(round);
	for (size_t i = 0; i < uwsgi_len; i++) {
		if (!prepare_uwsgi(round, i))
			return false;
	}
	return true;
}

/* The one place that says whether a target is up, how long it took, and why not. `cause` is the
 * parser's; a failed fetch comes first. */
static void conclude(struct probe *probe, const struct fetch_job *job, const struct err *cause)
{
	probe->seconds = job->seconds;
	probe->up = job->ok && cause->kind == ERR_NONE;
	if (!job->ok)
		probe->err = job->err;
	else if (!probe->up)
		err_set(&probe->err, cause->kind, "%s: %s", job->target->name, cause->text);
}

static void finish_nginx(struct scrape *scrape, const struct fetch_job *job, const struct buf *page)
{
	struct err err = {0};

	if (job->ok && nginx_parse(&scrape->nginx, buf_str(page), &err))
		memcpy(scrape->nginx.server, job->server, sizeof(scrape->nginx.server));
	conclude(&scrape->nginx_probe, job, &err);
}

static void finish_uwsgi(struct uwsgi_scrape *uwsgi, const struct fetch_job *job,
			 struct uwsgi_parser *parser)
{
	struct err err = {0};

	if (!job->ok || parser == NULL || !uwsgi_parser_end(parser, &err))
		uwsgi_stats_free(&uwsgi->stats);
	conclude(&uwsgi->probe, job, &err);
}

static void finish(struct round *round)
{
	struct scrape *scrape = round->scrape;
	const struct fetch_job *job = round->job;

	if (scrape->site->has_nginx)
		finish_nginx(scrape, job++, &round->page);
	for (size_t i = 0; i < scrape->uwsgi_len; i++)
		finish_uwsgi(&scrape->uwsgi[i], job++, round->parser[i]);
}

static void release(struct round *round)
{
	for (size_t i = 0; round->parser != NULL && i < round->scrape->uwsgi_len; i++)
		uwsgi_parser_free(round->parser[i]);
	free(round->parser);
	free(round->job);
	fetch_keep_free(&round->keep);
	buf_free(&round->page);
}

bool scrape_run(struct scrape *scrape, const struct site *site, struct err *err)
{
	struct round round;
	bool ok;

	*scrape = (struct scrape){.site = site, .time = clock_now(CLOCK_REALTIME), .memory = site->memory};
	arena_init(&scrape->arena, SCRAPE_TEXT_BYTES_MAX);
	ok = prepare(&round, scrape);
	if (!ok)
		err_set(err, ERR_MEMORY, "out of memory");
	else
		ok = fetch_run(round.job, round.job_len, err);
	if (ok) {
		finish(&round);
		for (size_t i = 0; i < round.job_len; i++) {
			if (round.job[i].seconds > scrape->seconds)
				scrape->seconds = round.job[i].seconds;
		}
		scrape_add_up(scrape);
	}
	if (ok && site->want_ledger)
		ok = observe_run(scrape, keep_of(&round), &round.ends, err);
	release(&round);
	return ok;
}

void scrape_free(struct scrape *scrape)
{
	for (size_t i = 0; i < scrape->uwsgi_len; i++)
		uwsgi_stats_free(&scrape->uwsgi[i].stats);
	free(scrape->uwsgi);
	arena_free(&scrape->arena);
	*scrape = (struct scrape){0};
}

/* nginx reads the two counters that "dropped" is the difference of one after the other, so that a
 * page may say less than the one before: a counter that falls looks like a restart. */
static void hold_dropped(struct scrape *scrape, const struct history *history)
{
	double most = history->counter[HISTORY_DROPPED];

	if (scrape->nginx_probe.up && most > (double)scrape->nginx.dropped)
		scrape->nginx.dropped = (uint64_t)most;
}

bool scrape_judge(struct scrape *scrape, struct history *history)
{
	if (history != NULL) {
		observe_conclude(scrape, &history->memory);
		history_take(history, scrape);
		hold_dropped(scrape, history);
	}
	return findings_make(&scrape->findings, &scrape->arena, scrape, history);
}
