/* SPDX-License-Identifier: MIT */
/* answer.h - the bytes of one collection: scrape all sites, take them in, encode. */
#ifndef CONNLEDGER_ANSWER_H
#define CONNLEDGER_ANSWER_H

#include "state.h"

enum exporter_form {
	EXPORTER_TEXT,        /* text 0.0.4 */
	EXPORTER_TEXT_1_0,    /* text 1.0.0 */
	EXPORTER_OPENMETRICS, /* OpenMetrics 1.0.0 */
	EXPORTER_PROTOBUF,    /* protobuf, delimited */
	EXPORTER_PAGE,        /* page.h */
	EXPORTER_API,         /* api.h */
	EXPORTER_FORM_MAX,
};

/* What somebody wants to know. Two that are equal can be given the same answer. */
struct exporter_question {
	enum exporter_form form;
	bool gzip;          /* the answer is to be compressed */
	const char *target; /* of /probe, "" when the asker named none; NULL: the configured sites.
			     * Borrowed */
	const char *module; /* of /probe; NULL: "default" */
	bool reload;        /* none of this: the configuration is to be read again */
};

bool exporter_question_equal(const struct exporter_question *a,
			     const struct exporter_question *b) NONNULL;

/* The Content-Type of an answer of this form. */
const char *exporter_content_type(enum exporter_form form);

/* How long an answer of this form may get. */
size_t exporter_answer_max(enum exporter_form form);

/* How long an answer may take when the asker does not say how long they wait: the longest timeout
 * of the sites, or that of the module. At least 1. */
unsigned exporter_answer_timeout_ms(const struct exporter_state *state,
				    const struct exporter_question *question) NONNULL;

/* Adds the answer to `out`, for which the sites get at most `timeout_ms`. False when memory is out
 * or the ceiling of `out` is reached; a probe that is refused has ERR_USAGE, or ERR_ACCESS when its
 * target is not allowed. Targets that are down are no failure. */
bool exporter_answer(struct exporter_state *state, const struct exporter_question *question,
		     unsigned timeout_ms, struct buf *out, struct err *err) MUST_CHECK NONNULL;

#endif
