/* SPDX-License-Identifier: MIT */
/*
 * finding_watch.h - tells when something about a site's findings is worth a line in a log or a
 * notification: not at each read, but when one begins, when its severity changes, and when it is
 * over. Pure; the caller keeps the struct.
 *
 * That a server is down is no news here: watch.h tells it, for each target and with the reason.
 */
#ifndef CONNLEDGER_FINDING_WATCH_H
#define CONNLEDGER_FINDING_WATCH_H

#include "findings.h"

/* What was last said about the findings of a site. A zeroed one has seen none. */
struct finding_watch {
	unsigned char rank[FINDING_KIND_MAX]; /* 0: does not stand; else its severity, plus 1 */
};

enum finding_event { FINDING_BEGAN, FINDING_CHANGED, FINDING_ENDED };

struct finding_news {
	enum finding_event event;
	enum finding_kind kind;
	enum finding_severity severity; /* now; FINDING_ENDED: what it last was */
	enum finding_severity before;   /* FINDING_CHANGED: what it was until now */
	const struct finding *finding;  /* as it stands now; NULL: FINDING_ENDED. Borrowed */
};

/* Calls `tell` for all that is new since the last call with this `watch`, which is updated. A
 * finding about a server that does not answer is not over only because nobody can see it. */
void finding_watch_take(struct finding_watch *watch, const struct scrape *scrape,
			void (*tell)(void *ctx, const struct finding_news *news), void *ctx);

#endif
