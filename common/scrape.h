/* SPDX-License-Identifier: MIT */
/*
 * scrape.h - every front end's one call: runs a site once, times it, adds up. Who has many sites
 * runs them together, in two halves. Keeps nothing between two scrapes; safe from several threads,
 * each with its own struct scrape.
 */
#ifndef CONNLEDGER_SCRAPE_H
#define CONNLEDGER_SCRAPE_H

#include "findings.h"
#include "history.h"
#include "ledger.h"
#include "metric.h"
#include "model.h"
#include "site.h"

enum { SCRAPE_OVERTIME_MS = 150 };

struct uwsgi_scrape {
	const struct target *target; /* borrowed from the site */
	struct probe probe;
	struct uwsgi_stats stats; /* empty unless probe.up */
};

struct observe_link;

struct scrape {
	const struct site *site; /* borrowed */
	double time;             /* Unix seconds when it began ... */
	double begun;            /* ... and the seconds of clock_now(CLOCK_MONOTONIC) */
	double seconds;          /* how long it took */
	struct probe nginx_probe;
	struct nginx_status nginx; /* zeroed unless nginx_probe.up */
	bool nginx_is_json; /* what came in place of nginx's page begins as JSON does; an answer
			     * that is too long may not be there at all */
	struct uwsgi_scrape *uwsgi;
	size_t uwsgi_len;
	struct uwsgi_site uwsgi_site;
	struct uwsgi_totals totals; /* zeroed unless uwsgi_site.up */
	struct ledger ledger;       /* asked is false unless site->want_ledger */
	struct ledger_basis basis;  /* what `ledger` was made of */
	struct phantoms_memory
		memory;            /* for the site's next scrape: what this one knows of phantoms */
	struct list findings;      /* struct finding; empty until scrape_judge() */
	struct arena arena;        /* holds the texts of ledger and findings */
	struct observe_link *link; /* nginx's connection, for scrape_observe(), which sites that
				    * share its page share, too; NULL: none */
};

/* Asks all targets of `site` side by side. A target that fails is `up = false` in its probe, not an
 * error of the scrape. False only when memory is out. End it with scrape_free() either way. */
bool scrape_run(struct scrape *scrape, const struct site *site, struct err *err) MUST_CHECK NONNULL;

/* Who is told how far a first half has come; in its thread and while others still go on, so none of
 * these may block. */
struct scrape_watch {
	void (*fetched)(void *ctx, size_t at); /* all targets of site[at] have ended: its scrape may
						* be handed to another thread for the second half */
	void (*quiet)(void *ctx); /* some have ended, others have not, and nothing has happened for
				   * quiet_ms. NULL: nobody asks */
	unsigned quiet_ms;
	void *ctx;
};

/* The first half, for `len` sites at once: asks all targets of all sites side by side, reads the
 * answers, adds up. A page that several sites name in the same words is asked for once. scrape[i]
 * is of site[i]. `watch` may be NULL; sites without targets come first, all others as they end.
 * Uses site[i].nginx_keep until then. False only when memory is out: not every site has been told
 * of then. End all scrapes with scrape_free() either way. */
bool scrape_fetch_all(struct scrape *scrape, const struct site *site, size_t len,
		      const struct scrape_watch *watch, struct err *err) MUST_CHECK
	NONNULL_ARGS(1, 2, 5);

/* The second half: makes the ledger, if the site wants one. It takes some milliseconds and blocks.
 * No more rounds are begun after `deadline` (CLOCK_MONOTONIC seconds; HUGE_VAL: none), and a list
 * of very many sockets is not read to its end SCRAPE_OVERTIME_MS behind it. A ledger that would
 * begin more than OBSERVE_LATE_MS behind it is not made. The confidence is "unknown" then, and it
 * says why. False only when memory is out. */
bool scrape_observe(struct scrape *scrape, double deadline, struct err *err) MUST_CHECK NONNULL;

/* Takes the scrape into `history` (NULL: there is none), holds nginx.dropped at the largest value
 * that the history has seen, and fills `findings`. False when memory is out. */
bool scrape_judge(struct scrape *scrape, struct history *history) MUST_CHECK NONNULL_ARGS(1);

/* The one place that says whether a target is up, how long it took, and why not: its job has ended,
 * and `cause` is the parser's. Only scrape*.c call it. */
void scrape_conclude(struct probe *probe, const struct fetch_job *job,
		     const struct err *cause) NONNULL;

/* Adds up `totals` and `uwsgi_site` from the probes and stats that are in `scrape` (scrape_run()
 * has done it; tests that fill a scrape by hand call it). */
void scrape_add_up(struct scrape *scrape) NONNULL;

/* Frees what the scrape holds. Accepts a zeroed one. */
void scrape_free(struct scrape *scrape) NONNULL;

/* An object of an entity with the objects that it stands in. */
struct place {
	const struct entity *entity;
	const void *object;
	const struct place *parent;        /* NULL for a root object */
	const struct uwsgi_scrape *server; /* the uWSGI server it belongs to, or NULL */
};

/* Calls `visit` for each object of `entity` in the scrape, in the order of the answer. */
void scrape_each(const struct scrape *scrape, const struct entity *entity,
		 void (*visit)(void *ctx, const struct place *place), void *ctx);

#endif
