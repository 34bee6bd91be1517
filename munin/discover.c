/* SPDX-License-Identifier: MIT */
/* discover.c - looks for status pages where they usually are; see discover.h. */
#include "discover.h"

#include "buf.h"
#include "discover_places.h"
#include "fetch.h"
#include "nginx.h"
#include "uwsgi.h"

/* ---- asking ---------------------------------------------------------------------------------- */

/* Takes one answer: a page is kept until its end, stats are parsed as they come. */
struct probe_sink {
	struct buf page;
	struct uwsgi_parser *parser;
	struct uwsgi_stats stats;
};

static void take_page(void *ctx, const char *bytes, size_t len)
{
	struct probe_sink *sink = ctx;

	buf_add(&sink->page, bytes, len);
}

static void take_stats(void *ctx, const char *bytes, size_t len)
{
	struct probe_sink *sink = ctx;

	if (sink->parser != NULL)
		uwsgi_parser_feed(sink->parser, bytes, len);
}

static void start(struct munin_place *place, struct probe_sink *sink, struct fetch_job *job)
{
	bool nginx = place->role == TARGET_NGINX;

	*job = (struct fetch_job){
		.target = &place->target,
		.bytes_max = nginx ? FETCH_NGINX_BYTES_MAX : FETCH_UWSGI_BYTES_MAX,
		.timeout_ms = MUNIN_DISCOVER_MS,
		.sink = nginx ? take_page : take_stats,
		.ctx = sink,
	};
	buf_init(&sink->page, FETCH_NGINX_BYTES_MAX);
	if (!nginx)
		sink->parser = uwsgi_parser_new(&sink->stats);
}

static void end(struct munin_place *place, struct probe_sink *sink, bool fetched)
{
	struct nginx_status status;
	struct err *err = &place->err;

	if (place->role == TARGET_NGINX)
		place->found = fetched && nginx_parse(&status, buf_str(&sink->page), err);
	else if (sink->parser != NULL)
		place->found = fetched && uwsgi_parser_end(sink->parser, err);
	uwsgi_parser_free(sink->parser);
	uwsgi_stats_free(&sink->stats);
	buf_free(&sink->page);
}

/* Asks all places at once. */
static bool ask(struct munin_places *places, struct err *err)
{
	struct fetch_job *job = calloc(places->len + 1, sizeof(*job));
	struct probe_sink *sink = calloc(places->len + 1, sizeof(*sink));
	bool ok = job != NULL && sink != NULL;

	if (!ok)
		(void)err_set(err, ERR_MEMORY, "out of memory");
	for (size_t i = 0; ok && i < places->len; i++)
		start(&places->place[i], &sink[i], &job[i]);
	if (ok) {
		ok = fetch_run(job, places->len, err);
		for (size_t i = 0; i < places->len; i++) {
			places->place[i].err = job[i].err;
			end(&places->place[i], &sink[i], ok && job[i].ok);
		}
	}
	free(sink);
	free(job);
	return ok;
}

bool munin_discover(struct munin_places *places, const char *socket_dir, struct err *err)
{
	*places = (struct munin_places){.place = calloc(MUNIN_PLACES_MAX, sizeof(*places->place))};
	if (places->place == NULL)
		return err_set(err, ERR_MEMORY, "out of memory");
	munin_nearby(&places->nearby, "/proc");
	munin_places_add(places, socket_dir);
	return ask(places, err);
}

const struct munin_place *munin_places_first(const struct munin_places *places,
					     enum target_role role)
{
	for (size_t i = 0; i < places->len; i++) {
		if (places->place[i].found && places->place[i].role == role)
			return &places->place[i];
	}
	return NULL;
}

const struct munin_place *munin_places_closed(const struct munin_places *places)
{
	for (size_t i = 0; i < places->len; i++) {
		const struct err *err = &places->place[i].err;

		if (err->kind == ERR_ACCESS || strstr(err->text, "HTTP 401") != NULL ||
		    strstr(err->text, "HTTP 403") != NULL)
			return &places->place[i];
	}
	return NULL;
}

void munin_places_free(struct munin_places *places)
{
	for (size_t i = 0; i < places->len; i++)
		target_free(&places->place[i].target);
	free(places->place);
	*places = (struct munin_places){0};
}
