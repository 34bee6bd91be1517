/* SPDX-License-Identifier: MIT */
/*
 * metric.h - everything that is measured is a row of one table, and nothing else in the C names it.
 * The parser reads the table (JSON key -> field), every encoder reads it (field -> its dialect),
 * docs/METRICS.md is printed from it. A row belongs to an entity; an entity names its labels and
 * says where its objects are found in the model.
 *
 *     { .key = "harakiri_count", FIELD(struct uwsgi_worker, harakiri_count), .kind = METRIC_COUNTER,
 *       .unit = "kills", .help = "Times the worker was killed because a request took too long",
 *       .prom = { .name = "uwsgi_worker_harakiri_count_total" } },
 *
 * An exception that one dialect needs is an optional field of the row, never an `if` in an encoder.
 */
#ifndef CONNLEDGER_METRIC_H
#define CONNLEDGER_METRIC_H

#include <stdint.h>

#include "buf.h"
#include "endpoint.h"

enum metric_kind {
	METRIC_GAUGE,   /* goes up and down */
	METRIC_COUNTER, /* only rises, until its server restarts */
	METRIC_STATE,   /* one of entity-specific states: a field of FIELD_ENUM */
};

enum field_type {
	FIELD_NONE,   /* the row is no stored number */
	FIELD_U64,    /* uint64_t */
	FIELD_I64,    /* int64_t */
	FIELD_DOUBLE, /* double; NAN means not known */
	FIELD_BOOL,   /* bool */
	FIELD_ENUM,   /* unsigned; row->names has its words */
	FIELD_TEXT,   /* const char *, never NULL: "" means not known */
	FIELD_CLIENT, /* struct endpoint: read for the ledger, has no value to show */
};

/* Where the value is: initialises .type and .offset. The static assertion is in the type of the
 * member: only the types above compile. */
#define FIELD(object, member) .type = FIELD_TYPE(object, member), .offset = offsetof(object, member)
#define TOTAL(member) .total = offsetof(struct uwsgi_totals, member) + 1
#define FIELD_TYPE(object, member)                                                                \
	_Generic(((object *)0)->member, uint64_t: FIELD_U64, int64_t: FIELD_I64, double: FIELD_DOUBLE, \
		 bool: FIELD_BOOL, unsigned: FIELD_ENUM, const char *: FIELD_TEXT, \
		 struct endpoint: FIELD_CLIENT)

/* Prometheus. `name` NULL: not exported. */
struct metric_prom {
	const char *name;   /* the peers' name where a peer has the metric, else a lint-clean one */
	const char *strict; /* the lint-clean name, where the peers' is not */
	bool gauge;         /* a peer exports this counter as a gauge, and so does `name` */
	const char *label;  /* METRIC_STATE: the label that holds the state; with `word`: see there */
	const char *word;   /* rows that share a name stand together and differ in this value of `label` */
	const char *help;   /* of all rows that share the name; NULL: the row's own */
};

/* Munin: one appearance in one graph. `graph` NULL: none. */
struct metric_munin {
	const char *graph;  /* graph suffix, e.g. "connections" for NAME_connections */
	const char *field;  /* field name in that graph */
	const char *label;
	const char *draw;   /* "AREASTACK", "LINE1" ...; NULL for Munin's default */
	const char *colour; /* "rrggbb"; NULL for Munin's own */
	const char *cdef;   /* RPN over this field alone (Munin 3 knows no other); NULL for none */
	const char *per;    /* key of a counter of the same entity: not this counter is shown but what it
			     * has grown by for each one of those, since the last look; a gauge in base
			     * units, `unknown` where there were none. NULL: the counter itself */
	const char *info;   /* what the field shows; NULL: the row's help */
	const char *unknown; /* why there may be no value though the server answered; NULL: there is */
	bool plain;         /* a stock plugin's field, without the attributes that it does not have */
};

/* Nagios. `name` NULL: not shown. A counter's name is its rate's ("requests_per_second"). */
struct metric_nagios {
	const char *name;
	bool main; /* a bare -w or -c range is for this one */
};

/* collectd. `type` NULL: not dispatched. */
struct metric_collectd {
	const char *type;     /* of the stock types.db */
	const char *instance; /* type instance, before the object's labels if it has any; NULL for none */
	double factor;        /* base unit -> the type's unit (1000 for milliseconds); 0 means 1 */
	double max;           /* the type has no room for more: more is shown as this; 0: it has */
	bool unless_zero;     /* 0 means that it is not known, and is not dispatched */
};

enum { METRIC_MUNIN_MAX = 2 };

struct metric {
	const char *key;       /* JSON key, or our own for a derived one; unique in its entity */
	enum field_type type;  /* by FIELD */
	size_t offset;         /* by FIELD */
	enum metric_kind kind;
	bool derived;          /* computed by connledger: no key of the answer */
	bool below_zero;       /* a gauge that may be; of any other a number below 0 is not true */
	bool is;               /* the value is 1 when the FIELD_ENUM field equals `equals`, else 0 */
	unsigned equals;
	const char *const *names; /* METRIC_STATE: the words, ended by NULL */
	const char *unit;      /* plural noun in base units, as shown: "seconds", "bytes", "requests" */
	double scale;          /* stored number -> base unit (1e-6 for microseconds); 0 means 1 */
	const char *help;      /* one sentence fragment without a full stop; a layman understands it */
	bool (*known)(const void *object); /* whether there is a value at all; NULL: always */
	size_t total;          /* TOTAL(member): added up over the site there; 0: not added up */
	struct metric_prom prom;
	struct metric_munin munin[METRIC_MUNIN_MAX];
	struct metric_nagios nagios;
	struct metric_collectd collectd;
};

/* A text or number that tells objects apart. `name` NULL: read by the parser, but no label. */
struct label {
	const char *key;  /* JSON key */
	const char *name; /* label name */
	enum field_type type;
	size_t offset;
};

/* How the objects of an entity stand in the JSON under their parent. */
enum entity_shape {
	SHAPE_NONE,  /* not in JSON, or the root itself */
	SHAPE_LIST,  /* "workers":[{...},{...}] */
	SHAPE_MAP,   /* "metrics":{"name":{...}}: the name goes into label[0] */
	SHAPE_PAIRS, /* "locks":[{"name":7}]: the name into label[0], the number into metric[0] */
	SHAPE_OBJECT, /* "req_info":{...}: fields of the parent object itself */
};

/* Which part of a scrape holds the root object of an entity. */
enum entity_root {
	ROOT_NGINX_PROBE, /* struct probe, once, when nginx was asked */
	ROOT_NGINX,       /* struct nginx_status, once, when it answered */
	ROOT_UWSGI_PROBE, /* struct probe, for each uWSGI server */
	ROOT_UWSGI,       /* struct uwsgi_stats, for each uWSGI server that answered */
	ROOT_UWSGI_SITE,  /* struct uwsgi_site, once, when uWSGI was asked */
	ROOT_TOTALS,      /* struct uwsgi_totals, once, when every uWSGI server answered */
	ROOT_LEDGER,      /* struct ledger, once, when it was asked for */
	ROOT_SCRAPE,      /* struct scrape itself, once */
};

struct entity {
	const char *name;  /* "worker" */
	const char *title; /* heading in docs/METRICS.md */
	enum entity_root root;
	const struct entity *parent; /* NULL: the root object itself */
	const char *json;            /* key in the parent's JSON */
	enum entity_shape shape;
	size_t list;                 /* offset of the struct list in the parent object */
	size_t size;                 /* bytes of one object */
	size_t since; /* offset of a double: Unix seconds when an object's counters began, 0 when
		       * not known; 0: the entity has none */
	bool detail;                 /* so many that front ends show them only when asked */
	const struct label *label;
	size_t label_len;
	const struct metric *metric;
	size_t metric_len;
};

/* Every entity; a parent comes before its children. */
extern const struct entity *const entity_all[];
extern const size_t entity_all_len;

/* Makes every text of a zeroed object "": no text of the model is ever NULL. Whoever makes an
 * object of an entity calls this before filling it. */
void entity_blank(const struct entity *entity, void *object) NONNULL;

/* Whether objects of the entity have a text at all. */
bool entity_has_text(const struct entity *entity) MUST_CHECK NONNULL;

struct value {
	enum field_type type; /* FIELD_U64, FIELD_I64 or FIELD_DOUBLE */
	union {
		uint64_t u64;
		int64_t i64;
		double real;
	};
};

/* The stored number of `metric` in `object`, not scaled; a FIELD_ENUM gives 0 or 1 for a row with
 * `is`, else the state's number. False when there is no value (then it must not be shown as 0). */
bool metric_value(const struct metric *metric, const void *object, struct value *ret) MUST_CHECK NONNULL;

/* The value in the metric's base unit (stored number x scale). */
double metric_scaled(const struct metric *metric, struct value value) NONNULL;

/* The value as a double, not scaled. */
double value_double(struct value value);

/* Adds the stored number to `out`: whole numbers exactly, whatever their size. */
void value_print(struct value value, struct buf *out) NONNULL;

#endif
