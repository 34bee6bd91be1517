/* SPDX-License-Identifier: MIT */
/*
 * self_table.h - the exporter's own metrics: rows as those of what it watches, of a snapshot of
 * what it knows of itself. Beside its own names there are those under which both peers' dashboards
 * look for their exporter.
 */
#ifndef CONNLEDGER_EXPORTER_SELF_TABLE_H
#define CONNLEDGER_EXPORTER_SELF_TABLE_H

#include "expose.h"
#include "self_process.h"

/* Only what prom_families_walk() looks at: names, labels, rows. */
struct self_snapshot {
	bool shown; /* the exporter's own metrics are wanted; what follows is zero otherwise */
	bool peer;  /* with those that peers have */
	bool uwsgi; /* a uWSGI server is watched */
	const char *version;
	const char *goos;   /* as the peers call the system ... */
	const char *goarch; /* ... and the processor */
	const char *none;   /* what a peer's label says that means nothing here */
	uint64_t answers_ok;
	uint64_t answers_failed;
	uint64_t answers_busy;
	uint64_t in_flight;
	uint64_t refused;
	uint64_t accept_failures;
	uint64_t unauthorized;
	uint64_t limited;
	uint64_t misdirected;
	uint64_t log_dropped;
	uint64_t uwsgi_scrapes;
	uint64_t uwsgi_errors;
	uint64_t uwsgi_micros;
	bool uwsgi_failed;
	bool config_ok;
	int64_t config_time;
	bool web_config_ok;
	int64_t web_config_time;
	double started;
	struct self_process process;
	uint64_t left_out; /* series; not of the exporter's life, but of this exposition */
};

/* Reads /proc/self, when that is to be shown. `left_out` is 0. */
void self_snapshot_take(struct self_snapshot *ret, const struct prom_scene *scene) NONNULL;

/* Their objects are a struct self_snapshot, and nothing in entity.root or .parent is true. */
extern const struct entity *const self_entity_all[];
extern const size_t self_entity_all_len;

/* The last of them: known when all others have been shown. */
extern const struct entity self_entity_left_out;

#endif
