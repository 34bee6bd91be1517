/* SPDX-License-Identifier: MIT */
/* starts_world.h - a site whose counters began at some time, for the tests of starts.h. */
#ifndef CONNLEDGER_TESTS_STARTS_WORLD_H
#define CONNLEDGER_TESTS_STARTS_WORLD_H

#include "prometheus_exporter/starts.h"

enum { STARTS_SERVERS = 2, STARTS_WORKERS = 2 };

/* A scrape of an nginx, whose master began 1000.25 seconds before `begin`, and of two uWSGI servers
 * with workers that began 500 and 499 seconds before it and were never respawned. */
struct starts_world {
	struct starts *starts;
	double begin; /* Unix seconds of the first scrape */
	struct scrape scrape;
	struct uwsgi_scrape server[STARTS_SERVERS];
	struct uwsgi_worker worker[STARTS_SERVERS][STARTS_WORKERS];
};

void starts_world_init(struct starts_world *world);
void starts_world_free(struct starts_world *world);

/* Scrapes `seconds` after the last time: what that one was told is gone. */
void starts_world_look(struct starts_world *world, double seconds);

/* Doubles that are whole or have a short fraction. */
#define SINCE(seen, expected) assert_true((seen) == (expected))

#endif
