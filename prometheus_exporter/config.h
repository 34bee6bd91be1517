/* SPDX-License-Identifier: MIT */
/*
 * config.h - what is to be watched and how it is shown: the command line, what the environment says
 * where the command line does not, and the file of --config.file. argv must outlive the
 * configuration.
 */
#ifndef CONNLEDGER_EXPORTER_CONFIG_H
#define CONNLEDGER_EXPORTER_CONFIG_H

#include "log.h"
#include "module.h"
#include "place.h"
#include "site.h"

enum {
	EXPORTER_SITES_MAX = 1000,
	EXPORTER_LISTEN_MAX = 16,
	EXPORTER_HOSTS_MAX = 1000,
	EXPORTER_CONFIG_BYTES_MAX = 16 * 1024 * 1024,
	EXPORTER_SERIES_MAX = 500 * 1000, /* without --collect.max-series */
	EXPORTER_UNIX_MODE = 0660,
};

#define EXPORTER_NGINX_DEFAULT  "http://127.0.0.1:8080/stub_status"
#define EXPORTER_LISTEN_DEFAULT ":9113"
#define EXPORTER_HEALTHY_PATH   "/-/healthy"
#define EXPORTER_OFFSET_SECONDS 0.25

/* How a configuration is read: again, when it is read again. Borrowed. */
struct exporter_source {
	int argc;
	char *const *argv;
	const char *(*env)(const char *name); /* looks a variable up, as getenv() does */
};

struct exporter_config {
	struct exporter_source source;
	struct arena arena;     /* all lists and texts below */
	struct list nginx;      /* const char *: targets as given */
	struct list uwsgi;      /* const char * */
	struct list ports;      /* const char *: "80,443": what every nginx listens on */
	struct list upstream;   /* const char *: what every nginx passes requests to */
	struct list listen;     /* const char *: host:port, unix:/path */
	struct list host;       /* const char *: under which names it may be asked; none: any */
	struct list label;      /* struct prom_label */
	struct list site;       /* struct site: those of the targets, then those of the file */
	struct list site_label; /* struct prom_labels: one for each site; empty: none has any */
	struct list module;     /* struct exporter_module */
	struct list warning;    /* const char *: what the log is to be told of all this */
	struct fetch_options fetch;
	struct prom_options prom;
	unsigned timeout_ms;
	double offset_seconds; /* taken off what X-Prometheus-Scrape-Timeout-Seconds says */
	const char *worker_connections; /* of every nginx; NULL: not said */
	bool ledger;                    /* sites want one */
	const char *telemetry_path;
	const char *config_file;     /* NULL: none */
	const char *web_config_file; /* NULL: none */
	bool systemd_socket;         /* listen at the sockets of systemd, not at `listen` */
	unsigned unix_mode;          /* of unix sockets that are listened at */
	bool lifecycle;              /* POST /-/reload is obeyed */
	bool no_self;                /* nothing of the exporter itself is shown */
	enum exporter_level level;
	enum exporter_log_format log_format;
	bool once;
	bool check;
	bool help;
	bool version;
};

/* Reads the command line, and what it names. False with ERR_USAGE and one line that quotes the
 * offending text, with file and line where it stands in a file. With --help or --version nothing
 * else is checked. Free it either way. */
bool exporter_config_parse(struct exporter_config *config, int argc, char *const argv[],
			   const char *(*env)(const char *name), struct err *err) MUST_CHECK;

/* Adds a copy of `text` to one of the lists of texts, which takes `max` of them at most. */
bool exporter_config_add(struct exporter_config *config, struct list *list, size_t max,
			 struct str text, struct err *err) MUST_CHECK NONNULL;

/* Adds a constant label "name=value", or what must be told apart from the labels of metrics: `what`
 * says which kind of label it is. `*list` holds struct prom_label. */
bool exporter_config_label(struct exporter_config *config, struct list *list, const char *what,
			   struct str name, struct str value, struct err *err) MUST_CHECK NONNULL;

/* Remembers one line for the log. Where memory is out it is not told. */
void exporter_config_warn(struct exporter_config *config, const char *format, ...)
	PRINTF_LIKE(2, 3) NONNULL;

/* Accepts a zeroed or half-made one. */
void exporter_config_free(struct exporter_config *config) NONNULL;

/* The sites, in the order of their targets; never NULL. There are none where the file has modules
 * only. */
const struct site *exporter_config_sites(const struct exporter_config *config, size_t *len) NONNULL;

/* What the configuration adds to the series of each site, in their order; NULL: nothing. */
const struct prom_labels *exporter_config_site_labels(const struct exporter_config *config) NONNULL;

/* The module of this name; NULL when there is none. */
const struct exporter_module *exporter_config_module(const struct exporter_config *config,
						     const char *name) NONNULL;

/* The text of --help. */
void exporter_config_help(struct buf *out) NONNULL;

#endif
