/* SPDX-License-Identifier: MIT */
/* findings_defect.c - a known defect of this version of nginx that could explain what else was
 * found. */
#include "findings_rule.h"

#include "defects.h"

enum { DEFECTS_SAID = 3 };

/* What of the findings so far a defect could be behind, and where the ledger shows it; the line
 * that leaks is in the judge. */
static const struct sign {
	enum finding_kind kind;
	unsigned symptoms;
	const char *where;
} sign[] = {
	{FINDING_LEAKING_CONNECTIONS, DEFECT_LEAK, "the line "},
	{FINDING_PHANTOM_COUNTERS, DEFECT_PHANTOM, "the line phantom"},
	{FINDING_SLOW_HEADERS, DEFECT_READING, "the line request"},
	{FINDING_OLD_WORKERS_DRAINING, DEFECT_DRAINING, "the old workers"},
};

/* A crash that was seen explains phantoms, and what is no warning needs no explanation: each reload
 * has old workers for a while. */
static bool asks_for_one(const struct judge *judge, const struct sign *of)
{
	if (of->kind == FINDING_PHANTOM_COUNTERS &&
	    (judge->found & 1U << FINDING_WORKER_CRASHED) != 0)
		return false;
	return (judge->warned & 1U << of->kind) != 0;
}

static unsigned symptoms_of(const struct judge *judge)
{
	unsigned symptoms = 0;

	for (size_t i = 0; i < ARRAY_LEN(sign); i++)
		symptoms |= asks_for_one(judge, &sign[i]) ? sign[i].symptoms : 0;
	return symptoms;
}

/* "the line phantom and the line request" */
static void say_lines(struct judge *judge)
{
	const char *before = "";

	for (size_t i = 0; i < ARRAY_LEN(sign); i++) {
		if (!asks_for_one(judge, &sign[i]))
			continue;
		buf_addf(&judge->what, "%s%s", before, sign[i].where);
		if (sign[i].symptoms == DEFECT_LEAK)
			buf_add_text(&judge->what, judge->leaking);
		before = " and ";
	}
}

static void say_version(struct buf *out, const struct nginx_version *version)
{
	buf_addf(out, "%u.%u.%u", version->major, version->minor, version->patch);
}

static void say_defect(struct buf *out, const struct defect *defect)
{
	buf_add_text(out, defect->where);
	if (defect->where[0] != '\0' && defect->needs[0] != '\0')
		buf_add_text(out, " with ");
	buf_add_text(out, defect->needs);
	buf_addf(out, ": %s (", defect->effect);
	if (defect->fixed.known) {
		buf_add_text(out, "fixed in ");
		say_version(out, &defect->fixed);
	} else {
		buf_add_text(out, "not fixed in any release known here");
	}
	buf_add_char(out, ')');
}

bool judge_known_defect(struct judge *judge)
{
	struct nginx_version version = nginx_version_of(judge->scrape->nginx.server);
	const struct defect *defect[DEFECTS_SAID];
	unsigned symptoms = symptoms_of(judge);
	size_t found;

	if (!judge->scrape->nginx_probe.up || symptoms == 0)
		return false;
	found = defect_find(&version, symptoms, defect, ARRAY_LEN(defect));
	if (found == 0)
		return false;
	buf_add_text(&judge->what, "A known defect of nginx ");
	say_version(&judge->what, &version);
	buf_add_text(&judge->what, " may be behind ");
	say_lines(judge);
	buf_add_text(&judge->what,
		     "; a hint only: distributions fix defects without changing the version.");
	for (size_t i = 0; i < found && i < DEFECTS_SAID; i++) {
		buf_add_text(&judge->evidence, i == 0 ? "Possible: " : "; ");
		say_defect(&judge->evidence, defect[i]);
	}
	buf_add_text(&judge->evidence, found > DEFECTS_SAID ? "; and older ones." : ".");
	if (defect[0]->fixed.known) {
		buf_add_text(&judge->advice, "If the configuration has what one of them needs, "
					     "update nginx to ");
		say_version(&judge->advice, &defect[0]->fixed);
		buf_add_text(&judge->advice,
			     " or later, or look for the fix in the changelog of the package.");
	} else {
		buf_add_text(&judge->advice, "Set worker_shutdown_timeout, which bounds it.");
	}
	return true;
}
