/* SPDX-License-Identifier: MIT */
/*
 * encode.h - a scrape in Munin's words: graphs, their fields, and the fields' values. Pure: no
 * socket, no file, no environment but through `struct munin_env`.
 *
 *     multigraph connledger_connections            total.value 291
 *     graph_title nginx connections                reading.value 6
 *     total.label Active connections               writing.value U
 *
 * Which row of the metric table stands in which graph is said by the row. A value that is not
 * known, or that cannot be true (a gauge below zero), is U: Munin then draws a gap and no wrong
 * number.
 */
#ifndef CONNLEDGER_MUNIN_ENCODE_H
#define CONNLEDGER_MUNIN_ENCODE_H

#include "memory.h"

struct munin_graph {
	const char *suffix;    /* what the rows' munin.graph says */
	enum entity_root root; /* whose rows it is made of */
	const char *title;
	const char *vlabel;
	const char *args;
	const char *category; /* unless the user names another */
	const char *info;     /* NULL: none */
	const char *total;    /* what the sum of all fields is called; NULL: it makes no sense */
	const char *printf;   /* how a number is shown below the graph; NULL: with two decimals */
	bool unscaled;        /* numbers are shown without k, M, m */
	bool once; /* is there when a fetch has known a value of it, else nothing could be drawn */
	bool listed; /* has a field for each queue of the memory: none, and there is no graph */
	bool noted;  /* says below itself what the memory's note says */
	bool stock;  /* what a plugin of Munin itself shows: alone, under that plugin's file name */
};

extern const struct munin_graph munin_graph_all[];
extern const size_t munin_graph_all_len;

/* A field of a graph: the row, and which of its appearances. */
struct munin_field {
	const struct entity *entity;
	const struct metric *metric;
	const struct metric_munin *munin;
	const struct munin_queue *queue; /* a listed graph: whose field it is. NULL: of the site */
};

enum { MUNIN_FIELDS_MAX = 16, MUNIN_SHOWN_MAX = MUNIN_FIELDS_MAX + MUNIN_QUEUES_MAX };

/* Where the environment comes from. */
struct munin_env {
	/* NULL when it is not set. */
	const char *(*get)(const void *ctx, const char *name);
	const void *ctx;
};

struct munin_encoder {
	const char *name;                  /* of the plugin: graphs are called NAME_suffix */
	const char *instance;              /* goes into the titles; NULL: nothing does */
	const char *category;              /* NULL: the graph's own */
	const struct munin_env *env;       /* for FIELD_warning, FIELD_critical */
	const struct scrape *scrape;       /* NULL: nothing is known, all values are U */
	const struct munin_memory *memory; /* NULL: there is none */
	struct buf *out;                   /* what Munin reads */
	struct buf *log;                   /* lines for people */
};

/* Fills `field` with the graph's fields in the order to draw: areas first, lines on top of them.
 * Returns how many; at most MUNIN_FIELDS_MAX. */
size_t munin_graph_fields(const struct munin_graph *graph, struct munin_field *field) NONNULL;

/* The same as they are shown: in a listed graph each field once for each of its queues. At most
 * MUNIN_SHOWN_MAX; 0: the graph is left out. */
size_t munin_shown_fields(const struct munin_encoder *encoder, const struct munin_graph *graph,
			  struct munin_field *field) NONNULL;
/* What Munin calls the field. */
const char *munin_field_name(const struct munin_field *field) NONNULL;

/* The "multigraph" line that opens a graph; nothing for a stock one. */
void munin_encode_opening(const struct munin_encoder *encoder,
			  const struct munin_graph *graph) NONNULL;
/* The graph's attributes and its fields', thresholds included. A threshold that Munin would not
 * understand is left out and named in the log. */
void munin_encode_config(const struct munin_encoder *encoder,
			 const struct munin_graph *graph) NONNULL;
/* One "field.value" line for each field; with a ledger that is not exact, also why. */
void munin_encode_values(const struct munin_encoder *encoder,
			 const struct munin_graph *graph) NONNULL;

/* Whether Munin understands `range`: MAX, MIN:, :MAX or MIN:MAX with plain decimal numbers. (A lone
 * number is a maximum without a minimum; Nagios' "~" and "@" would make Munin alert always.) */
bool munin_range_valid(struct str range);

#endif
