/* SPDX-License-Identifier: MIT */
/*
 * memory.h - what the plugin keeps from one fetch to the next: the history that some findings need,
 * the listen queues and what uWSGI was able to tell (config is to name them and may ask nobody),
 * the counters of which a mean is made, and the note that config shows. Pure: no clock, no file.
 *
 *     connledger-munin 1
 *     time 1700000000.25
 *     queue nginx 1700000000.25 511 nginx_any_80 *:80
 *     graph 1700000000.25 uwsgi_queue
 *     counter 1700000000.25 1234 uwsgi_totals.requests
 *     note Confidence: exact. No findings.
 *     history
 *     ...
 */
#ifndef CONNLEDGER_MUNIN_MEMORY_H
#define CONNLEDGER_MUNIN_MEMORY_H

#include "rate.h"
#include "scrape.h"

enum {
	MUNIN_QUEUES_MAX = 32,
	MUNIN_QUEUE_KIND_MAX = 16,
	MUNIN_QUEUE_TEXT_MAX = 160,
	MUNIN_QUEUE_SECONDS = 7 * 24 * 3600, /* without being seen: then it is forgotten */
	MUNIN_TOLD_MAX = 8,
	MUNIN_TOLD_TEXT_MAX = 32,
	MUNIN_COUNTERS_MAX = 8,
	MUNIN_COUNTER_TEXT_MAX = 64,
	MUNIN_COUNTER_SECONDS = RATE_SECONDS_MAX, /* a mean over more hides what happens now */
	MUNIN_NOTE_MAX = 2048,
	MUNIN_NOTE_SECONDS = 3600, /* an older note is no news */
};

/* A listening socket of nginx or uWSGI that some fetch has seen. */
struct munin_queue {
	char kind[MUNIN_QUEUE_KIND_MAX];  /* what its row calls the field: "nginx", "uwsgi" */
	char name[MUNIN_QUEUE_TEXT_MAX];  /* "*:80", "/run/app.sock" */
	char field[MUNIN_QUEUE_TEXT_MAX]; /* "nginx_any_80": unique here, and stays with the queue
					   */
	double limit;                     /* NOT_KNOWN */
	double seen;                      /* Unix seconds when it was last there */
};

/* A graph of which some fetch has had a number, though a server need not know any. */
struct munin_told {
	char graph[MUNIN_TOLD_TEXT_MAX]; /* its suffix: "uwsgi_queue" */
	double seen;                     /* Unix seconds of the last such fetch */
};

/* A counter that a field of some graph is reckoned with, as the last two fetches have seen it. */
struct munin_counter {
	char name[MUNIN_COUNTER_TEXT_MAX]; /* entity and row: "uwsgi_totals.requests" */
	double seen;                       /* Unix seconds */
	uint64_t value;
	double seen_before; /* 0: no fetch before has seen it. Not in the text: the next fetch
			     * has no use for it */
	uint64_t value_before;
};

struct munin_memory {
	double time; /* Unix seconds of the last scrape; 0: there was none */
	struct history history;
	struct munin_queue queue[MUNIN_QUEUES_MAX];
	size_t queue_len;
	struct munin_told told[MUNIN_TOLD_MAX];
	size_t told_len;
	struct munin_counter counter[MUNIN_COUNTERS_MAX];
	size_t counter_len;
	bool lost; /* the file could not be read or written: what is not known is that way for this
		    */
	char note[MUNIN_NOTE_MAX]; /* in characters that Munin and HTML take as they are; one line
				    */
};

/* An empty one. */
void munin_memory_init(struct munin_memory *memory) NONNULL;

/* Takes in a scrape that has been judged (with memory->history): its queues, counters, note. */
void munin_memory_take(struct munin_memory *memory, const struct scrape *scrape) NONNULL;

/* Whether a fetch of the last week has had a number of `graph`, out of rows that may have none. */
bool munin_memory_told(const struct munin_memory *memory, const char *graph) NONNULL;

/* Takes in the counters that rows with munin.per need; munin_memory_take() calls it. Those that the
 * scrape does not have stay as they are, those that no row names are dropped. */
void munin_counters_take(struct munin_memory *memory, const struct scrape *scrape) NONNULL;

/* What the counter `metric` of `entity` has grown by for each one that munin->per has, in base
 * units, from the fetch before the one that was taken in to that one. False when that is not known;
 * `why` then says the reason. */
bool munin_counters_ratio(const struct munin_memory *memory, const struct entity *entity,
			  const struct metric *metric, const struct metric_munin *munin,
			  double *ret, const char **why) MUST_CHECK NONNULL;

/* As text for the state file, and back. False with ERR_PARSE, `memory` empty, for a text that is
 * not whole. */
void munin_memory_encode(const struct munin_memory *memory, struct buf *out) NONNULL;
bool munin_memory_parse(struct munin_memory *memory, struct str text,
			struct err *err) MUST_CHECK NONNULL;

/* Adds how sure the ledger is, and the findings with what to do, worst first; less than
 * MUNIN_NOTE_MAX characters. Nothing when there is no ledger and no finding to speak of. */
void munin_note_add(const struct scrape *scrape, struct buf *out) NONNULL;

/* Adds `text` in characters that are safe in Munin's files and in HTML. */
void munin_add_clean(struct buf *out, struct str text) NONNULL;

#endif
