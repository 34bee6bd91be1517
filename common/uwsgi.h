/* SPDX-License-Identifier: MIT */
/*
 * uwsgi.h - a stats server's answer, in pieces as they come: bytes in, struct out. Pure: no socket,
 * no clock, no global. Memory depends on the number of workers, cores and names, not on the length
 * of the text: request variables (cookies!) are passed over and never stored.
 */
#ifndef CONNLEDGER_UWSGI_H
#define CONNLEDGER_UWSGI_H

#include "err.h"
#include "model.h"
#include "str.h"

/* The model of one answer never takes more: 4 million cores do not exist, 64 MiB of text could
 * claim so. */
enum { UWSGI_MODEL_BYTES_MAX = 96 * 1024 * 1024 };

struct uwsgi_parser;

/* A parser that fills `stats` (which it initialises). NULL when memory is out. */
struct uwsgi_parser *uwsgi_parser_new(struct uwsgi_stats *stats) NONNULL;
/* Takes the next bytes. After an error further bytes are passed over. */
void uwsgi_parser_feed(struct uwsgi_parser *parser, const char *bytes, size_t len) NONNULL;
/* Says that the answer is complete: folds duplicates, and tells whether it was understood. False
 * with ERR_PARSE (and the byte offset), or ERR_TOO_LARGE; `stats` is then empty. */
bool uwsgi_parser_end(struct uwsgi_parser *parser, struct err *err) MUST_CHECK NONNULL;
/* Frees the parser, not the stats. Accepts NULL. */
void uwsgi_parser_free(struct uwsgi_parser *parser);

/* A whole answer at once. */
bool uwsgi_parse(struct uwsgi_stats *stats, struct str text, struct err *err) MUST_CHECK NONNULL;

/* Stats that hold nothing: every text is "". */
void uwsgi_stats_init(struct uwsgi_stats *stats) NONNULL;
/* Frees all that the stats hold; they are as uwsgi_stats_init() makes them then. Accepts a zeroed
 * one. */
void uwsgi_stats_free(struct uwsgi_stats *stats) NONNULL;

/* The words of enum worker_status, ended by NULL. */
extern const char *const worker_status_name[];

#endif
