/* SPDX-License-Identifier: MIT */
/* discover.c - looks for status pages where they usually are; see discover.h. */
#include "discover.h"

#include <dirent.h>
#include <sys/stat.h>

#include "buf.h"
#include "fetch.h"
#include "nginx.h"
#include "uwsgi.h"

/* In the order of preference. */
static const char *const nginx_place[] = {
	"http://127.0.0.1/nginx_status", "http://127.0.0.1/stub_status",
	"http://127.0.0.1/basic_status", "http://127.0.0.1/status",
	"http://[::1]/nginx_status",     "http://[::1]/stub_status",
	"http://[::1]/basic_status",     "http://[::1]/status",
};

static const char *const uwsgi_place[] = {"tcp://127.0.0.1:1717", "tcp://127.0.0.1:9191"};

/* ---- places ---------------------------------------------------------------------------------- */

static void add_place(struct munin_places *places, enum target_role role, const char *text)
{
	struct munin_place *place = &places->place[places->len];
	struct err ignored = {0};

	if (places->len == MUNIN_PLACES_MAX)
		return;
	*place = (struct munin_place){.role = role};
	/* A socket whose path is too long for an address is no place to look at. */
	if (target_parse(&place->target, text, role, &ignored))
		places->len++;
}

static void add_socket(struct munin_places *places, const char *dir, const char *name)
{
	char text[TARGET_TEXT_MAX];
	struct stat status;
	int len = snprintf(text, sizeof(text), "unix:%s/%s", dir, name);

	if (len < 0 || (size_t)len >= sizeof(text) || strstr(name, "stats") == NULL)
		return;
	if (stat(text + strlen("unix:"), &status) == 0 && S_ISSOCK(status.st_mode))
		add_place(places, TARGET_UWSGI, text);
}

static void add_sockets(struct munin_places *places, const char *dir)
{
	DIR *stream = opendir(dir);
	struct dirent *entry;

	if (stream == NULL)
		return;
	for (entry = readdir(stream); entry != NULL; entry = readdir(stream))
		add_socket(places, dir, entry->d_name);
	(void)closedir(stream);
}

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
	struct err ignored = {0};

	if (place->role == TARGET_NGINX)
		place->found = fetched && nginx_parse(&status, buf_str(&sink->page), &ignored);
	else if (sink->parser != NULL)
		place->found = uwsgi_parser_end(sink->parser, &ignored) && fetched;
	uwsgi_parser_free(sink->parser);
	uwsgi_stats_free(&sink->stats);
	buf_free(&sink->page);
}

bool munin_discover(struct munin_places *places, const char *socket_dir, struct err *err)
{
	struct fetch_job job[MUNIN_PLACES_MAX];
	struct probe_sink *sink = calloc(MUNIN_PLACES_MAX, sizeof(*sink));
	bool ok;

	*places = (struct munin_places){0};
	if (sink == NULL)
		return err_set(err, ERR_MEMORY, "out of memory");
	for (size_t i = 0; i < ARRAY_LEN(nginx_place); i++)
		add_place(places, TARGET_NGINX, nginx_place[i]);
	for (size_t i = 0; i < ARRAY_LEN(uwsgi_place); i++)
		add_place(places, TARGET_UWSGI, uwsgi_place[i]);
	add_sockets(places, socket_dir);
	for (size_t i = 0; i < places->len; i++)
		start(&places->place[i], &sink[i], &job[i]);
	ok = fetch_run(job, places->len, err);
	for (size_t i = 0; i < places->len; i++)
		end(&places->place[i], &sink[i], ok && job[i].ok);
	free(sink);
	return ok;
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

void munin_places_free(struct munin_places *places)
{
	for (size_t i = 0; i < places->len; i++)
		target_free(&places->place[i].target);
	*places = (struct munin_places){0};
}
