/* SPDX-License-Identifier: MIT */
/*
 * defects.h - defects of nginx that leave connections behind, by version, from its changelog and
 * its repository. A match is a hint, never a verdict: distributions mend old versions without a new
 * number, and most defects need a feature that the configuration may not use. Pure.
 */
#ifndef CONNLEDGER_DEFECTS_H
#define CONNLEDGER_DEFECTS_H

#include "nginx_version.h"

/* What a defect can look like from outside; a set. */
enum defect_symptom {
	DEFECT_LEAK = 1,    /* connections that nobody closes any more */
	DEFECT_PHANTOM = 2, /* counters without a connection; a leaked one is that after a reload */
	DEFECT_READING = 4, /* requests whose header never ends */
	DEFECT_DRAINING = 8, /* old workers that do not exit after a reload */
};

struct defect {
	struct nginx_version first; /* the first that has it; not known: old ones all have it */
	struct nginx_version fixed; /* the first without it; not known: none so far */
	struct nginx_version
		stable;     /* mended in this stable series from here on, too; not known: no */
	const char *where;  /* "HTTP/2", "njs"; "" for anything */
	const char *needs;  /* what it takes, to stand after "with"; "" for nothing special */
	const char *effect; /* a sentence fragment */
	unsigned symptoms;  /* enum defect_symptom; 0: told by another finding */
};

/* In the order of `fixed`; those that are not come last. */
extern const struct defect defect_all[];
extern const size_t defect_all_len;

/* Whether `version` is in the range of the defect. A version that is not known never is. */
bool defect_applies(const struct defect *defect, const struct nginx_version *version) NONNULL;

/* Puts into `ret` at most `max` defects in whose range `version` is and that can show one of
 * `symptoms`: those with a fix first, the latest fix first of all. Returns how many there are,
 * which may be more than `max`. */
size_t defect_find(const struct nginx_version *version, unsigned symptoms,
		   const struct defect **ret, size_t max) NONNULL;

#endif
