/* SPDX-License-Identifier: MIT */
/* observe_parts.h - what observe.c puts together: the applications behind a site, the kernel
 * filter, queues and processes, and ledgers that say why they know nothing. Pure but for memory. */
#ifndef CONNLEDGER_OBSERVE_PARTS_H
#define CONNLEDGER_OBSERVE_PARTS_H

#include "listeners.h"
#include "scrape.h"

/* The application servers of a site, and what they are busy with. */
struct upstreams {
	struct upstream *item;
	size_t len;
	const char **name; /* of uWSGI's: as uWSGI spells it; NULL for the user's. Borrowed */
	const char **path; /* of those on unix sockets: in `item` */
	size_t path_len;
	bool has_unknown;       /* a uWSGI listens at what is no address */
	struct busy_core *busy; /* sorted by client */
	size_t busy_len;
	size_t cores; /* those that are busy: not of all the client is told */
};

/* Those that the user names, and those that uWSGI tells. False when memory is out. */
bool upstreams_find(struct upstreams *ret, const struct scrape *scrape,
		    struct err *err) MUST_CHECK NONNULL;
/* Accepts a zeroed one. */
void upstreams_free(struct upstreams *upstreams) NONNULL;

/* All sockets of these listeners. False when there is no room for all of them in one filter. */
bool observe_filter(struct sockets_filter *filter, const struct nginx_host *host) NONNULL;
/* And those of these applications, in the same way. */
bool observe_filter_apps(struct sockets_filter *filter, const struct upstreams *upstreams) NONNULL;

/* The queues of nginx's and uWSGI's listening sockets as they are in `sockets`. False when memory
 * is out. */
bool observe_queues(struct scrape *scrape, const struct nginx_host *host,
		    const struct upstreams *upstreams, const struct sockets *sockets,
		    struct err *err) MUST_CHECK NONNULL;

/* How often a full queue of this network namespace turned somebody away. */
struct overflows {
	bool is_read, is_known;
	uint64_t number;
};

/* Sets it in the ledger if one of the queues there is TCP's: otherwise it is no matter of this
 * site's. `overflows` is read out of PROC/self when it is wanted first. */
void observe_overflows(struct ledger *ledger, struct overflows *overflows,
		       const char *proc) NONNULL;

/* The ledger's numbers of nginx's processes. */
void observe_processes(struct ledger *ledger, const struct nginx_host *host) NONNULL;

/* Whether nginx's sockets are looked at: one that does not answer may have a full accept queue, and
 * which port is its own can be told without a connection if the target names this host. */
bool observe_wants_nginx(const struct scrape *scrape) NONNULL;

/* Requests that uWSGI's cores are at; NOT_KNOWN without uWSGI. */
double observe_in_request(const struct scrape *scrape) NONNULL;

/* Whether it is known where each application of the site listens, and `filter` has room for all of
 * them. */
bool observe_knows_apps(const struct scrape *scrape, const struct upstreams *upstreams,
			const struct sockets_filter *filter) NONNULL;

/* A ledger without the kernel, and why: nothing could be seen, no time was left, or (`kind`) the
 * scrape itself ran short of something. */
void observe_blind(struct scrape *scrape, const char *reason) NONNULL;
void observe_late(struct scrape *scrape) NONNULL;
void observe_short(struct scrape *scrape, enum err_kind kind) NONNULL;

#endif
