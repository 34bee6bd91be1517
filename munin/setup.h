/* SPDX-License-Identifier: MIT */
/*
 * setup.h - what a run of the plugin is about, out of its file name and its environment
 * (plugin-conf.d). Reads nothing else and touches no server.
 */
#ifndef CONNLEDGER_MUNIN_SETUP_H
#define CONNLEDGER_MUNIN_SETUP_H

#include "encode.h"

/* Where nginx' status page is looked for when nobody says. The stock plugins say "localhost". */
#define MUNIN_DEFAULT_NGINX "http://127.0.0.1/nginx_status"
#define MUNIN_STOCK_NGINX   "http://localhost/nginx_status"

/* Where state files are when Munin does not say. */
#define MUNIN_DEFAULT_STATE_DIR "/var/tmp"

enum { MUNIN_NAME_MAX = 256 };

struct munin_setup {
	char file[MUNIN_NAME_MAX]; /* the plugin's file name, as log lines call it */
	char name[MUNIN_NAME_MAX]; /* the same with [A-Za-z0-9_] only: graph names begin with it */
	const char *instance;      /* what follows "connledger_" in `file`; NULL: nothing */
	bool wildcard;             /* the file name is connledger_ with or without an instance */
	const struct munin_graph *stock; /* stands in for a stock plugin with this graph; or NULL */
	bool named;                      /* the environment names a target */
	bool has_nginx; /* which graphs there are, whether or not the targets make sense */
	bool has_uwsgi;
	const char *category;  /* of all graphs; NULL: their own. Borrowed from the environment */
	bool dirty;            /* config is to bring the values too */
	const char *state_dir; /* borrowed from the environment */
	struct site
		site;   /* what to ask, unless `err`; want_ledger: a graph of the ledger is shown */
	struct err err; /* what the environment says wrong: nothing may be asked then */
};

/* Fills `setup`; a wrong environment is told in setup->err: the graphs are shown even then. */
void munin_setup_init(struct munin_setup *setup, const char *argv0,
		      const struct munin_env *env) NONNULL;
/* Accepts a zeroed one. */
void munin_setup_free(struct munin_setup *setup) NONNULL;

/* Whether the plugin shows `graph`. */
bool munin_setup_shows(const struct munin_setup *setup, const struct munin_graph *graph) NONNULL;

#endif
