/* SPDX-License-Identifier: MIT */
/* judged.h - a healthy site with some past, spoiled by a test and judged. */
#ifndef CONNLEDGER_TESTS_JUDGED_H
#define CONNLEDGER_TESTS_JUDGED_H

#include "healthy.h"

enum {
	JUDGED_LIST_MAX = 400,
	JUDGED_AFTER = 60, /* seconds from what spoils a site to the look at it */
};

struct judged {
	struct healthy site;
	struct history history;
	bool no_history; /* judge the scrape alone */
	struct arena arena;
	struct list findings;
};

/* What a test does to a site, and what must come of it. */
struct judged_case {
	const char *name;
	void (*spoil)(struct judged *judged); /* NULL: nothing */
	const char *found; /* all findings, in order: "phantom_counters:warning two_masters:info" */
	const char *says[4];  /* parts of the texts of the first one */
	const char *says_not; /* no part of its texts; NULL: anything goes */
};

/* A site that has been watched for a while, each minute, and was healthy. */
void judged_init(struct judged *judged);
/* `seconds` go by with some requests, and it is looked at. */
void judged_pass(struct judged *judged, double seconds);
/* The same `times` times. */
void judged_last(struct judged *judged, unsigned times, double seconds);
void judged_free(struct judged *judged);

/* Runs the cases; fails with the name of the first one that is not as it should be. All texts of
 * all findings are looked at for form. */
void judged_check(const struct judged_case *row, size_t len);

#endif
