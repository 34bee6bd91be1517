/* SPDX-License-Identifier: MIT */
/*
 * settings.h - what a check is to do, out of its options. The options that all checks have are
 * here; a check adds its own (where to ask) through `struct nagios_program`.
 */
#ifndef CONNLEDGER_NAGIOS_SETTINGS_H
#define CONNLEDGER_NAGIOS_SETTINGS_H

#include "env.h"
#include "items.h"
#include "option.h"

enum {
	NAGIOS_OPTIONS_MAX = 48,
	NAGIOS_OWN_OPTION = 100, /* ids from here on are a program's own */
	NAGIOS_TIMEOUT_SECONDS = 10,
	NAGIOS_TIMEOUT_SECONDS_MAX = 600,
	NAGIOS_SECRET_MAX = 512,
	NAGIOS_AUTHFILE_BYTES_MAX = 4096,
	NAGIOS_LIST_MAX = 3, /* numbers in a comma list of thresholds */
};

struct nagios_settings;

/* A check: what it is called, what it asks, what it says. */
struct nagios_program {
	const char *name;       /* "check_nginx" */
	const char *service;    /* "NGINX" */
	const char *summary;    /* one line of --help */
	const char *usage;      /* the arguments in short, one or more lines */
	const char *about;      /* a paragraph of the man page: what it does */
	const char *examples;   /* lines that begin with two blanks are commands */
	const char *compatible; /* what the options that --help does not list are for, or NULL */
	const enum entity_root *root; /* whose metrics it judges, in the order of its output */
	size_t root_len;
	const struct option_spec *option; /* its own options */
	size_t option_len;
	/* Takes one of its own options. */
	bool (*handle)(struct nagios_settings *settings, int id, const char *value,
		       struct err *err);
	/* After the last option: makes settings->site out of them. */
	bool (*finish)(struct nagios_settings *settings, struct err *err);
	/* Completes what was scraped by what else the options and this host say; NULL: nothing to
	 * do. Fills `why` when something cannot be known. */
	void (*refine)(const struct nagios_settings *settings, struct scrape *scrape,
		       struct err *why);
	/* Whether `why` of refine() explains that the metric at `offset` of the struct of root[0]
	 * is not known. NULL: it explains none. */
	bool (*explains)(size_t offset);
	/* Adds the text for people, such as "291 active (6 reading, ...)". */
	void (*describe)(struct nagios_items *items, const struct scrape *scrape, struct buf *out);
	/* Adds what to do about a target that failed; "" when there is nothing to say. */
	const char *(*hint)(enum err_kind kind);
	/* Offsets into the struct of root[0] of the metrics that a comma list of thresholds is for,
	 * or NULL when there is no such list. */
	const size_t *list;
	/* It asks for the ledger too; where no threshold is given, the findings are the verdict. */
	bool ledger;
};

/* Where check_nginx looks, piece by piece. Borrowed from argv. */
struct nagios_address {
	const char *url; /* a whole target */
	const char *host;
	const char *port;
	const char *uri; /* with or without the first slash */
	const char *socket;
	bool tls;
};

struct nagios_settings {
	const struct nagios_program *program;
	struct nagios_items items; /* with their thresholds */
	struct site site;
	struct nagios_address address;
	char secret[NAGIOS_SECRET_MAX]; /* holds "user\0password" of -a or --authfile */
	double timeout_seconds;         /* for the whole run */
	bool has_timeout_state;
	enum nagios_state timeout_state;
	enum nagios_state unreachable;
	double sample_seconds; /* 0: rates come from the state file */
	const char *state_dir;
	bool exclude_self;         /* check_nginx: the check's own connection is left out */
	uint64_t worker_processes; /* check_nginx: as the user says; 0: not known */
	bool counters;
	unsigned verbose; /* 0 to 3 */
	bool help;
	bool version;
};

/* Fills `settings` with the defaults. `env` says where the state directory is. */
void nagios_settings_init(struct nagios_settings *settings, const struct nagios_program *program,
			  const struct nagios_env *env) NONNULL;
/* Reads the command line. False with ERR_USAGE; argv is borrowed as long as the settings live.
 * After
 * --help or --version nothing is missing, whatever is. */
bool nagios_settings_parse(struct nagios_settings *settings, int argc, char *const argv[],
			   struct err *err) MUST_CHECK NONNULL;
/* Accepts a zeroed one. */
void nagios_settings_free(struct nagios_settings *settings) NONNULL;

/* Takes "USER:PASS" as what to log in with. */
bool nagios_set_secret(struct nagios_settings *settings, struct str text,
		       struct err *err) MUST_CHECK NONNULL;

/* Takes the value of -w (or -c, `critical`): [METRIC=]RANGE, or a comma list. */
bool nagios_set_threshold(struct nagios_settings *settings, bool critical, const char *value,
			  struct err *err) MUST_CHECK NONNULL;

/* Writes the options of a program and of all checks to `spec` (room for NAGIOS_OPTIONS_MAX);
 * returns how many. */
size_t nagios_options(const struct nagios_program *program, struct option_spec *spec) NONNULL;

#endif
