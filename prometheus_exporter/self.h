/* SPDX-License-Identifier: MIT */
/*
 * self.h - what the exporter knows of itself, counted while it runs and shown at the telemetry path
 * (not at /probe, and not with --web.disable-exporter-metrics). Lives as long as the process. Every
 * field is safe to change from any thread.
 */
#ifndef CONNLEDGER_EXPORTER_SELF_H
#define CONNLEDGER_EXPORTER_SELF_H

#include <stdatomic.h>
#include <stdbool.h>

#include "scrape.h"

struct exporter_self {
	atomic_ullong answers_ok;     /* at the telemetry path, by status: 200 */
	atomic_ullong answers_failed; /* 500 */
	atomic_ullong answers_busy;   /* 503 */
	atomic_ullong in_flight;      /* requests there that are being answered now */
	atomic_ullong refused; /* connections closed before they had asked: no room, too slow */
	atomic_ullong accept_failures; /* connections that could not be accepted: no descriptors */
	atomic_ullong unauthorized;    /* requests answered 401 */
	atomic_ullong limited;         /* requests answered 429 */
	atomic_ullong misdirected;     /* requests answered 421 */
	atomic_ullong log_dropped;     /* log lines that the rate limit left out */
	atomic_ullong uwsgi_scrapes;   /* of a uWSGI server, as uwsgi_exporter counts them */
	atomic_ullong uwsgi_errors;
	atomic_ullong uwsgi_micros; /* microseconds that they took together */
	atomic_bool uwsgi_failed;   /* the last one */
	atomic_bool config_ok;      /* the last reading of --config.file */
	atomic_llong config_time;  /* Unix seconds of the last good one; 0: there is no such file */
	atomic_bool web_config_ok; /* the same for --web.config.file */
	atomic_llong web_config_time;
	double started; /* Unix seconds when the process began; 0: not known. Does not change */
	struct fetch_own own; /* its connections to status pages, under whichever configuration */
};

/* All zero, configurations good. */
void exporter_self_init(struct exporter_self *self) NONNULL;
/* When no connection is left. */
void exporter_self_free(struct exporter_self *self) NONNULL;

/* Counts the uWSGI servers of scrapes that have been run. */
void exporter_self_count(struct exporter_self *self, const struct scrape *scrape, size_t scrape_len)
	NONNULL_ARGS(1);

#endif
