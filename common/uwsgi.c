/* SPDX-License-Identifier: MIT */
/*
 * uwsgi.c - a stats server's answer from its first byte to its last: repair and JSON in
 * uwsgi_json.c, objects in uwsgi_build.c, what is listed twice in uwsgi_fold.c.
 */
#include "uwsgi.h"

#include "uwsgi_build.h"
#include "uwsgi_fold.h"
#include "uwsgi_json.h"

struct uwsgi_parser {
	struct uwsgi_builder builder;
	struct json_reader *reader;
	bool begun; /* the first bytes were looked at */
	struct err err;
};

void uwsgi_stats_init(struct uwsgi_stats *stats)
{
	*stats = (struct uwsgi_stats){.router = ""};
	for (size_t i = 0; i < entity_all_len; i++) {
		if (entity_all[i]->root == ROOT_UWSGI && entity_all[i]->parent == NULL)
			entity_blank(entity_all[i], stats);
	}
}

struct uwsgi_parser *uwsgi_parser_new(struct uwsgi_stats *stats)
{
	struct uwsgi_parser *parser = calloc(1, sizeof(*parser));

	uwsgi_stats_init(stats);
	arena_init(&stats->arena, UWSGI_MODEL_BYTES_MAX);
	if (parser == NULL)
		return NULL;
	parser->reader = json_reader_new(&uwsgi_build_events, &parser->builder);
	if (parser->reader == NULL || !uwsgi_builder_init(&parser->builder, stats)) {
		uwsgi_parser_free(parser);
		return NULL;
	}
	return parser;
}

/* Other pages that people point at by mistake have a first byte of their own. */
static void look_at_first_bytes(struct uwsgi_parser *parser, struct str bytes)
{
	bytes = str_trim(bytes);
	if (bytes.len == 0)
		return;
	parser->begun = true;
	if (bytes.ptr[0] == '<')
		err_set(&parser->err, ERR_PARSE,
			"an HTML page instead of a uWSGI stats server's answer");
	else if (str_starts(bytes, STR("Active connections:")))
		err_set(&parser->err, ERR_PARSE,
			"an nginx stub_status page instead of a uWSGI stats server's answer");
	else if (bytes.ptr[0] != '{' && bytes.ptr[0] != '"' && bytes.ptr[0] != '[')
		err_set(&parser->err, ERR_PARSE, "no JSON: is this a uWSGI stats server?");
}

/* An event that has ended the reading without saying why has met a number. */
static void explain(struct uwsgi_parser *parser)
{
	const struct err *cause = &parser->builder.err;

	if (cause->kind != ERR_NONE)
		err_set(&parser->err, cause->kind, "%s", cause->text);
	else
		err_set(&parser->err, ERR_PARSE, "the number at byte %zu is no 64 bit integer",
			json_reader_offset(parser->reader));
}

void uwsgi_parser_feed(struct uwsgi_parser *parser, const char *bytes, size_t len)
{
	if (!parser->begun)
		look_at_first_bytes(parser, (struct str){bytes, len});
	if (parser->err.kind == ERR_NONE &&
	    !json_reader_feed(parser->reader, bytes, len, &parser->err))
		explain(parser);
}

bool uwsgi_parser_end(struct uwsgi_parser *parser, struct err *err)
{
	struct uwsgi_stats *stats = parser->builder.stats;
	struct err *own = &parser->err;

	if (own->kind == ERR_NONE && !json_reader_end(parser->reader, own))
		explain(parser);
	if (own->kind == ERR_NONE && !parser->builder.known)
		err_set(own, ERR_PARSE, "JSON, but not a uWSGI stats server's answer");
	if (own->kind == ERR_NONE && !uwsgi_fold(stats))
		err_set(own, ERR_MEMORY, "out of memory");
	if (own->kind == ERR_NONE)
		return true;
	uwsgi_stats_free(stats);
	return err_set(err, own->kind, "%s", own->text);
}

void uwsgi_parser_free(struct uwsgi_parser *parser)
{
	if (parser == NULL)
		return;
	json_reader_free(parser->reader);
	uwsgi_builder_free(&parser->builder);
	free(parser);
}

bool uwsgi_parse(struct uwsgi_stats *stats, struct str text, struct err *err)
{
	struct uwsgi_parser *parser = uwsgi_parser_new(stats);
	bool ok;

	if (parser == NULL)
		return err_set(err, ERR_MEMORY, "out of memory");
	if (text.len > 0)
		uwsgi_parser_feed(parser, text.ptr, text.len);
	ok = uwsgi_parser_end(parser, err);
	uwsgi_parser_free(parser);
	return ok;
}

void uwsgi_stats_free(struct uwsgi_stats *stats)
{
	arena_free(&stats->arena);
	uwsgi_stats_init(stats);
}
