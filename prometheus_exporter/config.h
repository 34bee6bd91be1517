/* SPDX-License-Identifier: MIT */
/*
 * config.h - the exporter's command line: what is to be watched and how it is shown. Reads argv and
 * the environment that it is handed, nothing else; argv must outlive the configuration.
 */
#ifndef CONNLEDGER_EXPORTER_CONFIG_H
#define CONNLEDGER_EXPORTER_CONFIG_H

#include "log.h"
#include "place.h"
#include "site.h"

enum {
	EXPORTER_SITES_MAX = 1000,
	EXPORTER_LISTEN_MAX = 16,
	EXPORTER_CONFIG_BYTES_MAX = 16 * 1024 * 1024,
};

#define EXPORTER_NGINX_DEFAULT  "http://127.0.0.1:8080/stub_status"
#define EXPORTER_LISTEN_DEFAULT ":9113"
#define EXPORTER_HEALTHY_PATH   "/-/healthy"

struct exporter_config {
	struct arena arena;   /* all lists below */
	struct list nginx;    /* const char *: targets as given */
	struct list uwsgi;    /* const char * */
	struct list ports;    /* const char *: "80,443": what every nginx listens on */
	struct list upstream; /* const char *: what every nginx passes requests to */
	struct list listen;   /* const char *: host:port */
	struct list label;    /* struct prom_label */
	struct list site;     /* struct site, made of the targets */
	struct fetch_options fetch;
	struct prom_options prom;
	unsigned timeout_ms;
	const char *worker_connections; /* of every nginx; NULL: not said */
	bool ledger;                    /* sites want one */
	const char *telemetry_path;
	enum exporter_level level;
	bool once;
	bool help;
	bool version;
};

/* Reads the command line; `env` looks a variable up, as getenv() does. False with ERR_USAGE and one
 * line that quotes the offending text. With --help or --version nothing else is checked. Free it
 * either way. */
bool exporter_config_parse(struct exporter_config *config, int argc, char *const argv[],
			   const char *(*env)(const char *name), struct err *err) MUST_CHECK;

/* Adds a copy of `text` to one of the lists of texts, which takes `max` of them at most. */
bool exporter_config_add(struct exporter_config *config, struct list *list, size_t max,
			 struct str text, struct err *err) MUST_CHECK NONNULL;

/* Accepts a zeroed or half-made one. */
void exporter_config_free(struct exporter_config *config) NONNULL;

/* The sites, in the order of their targets. */
const struct site *exporter_config_sites(const struct exporter_config *config, size_t *len) NONNULL;

/* The text of --help. */
void exporter_config_help(struct buf *out) NONNULL;

#endif
