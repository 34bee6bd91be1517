/* SPDX-License-Identifier: MIT */
/* answer.c - one collection from the sites to the bytes; see answer.h. */
#include "answer.h"

#include "api.h"
#include "expose.h"
#include "page.h"

static const char *const content_type[EXPORTER_FORM_MAX] = {
	[EXPORTER_TEXT] = "text/plain; version=0.0.4; charset=utf-8",
	[EXPORTER_TEXT_1_0] = "text/plain; version=1.0.0; charset=utf-8; escaping=allow-utf-8",
	[EXPORTER_OPENMETRICS] = "application/openmetrics-text; version=1.0.0; charset=utf-8",
	[EXPORTER_PROTOBUF] = "application/vnd.google.protobuf; "
			      "proto=io.prometheus.client.MetricFamily; encoding=delimited",
	[EXPORTER_PAGE] = EXPORTER_PAGE_TYPE,
	[EXPORTER_API] = EXPORTER_API_TYPE,
};

static bool same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

bool exporter_question_equal(const struct exporter_question *a, const struct exporter_question *b)
{
	return a->form == b->form && a->gzip == b->gzip && same_text(a->target, b->target) &&
	       same_text(a->module, b->module);
}

const char *exporter_content_type(enum exporter_form form)
{
	return content_type[form];
}

size_t exporter_answer_max(enum exporter_form form)
{
	return form == EXPORTER_PAGE || form == EXPORTER_API ? EXPORTER_PAGE_BYTES_MAX
							     : PROM_BYTES_MAX;
}

static void show(struct buf *out, struct exporter_state *state, enum exporter_form form,
		 const struct exporter_collection *collection)
{
	struct course *course = exporter_memory_courses(&state->memory);
	const struct exporter_view view = {
		.config = &state->config,
		.scrape = collection->scrape,
		.scrape_len = collection->len,
		.course = course,
	};

	if (form == EXPORTER_PAGE)
		exporter_page(out, &view);
	else
		exporter_api(out, &view);
	exporter_courses_free(course, state->memory.len);
}

static void expose(struct buf *out, const struct exporter_state *state, enum exporter_form form,
		   const struct exporter_collection *collection)
{
	const struct prom_scene scene = {
		.scrape = collection->scrape,
		.scrape_len = collection->len,
		.options = &state->config.prom,
		.self = state->self,
	};

	prom_expose(out,
		    form == EXPORTER_PROTOBUF      ? PROM_PROTOBUF
		    : form == EXPORTER_OPENMETRICS ? PROM_OPENMETRICS
						   : PROM_TEXT,
		    &scene);
}

bool exporter_answer(struct exporter_state *state, const struct exporter_question *question,
		     unsigned timeout_ms, struct buf *out, struct err *err)
{
	struct exporter_collection collection;
	size_t len;
	const struct site *site = exporter_config_sites(&state->config, &len);
	bool ok = exporter_collection_init(&collection, site, len, err);

	if (ok) {
		exporter_memory_recall(&state->memory, &collection);
		ok = exporter_collection_run(&collection, timeout_ms, err) &&
		     exporter_memory_take(&state->memory, &collection, err);
	}
	if (ok) {
		exporter_self_count(state->self, collection.scrape, collection.len);
		if (question->form == EXPORTER_PAGE || question->form == EXPORTER_API)
			show(out, state, question->form, &collection);
		else
			expose(out, state, question->form, &collection);
		ok = buf_ok(out) ||
		     err_set(err, ERR_TOO_LARGE,
			     "the answer is longer than %zu bytes, or memory is out", out->ceiling);
	}
	exporter_collection_free(&collection);
	return ok;
}
