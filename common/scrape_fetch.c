/* SPDX-License-Identifier: MIT */
/* scrape_fetch.c - asks the targets of many sites side by side and has the answers read; see
 * scrape.h. */
#include "clock.h"
#include "nginx.h"
#include "observe.h"
#include "scrape.h"
#include "uwsgi.h"

enum { SCRAPE_TEXT_BYTES_MAX = 1024 * 1024 };

/* What comes of one uWSGI target. The parser is there from the first byte to the end. */
struct reader {
	struct uwsgi_stats *stats;
	struct uwsgi_parser *parser;
	bool failed; /* no memory for one */
};

struct round;

/* One site's share of the round. Its first job is nginx's if it has one. */
struct part {
	struct round *round;
	struct scrape *scrape;
	struct fetch_job *job;
	size_t job_len;
	size_t left;           /* jobs that have not ended */
	struct reader *reader; /* one for each uWSGI target */
	struct buf page;       /* nginx's */
};

/* What belongs together while the targets are being asked. */
struct round {
	struct part *part;
	size_t part_len;
	struct fetch_job *job;
	size_t job_len;
	struct reader *reader;
	void (*fetched)(void *ctx, size_t at);
	void *ctx;
};

static void page_sink(void *ctx, const char *bytes, size_t len)
{
	buf_add(ctx, bytes, len);
}

static void reader_sink(void *ctx, const char *bytes, size_t len)
{
	struct reader *reader = ctx;

	if (reader->parser == NULL && !reader->failed) {
		reader->parser = uwsgi_parser_new(reader->stats);
		reader->failed = reader->parser == NULL;
	}
	if (reader->parser != NULL)
		uwsgi_parser_feed(reader->parser, bytes, len);
}

/* ---- when a site's targets have ended ---------------------------------------------------------
 */

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

static bool is_json(const struct buf *page)
{
	return str_starts(str_trim(buf_str(page)), STR("{"));
}

static void finish_nginx(struct scrape *scrape, const struct fetch_job *job, const struct buf *page)
{
	struct err err = {0};

	if (page->no_memory)
		(void)err_set(&err, ERR_MEMORY, "out of memory");
	else if (job->ok && nginx_parse(&scrape->nginx, buf_str(page), &err))
		memcpy(scrape->nginx.server, job->server, sizeof(scrape->nginx.server));
	scrape->nginx_is_json = is_json(page);
	conclude(&scrape->nginx_probe, job, &err);
}

/* An answer without a byte is one that has to be understood, too. */
static void finish_uwsgi(struct uwsgi_scrape *uwsgi, const struct fetch_job *job,
			 struct reader *reader)
{
	struct err err = {0};

	if (job->ok)
		reader_sink(reader, "", 0);
	if (reader->failed)
		(void)err_set(&err, ERR_MEMORY, "out of memory for its answer");
	else if (!job->ok || !uwsgi_parser_end(reader->parser, &err))
		uwsgi_stats_free(&uwsgi->stats);
	uwsgi_parser_free(reader->parser);
	reader->parser = NULL;
	conclude(&uwsgi->probe, job, &err);
}

static void finish(struct part *part)
{
	struct scrape *scrape = part->scrape;
	const struct fetch_job *job = part->job;

	if (scrape->site->has_nginx)
		finish_nginx(scrape, job++, &part->page);
	for (size_t i = 0; i < scrape->uwsgi_len; i++)
		finish_uwsgi(&scrape->uwsgi[i], job++, &part->reader[i]);
	for (size_t i = 0; i < part->job_len; i++) {
		if (part->job[i].seconds > scrape->seconds)
			scrape->seconds = part->job[i].seconds;
	}
	buf_free(&part->page);
	scrape_add_up(scrape);
	if (part->round->fetched != NULL)
		part->round->fetched(part->round->ctx, (size_t)(part - part->round->part));
}

static void on_ended(void *owner, const struct fetch_job *job)
{
	struct part *part = owner;

	(void)job;
	if (--part->left == 0)
		finish(part);
}

/* ---- what is to be asked ----------------------------------------------------------------------
 */

static struct fetch_job *add_job(struct part *part, const struct target *target)
{
	const struct site *site = part->scrape->site;
	struct fetch_job *job = &part->job[part->job_len++];

	part->left++;
	*job = (struct fetch_job){
		.target = target,
		.options = &site->options,
		.timeout_ms = site->timeout_ms,
		.ended = on_ended,
		.owner = part,
	};
	return job;
}

/* The ledger reads nginx's page several times, over the connection that this one comes over. */
static bool add_nginx(struct part *part)
{
	struct scrape *scrape = part->scrape;
	const struct site *site = scrape->site;
	struct fetch_job *job = add_job(part, &site->nginx);

	scrape->nginx_probe.asked = true;
	job->bytes_max = FETCH_NGINX_BYTES_MAX;
	job->sink = page_sink;
	job->ctx = &part->page;
	job->keep = site->nginx_keep;
	if (!site->want_ledger)
		return true;
	scrape->link = observe_link_new();
	if (scrape->link == NULL)
		return false;
	job->keep = observe_link_keep(scrape);
	job->ends = &scrape->link->ends;
	return true;
}

static void add_uwsgi(struct part *part, size_t i)
{
	struct uwsgi_scrape *uwsgi = &part->scrape->uwsgi[i];
	struct fetch_job *job;

	uwsgi_stats_init(&uwsgi->stats);
	uwsgi->target = &part->scrape->site->uwsgi[i];
	uwsgi->probe.asked = true;
	part->reader[i].stats = &uwsgi->stats;
	job = add_job(part, uwsgi->target);
	job->bytes_max = FETCH_UWSGI_BYTES_MAX;
	job->sink = reader_sink;
	job->ctx = &part->reader[i];
}

static bool add_site(struct part *part)
{
	struct scrape *scrape = part->scrape;
	size_t uwsgi_len = scrape->site->uwsgi_len;

	buf_init(&part->page, FETCH_NGINX_BYTES_MAX);
	scrape->uwsgi = calloc(uwsgi_len + 1, sizeof(*scrape->uwsgi));
	if (scrape->uwsgi == NULL || (scrape->site->has_nginx && !add_nginx(part)))
		return false;
	scrape->uwsgi_len = uwsgi_len;
	for (size_t i = 0; i < uwsgi_len; i++)
		add_uwsgi(part, i);
	return true;
}

/* Scrapes that can be freed, whatever follows. */
static void begin(struct scrape *scrape, const struct site *site, size_t len)
{
	double begun = clock_now(CLOCK_MONOTONIC);
	double now = clock_now(CLOCK_REALTIME);

	for (size_t i = 0; i < len; i++) {
		scrape[i] = (struct scrape){
			.site = &site[i], .time = now, .begun = begun, .memory = site[i].memory};
		arena_init(&scrape[i].arena, SCRAPE_TEXT_BYTES_MAX);
	}
}

static bool prepare(struct round *round, struct scrape *scrape, const struct site *site)
{
	size_t jobs = 0;
	size_t readers = 0;

	for (size_t i = 0; i < round->part_len; i++) {
		jobs += site[i].uwsgi_len + (site[i].has_nginx ? 1 : 0);
		readers += site[i].uwsgi_len;
	}
	round->part = calloc(round->part_len + 1, sizeof(*round->part));
	round->job = calloc(jobs + 1, sizeof(*round->job));
	round->reader = calloc(readers + 1, sizeof(*round->reader));
	if (round->part == NULL || round->job == NULL || round->reader == NULL)
		return false;
	readers = 0;
	for (size_t i = 0; i < round->part_len; i++) {
		struct part *part = &round->part[i];

		part->round = round;
		part->scrape = &scrape[i];
		part->job = round->job + round->job_len;
		part->reader = round->reader + readers;
		if (!add_site(part))
			return false;
		round->job_len += part->job_len;
		readers += site[i].uwsgi_len;
	}
	return true;
}

static void release(struct round *round)
{
	for (size_t i = 0; round->part != NULL && i < round->part_len; i++)
		buf_free(&round->part[i].page);
	free(round->part);
	free(round->job);
	free(round->reader);
}

bool scrape_fetch_all(struct scrape *scrape, const struct site *site, size_t len,
		      void (*fetched)(void *ctx, size_t at), void *ctx, struct err *err)
{
	struct round round = {.part_len = len, .fetched = fetched, .ctx = ctx};
	bool ok;

	begin(scrape, site, len);
	ok = prepare(&round, scrape, site);
	if (!ok)
		err_set(err, ERR_MEMORY, "out of memory");
	for (size_t i = 0; ok && i < len; i++) {
		if (round.part[i].left == 0)
			finish(&round.part[i]);
	}
	ok = ok && fetch_run(round.job, round.job_len, err);
	release(&round);
	return ok;
}
