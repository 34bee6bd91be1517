/* SPDX-License-Identifier: MIT */
/* observe_inside.h - one observation, as its parts share it. Only observe*.c use it. */
#ifndef CONNLEDGER_OBSERVE_INSIDE_H
#define CONNLEDGER_OBSERVE_INSIDE_H

#include "nginx_ways.h"
#include "observe.h"
#include "observe_every.h"
#include "observe_link.h"
#include "observe_own.h"
#include "observe_parts.h"

/* One site of it. */
struct member {
	struct scrape *scrape;
	struct upstreams upstreams;
	struct tally tally; /* of the best look */
};

struct observation {
	struct member *member; /* the first one's page has led to nginx */
	size_t len;
	struct scrape *asker; /* the member whose page is read; NULL: none has one */
	bool is_over;         /* nothing is to be looked at */
	enum err_kind own_trouble;

	struct fetch_ends ends; /* of the page that was read last */
	struct observe_own own;
	struct sockets_reader reader;
	struct nginx_host host;
	struct nginx_ways ways;
	struct err ways_unknown; /* why, if they are */
	struct sockets sockets;
	struct observe_every every;
	struct sockets_filter filter;
	struct overflows overflows;
	struct phantoms_memory known; /* of phantoms, before this observation */
	struct ledger_input input;    /* but for what differs from site to site */
	struct ledger_looks looks;    /* whose tally is the first member's */
	struct buf page;

	double began;     /* CLOCK_MONOTONIC, as all of these */
	double asked;     /* nginx's page, for the last time */
	double dumped;    /* the kernel's sockets, the same ... */
	double recent_ms; /* ... so long after nginx's page was asked for */
	double still;     /* a site at which nothing moves is looked at so long */
	double patient;   /* the first round may take so long */
	double deadline;  /* no other one is begun after it */
	double give_up;   /* and what the kernel has not said until then is not waited for */
};

void observe_free(struct observation *o) NONNULL;

/* Dumps the sockets of the filter, without this process's own. `moment` as in observe_own.h. */
bool observe_dump(struct observation *o, uint64_t moment, struct err *err) MUST_CHECK NONNULL;

/* Until a look was still and the phantoms are known, or time is over, or one of both sides has
 * nothing more to say: then `err` says why. Fills o->looks and the members' tallies. */
void observe_rounds(struct observation *o, struct err *err) NONNULL;

#endif
