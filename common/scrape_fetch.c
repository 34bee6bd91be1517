/* SPDX-License-Identifier: MIT */
/* scrape_fetch.c - asks the targets of many sites side by side and has the answers read; see
 * scrape.h. */
#include "clock.h"
#include "scrape_page.h"
#include "uwsgi.h"

enum { SCRAPE_TEXT_BYTES_MAX = 1024 * 1024 };

/* What comes of one uWSGI target. The parser is there from the first byte to the end. */
struct reader {
	struct uwsgi_stats *stats;
	struct uwsgi_parser *parser;
	bool failed; /* no memory for one */
};

struct round;

/* One site's share of the round. */
struct part {
	struct round *round;
	struct scrape *scrape;
	struct page *page;     /* nginx's; NULL: it has none */
	struct part *next;     /* who waits for the same page */
	struct fetch_job *job; /* one for each uWSGI target, as */
	struct reader *reader; /* ... the readers */
	size_t left;           /* pages and jobs that have not ended */
};

/* What belongs together while the targets are being asked. */
struct round {
	struct part *part;
	size_t part_len;
	struct pages pages;
	struct fetch_job *job;
	size_t job_len;
	struct reader *reader;
	const struct scrape_watch *watch; /* NULL: nobody */
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

/* A failed fetch comes before what the parser says. */
void scrape_conclude(struct probe *probe, const struct fetch_job *job, const struct err *cause)
{
	probe->seconds = job->seconds;
	probe->up = job->ok && cause->kind == ERR_NONE;
	if (!job->ok)
		probe->err = job->err;
	else if (!probe->up)
		err_set(&probe->err, cause->kind, "%s: %s", job->target->name, cause->text);
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
	scrape_conclude(&uwsgi->probe, job, &err);
}

static void note_seconds(struct scrape *scrape, const struct fetch_job *job)
{
	if (job->seconds > scrape->seconds)
		scrape->seconds = job->seconds;
}

static void finish(struct part *part)
{
	struct scrape *scrape = part->scrape;

	if (part->page != NULL) {
		page_tell(part->page, scrape);
		note_seconds(scrape, part->page->job);
	}
	for (size_t i = 0; i < scrape->uwsgi_len; i++) {
		finish_uwsgi(&scrape->uwsgi[i], &part->job[i], &part->reader[i]);
		note_seconds(scrape, &part->job[i]);
	}
	scrape_add_up(scrape);
	if (part->round->watch != NULL)
		part->round->watch->fetched(part->round->watch->ctx,
					    (size_t)(part - part->round->part));
}

static void on_page_ended(void *owner, const struct fetch_job *job)
{
	const struct page *page = owner;

	(void)job;
	for (struct part *part = page->user; part != NULL; part = part->next) {
		if (--part->left == 0)
			finish(part);
	}
}

static void on_uwsgi_ended(void *owner, const struct fetch_job *job)
{
	struct part *part = owner;

	(void)job;
	if (--part->left == 0)
		finish(part);
}

/* ---- what is to be asked ----------------------------------------------------------------------
 */

static struct fetch_job *add_job(struct round *round, const struct site *site,
				 const struct target *target)
{
	struct fetch_job *job = &round->job[round->job_len++];

	*job = (struct fetch_job){
		.target = target,
		.options = &site->options,
		.timeout_ms = site->timeout_ms,
	};
	return job;
}

static void ask_page(struct round *round, struct page *page)
{
	struct fetch_job *job = add_job(round, page->site, &page->site->nginx);

	page->job = job;
	job->bytes_max = FETCH_NGINX_BYTES_MAX;
	job->sink = page_sink;
	job->ctx = &page->text;
	job->keep = page->site->nginx_keep;
	job->ended = on_page_ended;
	job->owner = page;
}

/* The ledger reads nginx's page several times, over the connection that this one comes over. */
static bool add_link(struct page *page)
{
	if (page->link == NULL)
		page->link = observe_link_new(page->site);
	if (page->link == NULL)
		return false;
	page->job->keep = page->link->place;
	page->job->ends = &page->link->ends;
	return true;
}

static bool add_nginx(struct part *part)
{
	const struct site *site = part->scrape->site;
	struct page *page = pages_of(&part->round->pages, site);

	if (page->job == NULL)
		ask_page(part->round, page);
	part->page = page;
	part->next = page->user;
	page->user = part;
	part->left++;
	part->scrape->nginx_probe.asked = true;
	return !site->want_ledger || add_link(page);
}

static void add_uwsgi(struct part *part, size_t i)
{
	struct uwsgi_scrape *uwsgi = &part->scrape->uwsgi[i];
	struct fetch_job *job;

	uwsgi_stats_init(&uwsgi->stats);
	uwsgi->target = &part->scrape->site->uwsgi[i];
	uwsgi->probe.asked = true;
	part->reader[i].stats = &uwsgi->stats;
	job = add_job(part->round, part->scrape->site, uwsgi->target);
	job->bytes_max = FETCH_UWSGI_BYTES_MAX;
	job->sink = reader_sink;
	job->ctx = &part->reader[i];
	job->ended = on_uwsgi_ended;
	job->owner = part;
	part->left++;
}

static bool add_site(struct part *part)
{
	struct scrape *scrape = part->scrape;
	size_t uwsgi_len = scrape->site->uwsgi_len;

	scrape->uwsgi = calloc(uwsgi_len + 1, sizeof(*scrape->uwsgi));
	if (scrape->uwsgi == NULL || (scrape->site->has_nginx && !add_nginx(part)))
		return false;
	scrape->uwsgi_len = uwsgi_len;
	part->job = part->round->job + part->round->job_len;
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
	if (!pages_init(&round->pages, round->part_len) || round->part == NULL ||
	    round->job == NULL || round->reader == NULL)
		return false;
	readers = 0;
	for (size_t i = 0; i < round->part_len; i++) {
		struct part *part = &round->part[i];

		part->round = round;
		part->scrape = &scrape[i];
		part->reader = round->reader + readers;
		if (!add_site(part))
			return false;
		readers += site[i].uwsgi_len;
	}
	return true;
}

static void release(struct round *round)
{
	pages_free(&round->pages);
	free(round->part);
	free(round->job);
	free(round->reader);
}

bool scrape_fetch_all(struct scrape *scrape, const struct site *site, size_t len,
		      const struct scrape_watch *watch, struct err *err)
{
	struct round round = {.part_len = len, .watch = watch};
	struct fetch_quiet quiet = {.after_ms = 0};
	bool ok;

	if (watch != NULL)
		quiet = (struct fetch_quiet){watch->quiet_ms, watch->quiet, watch->ctx};
	begin(scrape, site, len);
	ok = prepare(&round, scrape, site);
	if (!ok)
		err_set(err, ERR_MEMORY, "out of memory");
	for (size_t i = 0; ok && i < len; i++) {
		if (round.part[i].left == 0)
			finish(&round.part[i]);
	}
	ok = ok &&
	     fetch_run_watched(round.job, round.job_len, quiet.tell != NULL ? &quiet : NULL, err);
	release(&round);
	return ok;
}
